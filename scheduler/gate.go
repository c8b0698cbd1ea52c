package scheduler

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"followup/channels"
	"followup/models"
)

// Gate is what judging a touch needs beside the touch itself.
type Gate struct {
	Now       time.Time
	Channels  *channels.Registry
	PublicURL string // "" : customers cannot reach us
	// BookingLink as the Scheduler's.
	BookingLink func(models.BookingToken) string
	NewToken    func() string // opaque and unique
	// TrackedLink as the Scheduler's.
	TrackedLink func(messageToken, url string) string
	// InboundCurrency and BehindFor as the Scheduler's.
	InboundCurrency, BehindFor time.Duration
}

// How long a touch waits before it is judged again where nothing says when
// its ground goes away.
const (
	recheckSoon  = time.Minute
	recheckLater = 15 * time.Minute
)

// answerWindow: an answer on the channel the customer wrote on is expected at
// once; within it quiet hours do not hold it.
const answerWindow = time.Hour

// Judge decides what becomes of a due touch: check by check, the first that
// objects decides. What breaks for one person is asked about for that one.
func Judge(d models.Due, g Gate) (dec models.Decision) {
	j := judging(d, g)
	defer func() {
		if r := recover(); r != nil {
			dec = models.Decision{TouchID: d.Touch.ID}
			j.dec = dec
			j.ask(models.AttentionPlan, fmt.Sprintf("the engine failed on this touch (%v); tell whoever runs the installation, then close this task to try again", r))
			dec = j.dec
		}
	}()
	switch {
	case j.objected():
	case j.task:
		j.open()
	default:
		j.send()
	}
	return j.dec
}

// Permit asks every check and makes nothing: whether, and when, the touch may go.
func Permit(d models.Due, g Gate) models.Decision {
	j := judging(d, g)
	switch {
	case j.objected():
	case j.task:
		j.dec.Action = models.DecideOpen
	default:
		j.dec.Action = models.DecideSend
	}
	return j.dec
}

func judging(d models.Due, g Gate) *judgement {
	return &judgement{
		Gate: g, d: d, kind: d.Touch.Channel, byHand: d.Touch.Purpose.ByHand(), booked: d.Touch.Kind == models.TouchBookedCall,
		task: d.Touch.Kind != models.TouchMessage, dec: models.Decision{TouchID: d.Touch.ID},
	}
}

// objected asks the checks in their order.
func (j *judgement) objected() bool {
	for _, check := range []func(*judgement) bool{
		(*judgement).personGone,
		(*judgement).workspacePaused,
		(*judgement).lostTime,
		(*judgement).enrollmentRests,
		(*judgement).appointmentChanged,
		(*judgement).unread,
		(*judgement).answeredSince,
		(*judgement).tooLate,
		(*judgement).noWay,
		(*judgement).justWritten,
		(*judgement).unreviewed,
		(*judgement).quietHours,
		(*judgement).companyHeld,
		(*judgement).senderRests,
		(*judgement).unidentified,
		(*judgement).inboundBehind,
		(*judgement).limitReached,
		(*judgement).askedLater,
		(*judgement).enough,
	} {
		if check(j) {
			return true
		}
	}
	return false
}

// judgement is one touch on its way through the gate.
type judgement struct {
	Gate
	d      models.Due
	kind   models.ChannelKind
	rules  models.ChannelRules
	task   bool // it opens for the rep; it is not sent
	byHand bool
	booked bool
	point  *models.ContactPoint
	// spoken: a voicemail's script that the rep speaks, for want of consent.
	spoken bool
	window Window
	exempt bool // quiet hours do not hold it
	dec    models.Decision
}

func (j *judgement) note(format string, args ...any) {
	if j.dec.Detail != "" {
		j.dec.Detail += "; "
	}
	j.dec.Detail += fmt.Sprintf(format, args...)
}

func (j *judgement) hold(until time.Time, reason models.Reason, format string, args ...any) bool {
	if after := j.d.Touch.NotAfter; after != nil && !until.Before(*after) {
		return j.skip(models.SkipMomentPassed, "it could only come after the moment it is for: "+format, args...)
	}
	j.dec.Action, j.dec.Reason, j.dec.Until = models.DecideHold, reason, until
	j.note(format, args...)
	return true
}

func (j *judgement) skip(reason models.Reason, format string, args ...any) bool {
	j.dec.Action, j.dec.Reason = models.DecideSkip, reason
	j.note(format, args...)
	// What a person wrote or an appointment promised is not dropped without a
	// word: what nobody planned comes back to the person who wrote it.
	if j.byHand || j.booked {
		j.dec.Attention = &models.Attention{Reason: models.AttentionRefused, Title: j.title("was not made"), Detail: j.dec.Detail}
	}
	if j.byHand {
		j.dec.Action = models.DecideAsk
	}
	return true
}

func (j *judgement) cancel(reason models.Reason, format string, args ...any) bool {
	j.dec.Action, j.dec.Reason = models.DecideCancel, reason
	j.note(format, args...)
	return true
}

func (j *judgement) ask(reason models.Reason, detail string) bool {
	j.dec.Action, j.dec.Reason = models.DecideAsk, reason
	j.note("%s", detail)
	j.dec.Attention = &models.Attention{Reason: reason, Title: j.title("waits: " + DescribeReason(reason)), Detail: detail}
	return true
}

func (j *judgement) title(what string) string {
	return fmt.Sprintf("The %s to %s %s", channelWord(j.kind), j.d.Prospect.Name(), what)
}

// personGone: nothing goes to who was erased, or merged into another prospect.
func (j *judgement) personGone() bool {
	switch p := j.d.Prospect; {
	case p.ErasedAt != nil:
		return j.skip(models.SkipSuppressed, "their data was erased on their request")
	case p.MergedInto != nil:
		return j.skip(models.SkipNoContactPoint, "merged into prospect %d", *p.MergedInto)
	}
	return false
}

// workspacePaused: somebody stopped everything automatic. A booked call is a
// promise between two people and opens all the same.
func (j *judgement) workspacePaused() bool {
	s := j.d.Settings
	if !s.Paused || j.byHand || j.booked {
		return false
	}
	return j.hold(j.Now.Add(recheckSoon), models.HoldWorkspace, "everything automatic is paused (%s)", strings.TrimSpace(s.PausedWhy+" "+s.PausedBy))
}

// lostTime: the workspace was restored from a backup, and this was due in the
// time that the backup knows nothing of, so it may have gone out already. It is
// set aside for a reconciliation or a person to decide (store.ParkRestored).
func (j *judgement) lostTime() bool {
	s := j.d.Sender
	if j.task || s == nil || s.Provider == models.ProviderSandbox || !j.d.Settings.Restored.Lost(j.d.Touch.PromisedAt) {
		return false
	}
	return j.hold(j.Now.Add(recheckSoon), models.HoldRestored, "it was due between a backup and its restoring and may have gone out then")
}

// enrollmentRests is the engagement check: only an active enrollment sends.
func (j *judgement) enrollmentRests() bool {
	e := j.d.Enrollment
	if e == nil || j.booked || e.Active() {
		return false
	}
	if !e.Live() {
		return j.cancel(models.CancelFinished, "the sequence ended as %s", words(string(e.Outcome)))
	}
	return j.cancel(models.CancelPaused, "the sequence is paused")
}

// appointmentChanged: what was planned for an older time of a call is not made.
func (j *judgement) appointmentChanged() bool {
	a, t := j.d.Appointment, j.d.Touch
	if a == nil || t.AppointmentID == nil || *t.AppointmentID != a.ID {
		return false
	}
	if t.AppointmentRevision < a.Revision {
		return j.cancel(models.CancelMoved, "the call was moved")
	}
	// A confirmation that was refused for now must not announce the call after
	// its cancellation; the notice of the cancellation itself has no such end.
	before := j.booked || t.Purpose == models.PurposeReminder || t.Purpose == models.PurposeConfirmation && t.NotAfter != nil
	if before && a.State == models.AppointmentCanceled {
		return j.cancel(models.CancelAppointment, "the call was canceled")
	}
	return false
}

// unread: something of theirs is at the door. It may be an answer.
func (j *judgement) unread() bool {
	if !j.d.Unread || j.byHand || j.booked {
		return false
	}
	return j.hold(j.Now.Add(recheckSoon), models.HoldUnread, "something of theirs arrived and is being read")
}

// answeredSince guards against an inbound whose pause did not reach the touch:
// of a sequence, or a follow-up that a person began to many.
func (j *judgement) answeredSince() bool {
	in := j.d.Conversation.LastInboundAt
	if j.d.Enrollment == nil && !j.d.Touch.Purpose.Counts() || j.byHand || j.booked || in == nil || !in.After(j.d.Touch.PlannedAt) {
		return false
	}
	return j.cancel(models.CancelReplanned, "the customer wrote after this was planned")
}

// justWritten keeps an automatic message off the heels of one by hand. What an
// appointment promised comes all the same.
func (j *judgement) justWritten() bool {
	at := j.d.Conversation.WrittenAt
	switch j.d.Touch.Purpose {
	case models.PurposeFollowUp, models.PurposeGoodbye, models.PurposeRecurring:
	default:
		return false
	}
	if j.task || at == nil {
		return false
	}
	until := at.Add(time.Duration(j.d.Settings.WrittenHold) * time.Hour)
	if !j.Now.Before(until) {
		return false
	}
	return j.hold(until, models.HoldGap, "a message was written to them by hand on %s", at.UTC().Format("2 January at 15:04 UTC"))
}

func (j *judgement) tooLate() bool {
	after := j.d.Touch.NotAfter
	if after == nil || j.Now.Before(*after) {
		return false
	}
	return j.skip(models.SkipMomentPassed, "its moment has passed")
}

// limitReached: enough is enough, per pursuit and over all sequences. One
// goodbye may follow.
func (j *judgement) limitReached() bool {
	p, limit, purpose := j.d.Pursuit, j.d.Settings.FollowUpLimit, j.d.Touch.Purpose
	goodbye := purpose == models.PurposeGoodbye
	if j.byHand || limit <= 0 || !(purpose.Counts() || goodbye) {
		return false
	}
	if p.GoodbyeAt != nil {
		return j.skip(models.SkipFollowUpLimit, "the goodbye was said on %s", p.GoodbyeAt.Format(time.DateOnly))
	}
	if j.goodbyeUnderWay() {
		return j.hold(j.Now.Add(recheckSoon), models.HoldGap, "a goodbye is on its way to them; nothing follows it")
	}
	if goodbye || p.FollowUps < limit || p.LastCountedOn == j.today() {
		return false
	}
	return j.skip(models.SkipFollowUpLimit, "%s were made since they last answered, and the limit is %d; only a goodbye may follow", plural(p.FollowUps, "follow-up"), limit)
}

// goodbyeUnderWay: another sequence's goodbye of this pursuit was begun, in
// this batch perhaps, and is not settled. Should it fail, what waits goes on.
func (j *judgement) goodbyeUnderWay() bool {
	return slices.ContainsFunc(j.d.Recent, func(r models.RecentTouch) bool {
		return r.Purpose == models.PurposeGoodbye && !r.At.Before(j.d.Pursuit.StartedAt)
	})
}

// today is the prospect's local date, the rep's where their zone is unknown.
func (j *judgement) today() models.Date {
	return models.DateOf(j.Now, j.zone())
}
