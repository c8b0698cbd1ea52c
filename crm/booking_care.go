package crm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"followup/models"
)

// Tell says how the customer is told of a call that is booked, moved or
// canceled: the best way, nobody, or the name of a channel.
type Tell string

// The two that are no channel.
const (
	TellBest   Tell = ""
	TellNobody Tell = "nobody"
)

// allows tells whether a channel may carry the notice.
func (t Tell) allows(kind models.ChannelKind) bool { return t == TellBest || t == Tell(kind) }

// kept: whoever names a channel is told where it does not reach them.
func (t Tell) kept(b models.Booking) error {
	if t == TellBest || t == TellNobody || b.Confirmation != nil {
		return nil
	}
	return models.Invalid("tell", "they cannot be told that way: no working address that may be used, or no account to send from; choose another")
}

// care asks once more where a time was perhaps not meant: in the night where
// the customer is, or while the rep has another call.
func (s *Service) care(ctx context.Context, b models.Booking, p models.Prospect, except int64) error {
	var doubts []string
	settings, err := s.Store.Settings(ctx)
	if err != nil {
		return err
	}
	if loc, err := p.Location(); err == nil {
		at := b.StartsAt.In(loc)
		if tod := models.TimeOfDayOf(at, loc); tod < settings.QuietFrom || tod >= settings.QuietTo {
			doubts = append(doubts, fmt.Sprintf("it is %s for %s then (%s)", at.Format("15:04 on Mon 2 Jan"), p.Name(), p.Zone))
		}
	}
	rep := b.RepID
	if rep == 0 {
		rep = p.OwnerID
	}
	span := models.Interval{From: b.StartsAt, To: b.StartsAt.Add(time.Duration(max(b.Minutes, 1)) * time.Minute)}
	calls, err := s.Store.RepCalls(ctx, rep, span)
	if err != nil {
		return err
	}
	for _, a := range calls {
		if a.ID != except {
			doubts = append(doubts, fmt.Sprintf("another call is booked from %s to %s UTC", a.StartsAt.UTC().Format("15:04"), a.StartsAt.Add(time.Duration(a.Minutes)*time.Minute).UTC().Format("15:04")))
			break
		}
	}
	if len(doubts) == 0 {
		return nil
	}
	return models.Invalid("sure", "Are you sure? %s. Tick the box to keep this time, or choose another.", capital(strings.Join(doubts, ", and ")))
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// asError finds the error that is meant for people.
func asError(err error, e **models.Error) bool { return errors.As(err, e) }
