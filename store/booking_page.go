package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"followup/models"
)

// BookingPage is when customers may book with a user; what holds without any
// setting where they set nothing.
func (s *Store) BookingPage(ctx context.Context, userID int64) (models.BookingPage, error) {
	var p models.BookingPage
	err := s.reader(ctx).Where("user_id = ?", userID).Take(&p).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return models.DefaultBookingPage(userID), nil
	}
	return p, err
}

// CalendarAddress is the page's calendar, decrypted; "" where there is none.
func (s *Store) CalendarAddress(p models.BookingPage) (string, error) {
	if len(p.CalendarSealed) == 0 {
		return "", nil
	}
	gcm, err := s.aead()
	if err != nil {
		return "", err
	}
	head := 1 + gcm.NonceSize()
	if len(p.CalendarSealed) < head || p.CalendarSealed[0] != sealVersion {
		return "", s.calendarUnreadable(nil)
	}
	plain, err := gcm.Open(nil, p.CalendarSealed[1:head], p.CalendarSealed[head:], calendarOf(p.UserID))
	if err != nil {
		return "", s.calendarUnreadable(err)
	}
	return string(plain), nil
}

func (s *Store) calendarUnreadable(err error) error {
	return &models.Error{Code: models.CodeInvalid, Field: "calendar", Err: err,
		Message: "the calendar's address cannot be opened with the configured key; enter it again"}
}

func calendarOf(userID int64) []byte { return fmt.Appendf(nil, "calendar\x00%d", userID) }

// SaveBookingPage keeps a user's page if nobody changed it since it was read.
// The calendar's address is encrypted; keep leaves the one that is there.
func (s *Store) SaveBookingPage(ctx context.Context, p models.BookingPage, calendar string, keep bool, now time.Time) error {
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		old, err := lockBookingPage(tx, p.UserID, now)
		if err != nil {
			return err
		}
		if old.Revision != p.Revision {
			return models.Errorf(models.CodeConflict, "your booking page was changed in another tab; load it again")
		}
		p.CalendarSealed, p.CalendarBusy, p.CalendarReadAt, p.CalendarError = old.CalendarSealed, old.CalendarBusy, old.CalendarReadAt, old.CalendarError
		if !keep {
			p.CalendarSealed, p.CalendarBusy, p.CalendarReadAt, p.CalendarError = nil, nil, nil, ""
			if calendar != "" {
				if p.CalendarSealed, err = s.seal([]byte(calendar), calendarOf(p.UserID)); err != nil {
					return err
				}
			}
		}
		p.Revision, p.UpdatedAt = old.Revision+1, now
		return saveRow(tx, &p)
	}))
}

// lockBookingPage locks the row that stands before all bookings by link with
// a user; it is made where there is none.
func lockBookingPage(tx *gorm.DB, userID int64, now time.Time) (models.BookingPage, error) {
	fresh := models.DefaultBookingPage(userID)
	fresh.UpdatedAt = now
	if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&fresh).Error; err != nil {
		return fresh, err
	}
	var p models.BookingPage
	return p, forUpdate(tx).Where("user_id = ?", userID).Take(&p).Error
}

// busyBefore is how early a call may begin that reaches into the times shown.
const busyBefore = longestCall

// Busy is when a user cannot be booked: their booked calls and what their
// calendar says.
func (s *Store) Busy(ctx context.Context, p models.BookingPage, now time.Time) ([]models.Interval, error) {
	return busyIn(s.reader(ctx), p, now, 0)
}

func busyIn(tx *gorm.DB, p models.BookingPage, now time.Time, except int64) ([]models.Interval, error) {
	span := models.Interval{From: now.Add(-busyBefore), To: now.AddDate(0, 0, p.DaysAhead+2)}
	calls, err := repCalls(tx, p.UserID, span)
	if err != nil {
		return nil, err
	}
	busy := append([]models.Interval(nil), p.CalendarBusy...)
	// Away with nobody who stands in: the call would wait for nobody.
	leaves, err := load[models.Leave](tx.Where("user_id = ? AND ended_at IS NULL AND stand_in_id IS NULL AND ends_at > ?", p.UserID, now))
	if err != nil {
		return nil, err
	}
	for _, l := range leaves {
		busy = append(busy, models.Interval{From: l.StartsAt, To: l.EndsAt})
	}
	for _, a := range calls {
		if a.ID != except {
			busy = append(busy, callSpan(a))
		}
	}
	return busy, nil
}

// BookByLink books a call that a customer chose. The page's lock is held from
// looking whether the time is free until the call is in it: two who choose the
// same time get one call and one refusal. It counts as a sign of interest.
func (s *Store) BookByLink(ctx context.Context, b models.Booking, loc *time.Location) (models.Appointment, error) {
	var a models.Appointment
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		page, err := lockBookingPage(tx, b.RepID, b.Now)
		if err != nil {
			return err
		}
		p, err := lockSurvivor(tx, b.ProspectID)
		if err != nil {
			return err
		}
		b.ProspectID = p.ID
		if first, err := sameBooking(tx, b); err != nil || first != nil {
			if first != nil {
				a = *first
			}
			return err
		}
		if err := stillFree(tx, page, loc, b, 0); err != nil {
			return err
		}
		if err := refuseTwice(tx, p, b); err != nil {
			return err
		}
		a, err = bookByHand(tx, p, b, models.PursuitReply)
		return err
	})
	return a, shown(err)
}

// MoveByLink gives a call another of the page's times.
func (s *Store) MoveByLink(ctx context.Context, id int64, b models.Booking, loc *time.Location) (models.Appointment, error) {
	var a models.Appointment
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		page, err := lockBookingPage(tx, b.RepID, b.Now)
		if err != nil {
			return err
		}
		if a, err = lockAppointment(tx, id, b.ProspectID); err != nil {
			return err
		}
		if a.Open() && a.StartsAt.Equal(b.StartsAt) {
			return nil
		}
		if err := refuseStale(a, b); err != nil {
			return err
		}
		if err := stillFree(tx, page, loc, b, a.ID); err != nil {
			return err
		}
		return moveIn(tx, &a, b)
	})
	return a, shown(err)
}

func stillFree(tx *gorm.DB, page models.BookingPage, loc *time.Location, b models.Booking, except int64) error {
	busy, err := busyIn(tx, page, b.Now, except)
	if err != nil {
		return err
	}
	if !page.Offers(loc, b.Now, b.StartsAt, busy) {
		return models.Errorf(models.CodeConflict, "This time has just been taken. Please choose another.")
	}
	return nil
}

// canceledByCustomer asks the rep to see to a call that its customer called
// off, in the transaction that ends it.
func canceledByCustomer(tx *gorm.DB, a models.Appointment, now time.Time) error {
	p, err := takeProspect(tx, a.ProspectID)
	if err != nil {
		return err
	}
	task := models.Task{
		Kind: models.TaskResolve, State: models.TaskOpen, Reason: models.AttentionCanceled, UserID: a.RepID, ProspectID: &p.ID, AppointmentID: &a.ID,
		Title: p.Name() + " canceled their call", Detail: "They did so by the link in a message. Offer another time, or ask what has changed.",
		DueAt: now, CreatedAt: now, UpdatedAt: now,
	}
	if err := tx.Create(&task).Error; err != nil {
		return err
	}
	return addEvents(tx, taskEvent(models.EventTaskOpened, task, string(task.Kind), models.ActorCustomer, now))
}

// CalendarsToRead are pages whose calendar was not read since a moment.
func (s *Store) CalendarsToRead(ctx context.Context, before time.Time, limit int) ([]models.BookingPage, error) {
	var all []models.BookingPage
	err := s.reader(ctx).Where("calendar_sealed IS NOT NULL AND (calendar_read_at IS NULL OR calendar_read_at < ?)", before).
		Order("calendar_read_at, user_id").Limit(limit).Find(&all).Error
	return all, err
}

// CalendarRead keeps what a calendar said, or why it could not be read: then
// what it said before goes on to hold.
func (s *Store) CalendarRead(ctx context.Context, p models.BookingPage, busy []models.Interval, why string, now time.Time) error {
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		cur, err := lockBookingPage(tx, p.UserID, now)
		if err != nil || cur.Revision != p.Revision {
			return err // it was changed meanwhile, and is read again
		}
		cur.CalendarReadAt, cur.CalendarError = &now, why
		if why == "" {
			cur.CalendarBusy = busy
		}
		return saveRow(tx, &cur)
	}))
}
