package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// undialled are booked calls whose minute has passed without a dial and that
// are not given up yet; the touch is t.
const undialled = `t.kind = 'booked_call' AND t.state IN ('planned', 'open')
	AND NOT EXISTS (SELECT 1 FROM tasks k WHERE k.touch_id = t.id AND k.dialed_at IS NOT NULL)`

// StandIn asks somebody else for each booked call that its rep has not
// dialled in time: the rep's stand-in, else a manager. Once a call, and taken
// back as soon as the call is made, moved or given up.
func (s *Store) StandIn(ctx context.Context, now time.Time, limit int) (int, error) {
	asked := 0
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		asked = 0
		if err := endStandIns(tx, now); err != nil {
			return err
		}
		var people []int64
		err := tx.Raw(`
SELECT p.id FROM prospects p WHERE p.id IN (
	SELECT t.prospect_id FROM touches t WHERE `+undialled+` AND t.promised_at <= @late AND t.promised_at > @missed
	AND NOT EXISTS (SELECT 1 FROM tasks k WHERE k.appointment_id = t.appointment_id AND k.reason = @reason AND k.created_at >= t.promised_at)
	ORDER BY t.promised_at LIMIT @limit + 0)
ORDER BY p.id`+s.hot.skipLocked, map[string]any{
			"late": now.Add(-models.StandInAfter), "missed": now.Add(-models.MissedAfter), "reason": models.AttentionUndialled, "limit": limit,
		}).Scan(&people).Error
		if err != nil {
			return err
		}
		for _, id := range people {
			n, err := standInFor(tx, id, now)
			if err != nil {
				return fmt.Errorf("prospect %d: %w", id, err)
			}
			asked += n
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("ask stand-ins: %w", err)
	}
	return asked, nil
}

// standInFor opens the alarm for a person's calls, with the person locked and
// looked at again.
func standInFor(tx *gorm.DB, prospectID int64, now time.Time) (int, error) {
	p, err := takeProspect(tx, prospectID)
	if err != nil {
		return 0, err
	}
	var touches []models.Touch
	err = tx.Table("touches AS t").Where(undialled).Where("t.prospect_id = ? AND t.promised_at <= ? AND t.promised_at > ?", p.ID, now.Add(-models.StandInAfter), now.Add(-models.MissedAfter)).
		Where("NOT EXISTS (SELECT 1 FROM tasks k WHERE k.appointment_id = t.appointment_id AND k.reason = ? AND k.created_at >= t.promised_at)", models.AttentionUndialled).
		Order("t.promised_at, t.id").Find(&touches).Error
	if err != nil {
		return 0, err
	}
	asked := 0
	for _, t := range touches {
		ok, err := askStandIn(tx, p, t, now)
		if err != nil {
			return 0, err
		}
		if ok {
			asked++
		}
	}
	return asked, nil
}

func askStandIn(tx *gorm.DB, p models.Prospect, t models.Touch, now time.Time) (bool, error) {
	rep, err := callerOfTouch(tx, t)
	if err != nil {
		return false, err
	}
	who, err := standInOf(tx, rep, now)
	if err != nil || who == nil {
		return false, err
	}
	task, err := openTask(tx, p, models.Task{
		// Without the touch: closing this task says nothing of the call.
		Kind: models.TaskResolve, Reason: models.AttentionUndialled, UserID: who.ID, AppointmentID: t.AppointmentID, Urgent: true, DueAt: now,
		Title:  p.Name() + " waits for a call booked for " + clockIn(t.PromisedAt, who.Zone),
		Detail: rep.Name + " has not dialled. Take the call over and ring them now, or see to it that " + rep.FirstName() + " does. This closes by itself with the call.",
	}, models.ActorScheduler, now)
	if err != nil {
		return false, err
	}
	missed := t.PromisedAt.Add(models.MissedAfter)
	return true, notify(tx, *who, models.Notification{
		Kind: models.NotifyStandIn, About: "stand_in:" + strconv.FormatInt(task.ID, 10), TaskID: &task.ID, ProspectID: &p.ID, NotAfter: &missed,
		Title: task.Title, Text: task.Detail, Href: "/tasks/" + strconv.FormatInt(task.ID, 10),
	}, now)
}

// callerOfTouch is who was to dial: whoever has the call's task by now.
func callerOfTouch(tx *gorm.DB, t models.Touch) (models.User, error) {
	id := t.RepID
	task, err := first[models.Task](tx.Where("touch_id = ? AND kind = 'call' AND state IN ('open', 'upcoming')", t.ID))
	if err != nil {
		return models.User{}, err
	}
	if task != nil {
		id = task.UserID
	}
	var u models.User
	if err := tx.Where("id = ?", id).Take(&u).Error; err != nil {
		return u, notFound(err, "user", id)
	}
	return u, nil
}

// standInOf is whom a user named, else a manager of their team, else any
// manager or admin, of those who are not away themselves; nil where there is
// nobody but the user. Where all are away, one of them is better than nobody.
func standInOf(tx *gorm.DB, rep models.User, now time.Time) (*models.User, error) {
	others := func(here bool) *gorm.DB {
		q := tx.Where("disabled_at IS NULL AND id <> ?", rep.ID)
		if here {
			q = q.Where("id NOT IN (SELECT user_id FROM leaves WHERE ended_at IS NULL AND starts_at <= ? AND ends_at > ?)", now, now)
		}
		return q
	}
	for _, here := range []bool{true, false} {
		if rep.StandInID != nil {
			if u, err := first[models.User](others(here).Where("id = ?", *rep.StandInID)); err != nil || u != nil {
				return u, err
			}
		}
		u, err := first[models.User](others(here).Where("role IN ?", []models.Role{models.RoleManager, models.RoleAdmin}).
			Order(fmt.Sprintf("CASE WHEN team_id = %d THEN 0 ELSE 1 END, CASE role WHEN 'manager' THEN 0 ELSE 1 END, id", teamOf(rep))))
		if err != nil || u != nil {
			return u, err
		}
	}
	return nil, nil
}

func teamOf(u models.User) int64 {
	if u.TeamID == nil {
		return 0
	}
	return *u.TeamID
}

// endStandIns takes back the alarms of calls that were dialled, moved,
// canceled or given up.
func endStandIns(tx *gorm.DB, now time.Time) error {
	over := tx.Where("kind = 'resolve' AND reason = ?", models.AttentionUndialled).
		Where("NOT EXISTS (SELECT 1 FROM touches t WHERE t.appointment_id = tasks.appointment_id AND t.promised_at <= ? AND "+undialled+")", now)
	return cancelTasks(tx, over, models.ActorScheduler, now)
}

// AskedToStandIn tells whether a user was asked to see to a booked call.
func (s *Store) AskedToStandIn(ctx context.Context, userID, appointmentID int64) (bool, error) {
	t, err := first[models.Task](s.reader(ctx).Where("appointment_id = ? AND kind = 'resolve' AND state = 'open' AND reason = ? AND user_id = ?",
		appointmentID, models.AttentionUndialled, userID))
	return t != nil, err
}
