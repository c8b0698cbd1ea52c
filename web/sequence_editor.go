package web

import (
	"net/http"
	"net/url"
	"strconv"

	"followup/models"
	"followup/scheduler"
	"followup/store"
	"followup/templates"
)

// editorPage is a sequence as steps that are edited by forms.
type editorPage struct {
	page
	Key, Name string
	Revision  int64
	Draft     bool
	Live      *models.SequenceVersion
	Inside    int64
	Editor    string
	Form      form
	Def       models.Definition
	Broken    []findingView // what the form cannot show: mended as text
	Steps     []editorStep
	Open      *stepForm // nil: the sequence itself
	For       previewFor
	Side      editorSide
	Variables []string
}

type editorStep struct {
	describedStep
	Open, First, Last bool
	Errors, Warnings  int
}

// editorSide is what stands beside the form and is renewed as one types.
type editorSide struct {
	Key      string
	Revision int64
	Saved    bool
	Conflict string // somebody else saved
	Step     string // the step that is open; "" for the sequence itself
	Line     string // what it does, in plain language
	Findings []findingView
	Other    int    // findings on other steps
	Was      string // the open part as it was saved: what a stale form began with
	Lacking  lackingView
	Someone  bool // there is somebody to preview for
	For      int64
	ForName  string
	Preview  []stepView // the open step first
	Rest     []stepView
	Refusals []string
	Segments string
	MayTest  bool
}

// draftOf is what is being edited: the draft, else what runs.
func draftOf(v store.SequenceView) string {
	if v.Sequence.DraftSource != "" {
		return v.Sequence.DraftSource
	}
	if v.Version != nil {
		return v.Version.Source
	}
	return ""
}

func (s *site) editorShow(w http.ResponseWriter, r *http.Request) error {
	v, err := s.Store.ViewSequence(r.Context(), r.PathValue("key"))
	if err != nil {
		return err
	}
	q := r.URL.Query()
	return s.renderEditor(w, r, v, draftOf(v), q.Get("step"), newForm(), http.StatusOK)
}

// renderEditor shows the source as steps, with the named one open.
func (s *site) renderEditor(w http.ResponseWriter, r *http.Request, v store.SequenceView, source, open string, f form, status int) error {
	d, readable := templates.ReadSequence([]byte(source))
	if !readable {
		s.flash(r, "This draft cannot be shown as steps before its text is mended.")
		return redirect(w, r, "/sequences/"+v.Sequence.Key+"/yaml")
	}
	p := editorPage{page: s.page(r, "Edit "+v.Sequence.Name, "sequences"), Key: v.Sequence.Key, Name: v.Sequence.Name, Revision: v.Sequence.Revision,
		Draft: v.Sequence.DraftSource != "", Live: v.Version, Inside: v.Inside(), Editor: v.Editor, Form: f, Def: d, Variables: templates.Variables()}
	p.Wide = true
	if i := d.Index(open); i >= 0 {
		published := false
		if v.Version != nil {
			published = v.Version.Definition.Index(open) >= 0
		}
		sf := newStepForm(d.Steps[i], published, i == 0)
		p.Open = &sf
	} else {
		open = ""
	}
	found := review(source)
	for _, fv := range found.Findings {
		if fv.Rule == "format" {
			p.Broken = append(p.Broken, fv)
		}
	}
	for i, ds := range describeSteps(d) {
		es := editorStep{describedStep: ds, Open: ds.Key == open, First: i == 0, Last: i == len(d.Steps)-1}
		es.Errors, es.Warnings = countFindings(found.Findings, ds.Key)
		p.Steps = append(p.Steps, es)
	}
	asked := f.int64("for")
	if asked == 0 {
		asked, _ = strconv.ParseInt(r.URL.Query().Get("for"), 10, 64)
	}
	var err error
	if p.For, err = s.chooseFor(r, v, r.URL.Query().Get("who"), asked); err != nil {
		return err
	}
	if p.Side, err = s.side(r, v, d, found.Findings, open, p.For.ID); err != nil {
		return err
	}
	if f.Failed() {
		p.Side.Was = f.Values.Get("was")
	}
	return s.views.render(w, status, "sequence_editor", p)
}

func countFindings(all []findingView, step string) (bad, mild int) {
	for _, f := range all {
		switch {
		case f.Step != step:
		case f.Severity == templates.SeverityError:
			bad++
		default:
			mild++
		}
	}
	return bad, mild
}

// side works out what stands beside the form; who is whom it is previewed for.
func (s *site) side(r *http.Request, v store.SequenceView, d models.Definition, found []findingView, open string, who int64) (editorSide, error) {
	side := editorSide{Key: v.Sequence.Key, Revision: v.Sequence.Revision, Step: open, For: who, Someone: who != 0, Was: partOf(d, open)}
	step, isStep := d.Step(open)
	for _, f := range found {
		if f.Step == open && f.Rule != "format" {
			f.In = editorField(f.Finding, step)
			side.Findings = append(side.Findings, f)
		} else {
			side.Other++
		}
	}
	if isStep {
		side.Line = scheduler.DescribeIn(d, step)
		set, err := s.Store.Settings(r.Context())
		if err != nil {
			return side, err
		}
		if side.Lacking, err = s.lacking(r.Context(), v.Sequence, step, set); err != nil {
			return side, err
		}
	}
	if who == 0 {
		return side, nil
	}
	in, err := s.Store.DraftContext(r.Context(), who, d)
	if err == nil {
		err = s.maySeePersonOf(r, in.Prospect)
	}
	if code := models.CodeOf(err); code == models.CodeNotFound || code == models.CodeForbidden {
		// Saving goes on where the preview cannot.
		side.Refusals = []string{messageOf(err)}
		return side, nil
	}
	if err != nil {
		return side, err
	}
	side.ForName = in.Prospect.Name()
	steps, refusals := s.Scheduler.PreviewDraft(in, d)
	side.Refusals = refusals
	t := newTimes(s.Clock(), userOf(r).Zone)
	for _, line := range steps {
		sv := viewStep(t, line, in.Prospect.Zone)
		if line.StepKey == open {
			side.Preview = append(side.Preview, sv)
		} else {
			side.Rest = append(side.Rest, sv)
		}
	}
	if isStep && len(side.Preview) > 0 {
		side.Segments = s.segments(side.Preview[0])
		side.MayTest = side.Preview[0].Kind == models.TouchMessage && side.Preview[0].Body != ""
	}
	return side, nil
}

// editorSave keeps what the form says and does what its button says.
func (s *site) editorSave(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	v, err := s.Store.ViewSequence(r.Context(), r.PathValue("key"))
	if err != nil {
		return err
	}
	stale := f.int64("revision") != v.Sequence.Revision
	edited, open, err := applyEditor(&f, draftOf(v), stale)
	if err != nil {
		return err
	}
	if stale {
		return s.renderMerge(w, r, v, edited, f)
	}
	if f.Failed() {
		return s.renderEditor(w, r, v, edited, open, f, http.StatusUnprocessableEntity)
	}
	seq, err := s.keepDraft(r, v, edited)
	if err != nil {
		if models.CodeOf(err) == models.CodeConflict {
			return s.renderMerge(w, r, v, edited, f)
		}
		return err
	}
	to := "/sequences/" + seq.Key + "/edit"
	switch {
	case f.Get("do") == "publish":
		return redirect(w, r, "/sequences/"+seq.Key+"/publish")
	case f.Get("do") == "test":
		return s.sendTest(w, r, v, edited, open, f)
	}
	query := url.Values{}
	if open != "" {
		query.Set("step", open)
	}
	for _, name := range []string{"for", "who"} {
		if f.Get(name) != "" {
			query.Set(name, f.Get(name))
		}
	}
	if len(query) > 0 {
		to += "?" + query.Encode()
	}
	return redirect(w, r, to+"#step")
}

// keepDraft saves where something changed.
func (s *site) keepDraft(r *http.Request, v store.SequenceView, source string) (models.Sequence, error) {
	if source == draftOf(v) {
		return v.Sequence, nil
	}
	return s.CRM.SaveDraft(r.Context(), userOf(r).ID, v.Sequence.Key, v.Sequence.Revision, source)
}

// editorAutosave keeps what is typed and answers with what stands beside the
// form. A stale one keeps nothing and says so.
func (s *site) editorAutosave(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	v, err := s.Store.ViewSequence(r.Context(), r.PathValue("key"))
	if err != nil {
		return err
	}
	stale := f.int64("revision") != v.Sequence.Revision
	f.Values.Del("step_key") // a name is given by a button: the page goes on under the old one
	edited, open, err := applyEditor(&f, draftOf(v), stale)
	if err != nil {
		return err
	}
	conflict, saved := "", false
	switch {
	case stale:
		conflict = "Somebody else saved this sequence. Nothing of yours is lost: press Save to lay the two over each other."
	case !f.Failed():
		seq, err := s.keepDraft(r, v, edited)
		if models.CodeOf(err) == models.CodeConflict {
			conflict = "Somebody else saved this sequence at this moment. Press Save to lay the two over each other."
		} else if err != nil {
			return err
		} else {
			v.Sequence, saved = seq, true
		}
	}
	d, _ := templates.ReadSequence([]byte(edited))
	side, err := s.side(r, v, d, review(edited).Findings, open, f.int64("for"))
	if err != nil {
		return err
	}
	if side.Saved, side.Conflict = saved, conflict; f.Failed() {
		side.Was = f.Values.Get("was")
	}
	if conflict != "" {
		side.Revision, side.Was = f.int64("revision"), f.Values.Get("was") // so that saving asks for the merge
	}
	return s.views.fragment(w, "sequence_editor", "editor-side", side)
}
