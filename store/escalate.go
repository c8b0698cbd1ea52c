package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// EscalateUnanswered asks somebody else to see to customers who have waited
// for an answer longer than the workspace wants: once for each wait, however
// often that question is closed. It reports how many it asked about.
func (s *Store) EscalateUnanswered(ctx context.Context, now time.Time, limit int) (int, error) {
	set, err := s.Settings(ctx)
	if err != nil || set.EscalateAfter <= 0 {
		return 0, err
	}
	asked := 0
	err = s.inTx(ctx, func(tx *gorm.DB) error {
		asked = 0
		var people []int64
		err := tx.Raw(`
SELECT p.id FROM prospects p WHERE p.id IN (
	SELECT c.prospect_id FROM conversations c
	WHERE c.waiting_since IS NOT NULL AND c.waiting_since <= @since
	AND NOT EXISTS (SELECT 1 FROM tasks k WHERE k.prospect_id = c.prospect_id AND k.kind = 'resolve' AND k.reason = @reason AND k.created_at >= c.waiting_since)
	ORDER BY c.waiting_since LIMIT @limit)
ORDER BY p.id`+s.hot.skipLocked, map[string]any{
			"since": now.Add(-time.Duration(set.EscalateAfter) * time.Hour), "reason": models.AttentionUnanswered, "limit": max(limit, 1),
		}).Scan(&people).Error
		if err != nil {
			return err
		}
		for _, id := range people {
			opened, err := escalate(tx, set, id, now)
			if err != nil {
				return fmt.Errorf("prospect %d: %w", id, err)
			}
			if opened {
				asked++
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("escalate what nobody answered: %w", err)
	}
	return asked, nil
}

// escalate opens the task, with the prospect locked and looked at again.
func escalate(tx *gorm.DB, set models.Settings, prospectID int64, now time.Time) (bool, error) {
	p, err := takeProspect(tx, prospectID)
	if err != nil {
		return false, err
	}
	c, err := conversationOf(tx, p)
	if err != nil || c.WaitingSince == nil {
		return false, err
	}
	var before int64
	err = tx.Model(&models.Task{}).Where("prospect_id = ? AND kind = ? AND reason = ? AND created_at >= ?", p.ID, models.TaskResolve, models.AttentionUnanswered, *c.WaitingSince).Count(&before).Error
	if err != nil || before > 0 {
		return false, err
	}
	user, err := escalateTo(tx, set, p)
	if err != nil || user == 0 {
		return false, err
	}
	var owner models.User
	if err := tx.Where("id = ?", p.OwnerID).Take(&owner).Error; err != nil {
		return false, notFound(err, "user", p.OwnerID)
	}
	waited, err := lastHuman(tx, p.ID)
	if err != nil {
		return false, err
	}
	task := models.Task{
		Kind: models.TaskResolve, Reason: models.AttentionUnanswered, UserID: user, Urgent: true, DueAt: now,
		Title:  "Nobody has answered " + p.Name(),
		Detail: fmt.Sprintf("They have waited for more than %d hours; %s is to answer. Answer them yourself, or see to it that somebody does. The task closes by itself with the answer.", set.EscalateAfter, owner.Name),
	}
	if waited != nil {
		task.MessageID = &waited.ID
	}
	_, err = openTask(tx, p, task, models.ActorScheduler, now)
	return err == nil, err
}

// escalateTo is whom the workspace names, else a manager of the owner's team,
// else any manager or admin; never the owner themselves unless there is nobody else.
func escalateTo(tx *gorm.DB, set models.Settings, p models.Prospect) (int64, error) {
	named, err := first[models.User](tx.Where("id = ? AND disabled_at IS NULL", set.EscalateTo))
	if err != nil || named != nil && named.ID != p.OwnerID {
		if named != nil {
			return named.ID, err
		}
		return 0, err
	}
	u, err := first[models.User](tx.Where("disabled_at IS NULL AND role IN ?", []models.Role{models.RoleManager, models.RoleAdmin}).
		Order(clauseOwnTeam(p)).Order("CASE role WHEN 'manager' THEN 0 ELSE 1 END, id"))
	if err != nil {
		return 0, err
	}
	if u == nil {
		return p.OwnerID, nil
	}
	return u.ID, nil
}

// clauseOwnTeam puts the owner last and their team first.
func clauseOwnTeam(p models.Prospect) string {
	return fmt.Sprintf(`CASE WHEN id = %[1]d THEN 2 WHEN team_id = (SELECT o.team_id FROM users o WHERE o.id = %[1]d) THEN 0 ELSE 1 END`, p.OwnerID)
}
