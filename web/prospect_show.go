package web

import (
	"net/http"
	"slices"
	"strconv"

	"followup/models"
	"followup/replies"
	"followup/scheduler"
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
}

// answerBox is where a rep answers, with the channel and why.
type answerBox struct {
	Choices []replies.Choice
	Refused string // why there is no way to answer
	Token   string
	Subject string
	Form    form
	Channel models.ChannelKind
	Waiting *moment
}

// runView is an enrollment with what comes next.
type runView struct {
	store.EnrollmentRow
	Steps []stepView
}

// stepView is a planned step with its time in both zones.
type stepView struct {
	models.PlannedStep
	When moment
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
	if v.Conversation.UnreadCount > 0 && !refreshing(r) {
		if err := s.Store.Seen(r.Context(), v.Prospect.ID, s.Clock()); err != nil {
			return err
		}
	}
	return s.renderPerson(w, r, v, http.StatusOK, "", newForm())
}

// renderPerson shows the page; formName names the form that f belongs to.
func (s *site) renderPerson(w http.ResponseWriter, r *http.Request, v store.PersonView, status int, formName string, f form) error {
	p := personPage{page: s.page(r, v.Prospect.Name(), "prospects"), View: v, FormName: formName, Form: newForm()}
	p.Wide = true
	p.personFacts = s.facts(p.times, v)
	p.Timeline = timeline(p.times, v)
	if formName != "answer" {
		p.Form = f
	}
	p.Answer = s.answerBox(r, p.times, v)
	if formName == "answer" {
		p.Answer.Form = f
		p.Answer.Channel = models.ChannelKind(f.Get("channel"))
	}
	for _, e := range v.Enrollments {
		run := runView{EnrollmentRow: e}
		if e.Enrollment.Live() {
			p.Live++
			for _, step := range s.upcoming(r, e.Enrollment.ID) {
				run.Steps = append(run.Steps, stepView{PlannedStep: step, When: p.Both(step.At, v.Prospect.Zone)})
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
	return s.views.render(w, status, "prospect", p)
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
	box.Choices = choices
	if len(choices) > 0 {
		box.Channel = choices[0].Channel
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

// personFacts is what stands beside a conversation or a call: how a person
// can be reached and what is known of them.
type personFacts struct {
	Prospect  models.Prospect
	Company   string
	Owner     string
	LocalNow  string
	ZoneError string
	Points    []pointView
	Blocked   []models.Suppression
	Hold      *models.CompanyHold
	Pursuit   *models.Pursuit
	Limit     int
	Discovery *models.Discovery
	Promises  []models.Commitment
	Channels  []option
}

// pointView is a contact point with what permits and forbids it.
type pointView struct {
	models.ContactPoint
	Tried      moment
	Permits    []permit
	Suppressed string
}

// permit is a channel's consent on a contact point.
type permit struct {
	Channel models.ChannelKind
	Basis   models.ConsentBasis // "": none is known
	Enough  bool
}

func (s *site) facts(t times, v store.PersonView) *personFacts {
	f := &personFacts{Prospect: v.Prospect, Owner: v.Owner.Name, LocalNow: t.LocalNow(v.Prospect.Zone), Hold: v.Hold, Pursuit: v.Pursuit, Discovery: v.Discovery, Promises: v.Commitments}
	if v.Company != nil {
		f.Company = v.Company.Name
	}
	if _, err := v.Prospect.Location(); err != nil {
		f.ZoneError = messageOf(err)
	}
	kinds := s.Channels.Kinds()
	slices.Sort(kinds)
	for _, c := range v.Points {
		pv := pointView{ContactPoint: c}
		if c.LastTriedAt != nil {
			pv.Tried = t.Ago(*c.LastTriedAt)
		}
		for _, k := range kinds {
			rules, _ := s.Channels.Rules(k)
			if rules.Address != c.Kind {
				continue
			}
			if sup, ok := models.Suppressed(v.Suppressions, v.Prospect, c, k); ok {
				pv.Suppressed = reasonText(sup.Reason)
				continue
			}
			best, ok := models.BestConsent(v.Consents, c, k, t.now)
			if !ok {
				best.Basis = ""
			}
			pv.Permits = append(pv.Permits, permit{Channel: k, Basis: best.Basis, Enough: best.Basis.Level() >= rules.Consent.Level()})
		}
		f.Points = append(f.Points, pv)
	}
	for _, sup := range v.Suppressions {
		if sup.Scope == models.SuppressPerson || sup.Scope == models.SuppressWorkspace || sup.Scope == models.SuppressCompany {
			f.Blocked = append(f.Blocked, sup)
		}
	}
	for _, k := range kinds {
		f.Channels = append(f.Channels, option{Value: string(k), Label: lookOf(k).Name})
	}
	return f
}

// describe is scheduler.Describe under a name that templates can call.
func describe(step models.Step) string { return scheduler.Describe(step) }

func idText(id int64) string { return strconv.FormatInt(id, 10) }

// Facts lets templates hand the embedded facts on as a whole.
func (f *personFacts) Facts() *personFacts { return f }
