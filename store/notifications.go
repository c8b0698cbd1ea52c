package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"followup/models"
)

// answerFresh is how long after an answer its notification may still be made:
// older ones have been seen, or are the escalation's.
const answerFresh = 15 * time.Minute

// notifyLimit bounds what one transaction notices.
const notifyLimit = 200

// notify tells a user of something in every way they chose for it, once for
// each occasion: whoever notices it too finds the row.
func notify(tx *gorm.DB, u models.User, n models.Notification, now time.Time) error {
	if u.DisabledAt != nil {
		return nil
	}
	told := false
	for _, way := range u.Notify.By(n.Kind) {
		row := n
		row.UserID, row.Way, row.State = u.ID, way, models.NotificationWaiting
		row.SendAfter = u.Notify.SendTime(way, now, u.Zone)
		row.CreatedAt, row.UpdatedAt = now, now
		res := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
		if res.Error != nil {
			return fmt.Errorf("notify user %d of %s: %w", u.ID, n.About, res.Error)
		}
		told = told || res.RowsAffected > 0
	}
	if !told {
		return nil
	}
	return addEvents(tx, models.Event{
		At: now, Actor: models.ActorSystem, Kind: models.EventNotified, Code: string(n.Kind), UserID: &u.ID, TaskID: n.TaskID, ProspectID: n.ProspectID,
	})
}

// Notice makes the notifications of answers that came and of booked calls that
// are near. It reports how many occasions it saw.
func (s *Store) Notice(ctx context.Context, now time.Time) (int, error) {
	seen := 0
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		answers, err := noticeAnswers(tx, now)
		if err != nil {
			return err
		}
		calls, err := noticeCalls(tx, now)
		seen = answers + calls
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("notice: %w", err)
	}
	return seen, nil
}

func noticeAnswers(tx *gorm.DB, now time.Time) (int, error) {
	var tasks []models.Task
	err := tx.Where("kind = 'reply' AND state = 'open' AND updated_at > ? AND message_id IS NOT NULL", now.Add(-answerFresh)).
		Where("NOT EXISTS (SELECT 1 FROM notifications n WHERE n.user_id = tasks.user_id AND n.about = 'answer:' || tasks.message_id)").
		Order("id").Limit(notifyLimit).Find(&tasks).Error
	if err != nil || len(tasks) == 0 {
		return 0, err
	}
	users, people, messages := idSet{}, idSet{}, idSet{}
	for i := range tasks {
		users.add(&tasks[i].UserID)
		people.add(tasks[i].ProspectID)
		messages.add(tasks[i].MessageID)
	}
	userByID, personByID, err := peopleOf(tx, users, people)
	if err != nil {
		return 0, err
	}
	msgByID, err := rowsByID(tx, messages.list(), messageID)
	if err != nil {
		return 0, err
	}
	for _, t := range tasks {
		m := msgByID[*t.MessageID]
		// A task changes for other reasons too; only a message that just came is news.
		if t.ProspectID == nil || m.CreatedAt.Before(now.Add(-answerFresh)) {
			continue
		}
		n := models.Notification{
			Kind: models.NotifyAnswer, About: "answer:" + strconv.FormatInt(m.ID, 10), TaskID: &t.ID, ProspectID: t.ProspectID,
			Title: personByID[*t.ProspectID].Name() + " answered", Text: firstWords(m),
			Href: "/prospects/" + strconv.FormatInt(*t.ProspectID, 10) + "#answer",
		}
		if err := notify(tx, userByID[t.UserID], n, now); err != nil {
			return 0, err
		}
	}
	return len(tasks), nil
}

// noticeWords is how much of a message a notification quotes.
const noticeWords = 160

// firstWords is the beginning of what somebody wrote, on one line.
func firstWords(m models.Message) string {
	text := m.Visible
	if text == "" {
		text = m.Text
	}
	r := []rune(strings.Join(strings.Fields(text), " "))
	if len(r) > noticeWords {
		return strings.TrimSpace(string(r[:noticeWords])) + "…"
	}
	return string(r)
}

// callerOf is who is to make a booked call: whoever has its task, which a
// leave or a hand-over gives to somebody else than its rep.
const callerOf = `COALESCE((SELECT MAX(k.user_id) FROM tasks k WHERE k.appointment_id = appointments.id AND k.kind = 'call' AND k.state IN ('open', 'upcoming')), appointments.rep_id)`

// soonCall is a booked call that is near, with who makes it.
type soonCall struct {
	models.Appointment
	CallerID int64
}

func noticeCalls(tx *gorm.DB, now time.Time) (int, error) {
	var calls []soonCall
	err := tx.Table("appointments").Select("appointments.*, "+callerOf+" AS caller_id").
		Where("state = 'booked' AND starts_at > ? AND starts_at <= ?", now, now.Add(models.CallSoonAhead)).
		Where("NOT EXISTS (SELECT 1 FROM notifications n WHERE n.user_id = " + callerOf + " AND n.about = 'call:' || appointments.id || ':' || appointments.revision)").
		Order("starts_at, id").Limit(notifyLimit).Scan(&calls).Error
	if err != nil || len(calls) == 0 {
		return 0, err
	}
	users, people := idSet{}, idSet{}
	for i := range calls {
		users.add(&calls[i].CallerID)
		people.add(&calls[i].ProspectID)
	}
	userByID, personByID, err := peopleOf(tx, users, people)
	if err != nil {
		return 0, err
	}
	for _, a := range calls {
		task, err := first[models.Task](tx.Where("appointment_id = ? AND kind = 'call' AND state IN ('open', 'upcoming')", a.ID).Order("id DESC"))
		if err != nil {
			return 0, err
		}
		u, starts := userByID[a.CallerID], a.StartsAt
		n := models.Notification{
			Kind: models.NotifyCallSoon, About: fmt.Sprintf("call:%d:%d", a.ID, a.Revision), ProspectID: &a.ProspectID, NotAfter: &starts,
			Title: "Call with " + personByID[a.ProspectID].Name() + " at " + clockIn(starts, u.Zone), Text: theirClock(starts, a.Zone, u.Zone),
			Href: "/appointments/" + strconv.FormatInt(a.ID, 10),
		}
		if task != nil {
			n.TaskID, n.Href = &task.ID, "/tasks/"+strconv.FormatInt(task.ID, 10)
		}
		if err := notify(tx, u, n, now); err != nil {
			return 0, err
		}
	}
	return len(calls), nil
}

// clockIn is a time of day with its zone; in UTC where the zone is unknown.
func clockIn(at time.Time, zone string) string {
	loc, err := models.LoadZone(zone)
	if err != nil {
		loc = time.UTC
	}
	return at.In(loc).Format("15:04 MST")
}

func theirClock(at time.Time, theirs, ours string) string {
	if clockIn(at, theirs) == clockIn(at, ours) {
		return "The same time for them. Prepare it now."
	}
	return clockIn(at, theirs) + " for them. Prepare it now."
}

func peopleOf(tx *gorm.DB, users, people idSet) (map[int64]models.User, map[int64]models.Prospect, error) {
	userByID, err := rowsByID(tx, users.list(), func(u models.User) int64 { return u.ID })
	if err != nil {
		return nil, nil, err
	}
	personByID, err := rowsByID(tx, people.list(), prospectID)
	return userByID, personByID, err
}

// notifyHandOver tells a user of a task that is theirs from now on.
func (s *Store) notifyHandOver(tx *gorm.DB, p models.Prospect, t models.Task, now time.Time) error {
	u, err := first[models.User](tx.Where("id = ?", t.UserID))
	if err != nil || u == nil || t.HandedBy != nil && *t.HandedBy == t.UserID {
		return err
	}
	title := "A task was handed over to you"
	if p.ID != 0 {
		title = p.Name() + " was handed over to you"
	}
	return notify(tx, *u, models.Notification{
		Kind: models.NotifyHandOver, About: fmt.Sprintf("hand_over:%d:%d", t.ID, t.UpdatedAt.UnixMilli()), TaskID: &t.ID, ProspectID: t.ProspectID,
		Title: title, Text: firstNonEmpty(t.HandOverNote, t.Title), Href: "/tasks/" + strconv.FormatInt(t.ID, 10),
	}, now)
}

func firstNonEmpty(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
