package scheduler

import (
	"slices"
	"time"

	"followup/channels"
	"followup/models"
)

// simulation plays an enrollment through: each step is planned as the engine
// would, and taken as done at its first permitted time.
type simulation struct {
	cal       Calendar
	channels  *channels.Registry
	in        models.PlanInput
	now       time.Time
	steps     []models.PlannedStep
	refusals  []string
	estimated bool // what follows counts from a call to come, or from resuming
	called    bool // a call lies before it: it may go either way
	link      func(models.BookingToken) string
	publicURL string
	rates     *models.TextRates
	started   int // occurrences of a recurring sequence begun
}

func (s *Scheduler) simulation(in models.PlanInput, now time.Time) *simulation {
	in.Touches, in.Recent = slices.Clone(in.Touches), slices.Clone(in.Recent)
	return &simulation{cal: s.engine().cal, channels: s.Channels, in: in, now: now, link: s.BookingLink, publicURL: s.PublicURL, rates: s.Rates}
}

func (m *simulation) play() {
	m.settleLive()
	def := m.in.Version.Definition
	if m.in.Pending != nil {
		def = m.in.Pending.Definition
	}
	for range 2*len(def.Steps) + 2 {
		p := newPlanner(m.in, m.now, m.cal, m.channels)
		p.assume = m.called || m.in.LastCall == ""
		res := p.plan()
		m.in.Version.Definition, m.in.Pending = p.def, nil
		for _, t := range res.Skipped {
			m.leave(t)
		}
		switch {
		case res.Attention != nil:
			m.refuse(res.Attention.Detail)
			return
		case res.WaitsFor != "":
			if !m.bookedCall(p) {
				return
			}
		case res.Next != nil:
			if p.def.Recurring() && p.def.Index(res.Next.StepKey) == 0 {
				if m.started++; m.started > 1 {
					return // the next round is like this one
				}
			}
			m.make(p, *res.Next)
		case res.Finish == models.FinishUnreachable:
			m.unreachable(p, res.FinishReason)
			return
		default:
			return
		}
	}
}

// settleLive takes what waits or is under way as done.
func (m *simulation) settleLive() {
	p := newPlanner(m.in, m.now, m.cal, m.channels)
	p.hist = p.readHistory()
	for i := range m.in.Touches {
		t := m.in.Touches[i]
		if !t.State.Live() || t.Kind == models.TouchBookedCall {
			continue
		}
		if t.State == models.TouchPlanned {
			m.in.Touches = slices.Delete(m.in.Touches, i, i+1) // planned anew, with the same answer
			return
		}
		m.in.Touches[i].State, m.in.Touches[i].EndedAt = models.TouchDone, &m.now
		m.after(t.Kind)
		step, _ := p.def.Step(t.StepKey)
		line := m.line(p, t, step)
		line.At, line.Local, line.Why = t.DueAt, p.local(t.DueAt), "under way: "+words(string(t.State))
		m.steps = append(m.steps, line)
	}
}

// make adds a planned step and takes it as done.
func (m *simulation) make(p *planner, t models.Touch) {
	step, _ := p.def.Step(t.StepKey)
	step = step.With(t.Variant)
	line := m.line(p, t, step)
	if !m.underLimit(p, t) {
		line.Skipped, line.Reason = true, models.SkipFollowUpLimit
		line.Why = DescribeReason(models.SkipFollowUpLimit)
	}
	m.permitted(p, t, &line)
	m.render(p, t, step, &line)
	m.steps = append(m.steps, line)
	m.now = line.At
	ended := m.now
	t.State, t.EndedAt = models.TouchSent, &ended
	if line.Kind == models.TouchTask {
		t.State = models.TouchDone
	}
	m.after(line.Kind)
	if line.Skipped {
		t.State = models.TouchSkipped
	} else {
		m.made(t.Purpose, &line)
	}
	m.in.Touches = append(m.in.Touches, t)
}

// after notes that what follows waits for a person to close a call.
func (m *simulation) after(kind models.TouchKind) {
	if kind != models.TouchMessage {
		m.estimated, m.called = true, true
	}
}

// leave adds a step left out.
func (m *simulation) leave(t models.Touch) {
	p := newPlanner(m.in, m.now, m.cal, m.channels)
	step, _ := p.def.Step(t.StepKey)
	line := m.line(p, t, step)
	line.Skipped, line.Reason, line.Why = true, t.EndReason, DescribeReason(t.EndReason)
	if t.EndDetail != "" {
		line.Why += ": " + t.EndDetail
	}
	m.steps = append(m.steps, line)
	m.in.Touches = append(m.in.Touches, t)
}

// unreachable shows the steps that are left when nothing can reach the person
// any more: none of them is made.
func (m *simulation) unreachable(p *planner, reason models.Reason) {
	for i := p.hist.next; i < len(p.def.Steps); i++ {
		step := p.def.Steps[i]
		if slices.ContainsFunc(m.steps, func(l models.PlannedStep) bool { return l.StepKey == step.Key }) {
			continue
		}
		kind, rules, _ := p.channel(step)
		t := p.touch(i, kind, moment{at: m.now})
		t.EndReason, t.EndDetail = reason, p.noContactDetail(reason, rules)
		m.leave(t)
	}
}

// bookedCall adds the call that the appointment itself makes. It reports
// whether the simulation can go on after it.
func (m *simulation) bookedCall(p *planner) bool {
	a := m.in.Appointment
	if a == nil || !a.Open() || p.hist.booked < 0 {
		return false
	}
	step := p.def.Steps[p.hist.booked]
	t := models.Touch{
		StepKey: step.Key, Kind: models.TouchBookedCall, Channel: models.ChannelCall, Purpose: models.PurposePromised,
		AppointmentID: &a.ID, AppointmentRevision: a.Revision, State: models.TouchDone,
		ContactPointID: a.ContactPointID, DueAt: a.StartsAt, PromisedAt: a.StartsAt, EndedAt: &a.StartsAt,
	}
	if rules, ok := m.channels.Rules(models.ChannelCall); ok && t.ContactPointID == nil {
		if good, _ := p.outlets().permitted(rules, false); len(good) > 0 {
			t.ContactPointID = &good[0].ID
		}
	}
	line := m.line(p, t, step)
	line.Why = "at exactly the booked minute, whatever the hour"
	m.render(p, t, step, &line)
	m.steps = append(m.steps, line)
	m.made(t.Purpose, &line)
	if a.StartsAt.After(m.now) {
		m.now = a.StartsAt
	}
	m.after(t.Kind)
	m.in.Touches = slices.DeleteFunc(m.in.Touches, func(t models.Touch) bool {
		return t.Kind == models.TouchBookedCall && t.AppointmentRevision == a.Revision
	})
	m.in.Touches = append(m.in.Touches, t)
	return true
}

// line is one step of the preview, without its text.
func (m *simulation) line(p *planner, t models.Touch, step models.Step) models.PlannedStep {
	name := step.Name
	if name == "" {
		name = t.StepKey
	}
	line := models.PlannedStep{
		StepKey: t.StepKey, Variant: t.Variant, Name: name, Kind: t.Kind, Channel: t.Channel, At: t.PromisedAt, Local: p.local(t.PromisedAt),
		Condition: describeCondition(step.When), Why: t.Why,
		Estimated: m.estimated && (step.Timing.Kind == models.TimingAfter || step.Timing.Kind == ""),
	}
	if cp := p.outlets().find(t.ContactPointID); cp != nil {
		point := *cp
		line.ContactPoint = &point
	}
	return line
}

// permitted moves the line to the first permitted time, and says what the
// gate would make of it.
func (m *simulation) permitted(p *planner, t models.Touch, line *models.PlannedStep) {
	rules, _ := m.channels.Rules(t.Channel)
	out := p.outlets()
	if speakable(rules) && line.ContactPoint != nil && out.refusal(*line.ContactPoint, rules, true) == models.SkipNoConsent {
		line.Kind, line.Channel = models.TouchTask, models.ChannelCall
		line.Why += "; without written consent no recorded message may be left: the rep calls and speaks it"
	}
	if line.At.Before(m.now) {
		line.At = m.now
	}
	m.firstTime(p, t, line)
	line.Local = p.local(line.At)
}

func (m *simulation) refuse(why string) {
	if !slices.Contains(m.refusals, why) {
		m.refusals = append(m.refusals, why)
	}
}
