package store_test

import (
	"testing"
	"time"

	"followup/models"
)

// A customer who calls back rings the rep, or who stands in for them.
func TestStandInIsRung(t *testing.T) {
	each(t, func(w *world) {
		standIn := w.user("Sam StandIn", models.RoleRep)
		rings := func(want string) {
			w.Helper()
			if phone, ok := w.s.RepToRing(w.ctx, herPhone, models.Sender{}); phone != want || ok != (want != "") {
				w.Errorf("it rings %q (%t), not %q", phone, ok, want)
			}
		}
		rings("")
		w.ok(w.db.Exec("UPDATE users SET phone = '+12125550111' WHERE id = ?", w.rep.ID).Error)
		rings("+12125550111")
		_, err := w.s.StartLeave(w.ctx, models.Leave{UserID: w.rep.ID, StandInID: &standIn.ID, StartsAt: w.now.Add(-time.Hour), EndsAt: w.now.Add(time.Hour), CreatedBy: w.by}, w.now)
		w.ok(err)
		rings("") // nobody rings whom nobody can reach: a voicemail is taken
		w.ok(w.db.Exec("UPDATE users SET phone = '+12125550122' WHERE id = ?", standIn.ID).Error)
		rings("+12125550122")
		w.ok(w.db.Exec("UPDATE leaves SET ended_at = ?", w.now).Error)
		rings("+12125550111")
	})
}
