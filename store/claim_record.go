package store

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// recorder applies a set of decisions: rows of one kind in one statement.
type recorder struct {
	*claim
	tx     *gorm.DB
	now    time.Time
	out    models.Claimed
	events []models.Event
	people idSet
}

func (c *claim) record(tx *gorm.DB, judged []judgement) (models.Claimed, error) {
	r := &recorder{claim: c, tx: tx, now: c.req.Now, people: idSet{}}
	r.out.Judged = len(judged)
	by := map[models.DecisionAction][]judgement{}
	for _, j := range judged {
		r.people.add(&j.touch.ProspectID)
		if err := r.override(&j); err != nil {
			return r.out, err
		}
		by[j.Action] = append(by[j.Action], j)
	}
	steps := []struct {
		action models.DecisionAction
		do     func([]judgement) error
	}{
		{models.DecideSend, r.send},
		{models.DecideOpen, r.open},
		{models.DecideHold, r.hold},
		{models.DecideSkip, r.skip},
		{models.DecideCancel, r.cancel},
		{models.DecideFinish, r.finish},
		{models.DecideAsk, r.ask},
	}
	for _, st := range steps {
		if len(by[st.action]) == 0 {
			continue
		}
		if err := st.do(by[st.action]); err != nil {
			return r.out, fmt.Errorf("%s: %w", st.action, err)
		}
		delete(by, st.action)
	}
	for action, js := range by {
		return r.out, fmt.Errorf("touch %d: %q is no decision", js[0].touch.ID, action)
	}
	if err := addEvents(tx, r.events...); err != nil {
		return r.out, err
	}
	return r.out, keepNextTouch(tx, r.people.list()...)
}

// override writes what the decision changed on the touch.
func (r *recorder) override(j *judgement) error {
	set := map[string]any{}
	if j.ContactPointID != nil && (j.touch.ContactPointID == nil || *j.touch.ContactPointID != *j.ContactPointID) {
		j.touch.ContactPointID = j.ContactPointID
		set["contact_point_id"] = *j.ContactPointID
	}
	if j.Channel != "" && j.Channel != j.touch.Channel {
		j.touch.Channel = j.Channel
		set["channel"] = j.Channel
	}
	if j.Kind != "" && j.Kind != j.touch.Kind {
		j.touch.Kind = j.Kind
		set["kind"] = j.Kind
	}
	if m := j.Message; m != nil && j.Action == models.DecideSend {
		sender := m.SenderID
		if sender == nil && m.Sender != nil {
			sender = &m.Sender.ID
		}
		if sender != nil && (j.touch.SenderID == nil || *j.touch.SenderID != *sender) {
			j.touch.SenderID = sender
			set["sender_id"] = *sender
		}
	}
	if len(set) == 0 {
		return nil
	}
	return r.tx.Model(&models.Touch{}).Where("id = ?", j.touch.ID).UpdateColumns(set).Error
}

// send commits the intents: touches sending, their messages queued.
func (r *recorder) send(js []judgement) error {
	sendBy := r.now.Add(r.req.SendFor)
	ids := make([]int64, len(js))
	messages := make([]models.Message, len(js))
	for i, j := range js {
		if j.Message == nil || j.Message.Token == "" {
			return models.Errorf(models.CodeInvalid, "touch %d was to be sent without a complete message", j.touch.ID)
		}
		t := &js[i].touch
		if err := t.Move(models.TouchSending, "", r.now); err != nil {
			return err
		}
		t.Attempt++
		t.Replica, t.SendBy, t.HoldReason, t.HoldDetail = r.req.Replica, &sendBy, "", ""
		ids[i], messages[i] = t.ID, queued(*t, *j.Message, r.now)
	}
	res := r.tx.Model(&models.Touch{}).Where(anyOf(r.tx, "id", ids)).Where("state = 'planned'").UpdateColumns(map[string]any{
		"state": models.TouchSending, "attempt": gorm.Expr("attempt + 1"), "replica": r.req.Replica, "send_by": sendBy,
		"hold_reason": "", "hold_detail": "", "updated_at": r.now,
	})
	if res.Error != nil {
		return res.Error
	}
	if int(res.RowsAffected) != len(ids) {
		return fmt.Errorf("%d of %d touches were not planned any more", len(ids)-int(res.RowsAffected), len(ids))
	}
	if err := keepQueued(r.tx, messages); err != nil {
		return err
	}
	for i, j := range js {
		m := messages[i]
		m.Sender, m.Unsubscribe = j.Message.Sender, j.Message.Unsubscribe
		r.out.Dispatches = append(r.out.Dispatches, models.Dispatch{Touch: j.touch, Message: m})
	}
	return nil
}

// queued is the outbound message of the intent.
func queued(t models.Touch, m models.Message, now time.Time) models.Message {
	m.ID, m.ProspectID, m.TouchID = 0, &t.ProspectID, &t.ID
	m.Direction, m.State, m.Attempt, m.Channel = models.Outbound, models.MessageQueued, t.Attempt, t.Channel
	m.ContactPointID, m.SenderID = t.ContactPointID, t.SenderID
	m.ErrorCode, m.ErrorDetail, m.SentAt = "", "", nil
	if m.Provider == "" && m.Sender != nil {
		m.Provider = m.Sender.Provider
	}
	if m.UserID == nil && t.Purpose.ByHand() {
		m.UserID = &t.RepID
	}
	if m.CreatedAt.IsZero() {
		m.CreatedAt = now
	}
	return m
}

// keepQueued inserts the messages; a later attempt writes over the message of
// the one before, so that a touch has one.
func keepQueued(tx *gorm.DB, messages []models.Message) error {
	var again []int64
	for _, m := range messages {
		if m.Attempt > 1 {
			again = append(again, *m.TouchID)
		}
	}
	standing := map[int64]int64{}
	if len(again) > 0 {
		var old []models.Message
		if err := tx.Select("id", "touch_id").Where(anyOf(tx, "touch_id", again)).Where("direction = 'outbound'").Find(&old).Error; err != nil {
			return err
		}
		for _, m := range old {
			standing[*m.TouchID] = m.ID
		}
	}
	var fresh []*models.Message
	for i := range messages {
		m := &messages[i]
		if id, ok := standing[*m.TouchID]; ok {
			m.ID = id
			if err := saveRow(tx, m); err != nil {
				return err
			}
			continue
		}
		fresh = append(fresh, m)
	}
	if len(fresh) == 0 {
		return nil
	}
	return tx.CreateInBatches(fresh, rowsPerInsert).Error
}

// open turns touches into tasks for the rep.
func (r *recorder) open(js []judgement) error {
	ids := make([]int64, len(js))
	tasks := make([]models.Task, len(js))
	for i := range js {
		t := &js[i].touch
		if err := t.Move(models.TouchOpen, "", r.now); err != nil {
			return err
		}
		ids[i] = t.ID
		tasks[i] = taskFor(*t, js[i].Task, r.now)
	}
	err := r.tx.Model(&models.Touch{}).Where(anyOf(r.tx, "id", ids)).
		UpdateColumns(map[string]any{"state": models.TouchOpen, "hold_reason": "", "hold_detail": "", "updated_at": r.now}).Error
	if err != nil {
		return err
	}
	if err := r.tx.CreateInBatches(tasks, rowsPerInsert).Error; err != nil {
		return err
	}
	for _, task := range tasks {
		r.events = append(r.events, taskEvent(models.EventTaskOpened, task, string(task.Kind), models.ActorScheduler, r.now))
	}
	r.out.Opened += len(js)
	return nil
}

// taskFor completes the task of a touch: it is due when the touch was promised.
func taskFor(t models.Touch, given *models.Task, now time.Time) models.Task {
	task := models.Task{Kind: models.TaskCall, Title: "Call"}
	if given != nil {
		task = *given
	}
	task.ID, task.State, task.DueAt = 0, models.TaskOpen, t.PromisedAt
	task.ProspectID, task.EnrollmentID, task.TouchID = &t.ProspectID, t.EnrollmentID, &t.ID
	if task.AppointmentID == nil {
		task.AppointmentID = t.AppointmentID
	}
	if task.Kind == "" {
		task.Kind = models.TaskCall
	}
	if task.UserID == 0 {
		task.UserID = t.RepID
	}
	task.Urgent = task.Urgent || t.Urgent
	task.CreatedAt, task.UpdatedAt = now, now
	return task
}

// hold moves due times; it is no attempt. Touches held alike are one statement.
func (r *recorder) hold(js []judgement) error {
	type hold struct {
		until  time.Time
		reason models.Reason
		detail string
	}
	alike := map[hold][]int64{}
	for _, j := range js {
		h := hold{j.Until, j.Reason, j.Detail}
		if !h.until.After(r.now) {
			h.until = r.now.Add(time.Minute) // or this claim would meet it again
		}
		alike[h] = append(alike[h], j.touch.ID)
		if j.touch.HoldReason != j.Reason {
			held := touchEvent(models.EventTouchHeld, j.touch, string(j.Reason), models.ActorScheduler, r.now)
			r.events = append(r.events, held)
		}
	}
	for h, ids := range alike {
		if err := holdTouches(r.tx, ids, h.until, h.reason, h.detail, r.now); err != nil {
			return err
		}
	}
	r.out.Held += len(js)
	return nil
}

func holdTouches(tx *gorm.DB, ids []int64, until time.Time, reason models.Reason, detail string, now time.Time) error {
	return tx.Model(&models.Touch{}).Where(anyOf(tx, "id", ids)).UpdateColumns(map[string]any{
		"due_at": until, "hold_reason": reason, "hold_detail": detail, "updated_at": now,
	}).Error
}

// end closes touches alike in one statement each.
func (r *recorder) end(js []judgement, to models.TouchState) error {
	type ending struct {
		reason models.Reason
		detail string
	}
	alike := map[ending][]int64{}
	for i := range js {
		t := &js[i].touch
		if err := t.Move(to, js[i].Reason, r.now); err != nil {
			return err
		}
		e := ending{js[i].Reason, js[i].Detail}
		alike[e] = append(alike[e], t.ID)
		r.events = append(r.events, touchEvent(models.EventTouchEnded, *t, string(to), models.ActorScheduler, r.now))
	}
	for e, ids := range alike {
		err := r.tx.Model(&models.Touch{}).Where(anyOf(r.tx, "id", ids)).UpdateColumns(map[string]any{
			"state": to, "end_reason": e.reason, "end_detail": e.detail, "ended_at": r.now, "updated_at": r.now,
		}).Error
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *recorder) skip(js []judgement) error {
	r.out.Skipped += len(js)
	if err := r.end(js, models.TouchSkipped); err != nil {
		return err
	}
	return replanEnrollments(r.tx, enrollmentsOf(js), r.now)
}

// recanceled is when the plan looks again at what was canceled: not at once,
// or plan and claim would chase each other.
const recanceled = time.Minute

func (r *recorder) cancel(js []judgement) error {
	if err := r.end(js, models.TouchCanceled); err != nil {
		return err
	}
	return replanEnrollments(r.tx, enrollmentsOf(js), r.now.Add(recanceled))
}

// finish skips the touches and ends their enrollments.
func (r *recorder) finish(js []judgement) error {
	r.out.Skipped += len(js)
	if err := r.end(js, models.TouchSkipped); err != nil {
		return err
	}
	for _, j := range js {
		if j.touch.EnrollmentID == nil {
			continue
		}
		outcome := cmp.Or(j.Outcome, models.FinishCompleted)
		e := models.Effects{Finishes: []models.FinishOrder{{EnrollmentID: *j.touch.EnrollmentID, Outcome: outcome, Reason: j.Reason}}}
		if err := applyEffects(r.tx, j.prospect, e, models.ActorScheduler, r.now); err != nil {
			return err
		}
	}
	return nil
}

// ask hands the matter to a person. A booked call is a promise: its task
// opens all the same, beside the one that says what must be repaired.
func (r *recorder) ask(js []judgement) error {
	for i := range js {
		j := &js[i]
		if j.Attention == nil {
			return errors.New("nobody said what is asked for")
		}
		if err := r.askOne(j); err != nil {
			return err
		}
	}
	booked := slices.DeleteFunc(slices.Clone(js), func(j judgement) bool { return j.touch.Kind != models.TouchBookedCall })
	if len(booked) == 0 {
		return nil
	}
	return r.open(booked)
}

func (r *recorder) askOne(j *judgement) error {
	task := models.Task{
		Kind: models.TaskResolve, UserID: j.touch.RepID, EnrollmentID: j.touch.EnrollmentID, DueAt: r.now,
		Reason: j.Attention.Reason, Title: j.Attention.Title, Detail: j.Attention.Detail,
	}
	if task.EnrollmentID == nil || j.touch.Kind == models.TouchBookedCall {
		task.TouchID = &j.touch.ID // elsewhere the touch goes, and its tasks with it
	}
	e := models.Effects{Tasks: []models.Task{task}}
	j.Reason, j.Detail = cmp.Or(j.Reason, j.Attention.Reason), cmp.Or(j.Detail, j.Attention.Title)
	switch {
	case j.touch.Kind == models.TouchBookedCall:
		return applyEffects(r.tx, j.prospect, e, models.ActorScheduler, r.now)
	case j.touch.EnrollmentID == nil:
		r.out.Skipped++
		if err := r.end([]judgement{*j}, models.TouchSkipped); err != nil {
			return err
		}
		return applyEffects(r.tx, j.prospect, e, models.ActorScheduler, r.now)
	}
	// The pause withdraws the touch and keeps what it interrupts; the reason
	// of the withdrawal is the better one that we know.
	e.Pauses = []models.Pause{{EnrollmentID: *j.touch.EnrollmentID, Reason: models.PauseNeedsAttention}}
	if err := applyEffects(r.tx, j.prospect, e, models.ActorScheduler, r.now); err != nil {
		return err
	}
	return r.tx.Model(&models.Touch{}).Where("id = ? AND state IN ('planned', 'canceled')", j.touch.ID).UpdateColumns(map[string]any{
		"state": models.TouchCanceled, "end_reason": j.Reason, "end_detail": j.Detail, "ended_at": r.now, "updated_at": r.now,
	}).Error
}

func enrollmentsOf(js []judgement) []int64 {
	ids := idSet{}
	for _, j := range js {
		ids.add(j.touch.EnrollmentID)
	}
	return ids.list()
}
