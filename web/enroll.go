package web

import (
	"net/http"
	"slices"
	"time"

	"followup/models"
	"followup/scheduler"
	"followup/store"
)

type enrollPage struct {
	page
	*personFacts
	Form      form
	Sequences []sequenceChoice
	Chosen    *sequenceChoice
	Steps     []stepView
	Refusals  []string
	Texts     string // what its texts cost
	Lacks     []lackView
	Previewed bool
	CallAt    string
	Promises  []models.Commitment
	Call      *moment
	Overlap   string               // another call of the rep at that time
	Waits     *moment              // for our answer, that long
	From      *store.EnrollmentRow // they are moved out of it
	Reason    *models.TalkingPoint // of the library: why they are enrolled
}

// sequenceChoice is a sequence as one enrolls into it.
type sequenceChoice struct {
	store.SequenceRow
	Anchor models.Anchor
	Steps  int
	Inside bool // they are in it already
	Picked bool
}

// enrollShow asks for the sequence and what it hangs on; with both chosen it
// previews every date and every text. It changes nothing.
func (s *site) enrollShow(w http.ResponseWriter, r *http.Request) error {
	v, err := s.person(r)
	if err != nil {
		return err
	}
	f := newForm()
	f.Values = r.URL.Query()
	return s.renderEnroll(w, r, v, http.StatusOK, f)
}

func (s *site) renderEnroll(w http.ResponseWriter, r *http.Request, v store.PersonView, status int, f form) error {
	p := enrollPage{page: s.page(r, "Enroll "+v.Prospect.Name(), "prospects"), Form: f, CallAt: f.Get("call_at")}
	p.personFacts = s.facts(p.times, v)
	for _, c := range v.Commitments {
		if c.State == models.CommitmentOpen {
			p.Promises = append(p.Promises, c)
		}
	}
	if p.From = movedFrom(v, f); p.From != nil {
		p.Title = "Move " + v.Prospect.Name()
	}
	rows, err := s.Store.SequencesFor(r.Context(), teamsOf(v.Owner)...)
	if err != nil {
		return err
	}
	if p.Reason, err = s.enrollReason(r, f); err != nil {
		return err
	}
	p.Sequences = sequenceChoices(rows, v, f.int64("sequence"))
	for i := range p.Sequences {
		if p.Sequences[i].Picked {
			p.Chosen = &p.Sequences[i]
		}
	}
	if p.Chosen != nil {
		if p.Lacks, err = s.lacksOf(r, v.Prospect, v.Points, p.Chosen.Sequence.ID); err != nil {
			return err
		}
	}
	switch {
	case p.Chosen == nil:
	case !p.ready():
		// The button was pressed and what the sequence hangs on is missing.
		if p.Chosen.Anchor == models.AnchorAppointment && f.Values.Has("call_at") {
			p.Form.Errors["call_at"] = "When is the call? This sequence hangs on it."
		}
	default:
		if err := s.preview(r, &p, v); err != nil {
			if err := p.Form.take(err, "call_at", "commitment", "sequence"); err != nil {
				return err
			}
			status = http.StatusUnprocessableEntity
		}
	}
	return s.views.render(w, status, "enroll", p)
}

// movedFrom is the running enrollment that another sequence takes the place of.
func movedFrom(v store.PersonView, f form) *store.EnrollmentRow {
	for i, e := range v.Enrollments {
		if e.Enrollment.ID == f.int64("from") && e.Enrollment.Live() {
			return &v.Enrollments[i]
		}
	}
	return nil
}

// ready tells whether the anchor of the chosen sequence has been given.
func (p enrollPage) ready() bool {
	switch p.Chosen.Anchor {
	case models.AnchorAppointment:
		return p.CallAt != ""
	case models.AnchorCommitment:
		return p.Form.Get("commitment") != ""
	}
	return true
}

func (s *site) preview(r *http.Request, p *enrollPage, v store.PersonView) error {
	req, err := s.enrollRequest(r, v, p.Form, p.Chosen)
	if err != nil {
		return err
	}
	steps, refusals, err := s.Scheduler.Preview(r.Context(), req)
	if err != nil {
		return err
	}
	for _, step := range steps {
		p.Steps = append(p.Steps, viewStep(p.times, step, v.Prospect.Zone))
	}
	if req.CallAt != nil {
		m := p.Both(*req.CallAt, v.Prospect.Zone)
		p.Call = &m
		other, err := s.Store.OverlapAt(r.Context(), req.RepID, *req.CallAt)
		if err != nil {
			return err
		}
		if other != nil {
			p.Overlap = scheduler.DescribeOverlap(*other)
		}
	}
	if since := v.Conversation.WaitingSince; since != nil {
		m := p.Since(*since)
		p.Waits = &m
	}
	p.Refusals, p.Previewed, p.Texts = refusals, true, s.textsTotal(p.Steps)
	return nil
}

func (s *site) enrollRequest(r *http.Request, v store.PersonView, f form, chosen *sequenceChoice) (scheduler.EnrollRequest, error) {
	req := scheduler.EnrollRequest{ProspectID: v.Prospect.ID, SequenceID: f.int64("sequence"), RepID: v.Prospect.OwnerID, TalkingPointID: f.ptr("talking_point"), By: actorOf(r)}
	if chosen == nil {
		return req, models.Invalid("sequence", "choose a sequence")
	}
	switch chosen.Anchor {
	case models.AnchorAppointment:
		at, err := parseLocal("call_at", f.Get("call_at"), v.Prospect.Zone)
		if err != nil {
			return req, err
		}
		if !at.After(s.Clock().Add(-time.Minute)) {
			return req, models.Invalid("call_at", "the call would begin in the past; choose a later time")
		}
		req.CallAt = &at
	case models.AnchorCommitment:
		if req.CommitmentID = f.ptr("commitment"); req.CommitmentID == nil {
			return req, models.Invalid("commitment", "choose the promise that this follows up; record one on the prospect's page first")
		}
	}
	return req, nil
}

// teamsOf are the teams that a user's people are enrolled for.
func teamsOf(users ...models.User) []int64 {
	var teams []int64
	for _, u := range users {
		if u.TeamID != nil && !slices.Contains(teams, *u.TeamID) {
			teams = append(teams, *u.TeamID)
		}
	}
	return teams
}

// enrollReason is the reason of the library that a form brings along.
func (s *site) enrollReason(r *http.Request, f form) (*models.TalkingPoint, error) {
	id := f.int64("talking_point")
	if id == 0 {
		return nil, nil
	}
	tp, err := s.Store.TalkingPoint(r.Context(), id)
	return &tp, err
}

func sequenceChoices(rows []store.SequenceRow, v store.PersonView, picked int64) []sequenceChoice {
	var out []sequenceChoice
	for _, row := range rows {
		if row.Version == nil {
			continue
		}
		c := sequenceChoice{SequenceRow: row, Anchor: row.Version.Definition.Anchor, Steps: len(row.Version.Definition.Steps), Picked: row.Sequence.ID == picked}
		for _, e := range v.Enrollments {
			if e.Enrollment.Live() && e.Enrollment.SequenceID == row.Sequence.ID {
				c.Inside = true
			}
		}
		out = append(out, c)
	}
	return out
}

// enroll is the confirmation of what the preview showed.
func (s *site) enroll(w http.ResponseWriter, r *http.Request) error {
	v, err := s.person(r)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	rows, err := s.Store.SequencesFor(r.Context(), teamsOf(v.Owner)...)
	if err != nil {
		return err
	}
	var chosen *sequenceChoice
	for _, c := range sequenceChoices(rows, v, f.int64("sequence")) {
		if c.Picked {
			chosen = &c
		}
	}
	req, err := s.enrollRequest(r, v, f, chosen)
	if err == nil {
		_, err = s.Scheduler.Enroll(r.Context(), req)
	}
	if err != nil {
		status := statusOf(err)
		if err := f.take(err, "call_at", "commitment", "sequence"); err != nil {
			return err
		}
		return s.renderEnroll(w, r, v, status, f)
	}
	done := v.Prospect.Name() + " is enrolled in " + chosen.Sequence.Name + "."
	// The new one first: what it refuses leaves the old one as it is.
	if from := movedFrom(v, f); from != nil {
		if err := s.CRM.FinishEnrollment(r.Context(), actorOf(r), from.Enrollment.ID, models.FinishRemoved); err != nil {
			return err
		}
		done = v.Prospect.Name() + " was moved from " + from.Sequence.Name + " to " + chosen.Sequence.Name + "."
	}
	s.Scheduler.Wake()
	s.flash(r, done)
	return redirect(w, r, idPath("/prospects/", v.Prospect.ID))
}
