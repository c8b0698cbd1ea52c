package store_test

import (
	"context"
	"strings"
	"testing"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// A replica that freezes in the midst of a claim holds its people for as long
// as the server lets a transaction stand idle, and no longer: then an order to
// stop is recorded, and nothing is left of what the claim had intended.
func TestFrozenClaimLetsGo(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T, _ *store.Store) {
		dsn := storetest.PostgresDSN(t)
		w := newWorld(t, storetest.Open(t, dsn))
		frozen := storetest.Open(t, withSetting(dsn, "idle_in_transaction_session_timeout=200"))
		touch := w.queue(models.Touch{})
		_, err := frozen.ClaimDue(w.ctx, w.request(), func(ctx context.Context, dues []models.Due) []models.Decision {
			// Meanwhile: it waits for the claim's lock until the server ends the claim.
			_, err := w.s.Suppress(ctx, models.Suppression{Scope: models.SuppressPerson, ProspectID: &w.person.ID, By: w.by, CreatedAt: w.now})
			w.ok(err)
			return eachDue(sendIt)(ctx, dues)
		})
		if err == nil {
			t.Error("a claim was committed whose transaction had been ended")
		}
		var got models.Touch
		w.ok(w.db.Where("id = ?", touch.ID).Take(&got).Error)
		if got.State == models.TouchSending || got.Attempt != 0 {
			t.Errorf("the touch is %s, attempt %d", got.State, got.Attempt)
		}
	})
}

func withSetting(dsn, setting string) string {
	if strings.Contains(dsn, "?") {
		return dsn + "&" + setting
	}
	return dsn + "?" + setting
}
