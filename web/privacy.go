package web

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"

	"followup/models"
	"followup/store"
)

// privacyRoutes are a person's right to their data, and how long content is kept.
func (s *site) privacyRoutes(page register) {
	page("GET /prospects/{id}/privacy", s.privacy)
	page("GET /prospects/{id}/export", s.personExport)
	page("POST /prospects/{id}/erase", s.erase)
	page("GET /settings/retention", s.retention)
	page("POST /settings/retention", s.retentionSave)
}

type privacyPage struct {
	page
	Person models.Prospect
	Form   form
}

func (s *site) privacy(w http.ResponseWriter, r *http.Request) error {
	return s.renderPrivacy(w, r, http.StatusOK, newForm())
}

func (s *site) renderPrivacy(w http.ResponseWriter, r *http.Request, status int, f form) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	person, err := s.Store.Person(r.Context(), id)
	if err != nil {
		return err
	}
	return s.views.render(w, status, "privacy", privacyPage{page: s.page(r, "Personal data of "+person.Prospect.Name(), "prospects"), Person: person.Prospect, Form: f})
}

// personExport gives the file for a request for information.
func (s *site) personExport(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	var b bytes.Buffer // whole, so that a failure is a page and no half file
	if err := s.CRM.ExportPerson(r.Context(), actorOf(r), id, &b); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="person-%d.json"`, id))
	_, _ = w.Write(b.Bytes()) // who left early asks again
	return nil
}

func (s *site) erase(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	if err := s.CRM.Erase(r.Context(), actorOf(r), id, f.Get("name"), f.Get("forbid") != ""); err != nil {
		status := statusOf(err)
		if err := f.take(err, "name"); err != nil {
			return err
		}
		return s.renderPrivacy(w, r, status, f)
	}
	s.flash(r, "Erased. What was ordered not to be contacted stays so, by a hash.")
	return redirect(w, r, "/prospects")
}

type retentionPage struct {
	page
	Form  form
	Kinds []retainedView
}

type retainedView struct {
	Kind        models.RetainedKind
	Label, Hint string
	Days        string
	On          bool
	Old         store.Count // what the next night takes
}

// retainedWords explain the kinds, in the order in which they are shown.
var retainedWords = []retainedView{
	{Kind: models.RetainedRaw, Label: "Inbound messages as they came", Hint: "With headers and attachments. What was understood of them stays."},
	{Kind: models.RetainedMessages, Label: "The words of messages", Hint: "Subjects and texts, both ways. That they were sent or received stays."},
	{Kind: models.RetainedRecordings, Label: "Recordings of voicemails", Hint: "Where they lie; at the provider they go by the provider’s own setting."},
	{Kind: models.RetainedUploads, Label: "Files of imports", Hint: "The people who were imported stay."},
	{Kind: models.RetainedNotices, Label: "What users were told", Hint: "Digests and notifications."},
}

func (s *site) retention(w http.ResponseWriter, r *http.Request) error {
	return s.renderRetention(w, r, http.StatusOK, newForm())
}

// renderRetention shows what the next night would take, before it does.
func (s *site) renderRetention(w http.ResponseWriter, r *http.Request, status int, f form) error {
	set, err := s.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	old, err := s.Store.Retained(r.Context(), set.Retention, s.Clock())
	if err != nil {
		return err
	}
	p := retentionPage{page: s.page(r, "How long content is kept", "settings"), Form: f}
	for _, k := range retainedWords {
		k.Days = strconv.Itoa(set.Retention.Days(k.Kind))
		if f.Failed() {
			k.Days = f.Get(string(k.Kind))
		}
		k.Old, k.On = old[k.Kind]
		p.Kinds = append(p.Kinds, k)
	}
	return s.views.render(w, status, "retention", p)
}

func (s *site) retentionSave(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	days := map[models.RetainedKind]int{}
	var known []string
	for _, k := range retainedWords {
		known = append(known, string(k.Kind))
		n, err := strconv.Atoi(f.Get(string(k.Kind)))
		if err != nil {
			n = -1 // refused below, with its name
		}
		days[k.Kind] = n
	}
	if err := s.CRM.SetRetention(r.Context(), actorOf(r), days); err != nil {
		status := statusOf(err)
		if err := f.take(err, known...); err != nil {
			return err
		}
		return s.renderRetention(w, r, status, f)
	}
	s.flash(r, "Saved. The next clean-up is tonight at 03:40 UTC.")
	return redirect(w, r, "/settings/retention")
}
