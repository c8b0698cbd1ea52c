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
	Quiet      bool   // no confirmation
	Tell       Tell   // how they are told, where not quiet
	Ask        bool   // ask once more about a doubtful time, as Invalid("sure", …)
	FormToken  string // a second submission finds the first
}

// Book books a call at an exact minute; the customer gets a confirmation at once.
func (s *Service) Book(ctx context.Context, actor string, req BookRequest) (models.Appointment, error) {
	b := models.Booking{
		ProspectID: req.ProspectID, RepID: req.RepID, StartsAt: req.StartsAt, Minutes: req.Minutes,
		Title: clean(req.Title), Note: req.Note, By: actor,
	}
	if req.FormToken != "" {
		b.FormToken = &req.FormToken
	}
	if req.Quiet {
		req.Tell = TellNobody
	}
	b, err := s.prepareCall(ctx, b, templates.NoticeBooked, req.Tell, req.Ask, 0)
	if err != nil {
		return models.Appointment{}, err
	}
	a, err := s.Store.Book(ctx, b)
	if err == nil {
		s.wake()
	}
	return a, err
}

// MoveRequest gives a booked call another minute.
type MoveRequest struct {
	ID, ProspectID int64
	Revision       int // of the form; 0: whatever it is now
	StartsAt       time.Time
	Minutes        int // 0: as it was
	Tell           Tell
	Ask            bool // as in BookRequest
}

// Move gives a booked call another minute. A form that shows an older state
// of it is refused; the same move twice changes nothing.
func (s *Service) Move(ctx context.Context, actor string, req MoveRequest) (models.Appointment, error) {
	b := models.Booking{ProspectID: req.ProspectID, StartsAt: req.StartsAt, Minutes: req.Minutes, Revision: req.Revision, By: actor}
	b, err := s.prepareCall(ctx, b, templates.NoticeMoved, req.Tell, req.Ask, req.ID)
	if err != nil {
		return models.Appointment{}, err
	}
	if req.Minutes == 0 {
		b.Minutes = 0
	}
	a, err := s.Store.MoveAppointment(ctx, req.ID, b)
	if err == nil {
		s.wake()
	}
	return a, err
}

// MoveAppointment moves whatever the call is now and tells the customer.
func (s *Service) MoveAppointment(ctx context.Context, actor string, id int64, prospectID int64, startsAt time.Time) (models.Appointment, error) {
	return s.Move(ctx, actor, MoveRequest{ID: id, ProspectID: prospectID, StartsAt: startsAt})
}

// CancelRequest withdraws a booked call.
type CancelRequest struct {
	ID, ProspectID int64
	Revision       int // of the form; 0: whatever it is now
	Tell           Tell
}

// Cancel withdraws a booked call; canceling twice changes nothing.
func (s *Service) Cancel(ctx context.Context, actor string, req CancelRequest) error {
	now := s.Clock()
	thread, err := s.Store.Thread(ctx, req.ProspectID, 1)
	if err != nil {
		return err
	}
	notice := models.Booking{ProspectID: req.ProspectID, Revision: req.Revision, By: actor, Now: now}
	addNotice(&notice, thread, templates.NoticeCanceled, req.Tell)
	if err := req.Tell.kept(notice); err != nil {
		return err
	}
	if err := s.Store.CancelAppointment(ctx, req.ID, &notice, actor, now); err != nil {
		return err
	}
	s.wake()
	return nil
}

// CancelAppointment withdraws whatever the call is now and tells the customer.
func (s *Service) CancelAppointment(ctx context.Context, actor string, id int64, prospectID int64) error {
	return s.Cancel(ctx, actor, CancelRequest{ID: id, ProspectID: prospectID})
}

// prepareBooking checks the time and chooses how the customer is told.
func (s *Service) prepareBooking(ctx context.Context, b models.Booking, n templates.Notice, quiet bool) (models.Booking, error) {
	tell := TellBest
	if quiet {
		tell = TellNobody
	}
	return s.prepareCall(ctx, b, n, tell, false, 0)
}

func (s *Service) prepareCall(ctx context.Context, b models.Booking, n templates.Notice, tell Tell, ask bool, moved int64) (models.Booking, error) {
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
	if tell == TellNobody && !ask {
		return b, nil
	}
	thread, err := s.Store.Thread(ctx, b.ProspectID, 1)
	if err != nil {
		return b, fmt.Errorf("booking a call: %w", err)
	}
	if ask {
		if err := s.care(ctx, b, thread.Person.Prospect, moved); err != nil {
			return b, err
		}
	}
	addNotice(&b, thread, n, tell)
	return b, tell.kept(b)
}

// noticeWay is a channel that carries a notice about an appointment.
type noticeWay struct {
	channel models.ChannelKind
	to      models.ContactPointKind
	from    models.SenderKind
	brief   bool
}

// noticeWays, the best first: an email has room for the details, a text
// arrives for sure.
var noticeWays = []noticeWay{
	{models.ChannelEmail, models.ContactEmail, models.SenderMailbox, false},
	{models.ChannelSMS, models.ContactPhone, models.SenderPhone, true},
}

// reach finds a sender and a usable contact point that nobody forbade.
func (way noticeWay) reach(thread models.Thread) (from *models.Sender, to *models.ContactPoint, ok bool) {
	person := thread.Person
	f := slices.IndexFunc(thread.Senders, func(s models.Sender) bool {
		return s.Kind == way.from && s.State == models.SenderActive
	})
	t := slices.IndexFunc(person.ContactPoints, func(cp models.ContactPoint) bool {
		_, forbidden := models.Suppressed(person.Suppressions, person.Prospect, cp, way.channel)
		return cp.Kind == way.to && cp.Usable() && !forbidden
	})
	if f < 0 || t < 0 {
		return nil, nil, false
	}
	return &thread.Senders[f], &person.ContactPoints[t], true
}

// addNotice gives the booking its confirmation: on the first way allowed that
// reaches them. Where there is none, nobody is told, and the page says so by
// showing no confirmation.
func addNotice(b *models.Booking, thread models.Thread, n templates.Notice, tell Tell) {
	for _, way := range noticeWays {
		from, to, ok := way.reach(thread)
		if !ok || !tell.allows(way.channel) {
			continue
		}
		draft := templates.AppointmentNotice(n, thread.Person.Prospect.Locale, way.brief)
		b.Confirmation, b.ConfirmChannel = &draft, way.channel
		b.ConfirmContactID, b.ConfirmSenderID = &to.ID, &from.ID
		return
	}
}
