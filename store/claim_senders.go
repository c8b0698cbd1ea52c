package store

import (
	"slices"
	"time"

	"followup/models"
)

// allowance is what a sender may still send in this claim.
type allowance struct {
	free    int           // what is left
	every   time.Duration // the least between two; 0: no limit
	base    time.Time
	blocked bool
}

func (a *allowance) take() bool {
	if a == nil || a.blocked || (a.every > 0 && a.free <= 0) {
		return false
	}
	a.free--
	return true
}

// rateBurst is how far behind a rate may catch up at once: a Tick comes every
// second, so a sender of ten a second gets ten a Tick.
const rateBurst = time.Second

// newAllowance reads the sender's rate as slots: one each interval from
// NextFreeAt on, at most a burst of them in the past.
func newAllowance(s models.Sender, now time.Time, unlimited int) *allowance {
	a := &allowance{every: s.Interval(), free: unlimited}
	if s.State != models.SenderActive || s.NextFreeAt.After(now) || (s.PausedTill != nil && s.PausedTill.After(now)) {
		a.blocked = true
		return a
	}
	if a.every <= 0 {
		return a
	}
	every := a.every
	a.base = s.NextFreeAt
	if earliest := now.Add(every - max(rateBurst, every)); a.base.Before(earliest) {
		a.base = earliest
	}
	a.free = int(now.Sub(a.base)/every) + 1
	return a
}

// reserve reads senders that were not asked yet. Those with a rate or a daily cap are locked
// until the commit, so that two claims cannot both use the next slot; one that
// another claim holds is passed over.
func (c *claim) reserve(ids []int64) error {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return c.senders[id] != nil })
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	var senders []models.Sender
	if err := c.tx.Omit("Secrets", "Settings").Where(anyOf(c.tx, "id", ids)).Find(&senders).Error; err != nil {
		return err
	}
	return c.allow(senders)
}

func (c *claim) allow(senders []models.Sender) error {
	var rated []int64
	for _, s := range senders {
		if s.Interval() > 0 || s.DailyCap > 0 || s.RampFrom != "" {
			rated = append(rated, s.ID)
			c.senders[s.ID] = &allowance{blocked: true}
			continue
		}
		c.senders[s.ID] = newAllowance(s, c.req.Now, c.req.Batch)
	}
	if len(rated) == 0 {
		return nil
	}
	slices.Sort(rated)
	var locked []models.Sender
	q := c.tx.Raw("SELECT id, state, rate_per_minute, gap_seconds, daily_cap, ramp_from, next_free_at, paused_till FROM senders WHERE ? ORDER BY id"+
		c.store.hot.skipLockedSenders, anyOf(c.tx, "id", rated))
	if err := q.Scan(&locked).Error; err != nil {
		return err
	}
	for _, s := range locked {
		c.senders[s.ID] = newAllowance(s, c.req.Now, c.req.Batch)
	}
	return nil
}

// freeSenders are those that may send and have something due, with the share
// of the room that each gets: nobody waits for another's long queue.
func (c *claim) freeSenders(room int) ([]senderTurn, error) {
	var senders []models.Sender
	err := c.tx.Raw(`
SELECT s.id, s.state, s.rate_per_minute, s.gap_seconds, s.daily_cap, s.ramp_from, s.next_free_at, s.paused_till FROM senders s
WHERE s.state = 'active' AND s.next_free_at <= @now AND (s.paused_till IS NULL OR s.paused_till <= @now)
AND EXISTS (SELECT 1 FROM touches t WHERE t.sender_id = s.id AND t.state = 'planned' AND NOT t.urgent AND t.due_at <= @now)
ORDER BY s.id`, map[string]any{"now": c.req.Now}).Scan(&senders).Error
	if err != nil {
		return nil, err
	}
	fresh := slices.DeleteFunc(slices.Clone(senders), func(s models.Sender) bool { return c.senders[s.ID] != nil })
	if err := c.allow(fresh); err != nil {
		return nil, err
	}
	var free []senderTurn
	for _, s := range senders {
		if a := c.senders[s.ID]; !a.blocked && a.free > 0 {
			free = append(free, senderTurn{ID: s.ID, Free: a.free})
		}
	}
	share := room
	if len(free) > 0 {
		share = (room + len(free) - 1) / len(free)
	}
	for i := range free {
		free[i].Free = min(free[i].Free, share)
	}
	return free, nil
}

// advanceSenders moves the next free slot of those with a rate past what is
// being sent.
func (c *claim) advanceSenders(out models.Claimed) error {
	used := map[int64]int{}
	for _, d := range out.Dispatches {
		if d.Message.SenderID != nil {
			used[*d.Message.SenderID]++
		}
	}
	ids := make([]int64, 0, len(used))
	for id := range used {
		ids = append(ids, id)
	}
	// A decision may have chosen a sender that the claim had not reserved.
	if err := c.reserve(ids); err != nil {
		return err
	}
	slices.Sort(ids)
	for _, id := range ids {
		a := c.senders[id]
		if a == nil || a.every <= 0 {
			continue
		}
		next := a.base.Add(time.Duration(used[id]) * a.every)
		err := c.tx.Model(&models.Sender{}).Where("id = ?", id).UpdateColumn("next_free_at", next).Error
		if err != nil {
			return err
		}
	}
	return nil
}
