package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"followup/models"
)

// draftHeld is what the signed-in user typed over a published entry and has
// not saved yet.
type draftHeld struct {
	Values   url.Values
	Revision int64
	Since    time.Time
}

// draftOver finds it; nil: there is none.
func (s *site) draftOver(r *http.Request, sh shelf, e entry) (*draftHeld, error) {
	if e.ID == 0 || e.State == models.LibraryDraft {
		return nil, nil
	}
	d, err := s.Store.EntryDraft(r.Context(), userOf(r).ID, sh.Path, e.ID)
	if err != nil || d == nil {
		return nil, err
	}
	values, err := url.ParseQuery(d.Fields)
	if err != nil {
		return nil, nil //nolint:nilerr // what cannot be read is as if it were not there
	}
	return &draftHeld{values, d.Revision, d.UpdatedAt}, nil
}

// entryDraft keeps what is typed over a published entry, for the one who types
// it; the entry changes by its button only.
func (s *site) entryDraft(w http.ResponseWriter, r *http.Request, u models.User, sh shelf, e entry, do string) error {
	if do == "discard" {
		if err := s.CRM.DropEntryDraft(r.Context(), u.ID, sh.Path, e.ID); err != nil {
			return err
		}
		s.flash(r, "Discarded. This is what is published.")
		return redirect(w, r, idPath("/library/"+sh.Path+"/", e.ID))
	}
	values := url.Values{}
	for name, v := range e.Values {
		if name != "do" && name != "revision" {
			values[name] = v
		}
	}
	err := s.CRM.KeepEntryDraft(r.Context(), models.EntryDraft{UserID: u.ID, Shelf: sh.Path, EntryID: e.ID, Revision: e.Revision, Fields: values.Encode()})
	if err != nil {
		return autosaved(w, sh, e, err)
	}
	w.Header().Set("X-Revision", strconv.FormatInt(e.Revision, 10))
	w.Header().Set("X-Held", "1")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
