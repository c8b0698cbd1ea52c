package crm

import (
	"context"
	"fmt"
	"slices"
	"time"

	"followup/models"
	"followup/templates"
)

// BookRequest books a call.
type BookRequest struct {
	ProspectID int64
	RepID      int64
	StartsAt   time.Time // UTC, an exact minute
	Minutes    int       // 0: 30
	Title      string
	Note       string
	Quiet      bool // no confirmation
}

// Book books a call at an exact minute; the customer gets a confirmation at once.
func (s *Service) Book(ctx context.Context, actor string, req BookRequest) (models.Appointment, error) {
	b := models.Booking{
		ProspectID: req.ProspectID, RepID: req.RepID, StartsAt: req.StartsAt, Minutes: req.Minutes,
		Title: clean(req.Title), Note: req.Note, By: actor,
	}
	b, err := s.prepareBooking(ctx, b, templates.NoticeBooked, req.Quiet)
	if err != nil {
		return models.Appointment{}, err
	}
	a, err := s.Store.Book(ctx, b)
	if err == nil {
		s.wake()
	}
	return a, err
}

// MoveAppointment gives a booked call another minute and tells the customer.
func (s *Service) MoveAppointment(ctx context.Context, actor string, id int64, prospectID int64, startsAt time.Time) (models.Appointment, error) {
	b := models.Booking{ProspectID: prospectID, StartsAt: startsAt, By: actor}
	b, err := s.prepareBooking(ctx, b, templates.NoticeMoved, false)
	if err != nil {
		return models.Appointment{}, err
	}
	a, err := s.Store.MoveAppointment(ctx, id, b)
	if err == nil {
		s.wake()
	}
	return a, err
}

// CancelAppointment withdraws a booked call and tells the customer.
func (s *Service) CancelAppointment(ctx context.Context, actor string, id int64, prospectID int64) error {
	now := s.Clock()
	thread, err := s.Store.Thread(ctx, prospectID, 1)
	if err != nil {
		return err
	}
	notice := models.Booking{ProspectID: prospectID, By: actor, Now: now}
	addNotice(&notice, thread, templates.NoticeCanceled)
	var tell *models.Booking
	if notice.Confirmation != nil {
		tell = &notice
	}
	if err := s.Store.CancelAppointment(ctx, id, tell, actor, now); err != nil {
		return err
	}
	s.wake()
	return nil
}

// prepareBooking checks the time and chooses how the customer is told.
func (s *Service) prepareBooking(ctx context.Context, b models.Booking, n templates.Notice, quiet bool) (models.Booking, error) {
	b.Now = s.Clock()
	b.StartsAt = b.StartsAt.UTC().Truncate(time.Minute)
	if b.Minutes == 0 {
		b.Minutes = 30
	}
	if b.Minutes < 1 || b.Minutes > 24*60 {
		return b, models.Invalid("minutes", "a call lasts between 1 minute and a day; %d minutes does not", b.Minutes)
	}
	if b.StartsAt.Before(b.Now.Truncate(time.Minute)) {
		return b, models.Invalid("starts_at", "the call would begin in the past (%s UTC); choose a later time", b.StartsAt.Format("2006-01-02 15:04"))
	}
	if b.StartsAt.After(b.Now.AddDate(2, 0, 0)) {
		return b, models.Invalid("starts_at", "the call would be more than two years away (%s); check the year", b.StartsAt.Format("2006-01-02"))
	}
	if quiet {
		return b, nil
	}
	thread, err := s.Store.Thread(ctx, b.ProspectID, 1)
	if err != nil {
		return b, fmt.Errorf("booking a call: %w", err)
	}
	addNotice(&b, thread, n)
	return b, nil
}

// noticeWays are the channels that carry a notice about an appointment, the
// best first: an email has room for the details, a text arrives for sure.
var noticeWays = []struct {
	channel models.ChannelKind
	to      models.ContactPointKind
	from    models.SenderKind
	brief   bool
}{
	{models.ChannelEmail, models.ContactEmail, models.SenderMailbox, false},
	{models.ChannelSMS, models.ContactPhone, models.SenderPhone, true},
}

// addNotice gives the booking its confirmation: on the first way that has a
// sender and a usable contact point nobody forbade. Where there is none,
// nobody is told, and the page says so by showing no confirmation.
func addNotice(b *models.Booking, thread models.Thread, n templates.Notice) {
	person := thread.Person
	for _, way := range noticeWays {
		from := slices.IndexFunc(thread.Senders, func(s models.Sender) bool {
			return s.Kind == way.from && s.State == models.SenderActive
		})
		to := slices.IndexFunc(person.ContactPoints, func(cp models.ContactPoint) bool {
			_, forbidden := models.Suppressed(person.Suppressions, person.Prospect, cp, way.channel)
			return cp.Kind == way.to && cp.Usable() && !forbidden
		})
		if from < 0 || to < 0 {
			continue
		}
		draft := templates.AppointmentNotice(n, person.Prospect.Locale, way.brief)
		b.Confirmation, b.ConfirmChannel = &draft, way.channel
		b.ConfirmContactID, b.ConfirmSenderID = &person.ContactPoints[to].ID, &thread.Senders[from].ID
		return
	}
}
