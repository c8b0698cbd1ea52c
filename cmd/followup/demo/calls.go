package demo

import (
	"context"
	"time"

	"followup/crm"
	"followup/models"
)

// callNotes are what the rep writes down, by outcome.
var callNotes = map[models.CallOutcome]string{
	models.OutcomeConnected:     "Talked through the numbers; likes where this is going.",
	models.OutcomeLeftVoicemail: "Left the script.",
	models.OutcomeCallBack:      "In a meeting; asked to be called back.",
	models.OutcomeNotInterested: "Went with what they have for this year.",
	models.OutcomeWrongNumber:   "Somebody else's number.",
}

func (w *World) closeCall(ctx context.Context, p *person, t models.Task, outcome models.CallOutcome) error {
	rep := crm.CallReport{TaskID: t.ID, UserID: t.UserID, ProspectID: p.prospect.ID, Outcome: outcome, Notes: callNotes[outcome]}
	if outcome == models.OutcomeCallBack || outcome == models.OutcomeBooked {
		loc, err := p.prospect.Location()
		if err != nil {
			return err
		}
		at := nextWorkday(w.Clock.Now(), loc, 2).At(14*60, loc)
		rep.NextAt = &at
	}
	_, err := w.CRM.CloseCall(ctx, rep)
	return err
}

// nextWorkday is n days on from now's date in loc, and past a weekend.
func nextWorkday(now time.Time, loc *time.Location, n int) models.Date {
	d := models.DateOf(now, loc).AddDays(n)
	for d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
		d = d.AddDays(1)
	}
	return d
}
