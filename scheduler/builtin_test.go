package scheduler_test

import (
	"testing"

	"followup/models"
	"followup/scheduler"
	"followup/store/storetest"
	"followup/templates"
)

// The built-in sequences can be previewed for an ordinary prospect, to the
// last step, with nothing that would stop them.
func TestBuiltinsPreview(t *testing.T) {
	for _, b := range templates.Builtins() {
		t.Run(b.Definition.Key, func(t *testing.T) {
			w := newWorld(t, storetest.SQLite(t))
			v := w.publish(b.Definition)
			req := scheduler.EnrollRequest{ProspectID: w.Prospect.ID, SequenceID: v.SequenceID, RepID: w.Rep.ID}
			switch b.Definition.Anchor {
			case models.AnchorAppointment:
				req.CallAt = ptr(w.local("2026-11-27 15:00"))
			case models.AnchorCommitment:
				c, err := w.store.RecordCommitment(w.ctx, models.Commitment{ProspectID: w.Prospect.ID, RepID: w.Rep.ID, Outcome: "the plan is signed", Value: "a week saved",
					DueOn: "2026-12-04", Words: "I will sign it", State: models.CommitmentOpen, CreatedAt: w.now(), UpdatedAt: w.now()}, models.ActorSystem)
				w.ok(err)
				req.CommitmentID = &c.ID
			}
			steps, refusals, err := w.sched.Preview(w.ctx, req)
			w.ok(err)
			if len(refusals) > 0 || len(steps) < len(b.Definition.Steps) {
				t.Errorf("%d of %d steps, refusals %q", len(steps), len(b.Definition.Steps), refusals)
			}
			for _, s := range steps {
				if s.Body == "" && !s.Skipped || s.Local == "" || s.Why == "" {
					t.Errorf("%+v", s)
				}
			}
		})
	}
}
