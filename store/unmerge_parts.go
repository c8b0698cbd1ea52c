package store

import (
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// hangsOn are the columns by which a row hangs on another one of the same person.
var hangsOn = []struct{ column, table string }{
	{"enrollment_id", "enrollments"}, {"appointment_id", "appointments"}, {"commitment_id", "commitments"},
	{"touch_id", "touches"}, {"task_id", "tasks"}, {"message_id", "messages"},
}

// byAddress is what belongs to whoever has the address, where nothing else
// says whose it is.
var byAddress = map[string]string{
	"touches": " AND enrollment_id IS NULL AND appointment_id IS NULL", "appointments": " AND enrollment_id IS NULL",
	"messages": " AND touch_id IS NULL", "consents": "",
}

// hanging gives back what has come since and hangs on what went back: the
// touches of an enrollment, the answers from an address, and so on in turn.
func (u *unmerging) hanging() error {
	for table, where := range byAddress {
		if err := u.give(table, gorm.Expr("contact_point_id IN (SELECT id FROM contact_points WHERE prospect_id = ?)"+where, u.drop.ID)); err != nil {
			return err
		}
	}
	// The longest way is enrollment, touch, task, what its call was.
	for range len(hangsOn) {
		went := int64(0)
		for _, t := range u.shapes {
			if slices.Contains(mergeApart, t.name) || t.name == "suppressions" || !slices.Contains(t.names(), "prospect_id") {
				continue
			}
			for _, h := range hangsOn {
				if !slices.Contains(t.names(), h.column) {
					continue
				}
				done := u.tx.Exec("UPDATE "+quoted(t.name)+" SET prospect_id = ? WHERE prospect_id = ? AND "+h.column+" IN (SELECT id FROM "+h.table+" WHERE prospect_id = ?)",
					u.drop.ID, u.keep.ID, u.drop.ID)
				if done.Error != nil {
					return done.Error
				}
				went += done.RowsAffected
			}
		}
		if went == 0 {
			return nil
		}
	}
	return nil
}

// repoint lets what went back name its own row of an address that both had.
func (u *unmerging) repoint() error {
	for _, t := range u.shapes {
		if !slices.Contains(t.names(), "contact_point_id") || !slices.Contains(t.names(), "prospect_id") {
			continue
		}
		for kept, own := range u.points {
			err := u.tx.Exec("UPDATE "+quoted(t.name)+" SET contact_point_id = ? WHERE contact_point_id = ? AND prospect_id = ?", own, kept, u.drop.ID).Error
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// goals: each has what they told. What was written since the merge stays with
// the record it was written on.
func (u *unmerging) goals() error {
	if u.was.DropGoals == nil {
		return nil
	}
	cur, err := first[models.Discovery](u.tx.Where("prospect_id = ?", u.keep.ID))
	if err != nil {
		return err
	}
	if kept := u.was.KeptGoals; cur != nil && kept != nil && cur.Revision == kept.Revision {
		if u.was.KeepGoals == nil {
			err = u.tx.Where("prospect_id = ?", u.keep.ID).Delete(&models.Discovery{}).Error
		} else {
			back := *u.was.KeepGoals
			back.Revision, back.UpdatedAt = cur.Revision+1, u.now
			err = saveRow(u.tx, &back)
		}
		if err != nil {
			return err
		}
	}
	theirs := *u.was.DropGoals
	theirs.UpdatedAt = u.now
	return u.tx.Create(&theirs).Error
}

// pursuits gives each its own count. Follow-ups made since count against
// both, for nobody can say whom they reached; whoever has not answered since
// does not begin anew because the other did.
func (u *unmerging) pursuits() error {
	open, err := first[models.Pursuit](u.tx.Where("prospect_id = ? AND ended_at IS NULL", u.keep.ID))
	if err != nil {
		return err
	}
	var mine, theirs *models.Pursuit
	for i, p := range u.was.Pursuits {
		if p.ProspectID == u.keep.ID {
			mine = &u.was.Pursuits[i]
		} else {
			theirs = &u.was.Pursuits[i]
		}
	}
	if ids := u.merge.Moved["pursuits"]; len(ids) > 0 {
		if err := u.give("pursuits", anyOf(u.tx, "id", ids)); err != nil {
			return err
		}
	}
	if mine == nil || theirs == nil {
		return nil
	}
	together := open != nil && (open.ID == mine.ID || open.ID == theirs.ID)
	if !together {
		// It ended since. Whoever has said nothing goes on where they were.
		spoke, err := u.spoke(u.drop.ID)
		if err != nil || spoke {
			return err
		}
		return saveRow(u.tx, theirs)
	}
	since := max(open.FollowUps-mine.FollowUps-theirs.FollowUps, 0)
	for _, p := range []*models.Pursuit{theirs, mine} {
		p.FollowUps += since
		if since > 0 {
			p.LastCountedOn = max(p.LastCountedOn, open.LastCountedOn)
		}
		if open.GoodbyeAt != nil && open.GoodbyeAt.After(u.merge.At) {
			p.GoodbyeAt = open.GoodbyeAt
		}
		if err := saveRow(u.tx, p); err != nil {
			return err
		}
	}
	return nil
}

// spoke tells whether something came from a person, or they agreed to
// something, since the merge.
func (u *unmerging) spoke(id int64) (bool, error) {
	for _, q := range []*gorm.DB{
		u.tx.Model(&models.Message{}).Where("prospect_id = ? AND direction = ? AND created_at > ?", id, models.Inbound, u.merge.At),
		u.tx.Model(&models.Consent{}).Where("prospect_id = ? AND created_at > ?", id, u.merge.At),
	} {
		var n int64
		if err := q.Count(&n).Error; err != nil || n > 0 {
			return n > 0, err
		}
	}
	return false, nil
}

// heard: what both had heard both have heard.
func (u *unmerging) heard() error {
	for table, values := range u.was.Heard {
		at := slices.IndexFunc(u.shapes, func(t tableShape) bool { return t.name == table })
		if at < 0 || mergeOnce[table] == "" {
			continue
		}
		var columns []string
		for _, c := range u.shapes[at].names() {
			if c != "id" && c != "prospect_id" {
				columns = append(columns, c)
			}
		}
		list := strings.Join(columns, ", ")
		err := u.tx.Exec("INSERT INTO "+table+" (prospect_id, "+list+") SELECT CAST(? AS bigint), "+list+" FROM "+table+
			" WHERE prospect_id = ? AND ? ON CONFLICT DO NOTHING", u.drop.ID, u.keep.ID, anyOf(u.tx, mergeOnce[table], values)).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// orders: one that was given since holds for both. One that was lifted since
// holds on for whoever has said nothing: only they can take it back.
func (u *unmerging) orders() error {
	since, err := load[models.Suppression](u.tx.Where("prospect_id = ? AND scope = ? AND lifted_at IS NULL AND created_at > ?", u.keep.ID, models.SuppressPerson, u.merge.At).Order("id"))
	if err != nil {
		return err
	}
	for _, o := range since {
		if err := u.order(o, u.drop.ID); err != nil {
			return err
		}
	}
	for _, id := range []int64{u.keep.ID, u.drop.ID} {
		spoke, err := u.spoke(id)
		if err != nil {
			return err
		}
		if spoke {
			continue
		}
		lifted, err := load[models.Suppression](u.tx.Where("prospect_id = ? AND scope = ? AND lifted_at > ?", id, models.SuppressPerson, u.merge.At).Order("id"))
		if err != nil {
			return err
		}
		for _, o := range lifted {
			if err := u.order(o, id); err != nil {
				return err
			}
		}
	}
	return nil
}

func (u *unmerging) order(o models.Suppression, of int64) error {
	o.ID, o.ProspectID, o.By, o.CreatedAt, o.LiftedAt, o.LiftedBy = 0, &of, u.by, u.now, nil, ""
	_, _, err := addSuppression(u.tx, o, &of)
	return err
}

// settle does what now holds for each of the two.
func (u *unmerging) settle() error {
	for _, p := range []models.Prospect{u.keep, u.drop} {
		if _, err := holdsNow(u.tx, p, u.by, u.now); err != nil {
			return err
		}
		if err := u.goOn(p); err != nil {
			return err
		}
		if err := u.answer(p); err != nil {
			return err
		}
		if err := replanProspect(u.tx, p.ID, u.now); err != nil {
			return err
		}
		if err := known(u.tx, u.now, p.ID); err != nil {
			return err
		}
	}
	if err := keepNextTouch(u.tx, u.now, u.keep.ID, u.drop.ID); err != nil {
		return err
	}
	err := u.tx.Model(&models.Duplicate{}).Where("one_id = ? AND other_id = ?", min(u.keep.ID, u.drop.ID), max(u.keep.ID, u.drop.ID)).
		UpdateColumns(map[string]any{"state": models.DuplicateDistinct, "by": u.by, "updated_at": u.now}).Error
	if err != nil {
		return err
	}
	return u.record()
}

// goOn lifts the rest that the merge gave for the other one's sake.
func (u *unmerging) goOn(p models.Prospect) error {
	talk, err := conversationOf(u.tx, p)
	if err != nil || talk.WaitingSince != nil || len(u.was.Rested) == 0 {
		return err
	}
	if spoke, err := u.spoke(p.ID); err != nil || spoke {
		return err
	}
	live, err := liveEnrollments(u.tx, true, "prospect_id = ?", p.ID)
	if err != nil {
		return err
	}
	var e models.Effects
	for _, le := range live {
		if slices.Contains(u.was.Rested, le.Enrollment.ID) && le.Enrollment.PausedFor(models.PauseReplied) {
			e.Lifts = append(e.Lifts, models.Lift{EnrollmentID: le.Enrollment.ID, Reason: models.PauseReplied})
		}
	}
	return applyEffects(u.tx, p, e, u.by, u.now)
}

// answer sees to it that whoever waits has somebody who is asked to answer.
func (u *unmerging) answer(p models.Prospect) error {
	talk, err := conversationOf(u.tx, p)
	if err != nil || talk.WaitingSince == nil {
		return err
	}
	open, err := first[models.Task](u.tx.Where("prospect_id = ? AND kind = ? AND state = 'open'", p.ID, models.TaskReply))
	if err != nil || open != nil {
		return err
	}
	_, err = openTask(u.tx, p, models.Task{Kind: models.TaskReply, Title: "Answer " + p.Name(), MessageID: talk.LastMessageID, Urgent: true, DueAt: *talk.WaitingSince}, u.by, u.now)
	return err
}

// conversations: each thread is what it was, with what came since.
func (u *unmerging) conversations() error {
	cur, err := conversationOf(u.tx, u.keep)
	if err != nil {
		return err
	}
	mine, theirs := u.was.KeepTalk, u.was.DropTalk
	if id := theirs.LastContactID; id != nil {
		if own, ok := u.points[*id]; ok {
			theirs.LastContactID = &own
		}
	}
	mine.AssigneeID, theirs.AssigneeID = &u.keep.OwnerID, &u.drop.OwnerID
	waits := false
	for _, c := range []*models.Conversation{&theirs, &mine} {
		if err := u.thread(c, cur); err != nil {
			return err
		}
		waits = waits || c.WaitingSince != nil
	}
	if !waits {
		mine.WaitingSince = cur.WaitingSince
	}
	for _, c := range []models.Conversation{theirs, mine} {
		c.UpdatedAt = u.now
		if err := keepConversation(u.tx, c); err != nil {
			return err
		}
	}
	return nil
}

// thread brings one of the two up to date; cur is what both were together.
func (u *unmerging) thread(c *models.Conversation, cur models.Conversation) error {
	last, err := first[models.Message](u.tx.Where("prospect_id = ?", c.ProspectID).Order("id DESC"))
	if err != nil {
		return err
	}
	c.LastMessageID, c.LastMessageAt = nil, nil
	if last != nil {
		c.LastMessageID, c.LastMessageAt = &last.ID, &last.CreatedAt
	}
	fresh, err := load[models.Message](u.tx.Where("prospect_id = ? AND direction = ? AND class = ? AND created_at > ?", c.ProspectID, models.Inbound, models.ClassHuman, u.merge.At).Order("id DESC"))
	if err != nil {
		return err
	}
	if len(fresh) > 0 {
		m := fresh[0]
		c.LastInboundAt, c.LastChannel, c.LastContactID, c.LastSenderID = &m.CreatedAt, m.Channel, m.ContactPointID, m.SenderID
	}
	if c.LastContactID != nil {
		// Somebody may have removed the address since.
		point, err := first[models.ContactPoint](u.tx.Where("id = ? AND prospect_id = ?", *c.LastContactID, c.ProspectID))
		if err != nil {
			return err
		}
		if point == nil {
			c.LastContactID = nil
		}
	}
	if later(cur.WrittenAt, c.WrittenAt) {
		c.WrittenAt = cur.WrittenAt
	}
	c.UnreadCount = min(cur.UnreadCount, c.UnreadCount+len(fresh))
	switch {
	case cur.WaitingSince == nil:
		c.WaitingSince = nil // answered since
	case c.WaitingSince == nil && len(fresh) > 0 && !c.LastInboundAt.Before(*cur.WaitingSince):
		since := *cur.WaitingSince
		c.WaitingSince = &since
	}
	return u.unreviewed(c, cur.UnreviewedSince)
}

// unreviewed: a talk on the phone waits for its review where that is still to
// be written.
func (u *unmerging) unreviewed(c *models.Conversation, since *time.Time) error {
	review, err := first[models.Task](u.tx.Where("prospect_id = ? AND kind = ? AND state = 'open'", c.ProspectID, models.TaskReview))
	if err != nil {
		return err
	}
	if c.UnreviewedSince = nil; review != nil {
		c.UnreviewedSince = since
	}
	return nil
}
