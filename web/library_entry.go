package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"followup/models"
	"followup/store"
)

type entryPage struct {
	page
	Shelf    shelf
	Tabs     []tab
	ID       int64
	Revision int64
	State    models.LibraryState
	Retired  bool
	Form     form
	Fields   []entryField
	MayEdit  bool
	MayPub   bool
	Theirs   []entryField // what somebody else saved meanwhile
	Heard    store.ShelfPage[store.Heard]
	First    string // addresses of the first page of them and of the next one
	More     string
	Audio    *recordingView
	Spoken   string
	Owner    string   // whose entry it is, by name
	Owners   []option // whom a manager may give it to
	Draft    *moment  // since when the form shows what is not saved yet
}

func (s *site) entryNew(w http.ResponseWriter, r *http.Request) error {
	sh, err := shelfAt(r.PathValue("shelf"))
	if err != nil {
		return err
	}
	f := newForm()
	f.Values.Set("kind", pointKinds[0].Value)
	return s.renderEntry(w, r, http.StatusOK, sh, entry{State: models.LibraryDraft, Values: f.Values}, f, nil)
}

func (s *site) entryShow(w http.ResponseWriter, r *http.Request) error {
	sh, e, err := s.entryAt(r)
	if err != nil {
		return err
	}
	f := newForm()
	f.Values = e.Values
	d, err := s.draftOver(r, sh, e)
	if err != nil {
		return err
	}
	if d != nil {
		f.Values, e.Revision = d.Values, d.Revision
	}
	return s.renderEntry(w, r, http.StatusOK, sh, e, f, nil)
}

// entryAt loads the entry that the address names; somebody else's own snippet
// is not there.
func (s *site) entryAt(r *http.Request) (shelf, entry, error) {
	sh, err := shelfAt(r.PathValue("shelf"))
	if err != nil {
		return sh, entry{}, err
	}
	id, err := pathID(r)
	if err != nil {
		return sh, entry{}, err
	}
	e, err := s.loadEntry(r.Context(), sh, id)
	if err == nil && e.Values.Get("mine") != "" && !ownedBy(e, userOf(r)) {
		err = models.Errorf(models.CodeNotFound, "There is no snippet here. It may have been removed, or it is somebody's own.")
	}
	return sh, e, err
}

func ownedBy(e entry, u models.User) bool { return e.Owner != nil && *e.Owner == u.ID }

// mayEdit: managers all; everybody their own proposals and their own snippets.
func mayEdit(e entry, u models.User) bool {
	if can(u.Role, mayPublishLibrary) || e.ID == 0 {
		return true
	}
	return ownedBy(e, u) && (e.State == models.LibraryDraft || e.Values.Get("mine") != "")
}

func (s *site) renderEntry(w http.ResponseWriter, r *http.Request, status int, sh shelf, e entry, f form, theirs []entryField) error {
	title := "New " + sh.One
	if e.ID != 0 {
		title = sentence(sh.One)
	}
	u := userOf(r)
	p := entryPage{
		page: s.page(r, title, "library"), Shelf: sh, Tabs: libraryTabs(sh.Path), ID: e.ID, Revision: e.Revision, State: e.State, Retired: e.Retired != nil,
		Form: f, Fields: sh.asked(f), MayEdit: mayEdit(e, u), MayPub: can(u.Role, mayPublishLibrary), Theirs: theirs,
	}
	if err := s.surroundEntry(r, sh, e, &p); err != nil {
		return err
	}
	if err := s.ownEntry(r, sh, e, &p); err != nil {
		return err
	}
	if d, err := s.draftOver(r, sh, e); err != nil {
		return err
	} else if d != nil {
		since := p.Ago(d.Since)
		p.Draft = &since
	}
	return s.views.render(w, status, "library_entry", p)
}

// surroundEntry adds who has heard it, and a script's recording.
func (s *site) surroundEntry(r *http.Request, sh shelf, e entry, p *entryPage) error {
	if e.ID == 0 {
		return nil
	}
	seen, err := s.seenBy(r)
	if err != nil {
		return err
	}
	after := r.URL.Query().Get("after")
	switch sh.Path {
	case "points":
		p.Heard, err = s.Store.WhoHeard(r.Context(), e.ID, seen, after)
	case "suggestions":
		p.Heard, err = s.Store.WhoGot(r.Context(), e.ID, seen, after)
	case "voicemails":
		p.Spoken = spokenLength(e.word("text"))
		if e.Recording != nil {
			rec, rerr := s.Store.Recording(r.Context(), *e.Recording)
			err, p.Audio = rerr, recordingOf(&rec)
			if base := strings.TrimRight(s.PublicURL, "/"); strings.HasPrefix(base, "https://") {
				p.Audio.Address = base + store.RecordingPath + rec.Token
			}
		}
	}
	p.First, p.More = turns(r, after, p.Heard.Next)
	return err
}

// ownEntry says whose an entry is. Managers give it to somebody else; a
// snippet is its writer's or everybody's.
func (s *site) ownEntry(r *http.Request, sh shelf, e entry, p *entryPage) error {
	if sh.Path == "snippets" {
		return nil
	}
	names, err := s.ownerNames(r)
	if err != nil {
		return err
	}
	if e.Owner != nil {
		p.Owner = names[*e.Owner]
	}
	if !p.MayPub || e.ID == 0 {
		return nil
	}
	chosen := ownerValue(e.Owner)
	if p.Form.Values.Has("owner") {
		chosen = p.Form.Get("owner")
	}
	if p.Owners, err = s.ownerOptions(r, chosen, true); err != nil {
		return err
	}
	p.Owners[0].Label = "Nobody"
	if p.Owner != "" && !slices.ContainsFunc(p.Owners, func(o option) bool { return o.Value == ownerValue(e.Owner) }) {
		p.Owners = append(p.Owners, option{Value: ownerValue(e.Owner), Label: p.Owner + " (has left)", Selected: chosen == ownerValue(e.Owner)})
	}
	return nil
}

// giveEntry takes the owner that a manager chose.
func (s *site) giveEntry(r *http.Request, u models.User, e *entry, f form) error {
	if !f.Values.Has("owner") || !can(u.Role, mayPublishLibrary) || f.Get("owner") == ownerValue(e.Owner) {
		return nil
	}
	to := f.ptr("owner")
	if to != nil {
		owner, err := s.Store.ViewUser(r.Context(), *to)
		if err != nil || owner.DisabledAt != nil {
			return models.Invalid("owner", "choose somebody of the list; whoever it was has left")
		}
	}
	e.Owner = to
	return nil
}

// entrySave keeps what was typed, and moves the entry as the button says.
func (s *site) entrySave(w http.ResponseWriter, r *http.Request) error {
	u := userOf(r)
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	sh, e, err := s.typedEntry(r, u, f)
	if fieldOf(err) == "owner" && f.Get("do") != "autosave" {
		return s.entryRefused(w, r, sh, e, f, err)
	}
	if err != nil {
		return err
	}
	do := f.Get("do")
	if published := e.ID != 0 && e.State != models.LibraryDraft; published && (do == "autosave" || do == "discard") {
		return s.entryDraft(w, r, u, sh, e, do)
	}
	said, err := s.moveEntry(&e, u, do)
	if err != nil {
		return err
	}
	kept, err := s.keepEntry(r.Context(), u, sh, e)
	if do == "autosave" {
		return autosaved(w, sh, kept, err)
	}
	if err != nil {
		return s.entryRefused(w, r, sh, e, f, err)
	}
	if err := s.CRM.DropEntryDraft(r.Context(), u.ID, sh.Path, kept.ID); err != nil {
		return err
	}
	s.flash(r, said)
	if sh.Path == "points" && do == "publish" {
		return redirect(w, r, idPath("/library/points/", kept.ID)+"/answers")
	}
	if do == "retire" || do == "restore" {
		return redirect(w, r, "/library/"+sh.Path)
	}
	return redirect(w, r, idPath("/library/"+sh.Path+"/", kept.ID))
}

// typedEntry is the entry with what the form says, at the revision it was read.
func (s *site) typedEntry(r *http.Request, u models.User, f form) (shelf, entry, error) {
	if r.PathValue("id") == "" {
		sh, err := shelfAt(r.PathValue("shelf"))
		e := entry{State: models.LibraryDraft, Owner: &u.ID, Values: f.Values}
		if sh.Path == "snippets" && f.Get("mine") != "" {
			e.State = models.LibraryPublished
		}
		return sh, e, err
	}
	sh, e, err := s.entryAt(r)
	if err != nil {
		return sh, e, err
	}
	if !mayEdit(e, u) {
		return sh, e, models.Errorf(models.CodeForbidden, "Only a manager changes what is published. Propose another, or ask a manager.")
	}
	if sh.Path == "snippets" && f.Get("mine") != "" && !ownedBy(e, u) {
		e.Owner = &u.ID
	}
	e.Values, e.Revision = f.Values, f.int64("revision")
	if sh.Path != "snippets" {
		err = s.giveEntry(r, u, &e, f)
	}
	return sh, e, err
}

// moveEntry does what the button says and tells it in words.
func (s *site) moveEntry(e *entry, u models.User, do string) (string, error) {
	// A rep may take their own proposal away again.
	own := e.Values.Get("mine") != "" || do == "retire" && e.State == models.LibraryDraft && ownedBy(*e, u)
	if slices.Contains([]string{"publish", "unpublish", "retire", "restore"}, do) && !own {
		if err := require(u, mayPublishLibrary); err != nil {
			return "", err
		}
	}
	now := s.Clock()
	switch do {
	case "publish":
		e.State, e.Retired = models.LibraryPublished, nil
		return "Published: it is offered from now on.", nil
	case "unpublish":
		e.State = models.LibraryDraft
		return "Taken back: it is a draft again and offered to nobody.", nil
	case "retire":
		e.Retired = &now
		return "Retired: it is offered no more. Who heard it stays known.", nil
	case "restore":
		e.Retired = nil
		return "Back in the library.", nil
	case "autosave":
		if e.State != models.LibraryDraft {
			return "", models.Errorf(models.CodeConflict, "Your own snippet is saved by its button.")
		}
	}
	if e.State == models.LibraryDraft {
		return "Saved as a proposal. A manager publishes it.", nil
	}
	return "Saved.", nil
}

// entryRefused shows the form again with what was typed; after somebody
// else's save, with their text beside it, so that both can be put together.
func (s *site) entryRefused(w http.ResponseWriter, r *http.Request, sh shelf, e entry, f form, err error) error {
	status, stale := statusOf(err), models.CodeOf(err) == models.CodeConflict
	if err := f.take(err, "text", "kind", "source", "expires_on", "answers", "words", "title", "before", "after", "days", "client", "permission",
		"permission_note", "obstacle", "name", "owner"); err != nil {
		return err
	}
	var theirs []entryField
	if now, lerr := s.loadEntry(r.Context(), sh, e.ID); stale && lerr == nil && e.ID != 0 {
		other := newForm()
		other.Values = now.Values
		for i, field := range sh.asked(other) {
			if mine := sh.asked(f)[i]; field.Value != mine.Value || !slices.EqualFunc(field.Checks, mine.Checks, func(a, b option) bool { return a == b }) {
				theirs = append(theirs, field)
			}
		}
		e.Revision = now.Revision
	}
	e.Values = f.Values
	return s.renderEntry(w, r, status, sh, e, f, theirs)
}

// autosaved answers the script: where the draft lies now, or why it was not kept.
func autosaved(w http.ResponseWriter, sh shelf, e entry, err error) error {
	if err != nil {
		if messageOf(err) == "" {
			return err
		}
		w.WriteHeader(statusOf(err))
		_, werr := w.Write([]byte(messageOf(err)))
		return werr
	}
	w.Header().Set("X-Revision", strconv.FormatInt(e.Revision, 10))
	w.Header().Set("X-Address", idPath("/library/"+sh.Path+"/", e.ID))
	w.WriteHeader(http.StatusNoContent)
	return nil
}
