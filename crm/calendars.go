package crm

import (
	"context"
	"fmt"
	"io"
	"time"

	"followup/crm/freebusy"
	"followup/models"
)

// Calendars reads when users are busy from their calendars' addresses.
type Calendars struct {
	Service *Service
	// Fetch opens an address on the public internet.
	Fetch func(ctx context.Context, address string) (io.ReadCloser, error)
	// ZoneOf is a user's time zone.
	ZoneOf func(ctx context.Context, userID int64) (*time.Location, error)
	Holder string // the replica
}

// readEvery is how old what a calendar said may be.
const readEvery = 10 * time.Minute

// readWithin is for how long a calendar is one replica's to read. It is not
// given back: the others may have listed it before it was read.
const readWithin = 2 * time.Minute

// Read reads the calendars that are due. One that cannot be read says so on
// its owner's page, and what it said before goes on to hold.
func (c *Calendars) Read(ctx context.Context, now time.Time) error {
	pages, err := c.Service.Store.CalendarsToRead(ctx, now.Add(-readEvery), 50)
	if err != nil {
		return fmt.Errorf("calendars: %w", err)
	}
	for _, p := range pages {
		// The revision: a new address is read at once, whoever reads the old one.
		mine, err := c.Service.Store.AcquireLease(ctx, fmt.Sprintf("calendar:%d:%d", p.UserID, p.Revision), c.Holder, now, readWithin)
		if err != nil {
			return fmt.Errorf("calendars: %w", err)
		}
		if !mine {
			continue
		}
		if err := c.readOne(ctx, p, now); err != nil {
			return fmt.Errorf("the calendar of user %d: %w", p.UserID, err)
		}
	}
	return nil
}

func (c *Calendars) readOne(ctx context.Context, p models.BookingPage, now time.Time) error {
	busy, err := c.busy(ctx, p, now)
	why := ""
	if err != nil {
		why = reasonToShow(err)
	}
	return c.Service.Store.CalendarRead(ctx, p, busy, why, now)
}

func reasonToShow(err error) string {
	var e *models.Error
	if asError(err, &e) {
		return e.Message
	}
	return "it could not be read"
}

func (c *Calendars) busy(ctx context.Context, p models.BookingPage, now time.Time) ([]models.Interval, error) {
	address, err := c.Service.Store.CalendarAddress(p)
	if err != nil {
		return nil, err
	}
	loc, err := c.ZoneOf(ctx, p.UserID)
	if err != nil {
		return nil, err
	}
	body, err := c.Fetch(ctx, address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	busy, _, err := freebusy.Read(body, models.Interval{From: now.Add(-24 * time.Hour), To: now.AddDate(0, 0, p.DaysAhead+2)}, loc)
	return busy, err
}

// SaveBookingPage checks and keeps when customers may book with a user.
// calendar is the ICS address; keep leaves the one that is there.
func (s *Service) SaveBookingPage(ctx context.Context, p models.BookingPage, calendar string, keep bool) error {
	for _, check := range []struct {
		field    string
		n, least int
		most     int
		what     string
	}{
		{"minutes", p.Minutes, 5, 240, "a call lasts between 5 and 240 minutes"},
		{"buffer", p.BufferMinutes, 0, 240, "keep between 0 and 240 minutes free"},
		{"notice", p.NoticeHours, 0, 24 * 30, "the notice is between 0 hours and 30 days"},
		{"days", p.DaysAhead, 1, 90, "offer between 1 and 90 days"},
	} {
		if check.n < check.least || check.n > check.most {
			return models.Invalid(check.field, "%s", check.what)
		}
	}
	for _, h := range p.Hours {
		if h.From < 0 || h.To > 24*60 || h.To <= h.From {
			return models.Invalid("hours", "on %s the hours end before they begin", h.Day)
		}
	}
	if len(p.Hours) == 0 && !p.Closed {
		return models.Invalid("hours", "name at least one day with hours, or close the page")
	}
	if calendar != "" && !keep {
		calendar = freebusy.Normal(calendar)
		if err := freebusy.CheckAddress(calendar); err != nil {
			return err
		}
	}
	return s.Store.SaveBookingPage(ctx, p, calendar, keep, s.Clock())
}
