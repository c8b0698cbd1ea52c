package scheduler

import (
	"strings"
	"time"

	"followup/models"
)

// MoveLine is what a version move does to one person.
type MoveLine struct {
	EnrollmentID int64
	ProspectID   int64
	Name         string
	Last         string // the step made last, by its key; "" where none was
	Before       Upcoming
	After        Upcoming
	Same         bool   // the same step at the same time
	Held         string // why they would be held, in words; "" where they would not
	Waits        string // what is carried out before the move, in words
}

// Upcoming is what comes next for somebody, in short.
type Upcoming struct {
	StepKey string
	What    string // "Email", "the booked call", "the sequence ends"
	At      time.Time
	Local   string
	Skipped []string // steps left out on the way, by their keys
}

// PreviewMove says who would get what, when, if the people inside moved to
// the version of that number now. goOnAt names, for steps that are gone, where those go
// on who made them last.
func (s *Scheduler) PreviewMove(inputs []models.PlanInput, d models.Definition, number int, goOnAt map[string]string) []MoveLine {
	now := s.clock(time.Time{})
	lines := make([]MoveLine, 0, len(inputs))
	for _, in := range inputs {
		lines = append(lines, s.previewMove(in, models.SequenceVersion{ID: -1, Number: number, Definition: d}, goOnAt, now))
	}
	return lines
}

func (s *Scheduler) previewMove(in models.PlanInput, to models.SequenceVersion, goOnAt map[string]string, now time.Time) MoveLine {
	line := MoveLine{EnrollmentID: in.Enrollment.ID, ProspectID: in.Prospect.ID, Name: in.Prospect.Name(), Last: lastMadeKey(in.Touches)}
	if !in.Enrollment.Active() {
		line.Waits = "resting; the move comes when it goes on"
	}
	sim := s.simulation(in, now) // its own copy of the touches
	if !in.Enrollment.Active() {
		sim.in.Enrollment.State, sim.in.Enrollment.ResumedAt = models.EnrollmentActive, &sim.now
	}
	for _, t := range in.Touches {
		if t.State.Live() && t.State != models.TouchPlanned && t.Kind != models.TouchBookedCall {
			line.Waits = "the step " + t.StepKey + " is " + words(string(t.State)) + "; the move comes after it"
		}
	}
	sim.settleLive()
	before := sim.in
	before.Pending = nil
	line.Before, _ = s.upcoming(before, now)
	after := sim.in
	if at := goOnAt[line.Last]; at != "" {
		after.Enrollment.GoOnAt = at
	}
	after.Pending = &to
	line.After, line.Held = s.upcoming(after, now)
	line.Same = line.Held == "" && line.Before.StepKey == line.After.StepKey && line.Before.What == line.After.What && line.Before.At.Equal(line.After.At)
	return line
}

// upcoming plans one enrollment and says what comes; held is why a person
// would have to look first.
func (s *Scheduler) upcoming(in models.PlanInput, now time.Time) (u Upcoming, held string) {
	p := newPlanner(in, now, s.engine().cal, s.Channels)
	res := p.plan()
	for _, t := range res.Skipped {
		u.Skipped = append(u.Skipped, t.StepKey)
	}
	switch {
	case res.Attention != nil:
		_, plain, named := strings.Cut(res.Attention.Detail, ": ") // without the field's name
		if !named {
			plain = res.Attention.Detail
		}
		return u, plain
	case res.WaitsFor != "":
		u.What = res.WaitsFor
		if p.hist.booked >= 0 {
			u.StepKey = p.def.Steps[p.hist.booked].Key
		}
	case res.Next != nil:
		u.StepKey, u.At, u.Local = res.Next.StepKey, res.Next.PromisedAt, p.local(res.Next.PromisedAt)
		u.What = channelWord(res.Next.Channel)
	default:
		u.What = "the sequence ends"
	}
	return u, ""
}

// lastMadeKey is the step that ended last.
func lastMadeKey(touches []models.Touch) string {
	key, ended := "", time.Time{}
	for _, t := range touches {
		if !t.State.Counted() || t.Kind == models.TouchBookedCall {
			continue
		}
		if at := endOf(t); !at.Before(ended) {
			key, ended = t.StepKey, at
		}
	}
	return key
}

// PreviewDraft shows what a definition that is being written would do for a
// prospect: every step with its date and text, and what would stop it. One
// that hangs on a call takes the prospect's next one, else one three days on.
func (s *Scheduler) PreviewDraft(in models.PlanInput, d models.Definition) (steps []models.PlannedStep, refusals []string) {
	now := s.clock(time.Time{})
	in.Version = models.SequenceVersion{Number: in.Version.Number + 1, Definition: d}
	in.Enrollment.State, in.Enrollment.StartedAt = models.EnrollmentActive, now
	in.Touches, in.LastCall, in.LastCallTask, in.Pending = nil, "", nil, nil
	if d.Anchor == models.AnchorAppointment && (in.Appointment == nil || !in.Appointment.Open() || !in.Appointment.StartsAt.After(now)) {
		in.Appointment = s.supposedCall(in, now)
	}
	if d.Anchor == models.AnchorCommitment && in.Commitment == nil {
		in.Commitment = &models.Commitment{ProspectID: in.Prospect.ID, Outcome: "what they promised", State: models.CommitmentOpen,
			DueOn: models.DateOf(now.AddDate(0, 0, 7), zoneOf(in.Prospect))}
	}
	sim := s.simulation(in, now)
	sim.play()
	return sim.steps, sim.refusals
}

// supposedCall stands for a call that is not booked yet.
func (s *Scheduler) supposedCall(in models.PlanInput, now time.Time) *models.Appointment {
	loc := zoneOf(in.Prospect)
	at := models.DateOf(now, loc).AddDays(3).At(15*60, loc)
	return &models.Appointment{ProspectID: in.Prospect.ID, RepID: in.Enrollment.RepID, StartsAt: at, Minutes: models.CallMinutes, Zone: in.Prospect.Zone,
		Revision: 1, State: models.AppointmentBooked, CreatedAt: now, UpdatedAt: now}
}

func zoneOf(p models.Prospect) *time.Location {
	loc, err := p.Location()
	if err != nil {
		return time.UTC
	}
	return loc
}
