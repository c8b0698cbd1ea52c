package scheduler

import (
	"context"
	"slices"
	"strings"
	"time"

	"followup/models"
	"followup/templates"
)

// Enroll starts the sequence. CodeRefused or CodeConflict say why not;
// CodeInvalid names the input at fault. An unknown time zone or a text that
// cannot be filled in does not refuse: the enrollment then rests, with its
// reason shown and a task for somebody.
func (s *Scheduler) Enroll(ctx context.Context, req EnrollRequest) (models.Enrollment, error) {
	now := s.clock(time.Time{})
	in, err := s.enrollInput(ctx, &req, now)
	if err != nil {
		return models.Enrollment{}, err
	}
	if err := s.refuse(in, req, now); err != nil {
		return models.Enrollment{}, err
	}
	if err := s.giveReason(ctx, &in, req); err != nil {
		return models.Enrollment{}, err
	}
	order := models.NewEnrollment{
		ProspectID: req.ProspectID, SequenceID: req.SequenceID, VersionID: in.Version.ID, RepID: req.RepID, By: req.By,
		Variables: req.Variables, AppointmentID: req.AppointmentID, CommitmentID: req.CommitmentID, TalkingPointID: req.TalkingPointID, Now: now,
	}
	if req.CallAt != nil {
		if order.Booking, err = s.booking(in, req, now); err != nil {
			return models.Enrollment{}, err
		}
	}
	e, err := s.Store.Enroll(ctx, order)
	if err != nil {
		return e, err
	}
	s.Wake()
	return e, nil
}

// enrollInput loads what planning the request needs and puts the request's
// own parts in, as if it had been granted. It fills in the request's defaults.
func (s *Scheduler) enrollInput(ctx context.Context, req *EnrollRequest, now time.Time) (models.PlanInput, error) {
	in, err := s.Store.PlanContext(ctx, req.ProspectID, req.SequenceID, req.RepID)
	if err != nil {
		return in, err
	}
	if req.RepID == 0 {
		if req.RepID = in.Rep.ID; req.RepID == 0 {
			req.RepID = in.Prospect.OwnerID
		}
	}
	if req.CallMinutes == 0 {
		req.CallMinutes = models.CallMinutes
	}
	req.live = in.Enrollment.ID // of one that has not finished
	in.Touches, in.LastCall, in.LastCallTask = nil, "", nil
	req.hangOn(&in)
	in.Enrollment = models.Enrollment{
		ProspectID: req.ProspectID, SequenceID: req.SequenceID, VersionID: in.Version.ID, RepID: req.RepID, State: models.EnrollmentActive,
		AppointmentID: req.AppointmentID, CommitmentID: req.CommitmentID, TalkingPointID: req.TalkingPointID, Variables: req.Variables, EnrolledBy: req.By, StartedAt: now, UpdatedAt: now,
	}
	if req.CallAt != nil {
		in.Appointment = &models.Appointment{
			ProspectID: req.ProspectID, RepID: req.RepID, StartsAt: *req.CallAt, Minutes: req.CallMinutes, Zone: in.Prospect.Zone,
			Revision: 1, State: models.AppointmentBooked, BookedBy: req.By, CreatedAt: now, UpdatedAt: now,
		}
	}
	return in, nil
}

// hangOn settles what the sequence hangs on: what the request names, else the
// call or promise the prospect has that no other sequence follows.
func (req *EnrollRequest) hangOn(in *models.PlanInput) {
	if req.CallAt != nil {
		at := req.CallAt.UTC().Truncate(time.Minute)
		req.CallAt = &at
	}
	if a := in.Appointment; a != nil {
		switch {
		case req.CallAt == nil && req.AppointmentID == nil && a.EnrollmentID == nil:
			req.AppointmentID = &a.ID
		case req.AppointmentID == nil || *req.AppointmentID != a.ID:
			in.Appointment = nil
		}
	}
	if c := in.Commitment; c != nil {
		switch {
		case req.CommitmentID == nil && c.EnrollmentID == nil:
			req.CommitmentID = &c.ID
		case req.CommitmentID == nil || *req.CommitmentID != c.ID:
			in.Commitment = nil
		}
	}
}

// refuse says why the request cannot be granted.
func (s *Scheduler) refuse(in models.PlanInput, req EnrollRequest, now time.Time) error {
	p, seq := in.Prospect, in.Sequence
	switch {
	case req.live != 0:
		return models.Errorf(models.CodeConflict, "%s is in %q already; end that enrollment first, or let it go on", p.Name(), seq.Name)
	case p.ErasedAt != nil:
		return models.Errorf(models.CodeRefused, "this person's data was erased on their request; nothing may be sent to them")
	case p.MergedInto != nil:
		return models.Errorf(models.CodeRefused, "%s was merged into prospect %d; enroll that one", p.Name(), *p.MergedInto)
	case seq.State == models.SequenceArchived:
		return models.Errorf(models.CodeRefused, "the sequence %q is archived; nobody can be enrolled in it any more", seq.Name)
	case seq.State != models.SequenceActive || in.Version.ID == 0:
		return models.Errorf(models.CodeRefused, "the sequence %q is not published yet; publish it first", seq.Name)
	case seq.TeamID != nil && (in.Rep.TeamID == nil || *in.Rep.TeamID != *seq.TeamID):
		return models.Errorf(models.CodeRefused, "the sequence %q belongs to another team than %s's; ask a manager to share it, or choose another", seq.Name, in.Rep.Name)
	}
	if err := refuseAnchor(in, req, now); err != nil {
		return err
	}
	return s.refuseReach(in, now)
}

// giveReason puts the reason of the library in for which they are enrolled.
func (s *Scheduler) giveReason(ctx context.Context, in *models.PlanInput, req EnrollRequest) error {
	if req.TalkingPointID == nil {
		return nil
	}
	reason, err := s.Store.ReasonFor(ctx, req.ProspectID, *req.TalkingPointID)
	if err != nil {
		return err
	}
	in.Reason = &reason
	return nil
}

// refuseAnchor checks what the sequence's dates hang on.
func refuseAnchor(in models.PlanInput, req EnrollRequest, now time.Time) error {
	name, anchor := in.Sequence.Name, in.Version.Definition.Anchor
	if req.CallAt != nil && req.AppointmentID != nil {
		return models.Invalid("call_at", "give the time of a new call, or a call that is booked already, not both")
	}
	if req.CallAt != nil && !req.CallAt.After(now) {
		return models.Invalid("call_at", "the call would have been %s ago; give a time to come", describeDuration(now.Sub(*req.CallAt)))
	}
	if req.CallMinutes < 0 || req.CallMinutes > 24*60 {
		return models.Invalid("call_minutes", "a call of %d minutes cannot be planned; give 1 to 1440", req.CallMinutes)
	}
	if anchor != models.AnchorAppointment && (req.CallAt != nil || req.AppointmentID != nil) {
		return models.Invalid("call_at", "the sequence %q hangs on no booked call; leave its time out, or book the call by itself", name)
	}
	switch anchor {
	case models.AnchorAppointment:
		if in.Appointment == nil && req.AppointmentID == nil {
			return models.Invalid("call_at", "the sequence %q hangs on a booked call; give the call's date and time", name)
		}
		if a := in.Appointment; a != nil && (!a.Open() || !a.StartsAt.After(now)) {
			return models.Invalid("appointment", "that call is over or was canceled; book a new one")
		}
	case models.AnchorCommitment:
		if req.CommitmentID == nil {
			return models.Invalid("commitment", "the sequence %q hangs on a promised date; record the commitment first and choose it", name)
		}
	}
	return nil
}

// refuseReach refuses where no step could ever reach the person.
func (s *Scheduler) refuseReach(in models.PlanInput, now time.Time) error {
	p := newPlanner(in, now, s.engine().cal, s.Channels)
	out := p.outlets()
	var worst models.Reason
	for _, step := range p.def.Steps {
		if step.Disabled {
			continue
		}
		_, rules, _ := p.channel(step)
		reason := out.choose(step.Contact, rules).reason
		if reason == "" {
			return nil
		}
		if worst == "" || reason == models.SkipSuppressed {
			worst = reason
		}
	}
	who := in.Prospect.Name()
	switch worst {
	case "":
		return models.Errorf(models.CodeRefused, "the sequence %q has no step that is switched on", in.Sequence.Name)
	case models.SkipSuppressed:
		return models.Errorf(models.CodeRefused, "%s asked not to be contacted; only START from them or a newly recorded consent reopens it", who)
	case models.SkipNoConsent:
		return models.Errorf(models.CodeRefused, "%s has not agreed to be contacted in any of the ways that %q uses; record their consent first", who, in.Sequence.Name)
	}
	return models.Errorf(models.CodeRefused, "%s has no working contact point that %q could use; add an email address or a phone number", who, in.Sequence.Name)
}

// booking is the call that the sequence hangs on, with the notice that
// confirms it.
func (s *Scheduler) booking(in models.PlanInput, req EnrollRequest, now time.Time) (*models.Booking, error) {
	b := &models.Booking{
		ProspectID: req.ProspectID, RepID: req.RepID, StartsAt: *req.CallAt, Minutes: req.CallMinutes, By: req.By, Now: now,
	}
	out := newPlanner(in, now, s.engine().cal, s.Channels).outlets()
	rules, _ := s.Channels.Rules(models.ChannelCall)
	numbers, reason := out.permitted(rules, false)
	if reason != "" {
		return nil, models.Errorf(models.CodeRefused, "%s has no phone number that may be called; add one before booking a call", in.Prospect.Name())
	}
	b.ContactPointID = &numbers[0].ID
	s.confirm(b, in, out)
	return b, nil
}

// confirm chooses how the customer is told of the booking: in writing, where
// a subject and a calendar line have room, else briefly. Where there is no
// permitted way, nothing is sent.
func (s *Scheduler) confirm(b *models.Booking, in models.PlanInput, out outlets) {
	for _, rules := range s.writtenChannels() {
		good, _ := out.permitted(rules, true)
		sender := chooseSender(in.Senders, rules.Sender, nil)
		if len(good) == 0 || sender == nil || sender.State == models.SenderStopped {
			continue
		}
		point := &good[0]
		if last := out.lastUsed(good); last != nil {
			point = last
		}
		draft := templates.AppointmentNotice(templates.NoticeBooked, in.Prospect.Locale, !rules.HasSubject)
		b.Confirmation, b.ConfirmChannel = &draft, rules.Kind
		b.ConfirmContactID, b.ConfirmSenderID = &point.ID, &sender.ID
		return
	}
}

// writtenChannels are the channels one writes on, those with a subject first.
func (s *Scheduler) writtenChannels() []models.ChannelRules {
	var written []models.ChannelRules
	for _, kind := range s.Channels.Kinds() {
		if rules, ok := s.Channels.Rules(kind); ok && rules.Written {
			written = append(written, rules)
		}
	}
	slices.SortFunc(written, func(a, b models.ChannelRules) int {
		if a.HasSubject != b.HasSubject {
			if a.HasSubject {
				return -1
			}
			return 1
		}
		return strings.Compare(string(a.Kind), string(b.Kind))
	})
	return written
}
