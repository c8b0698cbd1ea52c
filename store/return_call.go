package store

import (
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// returnsCall makes a customer's call the answer to the last voicemail that
// was left for them, by us or by the rep's own voice, where that was at most
// ReturnCallDays business days before. Their business days count: they had it.
func (r *inboundRecording) returnsCall(prospect models.Prospect) error {
	// What they leave on our voicemail belongs to a call that counts already.
	if r.rec.CalledAt.IsZero() || r.rec.Match.TouchID != nil || len(r.rec.Message.Media) > 0 {
		return nil
	}
	left, err := lastVoicemail(r.tx, prospect.ID, r.rec.CalledAt)
	if err != nil || left == nil {
		return err
	}
	if late, err := r.tooLate(prospect, left.At); late || err != nil {
		return err
	}
	r.rec.Match.TouchID, r.msg.TouchID = &left.TouchID, &left.TouchID
	return nil
}

// voicemailLeft is a voicemail of ours that the customer may have heard.
type voicemailLeft struct {
	TouchID int64
	At      time.Time
}

func lastVoicemail(tx *gorm.DB, prospectID int64, before time.Time) (*voicemailLeft, error) {
	var last *voicemailLeft
	note := func(touchID *int64, at *time.Time) {
		if touchID != nil && at != nil && (last == nil || at.After(last.At)) {
			last = &voicemailLeft{TouchID: *touchID, At: *at}
		}
	}
	msg, err := first[models.Message](tx.Where("prospect_id = ? AND direction = ? AND channel = ? AND state IN ? AND sent_at <= ?",
		prospectID, models.Outbound, models.ChannelVoicemail, []models.MessageState{models.MessageSent, models.MessageDelivered, models.MessageRead}, before).
		Order("sent_at DESC, id DESC"))
	if err != nil {
		return nil, err
	}
	if msg != nil {
		note(msg.TouchID, msg.SentAt)
	}
	task, err := first[models.Task](tx.Where("prospect_id = ? AND kind = ? AND state = ? AND outcome = ? AND closed_at <= ?",
		prospectID, models.TaskCall, models.TaskDone, models.OutcomeLeftVoicemail, before).Order("closed_at DESC, id DESC"))
	if err != nil {
		return nil, err
	}
	if task != nil {
		note(task.TouchID, task.ClosedAt)
	}
	return last, nil
}

// tooLate tells whether more than ReturnCallDays business days of theirs begin
// after the voicemail, up to the day of the call.
func (r *inboundRecording) tooLate(prospect models.Prospect, left time.Time) (bool, error) {
	open, err := r.workday(prospect)
	if err != nil {
		return false, err
	}
	loc, err := prospect.Location()
	if err != nil {
		loc = time.UTC // their enrollments rest with a task; UTC serves for counting
	}
	day, last, n := models.DateOf(left, loc), models.DateOf(r.rec.CalledAt, loc), 0
	for day < last && n <= models.ReturnCallDays {
		if day = day.AddDays(1); open(day) {
			n++
		}
	}
	return n > models.ReturnCallDays, nil
}

// workday tells the prospect's working days.
func (r *inboundRecording) workday(prospect models.Prospect) (func(models.Date) bool, error) {
	if r.workdays == nil {
		f, err := newFreezer(r.tx, prospect, r.rec.Now)
		return f.business, err
	}
	set, err := settingsIn(r.tx)
	if err != nil {
		return nil, err
	}
	var company *models.Company
	if prospect.CompanyID != nil {
		if company, err = first[models.Company](r.tx.Where("id = ?", *prospect.CompanyID)); err != nil {
			return nil, err
		}
	}
	return r.workdays(prospect, company, set), nil
}
