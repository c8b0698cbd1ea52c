package store

import (
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// accepted: the provider took them. This is the path nearly every message
// takes, so all of it is statements for the batch.
func (st *settling) accepted(rs []settled) error {
	rows := make([]sentRow, len(rs))
	people, points, unconfirmed := idSet{}, idSet{}, idSet{}
	for i, r := range rs {
		rows[i] = sentRow{Touch: r.TouchID, At: r.At, ProviderID: r.ProviderID, Detail: r.Detail}
		people.add(&r.touch.ProspectID)
		points.add(r.touch.ContactPointID)
		st.replan.add(r.touch.EnrollmentID)
		if r.touch.State == models.TouchUnconfirmed {
			unconfirmed.add(r.touch.SenderID)
		}
		t := r.touch
		t.EndReason = models.EndSent
		st.events = append(st.events, touchEvent(models.EventTouchEnded, t, string(models.TouchSent), models.ActorScheduler, r.At))
	}
	if err := st.store.hot.settleSent(st.tx, rows); err != nil {
		return err
	}
	st.reached = people
	if err := st.tried(points.list(), models.TouchSent); err != nil {
		return err
	}
	if err := st.lastMessages(people.list()); err != nil {
		return err
	}
	if err := st.countPursuits(rs); err != nil {
		return err
	}
	if err := st.told(rs); err != nil {
		return err
	}
	return closeConfirmed(st.tx, unconfirmed.list(), st.now)
}

// told notes the reasons of the library that these messages tell.
func (st *settling) told(rs []settled) error {
	var uses []models.TalkingPointUse
	for _, r := range rs {
		if id := r.TalkingPointID; id != nil {
			uses = append(uses, models.TalkingPointUse{TalkingPointID: *id, ProspectID: r.touch.ProspectID, TouchID: &r.touch.ID, HeardAt: r.At})
		}
	}
	return useTalkingPoint(st.tx, uses...)
}

func (st *settling) tried(points []int64, result models.TouchState) error {
	if len(points) == 0 {
		return nil
	}
	return st.tx.Model(&models.ContactPoint{}).Where(anyOf(st.tx, "id", points)).
		UpdateColumns(map[string]any{"last_tried_at": st.now, "last_result": string(result), "updated_at": st.now}).Error
}

// lastMessages moves the head of those threads that there are.
func (st *settling) lastMessages(people []int64) error {
	return st.tx.Model(&models.Conversation{}).Where(anyOf(st.tx, "prospect_id", people)).UpdateColumns(map[string]any{
		"last_message_id": gorm.Expr("(SELECT MAX(m.id) FROM messages m WHERE m.prospect_id = conversations.prospect_id AND m.state <> 'queued')"),
		"last_message_at": st.now, "updated_at": st.now,
	}).Error
}

// countPursuits counts follow-ups once per person and local day, and notes
// goodbyes; a person without an open pursuit gets one.
func (st *settling) countPursuits(rs []settled) error {
	days := map[models.Date]idSet{}
	goodbyes, counted := idSet{}, idSet{}
	for _, r := range rs {
		id := r.touch.ProspectID
		switch {
		case r.touch.Purpose == models.PurposeGoodbye:
			goodbyes.add(&id)
			counted.add(&id)
		case r.touch.Purpose.Counts():
			day := localDay(st.prospects[id], r.At)
			if days[day] == nil {
				days[day] = idSet{}
			}
			days[day].add(&id)
			counted.add(&id)
		}
	}
	if err := openPursuits(st.tx, counted.list(), st.now); err != nil {
		return err
	}
	for day, people := range days {
		err := st.tx.Model(&models.Pursuit{}).Where(anyOf(st.tx, "prospect_id", people.list())).
			Where("ended_at IS NULL AND last_counted_on <> ?", day).
			UpdateColumns(map[string]any{"follow_ups": gorm.Expr("follow_ups + 1"), "last_counted_on": day}).Error
		if err != nil {
			return err
		}
	}
	if len(goodbyes) == 0 {
		return nil
	}
	return st.tx.Model(&models.Pursuit{}).Where(anyOf(st.tx, "prospect_id", goodbyes.list())).
		Where("ended_at IS NULL AND goodbye_at IS NULL").UpdateColumn("goodbye_at", st.now).Error
}

func localDay(p models.Prospect, at time.Time) models.Date {
	loc, err := p.Location()
	if err != nil {
		loc = time.UTC // only a person's own message gets here without a zone
	}
	return models.DateOf(at, loc)
}

// openPursuits starts one for each of those who have none open.
func openPursuits(tx *gorm.DB, prospectIDs []int64, now time.Time) error {
	if len(prospectIDs) == 0 {
		return nil
	}
	var have []int64
	err := tx.Model(&models.Pursuit{}).Where(anyOf(tx, "prospect_id", prospectIDs)).Where("ended_at IS NULL").Pluck("prospect_id", &have).Error
	if err != nil {
		return err
	}
	open := idSet{}
	for i := range have {
		open.add(&have[i])
	}
	var fresh []models.Pursuit
	for _, id := range prospectIDs {
		if !open[id] {
			fresh = append(fresh, models.Pursuit{ProspectID: id, StartedAt: now})
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return insertRows(tx, fresh)
}

// closeConfirmed closes the tasks about unconfirmed touches of senders that
// have none left.
func closeConfirmed(tx *gorm.DB, senderIDs []int64, now time.Time) error {
	if len(senderIDs) == 0 {
		return nil
	}
	cond := tx.Where(anyOf(tx, "sender_id", senderIDs)).Where("kind = 'resolve' AND reason = 'unconfirmed' AND reason IN ('unconfirmed', 'sender_stopped')").
		Where("NOT EXISTS (SELECT 1 FROM touches t WHERE t.sender_id = tasks.sender_id AND t.state = 'unconfirmed' AND t.state IN ('sending', 'unconfirmed'))")
	return closeTasks(tx, cond, models.TaskDone, models.ActorScheduler, now)
}
