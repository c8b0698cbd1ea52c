package scheduler

import (
	"fmt"
	"time"

	"followup/models"
)

// Plan finds what should happen to an enrollment next. It is pure: the same
// input at the same time gives the same answer, and planning again what is
// planned already changes nothing.
func Plan(in models.PlanInput, now time.Time, cal Calendar, rules Rules) models.PlanResult {
	return newPlanner(in, now, cal, rules).plan()
}

// planner holds what planning one enrollment looks at.
type planner struct {
	in      models.PlanInput
	def     models.Definition
	now     time.Time
	rules   Rules
	work    Workdays
	loc     *time.Location // nil where the zone is unknown: zoneErr says so
	zoneErr error
	hist    history
	live    *models.Touch // the enrollment's live touch, its booked call apart
	// assume: conditions on calls to come are taken to hold, for previews.
	assume bool
}

func newPlanner(in models.PlanInput, now time.Time, cal Calendar, rules Rules) *planner {
	p := &planner{in: in, def: in.Version.Definition, now: now, rules: rules}
	p.work = cal.For(in.Prospect, in.Company, in.Settings)
	p.loc, p.zoneErr = in.Prospect.Location()
	for i := range in.Touches {
		if t := &in.Touches[i]; t.State.Live() && t.Kind != models.TouchBookedCall {
			p.live = t
		}
	}
	return p
}

func (p *planner) plan() models.PlanResult {
	res := models.PlanResult{EnrollmentID: p.in.Enrollment.ID}
	if !p.in.Enrollment.Active() {
		return res
	}
	if p.live != nil && p.live.State != models.TouchPlanned {
		return res // it goes on when that has ended
	}
	if p.in.Pending != nil {
		p.def = p.in.Pending.Definition
		if why := p.cannotMove(); why != nil {
			res.Attention = p.attention(models.AttentionVersion, why)
			return res
		}
		res.AdoptVersion = &p.in.Pending.ID
	}
	if p.def.Anchor == models.AnchorAppointment && p.in.Appointment == nil {
		res.Attention = p.attention(models.AttentionPlan, models.Invalid("appointment",
			"the sequence %q hangs on a booked call and none is booked; book one, or take the person out of the sequence", p.def.Name))
		return res
	}
	p.hist = p.readHistory()
	p.walk(&res)
	return res
}

// walk goes from step to step until one is to be planned, waited for or asked about.
func (p *planner) walk(res *models.PlanResult) {
	base := p.hist.completed
	for i := p.hist.next; i < len(p.def.Steps); i++ {
		step := p.def.Steps[i]
		if p.hist.made[i] && !p.newRound(i) && i != p.hist.booked {
			continue // made before this version moved it here
		}
		if i == p.hist.booked {
			if p.waitForCall(res) {
				return
			}
			if ended := p.in.Appointment.EndedAt; ended != nil {
				base = *ended
			}
			continue
		}
		if reason, detail := p.leftOut(step); reason != "" {
			m, err := p.leftOutMoment(i, base)
			if err != nil {
				res.Attention = p.attention(reasonOf(err), err)
				return
			}
			base = p.skip(res, i, m, reason, detail)
			continue
		}
		next, done := p.step(res, i, base)
		if done {
			return
		}
		base = next
	}
	if p.def.Recurring() {
		// Every step of this occurrence was left out: without a person looking
		// at it the next one would be too.
		res.Attention = p.attention(models.AttentionPlan, models.Invalid("steps",
			"no step of %q can be made for %s; look at the reasons, mend them or take the person out of the sequence", p.def.Name, p.in.Prospect.Name()))
		return
	}
	res.Finish = models.FinishCompleted
}

// newRound: the step that sets the rhythm begins the next occurrence.
func (p *planner) newRound(i int) bool {
	return p.def.Steps[i].Timing.Kind == models.TimingRecurring && p.hist.date == ""
}

// cannotMove says why the place of this enrollment in the pending version is
// not known; nil where it is. It stays on its version until a person says.
func (p *planner) cannotMove() error {
	name, number := p.def.Name, p.in.Pending.Number
	switch {
	case p.def.Anchor == models.AnchorAppointment && p.in.Appointment == nil:
		return models.Invalid("appointment", "version %d of %q hangs on a booked call and none is booked; leave the person on their version, or book a call", number, name)
	case p.def.Anchor == models.AnchorCommitment && (p.in.Commitment == nil || p.in.Commitment.DueOn == ""):
		return models.Invalid("commitment", "version %d of %q hangs on a promised date and none is recorded; leave the person on their version", number, name)
	}
	if gone := p.readHistory().gone; gone != "" {
		return models.Invalid("step", "the last step made (%s) is not in version %d of %q; choose the step to go on at, or leave the person on their version", gone, number, name)
	}
	return nil
}

// step plans one step. It reports done where the walk ends with it, else when
// the step left out was over.
func (p *planner) step(res *models.PlanResult, i int, base time.Time) (time.Time, bool) {
	step := p.def.Steps[i]
	m, err := p.moment(i, base)
	if err != nil {
		res.Attention = p.attention(reasonOf(err), err)
		return base, true
	}
	if m.over != "" && !p.isPlanned(i, m) {
		return p.skip(res, i, m, models.SkipMomentPassed, m.over), false
	}
	kind, rules, channelWhy := p.channel(step)
	if rules.Kind == "" {
		res.Attention = p.attention(models.AttentionPlan, models.Invalid("channel", "step %q uses the channel %q, which this installation does not have", step.Key, kind))
		return base, true
	}
	out := p.outlets()
	chosen := out.choose(contact(step), rules)
	if chosen.reason != "" {
		if p.outOfReach(out, i) {
			res.Finish, res.FinishReason = models.FinishUnreachable, chosen.reason
			return base, true
		}
		// The step that sets a rhythm is left out when its time comes, not before.
		if step.Timing.Kind != models.TimingRecurring {
			return p.skip(res, i, m, chosen.reason, p.noContactDetail(chosen.reason, rules)), false
		}
	}
	if err := p.permit(step, rules, chosen.point, &m); err != nil {
		res.Attention = p.attention(reasonOf(err), err)
		return base, true
	}
	if m.over != "" && !p.isPlanned(i, m) {
		return p.skip(res, i, m, models.SkipMomentPassed, m.over), false
	}
	next := p.touch(i, kind, m)
	p.holdForReview(&next)
	next.Why = p.why(step, kind, m, channelWhy, chosen.why)
	if chosen.point != nil {
		next.ContactPointID = &chosen.point.ID
	}
	if !isTask(kind) {
		sender := chooseSender(p.in.Senders, rules.Sender, p.sendersBefore())
		switch {
		case sender != nil:
			next.SenderID = &sender.ID
		case speakable(rules): // the gate makes a call task of it
		default:
			res.Attention = p.attention(models.AttentionNoSender, models.Invalid("sender",
				"%s cannot go out: neither %s nor the workspace has a sender for it; connect one under Senders", describeWhat(step, kind), p.in.Rep.Name))
			return base, true
		}
	}
	if p.live == nil || len(res.Skipped) > 0 || !samePlan(*p.live, next) {
		res.Next = &next
	}
	return base, true
}

// samePlan: the touch planned already says the same. One that has been handed
// over before keeps its attempts and its point.
func samePlan(live, next models.Touch) bool {
	if live.StepKey != next.StepKey || live.Occurrence != next.Occurrence || !live.PromisedAt.Equal(next.PromisedAt) {
		return false
	}
	if live.Attempt > 0 {
		return true
	}
	return live.Channel == next.Channel && live.Variant == next.Variant && live.Purpose == next.Purpose && live.RepID == next.RepID &&
		sameID(live.ContactPointID, next.ContactPointID) && sameID(live.SenderID, next.SenderID)
}

func sameID(a, b *int64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// isPlanned: the step waits already, planned while its moment was to come.
func (p *planner) isPlanned(i int, m moment) bool {
	return p.live != nil && p.live.StepKey == p.def.Steps[i].Key && p.live.Occurrence == m.occurrence && p.live.PromisedAt.Equal(m.at)
}

// waitForCall handles the step that stands for the booked call: the call is a
// touch of the appointment. It reports whether the walk ends here.
func (p *planner) waitForCall(res *models.PlanResult) bool {
	a := p.in.Appointment
	switch a.State {
	case models.AppointmentBooked:
		res.WaitsFor = "the booked call, " + p.local(a.StartsAt)
	case models.AppointmentCanceled:
		res.Attention = &models.Attention{
			Reason: models.AttentionPlan,
			Title:  "The booked call with " + p.in.Prospect.Name() + " was canceled",
			Detail: fmt.Sprintf("the call of %s was canceled and the sequence %q hangs on it; book another call, or take the person out of the sequence", p.local(a.StartsAt), p.def.Name),
		}
	default:
		// It was made, or missed: that is our fault, the enrollment rested with
		// a task until now, and no "unanswered" branch follows.
		return false
	}
	return true
}

// leftOut says why a step is not made at all; "" where it is.
func (p *planner) leftOut(step models.Step) (models.Reason, string) {
	if step.Disabled {
		return models.SkipDisabled, "the step is switched off in the sequence"
	}
	if p.assume || step.When.Holds(p.in.LastCall) {
		return "", ""
	}
	last := "no call was made"
	if p.in.LastCall != "" {
		last = "the last call ended as " + words(string(p.in.LastCall))
	}
	return models.SkipCondition, "it comes " + describeCondition(step.When) + "; " + last
}

// leftOutMoment: a step left out needs no time, except that the one that sets
// a rhythm says which occurrence it was.
func (p *planner) leftOutMoment(i int, base time.Time) (moment, error) {
	if p.def.Steps[i].Timing.Kind != models.TimingRecurring {
		return moment{}, nil
	}
	m, err := p.moment(i, base)
	if err == nil {
		p.hist.date = models.Date(m.occurrence)
	}
	return m, err
}

// skip adds a step left out, born skipped, and gives the time it was over.
func (p *planner) skip(res *models.PlanResult, i int, m moment, reason models.Reason, detail string) time.Time {
	if m.at.IsZero() {
		m.at = p.now
	}
	kind, _, _ := p.channel(p.def.Steps[i])
	t := p.touch(i, kind, m)
	t.State, t.EndReason, t.EndDetail, t.EndedAt = models.TouchSkipped, reason, detail, &p.now
	t.Why = DescribeIn(p.def, p.def.Steps[i])
	res.Skipped = append(res.Skipped, t)
	return p.now
}

// touch builds the touch of a step.
func (p *planner) touch(i int, kind models.ChannelKind, m moment) models.Touch {
	step, e := p.def.Steps[i], p.in.Enrollment
	if m.occurrence == "" {
		m.occurrence = p.occurrenceOf(i)
	}
	t := models.Touch{
		ProspectID: e.ProspectID, EnrollmentID: &e.ID, StepKey: step.Key, Occurrence: m.occurrence,
		Kind: models.TouchMessage, Channel: kind, Purpose: p.purpose(step), RepID: e.RepID,
		State: models.TouchPlanned, DueAt: m.at, PromisedAt: m.at, NotAfter: m.notAfter,
		PlannedAt: p.now, UpdatedAt: p.now,
	}
	if isTask(kind) {
		t.Kind = models.TouchTask
	}
	t.Variant = p.variant(step)
	t.Urgent = t.Purpose == models.PurposeReminder || t.Purpose == models.PurposePromised || t.Purpose == models.PurposeConfirmation
	if a := p.in.Appointment; a != nil && p.hist.anchored >= 0 && i >= p.hist.anchored {
		t.AppointmentID, t.AppointmentRevision = &a.ID, a.Revision
	}
	return t
}

// variant of the step for this person: the one they had before, where the
// step still tries it, else the one that is drawn for them.
func (p *planner) variant(step models.Step) string {
	for _, t := range p.in.Touches {
		if v, ok := step.Variant(t.Variant); ok && t.StepKey == step.Key && v.Weight > 0 {
			return v.Key
		}
	}
	return step.VariantFor(p.in.Enrollment.ProspectID)
}

// purpose of a step's touch; what a sequence for regular customers does is no
// follow-up.
func (p *planner) purpose(step models.Step) models.Purpose {
	purpose := step.Purpose
	if purpose == "" {
		purpose = models.PurposeFollowUp
	}
	if purpose == models.PurposeFollowUp && !p.def.CountsAsFollowUp {
		purpose = models.PurposeRecurring
	}
	return purpose
}

// sendersBefore are the senders this person has heard from: the one they last
// wrote to, and those of the enrollment.
func (p *planner) sendersBefore() []int64 {
	var ids []int64
	if id := p.in.Conversation.LastSenderID; id != nil {
		ids = append(ids, *id)
	}
	for _, t := range p.in.Touches {
		if t.SenderID != nil {
			ids = append(ids, *t.SenderID)
		}
	}
	return ids
}

// attention asks a person to mend what stops this one enrollment.
func (p *planner) attention(reason models.Reason, err error) *models.Attention {
	return &models.Attention{
		Reason: reason,
		Title:  fmt.Sprintf("%s rests in %q: %s", p.in.Prospect.Name(), p.def.Name, DescribeReason(reason)),
		Detail: messageOf(err),
	}
}
