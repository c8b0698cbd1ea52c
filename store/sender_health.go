package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// HealthDays is the time over which a sender is judged; the page shows
// HealthLong too.
const (
	HealthDays = 7
	HealthLong = 30
)

const (
	tallyBatch = 20_000
	// tallyBehind leaves time for transactions that began earlier and commit
	// later: their events have lower ids.
	tallyBehind = time.Minute
)

// TallySenders counts what the events since the last time say of what was
// sent. The mark and the counts change in one transaction, so that no event
// counts twice however many replicas count.
func (s *Store) TallySenders(ctx context.Context, now time.Time) error {
	for {
		n := 0
		err := s.inTx(ctx, func(tx *gorm.DB) error {
			var err error
			n, err = tally(tx, now)
			return err
		})
		if err != nil {
			return fmt.Errorf("tally senders: %w", err)
		}
		if n < tallyBatch {
			return nil
		}
	}
}

func tally(tx *gorm.DB, now time.Time) (int, error) {
	if err := tx.Exec("INSERT INTO tally_marks (name, event_id) VALUES ('senders', 0) ON CONFLICT DO NOTHING").Error; err != nil {
		return 0, err
	}
	var mark int64
	if err := forUpdate(tx).Table("tally_marks").Select("event_id").Where("name = 'senders'").Scan(&mark).Error; err != nil {
		return 0, err
	}
	var events []models.Event
	err := tx.Where("id > ? AND at <= ?", mark, now.Add(-tallyBehind)).Order("id").Limit(tallyBatch).Find(&events).Error
	if err != nil || len(events) == 0 {
		return 0, err
	}
	type key struct {
		sender int64
		day    models.Date
	}
	days := map[key]*models.SenderDay{}
	for _, e := range events {
		d := models.SenderDay{}
		if e.SenderID == nil || !countEvent(&d, e) {
			continue
		}
		k := key{*e.SenderID, models.DateOf(e.At, time.UTC)}
		if days[k] == nil {
			days[k] = &models.SenderDay{SenderID: k.sender, Day: k.day}
		}
		sum := days[k]
		sum.Sent, sum.Bounced, sum.Complained, sum.Blocked = sum.Sent+d.Sent, sum.Bounced+d.Bounced, sum.Complained+d.Complained, sum.Blocked+d.Blocked
	}
	for _, d := range days {
		err := tx.Exec(`INSERT INTO sender_days (sender_id, day, sent, bounced, complained, blocked) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (sender_id, day) DO UPDATE SET sent = sender_days.sent + excluded.sent, bounced = sender_days.bounced + excluded.bounced,
complained = sender_days.complained + excluded.complained, blocked = sender_days.blocked + excluded.blocked`,
			d.SenderID, d.Day, d.Sent, d.Bounced, d.Complained, d.Blocked).Error
		if err != nil {
			return 0, err
		}
	}
	last := events[len(events)-1].ID
	return len(events), tx.Exec("UPDATE tally_marks SET event_id = ? WHERE name = 'senders'", last).Error
}

// countEvent says what an event means for its sender's health. What a channel
// refuses before anything is handed over harms nobody.
func countEvent(d *models.SenderDay, e models.Event) bool {
	switch e.Kind {
	case models.EventTouchEnded:
		switch models.TouchState(e.Code) {
		case models.TouchSent:
			d.Sent++
		case models.TouchFailed: // it was handed over and refused
			d.Sent++
			d.Blocked++
		default:
			return false
		}
	case models.EventReceipt:
		if models.MessageState(e.Code) != models.MessageFailed {
			return false
		}
		d.Bounced++
	case models.EventInbound:
		switch models.InboundClass(e.Code) {
		case models.ClassBounceHard:
			d.Bounced++
		case models.ClassComplaint:
			d.Complained++
		default:
			return false
		}
	default:
		return false
	}
	return true
}

// SenderHealth sums each sender's days from the one given on.
func (s *Store) SenderHealth(ctx context.Context, from models.Date) (map[int64]models.SenderHealth, error) {
	return senderHealth(s.reader(ctx), from)
}

func senderHealth(tx *gorm.DB, from models.Date) (map[int64]models.SenderHealth, error) {
	var days []models.SenderDay
	if err := tx.Where("day >= ?", from).Find(&days).Error; err != nil {
		return nil, err
	}
	sums := map[int64]models.SenderHealth{}
	for _, d := range days {
		h := sums[d.SenderID]
		h.Sent, h.Bounced, h.Complained, h.Blocked = h.Sent+d.Sent, h.Bounced+d.Bounced, h.Complained+d.Complained, h.Blocked+d.Blocked
		sums[d.SenderID] = h
	}
	return sums, nil
}

// RestHarmed stops senders of which too much came back or was marked as spam,
// and asks their owner to see to it.
func (s *Store) RestHarmed(ctx context.Context, now time.Time) error {
	week := models.DateOf(now, time.UTC).AddDays(-HealthDays + 1)
	senders, err := s.ViewSenders(ctx, 0)
	if err != nil {
		return err
	}
	var all error
	for _, x := range senders {
		if x.State != models.SenderActive || x.Provider == models.ProviderSandbox {
			continue
		}
		all = errors.Join(all, s.inTx(ctx, func(tx *gorm.DB) error { return restHarmed(tx, x.ID, week, now) }))
	}
	return all
}

func restHarmed(tx *gorm.DB, id int64, week models.Date, now time.Time) error {
	var x models.Sender
	if err := forUpdate(tx).Where("id = ?", id).Take(&x).Error; err != nil || x.State != models.SenderActive {
		return err
	}
	sums, err := senderHealth(tx.Where("sender_id = ?", id), max(week, x.Settings.CountFrom))
	if err != nil {
		return err
	}
	h := sums[id]
	why := h.Harm()
	if why == "" {
		return nil
	}
	detail := fmt.Sprintf("%d of %d messages in %d days came back (%.1f %%, at most %.0f %%)", h.Bounced, h.Sent, HealthDays, h.Share(h.Bounced), 100*models.BounceLimit)
	if why == models.StopComplaints {
		detail = fmt.Sprintf("%d of %d messages in %d days were marked as spam (%.2f %%, at most %.1f %%)", h.Complained, h.Sent, HealthDays, h.Share(h.Complained), 100*models.ComplaintLimit)
	}
	old := x
	x.Stop(why, detail, now)
	if err := saveRow(tx, &x); err != nil {
		return err
	}
	if err := addEvents(tx, senderEvents(x, old, models.ActorScheduler, now)...); err != nil {
		return err
	}
	return troubleTask(tx, id, models.AttentionSender, "A sender rests before its name is spoiled",
		"%s: "+strings.ReplaceAll(detail, "%", "%%")+". Look at whom it wrote to and why, take bad addresses out, then start it again on its account’s page; what waits for it goes out then.", now)
}
