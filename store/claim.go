package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// setAsideFor is how long a touch waits whose decision could not be recorded,
// or that nobody decided on: without it the claim would meet it again at once.
const setAsideFor = 5 * time.Minute

// ClaimDue locks the prospects of touches whose time has come, passing over
// those somebody else holds, loads the batch, has it judged and applies the
// decisions, all in one transaction. A crash before its commit leaves nothing.
func (s *Store) ClaimDue(ctx context.Context, req models.ClaimRequest, decide func(context.Context, []models.Due) []models.Decision) (models.Claimed, error) {
	req.Batch = min(max(req.Batch, 1), s.hot.maxBatch)
	var claimed models.Claimed
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		claimed = models.Claimed{}
		if err := holdStops(tx); err != nil {
			return err
		}
		c := &claim{store: s, tx: tx, req: req, senders: map[int64]*allowance{}}
		touches, err := c.pick()
		if err != nil || len(touches) == 0 {
			return err
		}
		dues, decisions, err := s.loadDues(tx, touches, req.Now)
		if err != nil {
			return fmt.Errorf("load due touches: %w", err)
		}
		if len(dues) > 0 {
			decisions = append(decisions, decide(ctx, dues)...)
		}
		claimed, err = c.apply(ctx, touches, dues, decisions)
		return err
	})
	if err != nil {
		return models.Claimed{}, fmt.Errorf("claim: %w", err)
	}
	return claimed, nil
}

// holdStops shares the row that stops wider than a person raise: they wait
// for this claim, and the next claim sees them.
func holdStops(tx *gorm.DB) error {
	if !isPostgres(tx) {
		return nil
	}
	var value int64
	return tx.Raw("SELECT value FROM epochs WHERE name = 'stops' FOR SHARE").Scan(&value).Error
}

// claim is one transaction of claiming.
type claim struct {
	store   *Store
	tx      *gorm.DB
	req     models.ClaimRequest
	senders map[int64]*allowance // reserved, with what each may still send now
	picked  []pick
}

// pick chooses what to judge (promises first, then tasks, then the free
// senders in turn), locks its prospects and reads it again: the lock's
// statement may have seen an older state than what it locked.
func (c *claim) pick() ([]models.Touch, error) {
	messages := min(c.req.Slots, c.req.Batch)
	for _, queue := range []string{pickUrgent, pickUnsent} {
		found, err := c.store.pickFrom(c.tx, queue, c.req.Now, messages-c.messages(), c.req.Batch-len(c.picked))
		if err != nil {
			return nil, err
		}
		if err := c.take(found, messages); err != nil {
			return nil, err
		}
	}
	room := min(messages-c.messages(), c.req.Batch-len(c.picked))
	if room > 0 {
		free, err := c.freeSenders(room)
		if err != nil {
			return nil, err
		}
		if len(free) > 0 {
			found, err := c.store.hot.perSender(c.tx, free, c.req.Now, room)
			if err != nil {
				return nil, fmt.Errorf("pick per sender: %w", err)
			}
			if err := c.take(found, messages); err != nil {
				return nil, err
			}
		}
	}
	return c.reread()
}

func (c *claim) messages() int {
	n := 0
	for _, p := range c.picked {
		if p.Kind == string(models.TouchMessage) {
			n++
		}
	}
	return n
}

// take keeps what slots and the senders' rates allow.
func (c *claim) take(found []pick, messages int) error {
	senders := idSet{}
	for _, p := range found {
		if p.Kind == string(models.TouchMessage) {
			senders.add(p.SenderID)
		}
	}
	if err := c.reserve(senders.list()); err != nil {
		return err
	}
	left := messages - c.messages()
	for _, p := range found {
		if p.Kind == string(models.TouchMessage) {
			if left <= 0 {
				continue
			}
			if p.SenderID != nil && !c.senders[*p.SenderID].take() {
				continue
			}
			left--
		}
		c.picked = append(c.picked, p)
	}
	return nil
}

func (c *claim) reread() ([]models.Touch, error) {
	if len(c.picked) == 0 {
		return nil, nil
	}
	order := make(map[int64]int, len(c.picked))
	ids := make([]int64, 0, len(c.picked))
	for i, p := range c.picked {
		if _, twice := order[p.ID]; !twice {
			order[p.ID] = i
			ids = append(ids, p.ID)
		}
	}
	touches, err := load[models.Touch](c.tx.Where(anyOf(c.tx, "id", ids)).Where("state = 'planned' AND due_at <= ?", c.req.Now))
	slices.SortFunc(touches, func(a, b models.Touch) int { return order[a.ID] - order[b.ID] })
	return touches, err
}

// apply records the decisions together. Where one of them cannot be recorded
// (an invalid row), each is tried by itself and only that one is set aside.
func (c *claim) apply(ctx context.Context, touches []models.Touch, dues []models.Due, decisions []models.Decision) (models.Claimed, error) {
	judged := c.match(touches, dues, decisions)
	var out models.Claimed
	if err := c.reserveDays(judged); err != nil {
		return out, err
	}
	err := inSavepoint(c.tx, func(tx *gorm.DB) error {
		var err error
		out, err = c.record(tx, judged)
		return err
	})
	if err == nil {
		return out, c.advanceSenders(out)
	}
	if !rowFault(err) || ctx.Err() != nil {
		return out, err
	}
	c.store.log.Warn("a batch of decisions could not be recorded together", "touches", len(judged), "error", err)
	out = models.Claimed{}
	for _, j := range judged {
		if err := c.applyOne(ctx, j, &out); err != nil {
			return out, err
		}
	}
	return out, c.advanceSenders(out)
}

func (c *claim) applyOne(ctx context.Context, j judgement, out *models.Claimed) error {
	var one models.Claimed
	err := inSavepoint(c.tx, func(tx *gorm.DB) error {
		var err error
		one, err = c.record(tx, []judgement{j})
		return err
	})
	if err != nil && (!rowFault(err) || ctx.Err() != nil) {
		return err
	}
	if err != nil {
		c.store.log.Error("a decision could not be recorded", "touch", j.touch.ID, "action", j.Action, "error", err)
		one = models.Claimed{Judged: 1, Held: 1}
		if err := c.setAside(j, err); err != nil {
			return err
		}
	}
	out.Dispatches = append(out.Dispatches, one.Dispatches...)
	out.Judged += one.Judged
	out.Opened += one.Opened
	out.Held += one.Held
	out.Skipped += one.Skipped
	return nil
}

// setAside holds the touch and has somebody look at it.
func (c *claim) setAside(j judgement, cause error) error {
	detail := "This step could not be recorded and is tried again every five minutes."
	var shownErr *models.Error
	if errors.As(cause, &shownErr) {
		detail += " " + shownErr.Error()
	}
	j.Decision = models.Decision{TouchID: j.touch.ID, Action: models.DecideHold, Reason: models.HoldRetry, Detail: detail, Until: c.req.Now.Add(setAsideFor)}
	if _, err := c.record(c.tx, []judgement{j}); err != nil {
		return err
	}
	return inSavepoint(c.tx, func(tx *gorm.DB) error {
		_, err := openTask(tx, j.prospect, models.Task{
			Kind: models.TaskResolve, UserID: j.touch.RepID, EnrollmentID: j.touch.EnrollmentID, TouchID: &j.touch.ID,
			Reason: models.AttentionRefused, Title: "A step could not be carried out", Detail: detail,
		}, models.ActorScheduler, c.req.Now)
		return err
	})
}

// match gives every touch its decision; one that nobody decided on waits.
func (c *claim) match(touches []models.Touch, dues []models.Due, decisions []models.Decision) []judgement {
	byTouch := make(map[int64]models.Decision, len(decisions))
	for _, d := range decisions {
		byTouch[d.TouchID] = d
	}
	people := make(map[int64]models.Prospect, len(dues))
	var caps models.Caps
	for _, d := range dues {
		people[d.Touch.ID], caps = d.Prospect, d.Settings.Caps
	}
	judged := make([]judgement, 0, len(touches))
	for _, t := range touches {
		d, ok := byTouch[t.ID]
		if !ok {
			d = models.Decision{TouchID: t.ID, Action: models.DecideHold, Reason: models.HoldRetry,
				Detail: "nothing was decided", Until: c.req.Now.Add(setAsideFor)}
		}
		p, known := people[t.ID]
		if !known {
			p = models.Prospect{ID: t.ProspectID, OwnerID: t.RepID}
		}
		judged = append(judged, judgement{Decision: d, touch: t, prospect: p, companyCap: caps.CompanyDay, textBudget: caps.TextBudget})
	}
	return judged
}

// judgement is a touch with what was decided on it.
type judgement struct {
	models.Decision
	touch    models.Touch
	prospect models.Prospect
	// companyCap is the most messages to one company a day; 0: no limit.
	companyCap int
	textBudget int // what texts may cost in a month; 0: no limit
}
