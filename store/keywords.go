package store

import (
	"followup/models"
)

// answerKeyword plans the answer to STOP or HELP. The same word again, read
// twice or sent again the same day, finds it planned.
func (a *effector) answerKeyword(e models.Effects) error {
	w := e.KeywordAnswer
	if w == nil {
		return nil
	}
	if _, done, err := sameForm(a.tx, w.Key, a.prospect.ID); err != nil || done {
		return err
	}
	touches := []models.Touch{{
		ProspectID: a.prospect.ID, StepKey: string(w.Purpose), Occurrence: "0", FormToken: &w.Key,
		Kind: models.TouchMessage, Channel: w.Channel, Purpose: w.Purpose, ContactPointID: &w.ContactPointID, SenderID: &w.SenderID,
		RepID: w.UserID, State: models.TouchPlanned, DueAt: a.now, PromisedAt: a.now, NotAfter: &w.NotAfter, Urgent: true,
		Why: "they asked for it by the carriers' word", PlannedAt: a.now, UpdatedAt: a.now,
	}}
	events, err := planTouches(a.tx, touches, a.actor)
	a.events = append(a.events, events...)
	return err
}
