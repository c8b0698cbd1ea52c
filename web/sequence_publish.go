package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"followup/crm"
	"followup/models"
	"followup/scheduler"
	"followup/templates"
)

// shownInside is how many people a page of a move's preview lists.
const shownInside = 200

type publishPage struct {
	page
	Key, Name string
	Revision  int64
	Form      form
	Live      *models.SequenceVersion
	Next      int // the number it will have
	Review    sequenceReview
	Changes   []changeView
	Inside    int64
	Move      bool
	Gone      []goneStep
	Steps     []models.Step // of what is to be published, to go on at
	Lines     []moveLine
	All       int64 // whom all pages of the preview list
	OnlyHeld  bool  // these are those who would be held because their step is gone
	NextAfter int64 // where the next page begins; 0: this is the last
	First     bool  // this is the first
	Same      int
	Held      int   // on this page
	HeldAll   int64 // whose step is gone and for whom no place is chosen, of everybody
}

// goneStep is a step that people inside made last and that is no more.
type goneStep struct {
	Key, Name, GoOn string
	People          int64
}

type moveLine struct {
	scheduler.MoveLine
	BeforeAt, AfterAt moment
}

// publishShow says what publishing the draft changes, and for whom.
func (s *site) publishShow(w http.ResponseWriter, r *http.Request) error {
	f := newForm()
	f.Values = r.URL.Query()
	return s.renderPublish(w, r, http.StatusOK, f)
}

func (s *site) renderPublish(w http.ResponseWriter, r *http.Request, status int, f form) error {
	v, err := s.Store.ViewSequence(r.Context(), r.PathValue("key"))
	if err != nil {
		return err
	}
	if v.Sequence.DraftSource == "" {
		s.flash(r, "There is nothing to publish: no draft differs from what runs.")
		return redirect(w, r, "/sequences/"+v.Sequence.Key)
	}
	p := publishPage{page: s.page(r, "Publish "+v.Sequence.Name, "sequences"), Key: v.Sequence.Key, Name: v.Sequence.Name, Revision: v.Sequence.Revision,
		Form: f, Live: v.Version, Next: 1, Inside: v.Inside(), Move: f.Get("inside") == "move"}
	if v.Version != nil {
		p.Next = v.Version.Number + 1
	}
	p.Review = review(v.Sequence.DraftSource)
	p.Review.At = "/sequences/" + v.Sequence.Key + "/yaml"
	d, err := templates.ParseSequence([]byte(v.Sequence.DraftSource))
	if err != nil {
		return s.views.render(w, status, "sequence_publish", p)
	}
	p.Steps = d.Steps
	if v.Version != nil {
		p.Changes = viewChanges(scheduler.CompareVersions(v.Version.Definition, d))
	}
	if p.Inside > 0 {
		if err := s.previewInside(r, &p, v.Sequence.ID, d); err != nil {
			return err
		}
	}
	return s.views.render(w, status, "sequence_publish", p)
}

// previewInside says what a move does to each person inside.
func (s *site) previewInside(r *http.Request, p *publishPage, sequenceID int64, d models.Definition) error {
	last, err := s.Store.LastSteps(r.Context(), sequenceID)
	if err != nil {
		return err
	}
	for key, n := range last {
		if key != "" && d.Index(key) < 0 {
			g := goneStep{Key: key, Name: stepTitle(p.Live, key), GoOn: p.Form.Get("go_on:" + key), People: n}
			p.Gone = append(p.Gone, g)
			if g.GoOn == "" {
				p.HeldAll += n
			}
		}
	}
	slices.SortFunc(p.Gone, func(a, b goneStep) int { return strings.Compare(a.Key, b.Key) })
	if !p.Move {
		return nil
	}
	var made []string
	for _, g := range p.Gone {
		if g.GoOn == "" && p.Form.Get("only") == "held" {
			made = append(made, g.Key)
		}
	}
	p.OnlyHeld = len(made) > 0
	after := p.Form.int64("after")
	inputs, total, err := s.Store.PeopleInside(r.Context(), sequenceID, after, made, shownInside+1)
	if err != nil {
		return err
	}
	p.All, p.First = total, after == 0
	if len(inputs) > shownInside {
		inputs = inputs[:shownInside]
		p.NextAfter = inputs[shownInside-1].Enrollment.ID
	}
	for i, line := range s.Scheduler.PreviewMove(inputs, d, p.Next, goOnAt(p.Form)) {
		switch {
		case line.Held != "":
			p.Held++
		case line.Same:
			p.Same++
		}
		ml := moveLine{MoveLine: line}
		zone := inputs[i].Prospect.Zone
		if !line.Before.At.IsZero() {
			ml.BeforeAt = p.Both(line.Before.At, zone)
		}
		if !line.After.At.IsZero() {
			ml.AfterAt = p.Both(line.After.At, zone)
		}
		p.Lines = append(p.Lines, ml)
	}
	slices.SortStableFunc(p.Lines, func(a, b moveLine) int { return urgency(a) - urgency(b) })
	return nil
}

// urgency puts those first whom somebody should look at.
func urgency(l moveLine) int {
	switch {
	case l.Held != "":
		return 0
	case !l.Same:
		return 1
	}
	return 2
}

// stepTitle is what a step of the version is called.
func stepTitle(v *models.SequenceVersion, key string) string {
	if v != nil {
		if st, ok := v.Definition.Step(key); ok {
			if st.Name != "" {
				return st.Name
			}
			return scheduler.Describe(st)
		}
	}
	return key
}

// goOnAt reads where those go on whose last step is gone.
func goOnAt(f form) map[string]string {
	chosen := map[string]string{}
	for name, values := range f.Values {
		if key, ok := strings.CutPrefix(name, "go_on:"); ok && len(values) > 0 && values[0] != "" {
			chosen[key] = values[0]
		}
	}
	return chosen
}

// publishNow carries it out.
func (s *site) publishNow(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	if do, after, _ := strings.Cut(f.Get("do"), ":"); do == "preview" {
		f.Values.Set("after", after)
		return s.renderPublish(w, r, http.StatusOK, f)
	}
	seq, err := s.Store.SequenceByKey(r.Context(), r.PathValue("key"))
	if err != nil {
		return err
	}
	if f.Get("inside") == "" && f.Values.Has("asks") {
		f.Errors["inside"] = "Say what happens to the people inside."
		return s.renderPublish(w, r, http.StatusUnprocessableEntity, f)
	}
	v, move, err := s.CRM.PublishVersion(r.Context(), userOf(r).ID, crm.PublishRequest{
		Key: seq.Key, Source: seq.DraftSource, Note: f.Get("note"), Override: f.Get("override"), Revision: f.int64("revision"),
		Move: f.Get("inside") == "move", GoOnAt: goOnAt(f),
	})
	if err != nil {
		status := statusOf(err)
		var lint *crm.LintError
		if errors.As(err, &lint) {
			status = http.StatusUnprocessableEntity
			f.General = "The lint refuses it: mend what is marked below, or give a reason for publishing it as it is."
		} else if err := f.take(err, "override", "go_on_at"); err != nil {
			return err
		}
		return s.renderPublish(w, r, status, f)
	}
	done := "Version " + numberText(v.Number) + " is published."
	switch {
	case move != nil:
		done += " " + countOf(move.Total, "person moves", "people move") + " to it as soon as nothing of theirs is under way."
	case f.Get("inside") == "stay":
		done += " Whoever is inside stays on theirs."
	}
	s.flash(r, done)
	return redirect(w, r, "/sequences/"+seq.Key)
}
