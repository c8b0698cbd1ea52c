package demo

import (
	"context"
	"time"

	"followup/crm"
	"followup/models"
)

// reviewAfter is how long after a talk the rep writes its review.
const reviewAfter = time.Minute

// stood is what stood in the way in the talks of the play, in turn.
var stood = []models.CallReview{
	{Objection: "price", ObjectionWords: "It is a fifth more than what we pay now.", Notes: "Wants the running costs side by side before deciding."},
	{Objection: "timing", ObjectionWords: "Not before the stock-taking is over.", Notes: "Likes the idea; the team is busy until the end of the month."},
	{Objection: models.ObjectionNone, ObjectionWords: "they had seen it running at a neighbour's", Notes: "Asked for the dates of installation."},
	{Objection: "authority", ObjectionWords: "My partner signs these.", Notes: "Offered to bring the partner to the next call."},
}

// review plans the rep's minute after a talk.
func (w *World) review(p *person, t models.Task) {
	w.after(reviewAfter, "the rep reviews the call with "+p.prospect.Name(), func(ctx context.Context) error {
		r := stood[int(t.ID)%len(stood)]
		r.TaskID, r.NextWhat = t.ID, models.NextNothing
		r.Summarised, r.AskedOpenly, r.GaveValue, r.Handled = true, t.ID%3 != 0, true, r.Objection == models.ObjectionNone || t.ID%2 == 0
		view, err := w.Store.ViewReview(ctx, t.ID)
		if err != nil {
			return err
		}
		r.Revision = view.Review.Revision
		if view.Next != nil {
			r.NextWhat, r.NextStepSet = models.NextBooked, true
		}
		_, err = w.CRM.FinishReview(ctx, crm.ReviewReport{Review: r, UserID: t.UserID, ProspectID: p.prospect.ID})
		return err
	})
}
