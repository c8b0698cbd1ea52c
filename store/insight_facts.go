package store

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"followup/models"
)

// The figures are sums over facts: one for each follow-up, pursuit, answer,
// booked call and promise. A person's facts follow from their rows alone, so
// they can be counted anew whenever something happens to them.
// docs/metrics.md says what each figure is.

// Families of facts; each is its own set of cells.
const (
	famTouch      = 't'
	famPursuit    = 'p'
	famAnswer     = 'a'
	famCall       = 'b'
	famCommitment = 'k'
)

const (
	// creditFor is how long after a touch something counts as its doing.
	creditFor = 30 * 24 * time.Hour
	// returnWithin is how long after a voicemail a call of theirs returns it.
	returnWithin = 7 * 24 * time.Hour
	// followUpsShown is where the chart ends; more count as this many.
	followUpsShown = 20
)

// fact is one thing that counts, with everything it can be asked by.
type fact struct {
	Family byte
	Rep    int64
	Step   stepDims // of a touch; of a pursuit its sequence; of an answer its channel
	Day    int32    // since 1970, in the customer's zone
	Cohort int32    // the first day of the month in which they were enrolled
	Slot   int32    // hour of the week, number of follow-ups, class of delay …
	Replied, Positive, Met, Won,
	OptedOut, Voicemail, Returned bool
	Amount int64
}

// stepDims says which step a touch was of.
type stepDims struct {
	Sequence, Version int64
	Step, Variant     string
	Channel           models.ChannelKind
}

// personRows is what a person's facts follow from.
type personRows struct {
	prospect     models.Prospect
	touches      []models.Touch // sent and done
	calls        []models.Task
	enrollments  []models.Enrollment
	moves        map[int64][]versionMove // by enrollment, in their order
	inbound      []models.Message        // human
	elsewhere    []models.Message        // that a user wrote elsewhere
	appointments []models.Appointment
	stops        []models.Suppression // by the customer
	pursuits     []models.Pursuit
	commitments  []models.Commitment
}

type versionMove struct {
	EnrollmentID int64
	At           time.Time
	FromVersion  int64
}

// facts of one person.
func (r *personRows) facts() []fact {
	if r.prospect.MergedInto != nil {
		return nil
	}
	loc, err := models.LoadZone(r.prospect.Zone)
	if err != nil {
		loc = time.UTC
	}
	out := r.touchFacts(loc)
	out = append(out, r.pursuitFacts(loc)...)
	out = append(out, r.answerFacts(loc)...)
	out = append(out, r.callFacts(loc)...)
	return append(out, r.commitmentFacts(loc)...)
}

func dayOf(at time.Time, loc *time.Location) int32 {
	y, m, d := at.In(loc).Date()
	return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func monthOf(day int32) int32 {
	y, m, _ := dayTime(day).Date()
	return int32(time.Date(y, m, 1, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func dayTime(day int32) time.Time { return time.Unix(int64(day)*86400, 0).UTC() }

// hourOfWeek: Monday 00:00 is 0.
func hourOfWeek(at time.Time, loc *time.Location) int32 {
	t := at.In(loc)
	return int32((int(t.Weekday())+6)%7*24 + t.Hour())
}

// touchFacts: each step that went out or was called, with what came of it.
func (r *personRows) touchFacts(loc *time.Location) []fact {
	run := map[int64]models.Enrollment{}
	for _, e := range r.enrollments {
		run[e.ID] = e
	}
	outcome := map[int64]models.CallOutcome{}
	for _, t := range r.calls {
		if t.TouchID != nil && t.State == models.TaskDone {
			outcome[*t.TouchID] = t.Outcome
		}
	}
	made := r.followUps()
	facts := make([]fact, len(made))
	for i, t := range made {
		e := run[*t.EnrollmentID]
		f := fact{
			Family: famTouch, Rep: t.RepID, Day: dayOf(*t.EndedAt, loc), Slot: hourOfWeek(*t.EndedAt, loc), Cohort: monthOf(dayOf(e.StartedAt, loc)),
			Step: stepDims{e.SequenceID, r.versionAt(e, *t.EndedAt), t.StepKey, t.Variant, t.Channel},
		}
		if o := outcome[t.ID]; t.Channel == models.ChannelCall {
			f.Replied, f.Voicemail = o.Answered(), o == models.OutcomeLeftVoicemail
			f.Positive = o == models.OutcomeBooked || o == models.OutcomeCallBack || o == models.OutcomeMeetingHeld
		}
		if t.Channel == models.ChannelVoicemail {
			f.Voicemail = true
		}
		facts[i] = f
	}
	r.credit(made, facts)
	return facts
}

// followUps are the steps that were carried out, in their order.
func (r *personRows) followUps() []models.Touch {
	var made []models.Touch
	for _, t := range r.touches {
		if t.EnrollmentID != nil && t.StepKey != "" && t.EndedAt != nil {
			made = append(made, t)
		}
	}
	slices.SortFunc(made, func(a, b models.Touch) int { return cmp.Or(a.EndedAt.Compare(*b.EndedAt), cmp.Compare(a.ID, b.ID)) })
	return made
}

// versionAt is the version that the enrollment was in then.
func (r *personRows) versionAt(e models.Enrollment, at time.Time) int64 {
	for _, m := range r.moves[e.ID] {
		if m.At.After(at) {
			return m.FromVersion
		}
	}
	return e.VersionID
}

// credit gives what the customer did to the last touch before it.
func (r *personRows) credit(made []models.Touch, facts []fact) {
	last := func(at time.Time, within time.Duration, fits func(fact) bool) *fact {
		for i := len(made) - 1; i >= 0; i-- {
			if made[i].EndedAt.After(at) || !fits(facts[i]) {
				continue
			}
			if at.Sub(*made[i].EndedAt) > within {
				return nil
			}
			return &facts[i]
		}
		return nil
	}
	anyTouch := func(fact) bool { return true }
	for _, m := range r.inbound {
		at := received(m)
		if f := last(at, creditFor, anyTouch); f != nil {
			f.Replied = true
			f.Positive = f.Positive || m.Mark == models.MarkPositive
		}
		if m.Channel == models.ChannelCall || m.Channel == models.ChannelVoicemail {
			if f := last(at, returnWithin, func(f fact) bool { return f.Voicemail }); f != nil {
				f.Returned = true
			}
		}
	}
	for _, a := range r.appointments {
		if f := last(a.CreatedAt, creditFor, anyTouch); f != nil {
			f.Met = true
		}
	}
	for _, s := range r.stops {
		if f := last(s.CreatedAt, creditFor, anyTouch); f != nil {
			f.OptedOut = true
		}
	}
	for _, e := range r.enrollments {
		if e.Outcome == models.FinishWon && e.FinishedAt != nil {
			if f := last(*e.FinishedAt, creditFor, anyTouch); f != nil {
				f.Won = true
			}
		}
	}
}

func received(m models.Message) time.Time {
	if m.SentAt != nil {
		return *m.SentAt
	}
	return m.CreatedAt
}

// pursuitFacts: each pursuit that followed up at all, by how often, and what
// it came to. It is closed where a call was booked or the deal was won in it
// or within the days of credit after it.
func (r *personRows) pursuitFacts(loc *time.Location) []fact {
	made := r.followUps()
	sequence := map[int64]int64{}
	for _, e := range r.enrollments {
		sequence[e.ID] = e.SequenceID
	}
	var chased []models.Pursuit
	for _, p := range r.pursuits {
		if p.FollowUps > 0 && p.EndedBy != models.PursuitMerged {
			chased = append(chased, p)
		}
	}
	slices.SortFunc(chased, func(a, b models.Pursuit) int {
		return cmp.Or(a.StartedAt.Compare(b.StartedAt), cmp.Compare(a.ID, b.ID))
	})
	facts := make([]fact, len(chased))
	for i, p := range chased {
		f := fact{
			Family: famPursuit, Rep: r.prospect.OwnerID, Day: dayOf(p.StartedAt, loc), Slot: int32(min(p.FollowUps, followUpsShown)),
			Replied: p.EndedBy == models.PursuitReply || p.EndedBy == models.PursuitCall || p.EndedBy == models.PursuitCommitment,
		}
		for _, t := range made { // the last one in it says whose and of which sequence it was
			if !t.EndedAt.Before(p.StartedAt) && (p.EndedAt == nil || !t.EndedAt.After(*p.EndedAt)) {
				f.Rep, f.Step = t.RepID, stepDims{Sequence: sequence[*t.EnrollmentID]}
			}
		}
		facts[i] = f
	}
	closes := func(at time.Time, set func(*fact)) {
		for i := len(chased) - 1; i >= 0; i-- {
			p := chased[i]
			if p.StartedAt.After(at) {
				continue
			}
			if p.EndedAt == nil || at.Sub(*p.EndedAt) <= creditFor {
				set(&facts[i])
			}
			return
		}
	}
	for _, a := range r.appointments {
		closes(a.CreatedAt, func(f *fact) { f.Met, f.Amount = true, 1 })
	}
	for _, e := range r.enrollments {
		if e.Outcome == models.FinishWon && e.FinishedAt != nil {
			closes(*e.FinishedAt, func(f *fact) { f.Won, f.Amount = true, 1 })
		}
	}
	for _, s := range r.stops {
		closes(s.CreatedAt, func(f *fact) { f.OptedOut = true })
	}
	return facts
}

// Classes of how long a customer waited for our answer.
var answerClasses = []time.Duration{15 * time.Minute, time.Hour, 4 * time.Hour, 24 * time.Hour}

// unansweredClass is of those who wait still.
const unansweredClass = 5

// answerFacts: each time that a customer wrote and nobody of us had answered
// yet, until somebody did.
func (r *personRows) answerFacts(loc *time.Location) []fact {
	type said struct {
		at   time.Time
		ours bool
		rep  int64
		by   models.ChannelKind
	}
	var all []said
	for _, m := range r.inbound {
		if m.Class != models.ClassOptOut {
			all = append(all, said{at: received(m), by: m.Channel})
		}
	}
	for _, t := range r.touches {
		if t.Purpose.ByHand() && t.EndedAt != nil {
			all = append(all, said{*t.EndedAt, true, t.RepID, t.Channel})
		}
	}
	for _, t := range r.calls {
		if at := t.DialedAt; at != nil || t.State == models.TaskDone && t.ClosedAt != nil {
			if at == nil {
				at = t.ClosedAt
			}
			all = append(all, said{*at, true, t.UserID, models.ChannelCall})
		}
	}
	for _, m := range r.elsewhere {
		rep := r.prospect.OwnerID
		if m.UserID != nil {
			rep = *m.UserID
		}
		all = append(all, said{received(m), true, rep, m.Channel})
	}
	// At one instant the question comes before the answer.
	slices.SortStableFunc(all, func(a, b said) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return cmp.Compare(btoi(a.ours), btoi(b.ours))
	})
	var facts []fact
	waiting := -1
	for _, x := range all {
		switch {
		case !x.ours && waiting < 0:
			waiting = len(facts)
			facts = append(facts, fact{Family: famAnswer, Rep: r.prospect.OwnerID, Step: stepDims{Channel: x.by}, Day: dayOf(x.at, loc),
				Slot: unansweredClass, Amount: x.at.Unix()})
		case x.ours && waiting >= 0:
			f := &facts[waiting]
			took := x.at.Unix() - f.Amount
			f.Rep, f.Slot, f.Amount = x.rep, answerClass(time.Duration(took)*time.Second), took
			waiting = -1
		}
	}
	if waiting >= 0 {
		facts[waiting].Amount = 0
	}
	return facts
}

func btoi(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func answerClass(d time.Duration) int32 {
	for i, limit := range answerClasses {
		if d <= limit {
			return int32(i)
		}
	}
	return int32(len(answerClasses))
}

// Classes of how a booked call kept its minute.
const (
	callOnTheMinute = iota
	callWithin5
	callWithin15
	callLater
	callMissed
)

// callFacts: each booked call whose time came, by how late it was dialled.
func (r *personRows) callFacts(loc *time.Location) []fact {
	dialed := map[int64]time.Time{}
	for _, t := range r.calls {
		if t.AppointmentID == nil || t.DialedAt == nil {
			continue
		}
		if first, ok := dialed[*t.AppointmentID]; !ok || t.DialedAt.Before(first) {
			dialed[*t.AppointmentID] = *t.DialedAt
		}
	}
	var facts []fact
	for _, a := range r.appointments {
		if a.State == models.AppointmentBooked || a.State == models.AppointmentCanceled {
			continue
		}
		f := fact{Family: famCall, Rep: a.RepID, Day: dayOf(a.StartsAt, loc), Slot: callMissed}
		at, ok := dialed[a.ID]
		if !ok && a.State != models.AppointmentMissed && a.EndedAt != nil {
			at, ok = *a.EndedAt, true // closed without pressing Dial: the end bounds it
		}
		if ok && a.State != models.AppointmentMissed {
			late := max(at.Sub(a.StartsAt), 0)
			f.Amount = int64(late / time.Second)
			switch {
			case late < time.Minute:
				f.Slot = callOnTheMinute
			case late <= 5*time.Minute:
				f.Slot = callWithin5
			case late <= 15*time.Minute:
				f.Slot = callWithin15
			default:
				f.Slot = callLater
			}
		}
		facts = append(facts, f)
	}
	return facts
}

// States of a promise, as slots.
const (
	promiseKept = iota
	promiseBroken
	promiseOpen
)

// commitmentFacts: each promise, by the day on which it was due.
func (r *personRows) commitmentFacts(loc *time.Location) []fact {
	var facts []fact
	for _, c := range r.commitments {
		f := fact{Family: famCommitment, Rep: c.RepID, Day: dayOf(c.CreatedAt, loc), Amount: moneyIn(c.Value)}
		if due, err := time.Parse(time.DateOnly, string(c.DueOn)); err == nil {
			f.Day = dayOf(due, time.UTC)
		}
		switch c.State {
		case models.CommitmentKept:
			f.Slot = promiseKept
		case models.CommitmentBroken:
			f.Slot = promiseBroken
		default:
			f.Slot = promiseOpen
		}
		f.Won = f.Amount > 0 // how many said what it is worth in numbers
		facts = append(facts, f)
	}
	return facts
}

var moneyPattern = regexp.MustCompile(`(\d[\d,]*)(?:\.(\d+))?\s*([kKmM]\b)?`)

// maxMoney keeps a slip of the hand from filling the sum.
const maxMoney = 1_000_000_000

// moneyIn reads the first number of a value in their words, in whole units:
// "$12,500 a year" is 12500, "12k" 12000. No number is 0.
func moneyIn(text string) int64 {
	m := moneyPattern.FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	n, err := strconv.ParseFloat(strings.ReplaceAll(m[1], ",", "")+"."+cmp.Or(m[2], "0"), 64)
	if err != nil {
		return 0
	}
	switch strings.ToLower(m[3]) {
	case "k":
		n *= 1_000
	case "m":
		n *= 1_000_000
	}
	return int64(min(n, maxMoney))
}
