package web

import (
	"errors"
	"net/http"
	"strings"

	"followup/crm"
	"followup/models"
	"followup/store"
	"followup/templates"
)

type sequenceEditPage struct {
	page
	Key      string
	Name     string
	Source   string
	Revision int64
	Form     form
	Review   sequenceReview
	New      bool
	Draft    bool
	Live     *models.SequenceVersion
	Was      string // the text as it was saved: what a stale page began with
	Kept     bool   // what was typed is saved
	Conflict string // why it is not
}

// sequenceReview is what the lint says of a source, line by line.
type sequenceReview struct {
	Findings []findingView
	Errors   int
	Warnings int
	Steps    []describedStep
	Checked  bool
	At       string // the page on which its lines are written; "": this one
}

type findingView struct {
	templates.Finding
	Excerpt string // the line at fault
	In      string // the editor's field that it is about
}

const newSequence = `key: my-sequence
name: My sequence
description: What it is for, in one sentence.
steps:
  - key: first-email
    channel: email
    timing: { after: { days: 1, at: "09:00" } }
    subject: "An idea for {{ company.name | default: \"you\" }}"
    body: |
      Hello {{ prospect.first_name | default: "there" }},
`

func (s *site) sequenceNew(w http.ResponseWriter, r *http.Request) error {
	p := sequenceEditPage{page: s.page(r, "New sequence", "sequences"), Source: newSequence, New: true, Form: newForm()}
	if r.URL.Query().Get("as") != "yaml" {
		return s.show(w, "sequence_new", p)
	}
	p.Wide = true
	p.Review = review(p.Source)
	return s.show(w, "sequence_edit", p)
}

// sequenceBegin makes the draft of a new sequence, to be written as steps.
func (s *site) sequenceBegin(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	key := f.Get("key")
	if key == "" {
		key = keyFrom(f.Get("name"))
	}
	seq, err := s.CRM.CloneSequence(r.Context(), userOf(r).ID, newSequence, key, f.Get("name"))
	if err != nil {
		status := statusOf(err)
		if err := f.take(err, "key", "name"); err != nil {
			return err
		}
		return s.views.render(w, status, "sequence_new", sequenceEditPage{page: s.page(r, "New sequence", "sequences"), New: true, Form: f})
	}
	return redirect(w, r, "/sequences/"+seq.Key+"/edit?step=first-email")
}

// keyFrom makes a key of a name: "Booked call, back" → "booked-call-back".
func keyFrom(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') })
	key := strings.Join(words, "-")
	return strings.Trim(key[:min(len(key), 60)], "-")
}

func (s *site) sequenceEdit(w http.ResponseWriter, r *http.Request) error {
	return s.renderSequenceEdit(w, r, r.PathValue("key"), http.StatusOK, "", newForm())
}

// renderSequenceEdit shows the editor with what was typed, else the draft,
// else what is live.
func (s *site) renderSequenceEdit(w http.ResponseWriter, r *http.Request, key string, status int, typed string, f form) error {
	v, err := s.Store.ViewSequence(r.Context(), key)
	if models.CodeOf(err) == models.CodeNotFound && typed != "" {
		p := sequenceEditPage{page: s.page(r, "New sequence", "sequences"), Source: typed, New: true, Form: f, Key: key}
		p.Wide, p.Review = true, review(typed)
		return s.views.render(w, status, "sequence_edit", p)
	}
	if err != nil {
		return err
	}
	p := sequenceEditPage{page: s.page(r, "Edit "+v.Sequence.Name, "sequences"), Key: key, Name: v.Sequence.Name, Revision: v.Sequence.Revision, Form: f, Live: v.Version}
	p.Wide = true
	switch {
	case typed != "":
		p.Source = typed
		p.Revision = f.int64("revision")
	case v.Sequence.DraftSource != "":
		p.Source, p.Draft = v.Sequence.DraftSource, true
	case v.Version != nil:
		p.Source = v.Version.Source
	}
	p.Was = draftOf(v)
	if typed != "" && f.Values.Has("was") {
		p.Was = unixLines(f.Values.Get("was"))
	}
	p.Review = review(p.Source)
	return s.views.render(w, status, "sequence_edit", p)
}

// sequenceSave keeps the draft, or publishes, as the button says.
func (s *site) sequenceSave(w http.ResponseWriter, r *http.Request) error {
	u := userOf(r)
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	source := unixLines(f.Values.Get("source"))
	key := f.Get("key")
	if f.Get("do") == "keep" {
		return s.yamlKeep(w, r, key, source, f)
	}
	d, parseErr := templates.ParseSequence([]byte(source))
	if key == "" && parseErr == nil {
		key = d.Key
	}
	if f.Get("do") == "publish" {
		// With people inside it is asked first what happens to them.
		if v, verr := s.Store.ViewSequence(r.Context(), key); verr == nil && v.Inside() > 0 {
			if _, err = s.CRM.SaveDraft(r.Context(), u.ID, key, f.int64("revision"), source); err == nil {
				return redirect(w, r, "/sequences/"+key+"/publish")
			}
		} else {
			err = s.publish(r, u, source, key, d, parseErr, f)
		}
	} else {
		if key == "" {
			key = f.Get("new_key")
		}
		_, err = s.CRM.SaveDraft(r.Context(), u.ID, key, f.int64("revision"), source)
	}
	if err != nil {
		status := statusOf(err)
		if status == http.StatusConflict {
			if v, verr := s.Store.ViewSequence(r.Context(), key); verr == nil {
				return s.mergeYAML(w, r, v, source, f)
			}
		}
		var lint *crm.LintError
		if errors.As(err, &lint) {
			status = http.StatusUnprocessableEntity
			f.General = "The lint refuses it: mend what is marked below, or give a reason for publishing it as it is."
		} else if err := f.take(err, "key", "override", "source"); err != nil {
			return err
		}
		return s.renderSequenceEdit(w, r, key, status, source, f)
	}
	if f.Get("do") == "publish" {
		s.flash(r, "Published. Whoever is enrolled from now on gets this version.")
		return redirect(w, r, "/sequences/"+key)
	}
	s.flash(r, "Draft saved. Nobody gets it before it is published.")
	if f.int64("revision") == 0 || f.Values.Has("as_steps") {
		return redirect(w, r, "/sequences/"+key+"/edit")
	}
	return redirect(w, r, "/sequences/"+key+"/yaml")
}

func unixLines(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

// mergeYAML lays a text that somebody typed over what was saved meanwhile.
func (s *site) mergeYAML(w http.ResponseWriter, r *http.Request, v store.SequenceView, source string, f form) error {
	if f.Values.Has("was") {
		merged, both := mergeLines(unixLines(f.Values.Get("was")), source, draftOf(v))
		if both > 0 {
			f.Values["both"] = []string{countOf(both, "place of the text", "places of the text")}
		}
		source = merged
	}
	return s.renderMerge(w, r, v, source, f)
}

// yamlKeep saves the text as it is typed, sound or not, and answers with what
// the lint says. A stale one keeps nothing and says so.
func (s *site) yamlKeep(w http.ResponseWriter, r *http.Request, key, source string, f form) error {
	p := sequenceEditPage{Key: key, Source: source, Revision: f.int64("revision"), Was: unixLines(f.Values.Get("was")), Review: review(source)}
	v, err := s.Store.ViewSequence(r.Context(), key)
	if err != nil {
		return err
	}
	if v.Sequence.Revision == p.Revision {
		v.Sequence, err = s.keepDraft(r, v, source)
	} else {
		err = models.Errorf(models.CodeConflict, "stale")
	}
	switch {
	case err == nil:
		p.Kept, p.Revision, p.Was = true, v.Sequence.Revision, source
	case models.CodeOf(err) == models.CodeConflict:
		p.Conflict = "Somebody else saved this sequence. Nothing of yours is lost: press Save draft to lay the two over each other."
	case messageOf(err) != "":
		p.Conflict = "Not saved: " + messageOf(err)
	default:
		return err
	}
	return s.views.fragment(w, "sequence_edit", "yaml-kept", p)
}

func (s *site) publish(r *http.Request, u models.User, source, key string, d models.Definition, parseErr error, f form) error {
	if err := require(u, mayPublish); err != nil {
		return err
	}
	if parseErr == nil && key != d.Key {
		return models.Invalid("source", "the key in the text is %q, but this is the sequence %q; a new sequence begins at Sequences, New", d.Key, key)
	}
	// A stale editor must not publish over what somebody else has saved since.
	if v, err := s.Store.ViewSequence(r.Context(), key); err == nil && v.Sequence.Revision != f.int64("revision") {
		return models.Errorf(models.CodeConflict, "Somebody else saved this sequence while you were editing. Copy your text, load the page again and put your changes in.")
	}
	_, err := s.CRM.Publish(r.Context(), &u.ID, source, f.Get("override"))
	return err
}

// sequenceLint reviews a source while it is typed.
func (s *site) sequenceLint(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	return s.views.fragment(w, "sequence_edit", "review", review(f.Values.Get("source")))
}

// textLint reviews what a rep is writing: warnings only.
func (s *site) textLint(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	return s.views.fragment(w, "prospect", "text-lint", templates.LintText(f.Values.Get("body"), f.Get("locale")))
}

func review(source string) sequenceReview {
	v := sequenceReview{Checked: true}
	lines := strings.Split(strings.ReplaceAll(source, "\r\n", "\n"), "\n")
	add := func(f templates.Finding) {
		fv := findingView{Finding: f}
		if f.Line > 0 && f.Line <= len(lines) {
			fv.Excerpt = strings.TrimSpace(lines[f.Line-1])
		}
		v.Findings = append(v.Findings, fv)
		if f.Severity == templates.SeverityError {
			v.Errors++
		} else {
			v.Warnings++
		}
	}
	d, err := templates.ParseSequence([]byte(source))
	if err != nil {
		for _, e := range flatten(err) {
			add(parseFinding(e))
		}
		return v
	}
	for _, f := range templates.Lint(d, []byte(source)) {
		add(f)
	}
	v.Steps = describeSteps(d)
	return v
}

// flatten takes joined errors apart.
func flatten(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var out []error
		for _, e := range joined.Unwrap() {
			out = append(out, flatten(e)...)
		}
		return out
	}
	return []error{err}
}

func parseFinding(err error) templates.Finding {
	f := templates.Finding{Rule: "format", Severity: templates.SeverityError, Message: sentence(err.Error())}
	var te *templates.Error
	if errors.As(err, &te) {
		f.Line, f.Column, f.Field, f.Message = te.Line, te.Column, te.Where, sentence(te.Message)
	}
	return f
}
