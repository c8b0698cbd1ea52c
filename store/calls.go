package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// CloseCall records how a call went: its task, touch and appointment end, the
// enrollments it belongs to move as their sequences say, and somebody who
// spoke with us rests everywhere else too. Sending the same form twice changes
// nothing; what somebody else writes of a closed call is refused, not dropped.
func (s *Store) CloseCall(ctx context.Context, r models.CallResult) (models.Task, error) {
	var task models.Task
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		prospect, t, err := lockTask(tx, r.TaskID)
		if err != nil {
			return err
		}
		task = t
		if task.Kind != models.TaskCall || task.ProspectID == nil {
			return models.Invalid("task", "task %d is no call; close it as done or dismissed", task.ID)
		}
		if !r.Outcome.Valid() {
			return models.Invalid("outcome", "%q is no outcome of a call; choose one of %v", r.Outcome, models.CallOutcomes)
		}
		c := callClosing{tx: tx, prospect: prospect, task: &task, r: r, by: models.UserActor(r.UserID)}
		if repeated, err := c.repeated(); repeated || err != nil {
			return err
		}
		return c.run()
	})
	return task, shown(err)
}

// callClosing is one call being closed, within its transaction.
type callClosing struct {
	tx       *gorm.DB
	prospect models.Prospect
	task     *models.Task
	r        models.CallResult
	by       string

	touch       *models.Touch
	appointment *models.Appointment
	phone       *models.ContactPoint
}

// repeated: the same was said of this call before, so that nothing is lost
// where it is not recorded again.
func (c *callClosing) repeated() (bool, error) {
	t := c.task
	if t.State != models.TaskDone || t.Outcome != c.r.Outcome || c.r.Notes != "" && (t.Notes != c.r.Notes || t.ClosedBy != c.by) {
		return false, nil
	}
	if c.r.Next == nil {
		return true, nil
	}
	a, err := first[models.Appointment](c.tx.Where("prospect_id = ? AND starts_at = ?", c.prospect.ID, c.r.Next.StartsAt))
	return a != nil, err
}

func (c *callClosing) run() error {
	for _, step := range []func() error{c.closeTask, c.endTouch, c.endAppointment, c.notePhone, c.noteObjection, c.noteHeard, c.moveOn, c.bookNext, c.leaveVoicemail, c.askReview} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (c *callClosing) closeTask() error {
	if err := c.task.Close(models.TaskDone, c.by, c.r.Now); err != nil {
		return err
	}
	c.task.Outcome, c.task.Notes = c.r.Outcome, c.r.Notes
	if err := saveRow(c.tx, c.task); err != nil {
		return err
	}
	return addEvents(c.tx, taskEvent(models.EventTaskClosed, *c.task, string(c.r.Outcome), c.by, c.r.Now))
}

// endTouch ends the call's touch and counts it, before the pursuit may end.
func (c *callClosing) endTouch() error {
	if c.task.TouchID == nil {
		return nil
	}
	var t models.Touch
	if err := c.tx.Where("id = ?", *c.task.TouchID).Take(&t).Error; err != nil {
		return notFound(err, "touch", *c.task.TouchID)
	}
	c.touch = &t
	if t.State != models.TouchOpen {
		return nil
	}
	if err := endTouch(c.tx, &t, models.TouchDone, models.EndDone, c.by, c.r.Now); err != nil {
		return err
	}
	if err := touchedAt(c.tx, c.prospect.ID, c.r.Now); err != nil {
		return err
	}
	return countFollowUp(c.tx, c.prospect, t, c.r.Now)
}

func (c *callClosing) endAppointment() error {
	a, err := appointmentOfTask(c.tx, *c.task)
	if err != nil || a == nil {
		return err
	}
	c.appointment = a
	if !a.Open() {
		return nil
	}
	to := models.AppointmentUnheld
	if c.r.Outcome.Answered() {
		to = models.AppointmentHeld
	}
	if err := a.End(to, c.r.Now); err != nil {
		return err
	}
	if err := saveRow(c.tx, a); err != nil {
		return err
	}
	return addEvents(c.tx, appointmentEnded(*a, c.by, c.r.Now))
}

// notePhone keeps the result beside the number that was called.
func (c *callClosing) notePhone() error {
	points, err := contactPointsOf(c.tx, c.prospect.ID)
	if err != nil {
		return err
	}
	id, err := c.called()
	if err != nil {
		return err
	}
	for i, cp := range points {
		if cp.Kind != models.ContactPhone || id != 0 && cp.ID != id || id == 0 && cp.Value != c.task.Prep.Number {
			continue
		}
		c.phone = &points[i]
		c.phone.LastTriedAt, c.phone.LastResult, c.phone.UpdatedAt = &c.r.Now, string(c.r.Outcome), c.r.Now
		return saveRow(c.tx, c.phone)
	}
	return nil
}

// called is the contact point that was called: as the rep says, else the one
// last dialled, else the one planned. "Wrong number" must not close another.
func (c *callClosing) called() (int64, error) {
	if c.r.ContactPointID != 0 {
		return c.r.ContactPointID, nil
	}
	d, err := first[models.Dial](c.tx.Where("task_id = ? AND contact_point_id IS NOT NULL", c.task.ID).Order("id DESC"))
	switch {
	case err != nil:
		return 0, err
	case d != nil:
		return *d.ContactPointID, nil
	case c.touch != nil && c.touch.ContactPointID != nil:
		return *c.touch.ContactPointID, nil
	}
	return 0, nil
}

func (c *callClosing) noteObjection() error {
	if c.r.Objection == nil {
		return nil
	}
	o := *c.r.Objection
	o.ProspectID, o.TaskID, o.CreatedAt, o.CreatedBy = c.prospect.ID, &c.task.ID, c.r.Now, &c.r.UserID
	return c.tx.Create(&o).Error
}

func (c *callClosing) moveOn() error {
	live, err := liveEnrollments(c.tx, true, "prospect_id = ?", c.prospect.ID)
	if err != nil {
		return err
	}
	return applyEffects(c.tx, c.prospect, c.effects(live), c.by, c.r.Now)
}

// bookNext books the call that was agreed on, after everything else: a
// refusal withdraws the older bookings, never the one just made.
func (c *callClosing) bookNext() error {
	if c.r.Next == nil {
		return nil
	}
	b := *c.r.Next
	b.ProspectID, b.Now = c.prospect.ID, c.r.Now
	if b.By == "" {
		b.By = c.by
	}
	if b.RepID == 0 {
		b.RepID = c.task.UserID
	}
	_, err := bookIn(c.tx, b)
	return err
}

// appointmentOfTask is the booked call that a task is for; nil where it is for none.
func appointmentOfTask(tx *gorm.DB, task models.Task) (*models.Appointment, error) {
	if task.AppointmentID == nil {
		return nil, nil
	}
	var a models.Appointment
	if err := forUpdate(tx).Where("id = ?", *task.AppointmentID).Take(&a).Error; err != nil {
		return nil, notFound(err, "appointment", *task.AppointmentID)
	}
	return &a, nil
}

// touchedAt keeps what lists of prospects sort by.
func touchedAt(tx *gorm.DB, prospectID int64, now time.Time) error {
	err := tx.Model(&models.Prospect{}).Where("id = ? AND (last_touch_at IS NULL OR last_touch_at < ?)", prospectID, now).
		UpdateColumn("last_touch_at", now).Error
	if err != nil {
		return err
	}
	return keepNextTouch(tx, now, prospectID)
}
