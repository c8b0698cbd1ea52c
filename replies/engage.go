package replies

import (
	"slices"
	"strings"
	"time"

	"followup/models"
)

// backAt is the hour, in the customer's own time, at which a pause for an
// absence ends: the first morning after the day of the return.
const backAt = models.TimeOfDay(9 * 60)

// Engage decides what an understood inbound does to the person's follow-up.
// It is pure: the store calls it with the person locked and applies the answer
// in the transaction that records the message.
func Engage(rec models.InboundRecord, p models.Person) models.Effects {
	e := engagement{rec: rec, v: rec.Verdict, p: p}
	switch rec.Verdict.Class {
	case models.ClassHuman:
		if isYes(rec.Message.Visible) && e.said(models.ContactPhone) && len(e.reopenable()) > 0 {
			e.optIn()
			return e.out
		}
		e.humanReply()
	case models.ClassWrongPerson:
		e.wrongPerson()
	case models.ClassOptOut:
		e.optOut()
	case models.ClassOptIn:
		e.optIn()
	case models.ClassHelp:
		e.confirm()
		e.help()
	case models.ClassAutomatic:
		switch {
		case rec.Verdict.WrongPerson:
			e.left()
		case rec.Verdict.OutOfOffice:
			e.outOfOffice()
		}
	case models.ClassBounceHard, models.ClassBounceSoft:
		e.bounces()
	case models.ClassComplaint:
		e.complaint()
	}
	// Soft bounces, receipts and the rest are noted with the message and move nothing.
	return e.out
}

type engagement struct {
	rec models.InboundRecord
	v   models.Verdict
	p   models.Person
	out models.Effects
}

func (e *engagement) humanReply() {
	e.confirm()
	for _, l := range e.p.Enrollments {
		if !l.Enrollment.Live() {
			continue
		}
		action := l.Version.Definition.OnReply
		if e.v.Unsure && action == models.ReplyContinue {
			action = models.ReplyPause // it may be an opt-out: hold everything
		}
		if e.v.Unsure && action == models.ReplyFinish {
			action = models.ReplyPause // the rep decides how it ends
		}
		switch action {
		case models.ReplyContinue:
			if l.Enrollment.PausedFor(models.PauseOutOfOffice) {
				e.out.Lifts = append(e.out.Lifts, models.Lift{EnrollmentID: l.Enrollment.ID, Reason: models.PauseOutOfOffice})
			}
		case models.ReplyFinish:
			e.out.Finishes = append(e.out.Finishes, models.FinishOrder{EnrollmentID: l.Enrollment.ID, Outcome: models.FinishReplied})
		default:
			e.pause(l.Enrollment.ID, models.PauseReplied, nil)
		}
	}
	e.sharing()
	e.colleagues()
	e.out.EndPursuit = models.PursuitReply
	if e.v.Unsure {
		e.task(models.TaskReply, models.AttentionOptOut, "Did "+e.p.Prospect.Name()+" ask us to stop?",
			"Their message may be an opt-out ("+e.v.Why+"). Everything is held. If it is one, record the opt-out; if not, answer.")
		return
	}
	e.task(models.TaskReply, "", "Answer "+e.p.Prospect.Name(), "")
}

// sharing rests the sequences of other records with the same address: the
// answer may be theirs, and nothing may be sent after an answer.
func (e *engagement) sharing() {
	for _, l := range e.p.Sharing {
		if l.Enrollment.Live() && !l.Enrollment.PausedFor(models.PauseReplied) {
			e.pause(l.Enrollment.ID, models.PauseReplied, nil)
		}
	}
}

// colleagues rests the sequences of others at the company, where those
// sequences want it: the company is talking with us.
func (e *engagement) colleagues() {
	for _, l := range e.p.Colleagues {
		if !l.Enrollment.Live() || l.Enrollment.ProspectID == e.p.Prospect.ID {
			continue
		}
		switch l.Version.Definition.OnColleagueReply {
		case models.ReplyPause:
			if !l.Enrollment.PausedFor(models.PauseColleagueReplied) {
				e.pause(l.Enrollment.ID, models.PauseColleagueReplied, nil)
			}
		case models.ReplyFinish:
			e.out.Finishes = append(e.out.Finishes, models.FinishOrder{EnrollmentID: l.Enrollment.ID, Outcome: models.FinishReplied})
		}
	}
}

// outOfOffice rests everything until the morning after the return. What is
// paused for a person's reason stays so; the pause for the absence ends by itself.
func (e *engagement) outOfOffice() {
	until := OutOfOfficeUntil(e.v.ReturnDate, e.p.Prospect, e.p.Settings, e.rec.Now)
	if !until.After(e.rec.Now) {
		return
	}
	for _, l := range e.p.Enrollments {
		if l.Enrollment.Live() {
			e.pause(l.Enrollment.ID, models.PauseOutOfOffice, &until)
		}
	}
}

// OutOfOfficeUntil is when a pause for an absence ends: the day after the
// return at 09:00 where the customer is, or the settings' default where no date
// is given; never later than the settings' maximum.
func OutOfOfficeUntil(back models.Date, p models.Prospect, s models.Settings, now time.Time) time.Time {
	loc, err := p.Location()
	if err != nil {
		loc = time.UTC
	}
	usual := models.DefaultSettings()
	if s.OutOfOfficeDays <= 0 {
		s.OutOfOfficeDays = usual.OutOfOfficeDays
	}
	if s.OutOfOfficeMax <= 0 {
		s.OutOfOfficeMax = usual.OutOfOfficeMax
	}
	today := models.DateOf(now, loc)
	day := today.AddDays(s.OutOfOfficeDays)
	if back != "" {
		day = back.AddDays(1)
	}
	if last := today.AddDays(s.OutOfOfficeMax); day > last {
		day = last
	}
	return day.At(backAt, loc)
}

// bounces: of several recipients each hard one, whatever the first is.
func (e *engagement) bounces() {
	if e.rec.Verdict.Class == models.ClassBounceHard {
		e.hardBounce(e.failedContact())
	}
	for i := range e.rec.Verdict.Others {
		e.v.Bounce = &e.rec.Verdict.Others[i]
		if cp := e.named(e.v.Bounce.Recipient); cp != nil && e.v.Bounce.Hard {
			e.hardBounce(cp)
		}
	}
}

// hardBounce: the address can never work; the scheduler tries the next
// permitted one, and ends what has none left as unreachable.
func (e *engagement) hardBounce(cp *models.ContactPoint) {
	if cp == nil {
		e.task(models.TaskResolve, models.AttentionInvalid, "A delivery to "+e.p.Prospect.Name()+" failed",
			"The report names "+e.bounce().Recipient+", which is none of their addresses. Check the address that was used.")
		return
	}
	if e.bounce().Blocked {
		e.blocked()
		return
	}
	if !cp.Usable() {
		return
	}
	e.out.Invalidate = append(e.out.Invalidate, models.Invalidation{ContactPointID: cp.ID, Reason: models.FailBounced})
	for _, l := range e.p.Enrollments {
		if l.Enrollment.Active() {
			e.out.Replan = append(e.out.Replan, l.Enrollment.ID)
		}
	}
}

// blocked: their server did not want ours, or this message. The address may be
// right, so it stays; it counts for the sender's health, and where it goes on
// for days the store lets the address rest. Only a person can put it right.
func (e *engagement) blocked() {
	said := strings.TrimSpace(e.bounce().Status + " " + e.bounce().Reason)
	if said == "" {
		said = "no reason given"
	}
	e.task(models.TaskResolve, models.AttentionRefused, "The mail server of "+e.p.Prospect.Name()+" refused our message",
		"It answered: "+said+". The address may be right and stays in use. Look at the message, and at the sender's health; answer another way if it goes on.")
}

func (e *engagement) bounce() models.Bounce {
	if e.v.Bounce == nil {
		return models.Bounce{}
	}
	return *e.v.Bounce
}

// failedContact is the contact point a report is about: the named one, else
// the one our message went to.
func (e *engagement) failedContact() *models.ContactPoint {
	if cp := e.named(e.bounce().Recipient); cp != nil {
		return cp
	}
	for i, cp := range e.p.ContactPoints {
		if e.rec.Match.ContactPointID != nil && cp.ID == *e.rec.Match.ContactPointID {
			return &e.p.ContactPoints[i]
		}
	}
	return nil
}

// named is the contact point that a report names; nil: none of theirs.
func (e *engagement) named(recipient string) *models.ContactPoint {
	recipient = strings.ToLower(recipient)
	for i := range e.p.ContactPoints {
		if recipient != "" && e.p.ContactPoints[i].Value == recipient {
			return &e.p.ContactPoints[i]
		}
	}
	return nil
}

// complaint: they called it spam at their provider. Never again on this channel.
func (e *engagement) complaint() {
	e.suppress(models.SuppressPerson, e.rec.Message.Channel, "", "complaint")
	e.finishAll()
}

// optOut stops everything on every channel (the scope is the verdict's), and
// remembers the address itself, so that importing it anew changes nothing.
func (e *engagement) optOut() {
	e.confirm()
	channels := e.v.OptOutChannels
	if len(channels) == 0 || slices.Contains(channels, "") {
		channels = []models.ChannelKind{""}
	}
	for _, ch := range channels {
		e.suppress(models.SuppressPerson, ch, "", "reply")
		if from := e.contact(); from != nil {
			e.suppress(models.SuppressAddress, ch, from.Value, "reply")
		}
	}
	e.finishAll()
	e.confirmStop(e.p.Suppressions)
	e.out.WithdrawBookedCalls = true
	e.out.EndPursuit = models.PursuitReply
	e.out.CloseReplyTasks = true
}

// optIn undoes what a reply or the provider's own STOP list ordered; an
// unsubscribe link, a complaint or a person's order stays. It reopens the
// address, it starts nothing.
func (e *engagement) optIn() {
	e.confirm()
	e.out.LiftSuppressions = e.reopenable()
	e.out.EndPursuit = models.PursuitReply
	e.task(models.TaskReply, "", "Answer "+e.p.Prospect.Name(), "They want to hear from us again. Their sequences do not start by themselves.")
}

// reopenable are the orders that START takes back.
func (e *engagement) reopenable() []models.Suppression {
	from := e.contact()
	var list []models.Suppression
	for _, s := range e.p.Suppressions {
		if s.LiftedAt != nil || s.Source != "reply" && s.Source != "provider" || s.Channel != "" && s.Channel != e.rec.Message.Channel {
			continue
		}
		person := s.Scope == models.SuppressPerson && s.ProspectID != nil && *s.ProspectID == e.p.Prospect.ID
		address := s.Scope == models.SuppressAddress && (from != nil && s.Value == from.Value || s.Value == e.rec.Message.FromAddress)
		if person || address {
			list = append(list, s)
		}
	}
	return list
}

func (e *engagement) pause(enrollment int64, reason models.PauseReason, until *time.Time) {
	e.out.Pauses = append(e.out.Pauses, models.Pause{EnrollmentID: enrollment, Reason: reason, Until: until, By: models.ActorCustomer, CreatedAt: e.rec.Now})
}

func (e *engagement) finishAll() {
	for _, l := range e.p.Enrollments {
		if l.Enrollment.Live() {
			e.out.Finishes = append(e.out.Finishes, models.FinishOrder{EnrollmentID: l.Enrollment.ID, Outcome: models.FinishOptedOut, Reason: models.FailOptedOut})
		}
	}
}

func (e *engagement) suppress(scope models.SuppressionScope, ch models.ChannelKind, value, source string) {
	s := models.Suppression{Scope: scope, Channel: ch, Value: value, Reason: models.FailOptedOut, Source: source, By: models.ActorCustomer, CreatedAt: e.rec.Now}
	if scope == models.SuppressPerson {
		id := e.p.Prospect.ID
		s.ProspectID = &id
	}
	for _, old := range e.p.Suppressions {
		if old.LiftedAt == nil && old.Scope == s.Scope && old.Channel == s.Channel && old.Value == s.Value && old.Source == s.Source &&
			(s.ProspectID == nil || old.ProspectID != nil && *old.ProspectID == *s.ProspectID) {
			return
		}
	}
	e.out.Suppress = append(e.out.Suppress, s)
}

// confirm notes that the contact point works: they wrote from it.
func (e *engagement) confirm() {
	if cp := e.contact(); cp != nil {
		e.out.Confirm = append(e.out.Confirm, cp.ID)
	}
}

// contact is the contact point that the message came from; nil where it came
// from an address we do not know.
func (e *engagement) contact() *models.ContactPoint {
	for i, cp := range e.p.ContactPoints {
		if cp.Value == e.rec.Message.FromAddress {
			return &e.p.ContactPoints[i]
		}
	}
	return nil
}

// said tells whether the message came over an address of this kind.
func (e *engagement) said(kind models.ContactPointKind) bool {
	isEmail := strings.Contains(e.rec.Message.FromAddress, "@")
	return isEmail == (kind == models.ContactEmail)
}

// task asks the person's owner, or whoever the conversation is assigned to.
// The store puts the message's id into it.
func (e *engagement) task(kind models.TaskKind, reason models.Reason, title, detail string) {
	user := e.p.Prospect.OwnerID
	if a := e.p.Conversation.AssigneeID; a != nil {
		user = *a
	}
	id := e.p.Prospect.ID
	e.out.Tasks = append(e.out.Tasks, models.Task{
		Kind: kind, State: models.TaskOpen, UserID: user, ProspectID: &id, Title: title, Reason: reason, Detail: detail,
		Urgent: kind == models.TaskReply, DueAt: e.rec.Now, CreatedAt: e.rec.Now, UpdatedAt: e.rec.Now,
	})
}
