package web

import (
	"net/http"

	"followup/channels/sms"
	"followup/models"
	"followup/scheduler"
	"followup/store"
	"followup/templates"
)

// mergePage lays what somebody else saved and what was typed over each other.
type mergePage struct {
	page
	Key, Name string
	Revision  int64
	Editor    string
	Lines     []diffLine
	Changes   []changeView
	Mine      string   // theirs with what was typed put in
	Theirs    string   // what it was laid over
	Both      []string // what both changed: mine is taken
	CameBack  bool     // they deleted the step that I was writing
	Form      form
}

// renderMerge: the draft was saved by somebody else meanwhile. What was typed
// is shown put into theirs, as differences; nothing is saved before one says so.
func (s *site) renderMerge(w http.ResponseWriter, r *http.Request, v store.SequenceView, merged string, f form) error {
	now, err := s.Store.ViewSequence(r.Context(), v.Sequence.Key)
	if err != nil {
		return err
	}
	theirs := draftOf(now)
	p := mergePage{page: s.page(r, "Merge "+now.Sequence.Name, "sequences"), Key: now.Sequence.Key, Name: now.Sequence.Name,
		Revision: now.Sequence.Revision, Editor: now.Editor, Mine: merged, Form: f, Lines: diffLines(theirs, merged),
		Theirs: theirs, Both: f.Values["both"], CameBack: f.Get("came_back") != ""}
	old, okOld := templates.ReadSequence([]byte(theirs))
	mine, okMine := templates.ReadSequence([]byte(merged))
	if okOld && okMine {
		p.Changes = viewChanges(scheduler.CompareVersions(old, mine))
	}
	return s.views.render(w, http.StatusConflict, "sequence_merge", p)
}

// segments tells what a text costs: in how many parts it travels.
func (s *site) segments(line stepView) string {
	rules, ok := s.Channels.Rules(line.Channel)
	if !ok || rules.Address != models.ContactPhone || !rules.Written || line.Body == "" {
		return ""
	}
	n, encoding := sms.Segments(line.Body)
	text := countOf(n, "segment", "segments") + " (" + encoding + ")"
	if encoding == sms.UCS2 {
		text += ": a letter outside the plain alphabet makes each segment hold 70 letters instead of 160"
	}
	return text + ". " + s.segmentPrice(line, n)
}

// segmentPrice says what a text costs to the number that it is previewed for.
func (s *site) segmentPrice(line stepView, segments int) string {
	rates := s.Scheduler.Rates
	if rates == nil || line.ContactPoint == nil {
		return "Each segment is charged; the configuration names no rates, so what they cost is not known."
	}
	each, known := rates.Segment(line.ContactPoint.Value)
	if !known {
		return "Each segment is charged; the configuration names no rate for the country of their number."
	}
	return rates.Show(each*models.Money(segments)) + " to their number: " + rates.Show(each) + " a segment."
}

// editorTest sends the open step to oneself.
func (s *site) editorTest(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	v, err := s.Store.ViewSequence(r.Context(), r.PathValue("key"))
	if err != nil {
		return err
	}
	return s.sendTest(w, r, v, draftOf(v), f.Get("step"), f)
}

func (s *site) sendTest(w http.ResponseWriter, r *http.Request, v store.SequenceView, source, step string, f form) error {
	u := userOf(r)
	d, ok := templates.ReadSequence([]byte(source))
	if !ok || f.int64("for") == 0 {
		return models.Errorf(models.CodeRefused, "choose a person for whom it is filled in, then send the test")
	}
	in, err := s.Store.DraftContext(r.Context(), f.int64("for"), d)
	if err != nil {
		return err
	}
	to, err := s.Scheduler.SendTest(r.Context(), scheduler.TestSend{
		Input: in, Def: d, Step: step, User: u,
		Sender: func(kind models.SenderKind) (models.Sender, bool, error) {
			return s.Store.NotificationSender(r.Context(), kind, u.ID)
		},
	})
	if err != nil {
		status := statusOf(err)
		if err := f.take(err); err != nil {
			return err
		}
		fresh, err := s.Store.ViewSequence(r.Context(), v.Sequence.Key)
		if err != nil {
			return err
		}
		return s.renderEditor(w, r, fresh, source, step, f, status)
	}
	s.flash(r, "The test is on its way to "+to+", filled in for "+in.Prospect.Name()+". It counts for nobody.")
	return redirect(w, r, "/sequences/"+v.Sequence.Key+"/edit?step="+step+"&for="+f.Get("for"))
}
