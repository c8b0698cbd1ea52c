package store

import (
	"context"
	"slices"
	"strconv"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// mergeApart are the tables with a person in them that merging treats by
// itself, or leaves as they are: the audit trail says what happened to whom
// at the time, and a page reads it for all records that became one.
var mergeApart = []string{"prospects", "events", "prospect_words", "insight_people", "contact_points", "conversations", "discoveries", "pursuits", "answer_drafts"}

// mergeOnce are tables in which a person may have a thing only once.
var mergeOnce = map[string]string{"talking_point_uses": "talking_point_id", "suggestion_uses": "suggestion_id"}

// Merge makes one record of two: everything of drop becomes keep's, and
// drop's address leads there. Nothing that was said is lost; where both have
// the same, the stricter and the newer hold. Everything waits for the locks
// of both, so that no message to either leaves in between.
func (s *Store) Merge(ctx context.Context, keepID, dropID int64, by string, now time.Time) (models.Prospect, error) {
	var kept models.Prospect
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		shapes, err := s.tableShapes(ctx, tx.Statement.ConnPool)
		if err != nil {
			return err
		}
		m := &merging{tx: tx, shapes: shapes, by: by, now: now, moved: map[string][]int64{}}
		if err := m.lock(keepID, dropID); err != nil {
			return err
		}
		err = inTurn("merge", []part{
			{"end what both are in", m.endTwice}, {"contact points", m.points}, {"tasks", m.tasks},
			{"conversations", m.conversations}, {"discovery", m.discovery}, {"pursuits", m.pursuits}, {"drafts", m.drafts},
			{"what they had once", m.once}, {"the rest", m.rest}, {"the records", m.records}, {"the pairs", m.pairs},
			{"what holds now", m.settle},
		})
		kept = m.keep
		return err
	})
	return kept, shown(err)
}

type merging struct {
	tx         *gorm.DB
	shapes     []tableShape
	keep, drop models.Prospect
	by         string
	now        time.Time
	moved      map[string][]int64 // what was drop's, by its table
	before     models.MergeBefore // what is changed in place, to tell them apart again
}

func (m *merging) lock(keepID, dropID int64) error {
	if keepID == dropID {
		return models.Invalid("other", "choose two different records")
	}
	locked, err := lockProspects(m.tx, []int64{keepID, dropID})
	if err != nil {
		return err
	}
	for _, p := range locked {
		switch {
		case p.ErasedAt != nil:
			return models.Errorf(models.CodeRefused, "the data of one of them was erased; there is nothing to merge")
		case p.MergedInto != nil:
			return models.Errorf(models.CodeConflict, "somebody merged one of them already; load the page again")
		case p.ID == keepID:
			m.keep = p
		default:
			m.drop = p
		}
	}
	if len(locked) != 2 {
		return models.Errorf(models.CodeNotFound, "one of the two records does not exist")
	}
	m.before.Keep, m.before.Drop = m.keep, m.drop
	return nothingLeaves(m.tx, keepID, dropID)
}

// nothingLeaves: whose a message is does not change while it is being sent.
func nothingLeaves(tx *gorm.DB, people ...int64) error {
	var sending int64
	err := tx.Model(&models.Touch{}).Where("prospect_id IN ? AND state = 'sending'", people).Count(&sending).Error
	if err == nil && sending > 0 {
		return models.Errorf(models.CodeConflict, "a message to them is leaving at this moment; try again in a few seconds")
	}
	return err
}

// endTwice ends the younger of two enrollments in one sequence: one person is
// in it once.
func (m *merging) endTwice() error {
	mine, err := enrollmentsWhere(m.tx, "prospect_id IN ? AND state <> 'finished'", []int64{m.keep.ID, m.drop.ID})
	if err != nil {
		return err
	}
	first := map[int64]models.Enrollment{}
	slices.SortFunc(mine, func(a, b models.Enrollment) int {
		if c := a.StartedAt.Compare(b.StartedAt); c != 0 {
			return c
		}
		return int(a.ID - b.ID)
	})
	for _, e := range mine {
		if _, twice := first[e.SequenceID]; !twice {
			first[e.SequenceID] = e
			continue
		}
		m.before.Ended = append(m.before.Ended, e.ID)
		p := m.keep
		if e.ProspectID == m.drop.ID {
			p = m.drop
		}
		end := models.FinishOrder{EnrollmentID: e.ID, Outcome: models.FinishRemoved, Reason: models.CancelMerged}
		if err := applyEffects(m.tx, p, models.Effects{Finishes: []models.FinishOrder{end}}, m.by, m.now); err != nil {
			return err
		}
	}
	return nil
}

// points moves addresses and numbers; of one that both have the older row
// goes, and whatever spoke of it speaks of the other.
func (m *merging) points() error {
	have, err := contactPointsOf(m.tx, m.keep.ID)
	if err != nil {
		return err
	}
	theirs, err := contactPointsOf(m.tx, m.drop.ID)
	if err != nil {
		return err
	}
	for _, cp := range theirs {
		i := slices.IndexFunc(have, func(h models.ContactPoint) bool { return h.Kind == cp.Kind && h.Value == cp.Value })
		if i < 0 {
			cp.ProspectID, cp.Position, cp.UpdatedAt = m.keep.ID, len(have), m.now
			if err := saveRow(m.tx, &cp); err != nil {
				return err
			}
			have = append(have, cp)
			m.moved["contact_points"] = append(m.moved["contact_points"], cp.ID)
			continue
		}
		m.before.Same = append(m.before.Same, models.SamePoint{KeptID: have[i].ID, Gone: cp})
		have[i] = samePoint(have[i], cp, m.now)
		if err := saveRow(m.tx, &have[i]); err != nil {
			return err
		}
		if err := m.repoint(cp.ID, have[i].ID); err != nil {
			return err
		}
		if err := m.tx.Delete(&models.ContactPoint{}, cp.ID).Error; err != nil {
			return err
		}
	}
	return nil
}

// samePoint joins what is known of one address: the newer of two verdicts,
// and an invalid one where they are as old.
func samePoint(a, b models.ContactPoint, now time.Time) models.ContactPoint {
	if b.Validity != models.ValidityUnknown && (a.Validity == models.ValidityUnknown || b.UpdatedAt.After(a.UpdatedAt) ||
		b.UpdatedAt.Equal(a.UpdatedAt) && b.Validity == models.ValidityInvalid) {
		a.Validity, a.InvalidReason = b.Validity, b.InvalidReason
	}
	if later(b.LastTriedAt, a.LastTriedAt) {
		a.LastTriedAt, a.LastResult = b.LastTriedAt, b.LastResult
	}
	if later(b.LastInboundAt, a.LastInboundAt) {
		a.LastInboundAt = b.LastInboundAt
	}
	a.UpdatedAt = now
	return a
}

// later tells whether a is set and after b.
func later(a, b *time.Time) bool { return a != nil && (b == nil || a.After(*b)) }

// repoint lets everything that names a contact point name another.
func (m *merging) repoint(from, to int64) error {
	for _, t := range m.shapes {
		for _, column := range []string{"contact_point_id", "last_contact_id"} {
			if slices.Contains(t.names(), column) {
				if err := m.tx.Exec("UPDATE "+quoted(t.name)+" SET "+column+" = ? WHERE "+column+" = ?", to, from).Error; err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// tasks: what both ask for is asked for once.
func (m *merging) tasks() error {
	for _, kind := range []string{"kind = 'reply'", "kind = 'resolve' AND reason = 'unanswered_reply'"} {
		var open int64
		if err := m.tx.Model(&models.Task{}).Where("prospect_id = ? AND state = 'open'", m.keep.ID).Where(kind).Count(&open).Error; err != nil {
			return err
		}
		if open == 0 {
			continue
		}
		if err := cancelTasks(m.tx, m.tx.Where("prospect_id = ?", m.drop.ID).Where(kind), m.by, m.now); err != nil {
			return err
		}
	}
	return nil
}

func (m *merging) conversations() error {
	a, err := conversationOf(m.tx, m.keep)
	if err != nil {
		return err
	}
	b, err := conversationOf(m.tx, m.drop)
	if err != nil {
		return err
	}
	m.before.KeepTalk, m.before.DropTalk = a, b
	if later(b.LastInboundAt, a.LastInboundAt) {
		a.LastInboundAt, a.LastChannel, a.LastContactID, a.LastSenderID = b.LastInboundAt, b.LastChannel, b.LastContactID, b.LastSenderID
	}
	if later(b.LastWrittenAt, a.LastWrittenAt) {
		a.LastWrittenAt, a.LastWritten = b.LastWrittenAt, b.LastWritten
	}
	if later(b.LastMessageAt, a.LastMessageAt) {
		a.LastMessageAt, a.LastMessageID = b.LastMessageAt, b.LastMessageID
	}
	if later(b.WrittenAt, a.WrittenAt) {
		a.WrittenAt = b.WrittenAt
	}
	a.WaitingSince, a.UnreviewedSince = earlier(a.WaitingSince, b.WaitingSince), earlier(a.UnreviewedSince, b.UnreviewedSince)
	a.UnreadCount += b.UnreadCount
	a.UpdatedAt = m.now
	if err := m.tx.Where("prospect_id = ?", m.drop.ID).Delete(&models.Conversation{}).Error; err != nil {
		return err
	}
	return keepConversation(m.tx, a)
}

// earlier is the first of two times that are set.
func earlier(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.Before(*a) {
		return b
	}
	return a
}

// settle does what now holds for the whole person: an order not to contact
// one of them ends what the other was in, an unanswered message of one pauses
// it, and the rest is planned anew.
func (m *merging) settle() error {
	if err := m.holds(); err != nil {
		return err
	}
	if err := replanProspect(m.tx, m.keep.ID, m.now); err != nil {
		return err
	}
	if err := keepNextTouch(m.tx, m.now, m.keep.ID, m.drop.ID); err != nil {
		return err
	}
	if err := reword(m.tx, m.keep.ID, m.drop.ID); err != nil {
		return err
	}
	if err := m.tx.Create(&models.Merge{KeepID: m.keep.ID, DropID: m.drop.ID, By: m.by, At: m.now, Moved: m.moved, Before: &m.before}).Error; err != nil {
		return err
	}
	id := func(n int64) string { return strconv.FormatInt(n, 10) }
	return addEvents(m.tx,
		models.Event{At: m.now, Actor: m.by, Kind: models.EventMerged, Code: "took_over", ProspectID: &m.keep.ID, Data: map[string]string{"from": id(m.drop.ID)}},
		models.Event{At: m.now, Actor: m.by, Kind: models.EventMerged, Code: "merged", ProspectID: &m.drop.ID, Data: map[string]string{"into": id(m.keep.ID)}})
}

// holds does so, and notes what ended and what rests because of it.
func (m *merging) holds() error {
	var live, ended []int64
	of := func(ids *[]int64, where string) error {
		return m.tx.Model(&models.Enrollment{}).Where("prospect_id = ?", m.keep.ID).Where(where).Order("id").Pluck("id", ids).Error
	}
	if err := of(&live, "state <> 'finished'"); err != nil {
		return err
	}
	var err error
	if m.before.Rested, err = holdsNow(m.tx, m.keep, m.by, m.now); err != nil {
		return err
	}
	if err := of(&ended, "state = 'finished'"); err != nil {
		return err
	}
	for _, id := range live {
		if slices.Contains(ended, id) {
			m.before.Ended = append(m.before.Ended, id)
		}
	}
	return nil
}

// holdsNow ends what a standing order covers, and rests what runs for whoever
// waits for an answer: these enrollments.
func holdsNow(tx *gorm.DB, p models.Prospect, by string, now time.Time) (rested []int64, err error) {
	person, err := loadPerson(tx, p, true)
	if err != nil {
		return nil, err
	}
	for _, sup := range person.Suppressions {
		sup.By, sup.CreatedAt = by, now
		if err := endCovered(tx, p, sup); err != nil {
			return nil, err
		}
	}
	if person.Conversation.WaitingSince == nil {
		return nil, nil
	}
	var e models.Effects
	for _, le := range person.Enrollments {
		if le.Enrollment.Active() {
			rested = append(rested, le.Enrollment.ID)
			e.Pauses = append(e.Pauses, models.Pause{EnrollmentID: le.Enrollment.ID, Reason: models.PauseReplied})
		}
	}
	return rested, applyEffects(tx, p, e, by, now)
}
