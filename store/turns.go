package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"followup/models"
)

// turnRow says when an account's next turn comes.
type turnRow struct {
	Account string `gorm:"primaryKey"`
	NextAt  time.Time
}

// TableName of the row.
func (turnRow) TableName() string { return "provider_turns" }

// takeTurns gives the accounts' turns to what is about to be sent, one in its
// time over all senders and replicas; the others wait, each for its own.
// Nothing is asked for what needs no turn.
func (c *claim) takeTurns(judged []judgement) error {
	by := map[models.Turn][]int{}
	for i := range judged {
		if j := &judged[i]; j.Action == models.DecideSend && j.Turn != nil {
			by[*j.Turn] = append(by[*j.Turn], i)
		}
	}
	turns := slices.SortedFunc(maps.Keys(by), func(a, b models.Turn) int { return cmp.Compare(a.Account, b.Account) })
	for _, t := range turns {
		next, err := lockTurn(c.tx, t.Account, c.req.Now)
		if err != nil {
			return err
		}
		queue := by[t]
		if !next.After(c.req.Now) {
			next = c.req.Now.Add(t.Every)
			if err := saveTurn(c.tx, t.Account, next); err != nil {
				return err
			}
			queue = queue[1:]
		}
		for k, i := range queue {
			judged[i].waitFor(next.Add(time.Duration(k)*t.Every), "calls of one account are made one after the other; this is its turn")
			if judged[i].Action == models.DecideHold {
				judged[i].Reason = models.HoldGap
			}
		}
	}
	return nil
}

// TakeTurn counts a call that a person makes: it goes at once, and what is sent
// by itself comes after it.
func (s *Store) TakeTurn(ctx context.Context, t models.Turn, now time.Time) error {
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		next, err := lockTurn(tx, t.Account, now)
		if err != nil {
			return err
		}
		if next.Before(now) {
			next = now
		}
		return saveTurn(tx, t.Account, next.Add(t.Every))
	})
	if err != nil {
		return fmt.Errorf("take a turn of account %s: %w", t.Account, err)
	}
	return nil
}

// lockTurn locks the account's row, which is made where there is none.
func lockTurn(tx *gorm.DB, account string, now time.Time) (time.Time, error) {
	row := turnRow{Account: account, NextAt: now}
	if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error; err != nil {
		return now, err
	}
	err := forUpdate(tx).Where("account = ?", account).Take(&row).Error
	return row.NextAt, err
}

func saveTurn(tx *gorm.DB, account string, next time.Time) error {
	return tx.Model(&turnRow{}).Where("account = ?", account).UpdateColumn("next_at", next).Error
}
