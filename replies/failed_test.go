package replies_test

import (
	"strings"
	"testing"

	"followup/models"
)

// An answer whose effect failed until nobody tried any more takes effect when
// a person asks for it, once.
func TestTryAgain(t *testing.T) {
	on(t, func(d *desk) {
		d.enroll()
		raw, _, err := d.s.SaveRaw(d.ctx, d.mail("m1", "Call me at four."))
		d.must(err)
		for range 5 {
			d.must(d.s.FailRaw(d.ctx, raw.ID, "the disk was full", d.svc.Clock()))
		}
		if n, err := d.svc.Retry(d.ctx); err != nil || n != 0 {
			d.Fatalf("by itself: %d, %v", n, err)
		}
		rec, err := d.svc.TryAgain(d.ctx, raw.ID)
		d.must(err)
		if rec.MessageID == 0 || !d.person().Enrollments[0].Enrollment.PausedFor(models.PauseReplied) {
			d.Fatalf("recorded %+v, the sequence runs on", rec)
		}
		if _, err := d.svc.TryAgain(d.ctx, raw.ID); models.CodeOf(err) != models.CodeConflict {
			d.Errorf("twice: %v", err)
		}
		if n := len(d.tasks()); n != 1 {
			d.Errorf("%d tasks", n)
		}
	})
}

// What can never be read says so, and is set aside by a person's word only.
func TestSetAside(t *testing.T) {
	on(t, func(d *desk) {
		raw := d.text("broken", d.w.Cell.Value, "x")
		raw.Content = []byte("{")
		d.receive(raw)
		pending, err := d.s.PendingRaws(d.ctx, 10)
		d.must(err)
		id := pending[0].ID
		if _, err := d.svc.TryAgain(d.ctx, id); models.CodeOf(err) != models.CodeConflict || !strings.Contains(err.Error(), "still cannot be worked through") {
			d.Errorf("tried again: %v", err)
		}
		for range 2 {
			d.must(d.svc.SetAside(d.ctx, id, d.w.Rep.ID))
		}
		if pending, err := d.s.PendingRaws(d.ctx, 10); err != nil || len(pending) != 0 {
			d.Errorf("still pending: %+v, %v", pending, err)
		}
		if rec := d.receive(raw); !rec.Repeat {
			d.Errorf("its repeat is worked through again: %+v", rec)
		}
	})
}
