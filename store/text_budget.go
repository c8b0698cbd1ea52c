package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// countTexts is the counter of a month's texts, in models.Money; its day is the
// month's first and its ref is 0. It is reserved after the companies and the
// senders.
const countTexts = "texts"

// UseRates sets what texts cost, before anything is claimed; without rates no
// budget holds them.
func (s *Store) UseRates(r *models.TextRates) { s.rates = r }

func textsOf(month models.Date) dayCount { return dayCount{scope: countTexts, day: month} }

// reserveTexts takes what the texts cost from the month's budget. Where it is
// used up, what is bound by limits waits for the next month; what a person
// wrote, confirmations and reminders go out and count.
func (c *claim) reserveTexts(judged []judgement) error {
	var bound []int
	var free, wanted models.Money
	budget := models.Money(0)
	for i, j := range judged {
		cost := c.store.costOf(j)
		if cost == 0 {
			continue
		}
		if budget = models.Money(j.textBudget) * 10_000; budget > 0 && j.touch.Purpose.Bound() {
			bound, wanted = append(bound, i), wanted+cost
		} else {
			free += cost
		}
	}
	month := textsOf(models.MonthOf(c.req.Now))
	if free > 0 {
		if err := countMore(c.tx, month, int(free)); err != nil {
			return err
		}
	}
	if len(bound) == 0 {
		return nil
	}
	if granted, err := reserveUpTo(c.tx, month, int(wanted), int(budget)); err != nil || granted == int(wanted) {
		return err
	} else if granted > 0 { // the row is locked: share out what is left
		left := models.Money(granted)
		bound = slices.DeleteFunc(bound, func(i int) bool {
			cost := c.store.costOf(judged[i])
			if cost > left {
				return false
			}
			left -= cost
			return true
		})
		if err := countLess(c.tx, month, int(left)); err != nil {
			return err
		}
	}
	for _, i := range bound {
		judged[i].waitFor(models.MonthEnds(c.req.Now), fmt.Sprintf("the budget for texts of %d a month is used up; it goes on next month, or once somebody raises it", judged[i].textBudget))
		if judged[i].Action == models.DecideHold {
			judged[i].Reason = models.HoldBudget
		}
	}
	return nil
}

// costOf is what the message about to be sent costs.
func (s *Store) costOf(j judgement) models.Money {
	if s.rates == nil || j.Action != models.DecideSend || j.Message == nil || j.Message.Segments == 0 ||
		j.Message.Sender != nil && j.Message.Sender.Provider == models.ProviderSandbox {
		return 0
	}
	return s.rates.Cost(j.Message.ToAddress, j.Message.Segments)
}

func countLess(tx *gorm.DB, k dayCount, n int) error {
	if n == 0 {
		return nil
	}
	return tx.Exec("UPDATE day_counts SET used = used - @n WHERE "+ofDay+" AND used >= @n", k.args(map[string]any{"n": n})).Error
}

// giveBackTexts returns to the month's budget what proved not to have been sent.
func (s *Store) giveBackTexts(tx *gorm.DB, touches []models.Touch, now time.Time) error {
	if s.rates == nil || len(touches) == 0 {
		return nil
	}
	ids := idSet{}
	for i := range touches {
		ids.add(&touches[i].ID)
	}
	texts, err := load[models.Message](tx.Select("to_address", "segments").
		Where(anyOf(tx, "touch_id", ids.list())).Where("direction = 'outbound' AND segments > 0 AND provider <> ?", models.ProviderSandbox))
	if err != nil {
		return err
	}
	back := models.Money(0)
	for _, m := range texts {
		back += s.rates.Cost(m.ToAddress, m.Segments)
	}
	return countLess(tx, textsOf(models.MonthOf(now)), int(back))
}

// TextsCost is what the texts of the month of now cost so far.
func (s *Store) TextsCost(ctx context.Context, now time.Time) (models.Money, error) {
	var used int64
	err := s.reader(ctx).Raw("SELECT COALESCE(SUM(used), 0) FROM day_counts WHERE "+ofDay, textsOf(models.MonthOf(now)).args(map[string]any{})).Scan(&used).Error
	return models.Money(used), err
}

// takenBack are the touches that a look before the hand-over stopped.
func takenBack(stops map[int64]stop) []models.Touch {
	var all []models.Touch
	for _, st := range stops {
		if st.mine {
			all = append(all, st.touch)
		}
	}
	return all
}
