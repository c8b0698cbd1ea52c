package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"followup/models"
	"followup/replies"
	"followup/store"
)

type personPage struct {
	page
	*personFacts
	View      store.PersonView
	Timeline  []timelineItem
	Answer    answerBox
	Runs      []runView
	Live      int
	FormName  string // the quick form that was refused, and stays open
	Form      form
	Defaults  map[string]string
	Booked    []bookedView
	Past      []models.Touch
	Notes     string
	CallZone  string
	NotesBase int64
	Preview   *answerPreview
	Edits     []editView
	Merges    []mergeView
	Twins     []twinView
	Older     string // address of the timeline before this
	Newer     string
}

// answerBox is where a rep answers, with the channel and why.
type answerBox struct {
	Choices []answerChoice
	Refused string // why there is no way to answer
	Token   string
	Subject string
	Form    form
	Channel string // the value of the chosen way
	Waiting *moment
	AskHour *theirHour // an answer outside their hours: it waits, or the writer confirms

	Known    int64 // the newest answer to them that the page shows
	Draft    models.AnswerDraft
	Files    []models.AnswerFile
	Snippets []snippetView

	MoreSnippets bool   // than are listed
	Find         string // what they were looked for by
}

// Revision is the draft's that the box began with.
func (b answerBox) Revision() int64 {
	if n := b.Form.int64("draft_revision"); n != 0 {
		return n
	}
	return b.Draft.Revision
}

// answerChoice is a way to answer; Value names it in the form: the channel,
// and the contact point where it is not the best on that channel.
type answerChoice struct {
	replies.Choice
	Value string
	Hour  *theirHour // where it is too early or too late there
	Adds  string     // what the first text to a number gets added
}

func answerChoices(choices []replies.Choice) []answerChoice {
	var all []answerChoice
	seen := map[models.ChannelKind]bool{}
	for _, c := range choices {
		value := string(c.Channel)
		if seen[c.Channel] {
			value += "/" + strconv.FormatInt(c.ContactPoint.ID, 10)
		}
		seen[c.Channel] = true
		all = append(all, answerChoice{Choice: c, Value: value})
	}
	return all
}

// answerBy undoes answerChoices.
func answerBy(value string) (models.ChannelKind, int64) {
	kind, id, _ := strings.Cut(value, "/")
	n, _ := strconv.ParseInt(id, 10, 64)
	return models.ChannelKind(kind), n
}

// runView is an enrollment with what comes next.
type runView struct {
	store.EnrollmentRow
	Steps []stepView // the next few
	Later []stepView // the rest, folded
}

// nextSteps is how many steps stand open on a person's page.
const nextSteps = 3

// stepView is a planned step with its time in both zones.
type stepView struct {
	models.PlannedStep
	When  moment
	Words []string // why it comes then, or is left out
}

func viewStep(t times, step models.PlannedStep, zone string) stepView {
	v := stepView{PlannedStep: step, When: t.Both(step.At, zone)}
	if step.Why != "" {
		v.Words = append(v.Words, step.Why)
	}
	if step.Condition != "" && !strings.Contains(step.Why, step.Condition) {
		v.Words = append(v.Words, step.Condition)
	}
	if step.Skipped && len(v.Words) == 0 {
		v.Words = append(v.Words, "left out: "+reasonText(step.Reason))
	}
	return v
}

type bookedView struct {
	models.Appointment
	When  moment
	Input string
}

func (s *site) prospectShow(w http.ResponseWriter, r *http.Request) error {
	v, err := s.person(r)
	if err != nil {
		return err
	}
	if v.Prospect.MergedInto != nil {
		return redirect(w, r, idPath("/prospects/", *v.Prospect.MergedInto))
	}
	if err := s.seen(r, v); err != nil {
		return err
	}
	return s.renderPerson(w, r, v, http.StatusOK, "", newForm())
}

// seen notes that somebody has opened a conversation.
func (s *site) seen(r *http.Request, v store.PersonView) error {
	if v.Conversation.UnreadCount == 0 || refreshing(r) {
		return nil
	}
	return s.CRM.Seen(r.Context(), v.Prospect.ID)
}

// renderPerson shows the page; formName names the form that f belongs to.
func (s *site) renderPerson(w http.ResponseWriter, r *http.Request, v store.PersonView, status int, formName string, f form) error {
	return s.renderPersonWith(w, r, v, status, formName, f, personPage{})
}

// renderPersonWith adds what a step of writing an answer found.
func (s *site) renderPersonWith(w http.ResponseWriter, r *http.Request, v store.PersonView, status int, formName string, f form, with personPage) error {
	p, err := s.personPage(r, s.page(r, v.Prospect.Name(), "prospects"), v, formName, f)
	if err != nil {
		return err
	}
	p.Preview = with.Preview
	if with.Answer.Find != "" {
		p.Answer.Find, p.Answer.Snippets, p.Answer.MoreSnippets = with.Answer.Find, with.Answer.Snippets, with.Answer.MoreSnippets
	}
	return s.views.render(w, status, "prospect", p)
}

// personPage is what is shown of a person, on their own page and in the inbox.
func (s *site) personPage(r *http.Request, frame page, v store.PersonView, formName string, f form) (personPage, error) {
	p := personPage{page: frame, View: v, FormName: formName, Form: newForm()}
	p.Wide = true
	p.personFacts = s.facts(p.times, v)
	p.Timeline, p.Older = window(timeline(p.times, v), v)
	if v.Before == nil {
		p.Timeline = append(p.Timeline, pendingAnswers(p.times, v, userOf(r).ID)...)
	}
	if formName != "answer" {
		p.Form = f
	}
	p.Answer = s.answerBox(r, p.times, v)
	if err := s.equip(r, &p.Answer, v); err != nil {
		return p, err
	}
	if formName == "answer" {
		p.Answer.Form = f
		p.Answer.Channel = f.Get("channel")
	} else {
		p.Answer.fillFrom(p.Answer.Draft)
	}
	if err := s.recordOf(r, &p, v); err != nil {
		return p, err
	}
	for _, e := range v.Enrollments {
		run := runView{EnrollmentRow: e}
		if e.Enrollment.Live() {
			p.Live++
			for _, step := range s.upcoming(r, e.Enrollment.ID) {
				run.Steps = append(run.Steps, viewStep(p.times, step, v.Prospect.Zone))
			}
			if len(run.Steps) > nextSteps+1 {
				run.Steps, run.Later = run.Steps[:nextSteps], run.Steps[nextSteps:]
			}
		}
		p.Runs = append(p.Runs, run)
	}
	for _, a := range v.Appointments {
		if a.Open() {
			p.Booked = append(p.Booked, bookedView{Appointment: a, When: p.Both(a.StartsAt, a.Zone), Input: p.times.Input(a.StartsAt, v.Prospect.Zone)})
		}
	}
	slices.Reverse(p.Booked)
	return p, nil
}

// upcoming previews what a running enrollment has before it. A page goes on
// without it: the plan's own tick reports what is wrong.
func (s *site) upcoming(r *http.Request, enrollmentID int64) []models.PlannedStep {
	in, err := s.Store.PlanOf(r.Context(), enrollmentID)
	if err != nil {
		s.Log.Error("preview of an enrollment", "id", requestID(r), "enrollment", enrollmentID, "error", err)
		return nil
	}
	return s.Scheduler.Upcoming(r.Context(), in)
}

func (s *site) answerBox(r *http.Request, t times, v store.PersonView) answerBox {
	box := answerBox{Token: newToken(), Form: newForm()}
	choices, err := s.Replies.Route(r.Context(), v.Prospect.ID)
	if err != nil {
		box.Refused = messageOf(err)
		if box.Refused == "" {
			box.Refused = "The ways to answer could not be found just now. Load the page again."
			s.logFailure(r, err)
		}
		return box
	}
	box.Choices = answerChoices(choices)
	if len(choices) > 0 {
		box.Channel = box.Choices[0].Value
	}
	if err := s.considerate(r, t, v, &box); err != nil {
		s.logFailure(r, err) // the page goes on without it: the gate decides all the same
	}
	box.Subject = threadSubject(v.Messages)
	if v.Conversation.WaitingSince != nil {
		m := t.Since(*v.Conversation.WaitingSince)
		box.Waiting = &m
	}
	return box
}

// threadSubject is the subject that an answer by email would carry.
func threadSubject(newestFirst []models.Message) string {
	for _, m := range newestFirst {
		if m.Subject == "" {
			continue
		}
		if len(m.Subject) > 3 && (m.Subject[:3] == "Re:" || m.Subject[:3] == "RE:") {
			return m.Subject
		}
		return "Re: " + m.Subject
	}
	return ""
}
