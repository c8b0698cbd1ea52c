package store_test

import (
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// secretTasks are those that ask for a new password, token or client secret.
func secretTasks(w *world) []models.Task {
	w.Helper()
	var tasks []models.Task
	w.ok(w.db.Where("reason = ?", models.AttentionSecret).Order("id").Find(&tasks).Error)
	return tasks
}

// Before a password ends its owner is asked once for each stage, however many
// replicas look; the new one closes the task.
func TestWarnOfSecrets(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		day := time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)
		box, err := s.SaveSender(w.ctx, models.Sender{
			OwnerID: &w.rep.ID, Kind: models.SenderMailbox, Provider: models.ProviderSMTP, Address: "rae@sales.test",
			Settings:    models.SenderSettings{SMTPHost: "smtp.sales.test", SecretExpires: "2026-12-10"},
			Credentials: models.SenderCredentials{Password: "old"},
		}, "user:1", day)
		w.ok(err)
		look := func(now time.Time) []models.Task {
			t.Helper()
			for range 2 { // two replicas
				w.ok(s.WarnOfSecrets(w.ctx, now, nil))
			}
			return secretTasks(w)
		}
		if got := look(day); len(got) != 0 {
			t.Fatalf("17 days before: %d tasks", len(got))
		}
		got := look(day.AddDate(0, 0, 4))
		if len(got) != 1 || got[0].UserID != w.rep.ID || got[0].SenderID == nil || *got[0].SenderID != box.ID || got[0].Urgent || !strings.Contains(got[0].Title, "rae@sales.test ends on 10 December 2026") {
			t.Fatalf("13 days before: %+v", got)
		}
		// Set aside is set aside, until the last days.
		w.ok(w.db.Model(&got[0]).Updates(map[string]any{"state": models.TaskDismissed}).Error)
		if got := look(day.AddDate(0, 0, 10)); len(got) != 1 {
			t.Errorf("asked again a week before: %d tasks", len(got))
		}
		got = look(day.AddDate(0, 0, 15))
		if len(got) != 2 || !got[1].Urgent {
			t.Fatalf("two days before: %+v", got)
		}
		if got = look(day.AddDate(0, 0, 18)); len(got) != 2 || !strings.Contains(got[1].Title, "has ended") {
			t.Errorf("after it: %+v", got)
		}
		// The new password takes the old one's day along, and closes the task.
		box.Credentials = models.SenderCredentials{Password: "new"}
		box, err = s.SaveSender(w.ctx, box, "user:1", day.AddDate(0, 0, 18))
		w.ok(err)
		if got = secretTasks(w); got[1].State != models.TaskDone || box.Settings.SecretExpires != "" {
			t.Errorf("a new password: %s, ends %q", got[1].State, box.Settings.SecretExpires)
		}
		if got = look(day.AddDate(0, 0, 19)); len(got) != 2 {
			t.Errorf("asked about a password that is gone: %d tasks", len(got))
		}
	})
}

// The client secret of the whole installation concerns an admin, once.
func TestWarnOfAClientSecret(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for range 3 {
			w.ok(s.WarnOfSecrets(w.ctx, w.now, map[string]models.Date{"google": "", "microsoft": models.DateOf(w.now, time.UTC).AddDays(7)}))
		}
		got := secretTasks(w)
		if len(got) != 1 || got[0].SenderID != nil || !strings.Contains(got[0].Detail, "oauth.microsoft.client_secret") {
			t.Fatalf("%+v", got)
		}
	})
}

// What was set on an account's page stays when its connection is entered anew,
// by a person or by the configuration at a start.
func TestWhatThePageSetStays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		made := models.Sender{
			OwnerID: &w.rep.ID, Kind: models.SenderMailbox, Provider: models.ProviderSMTP, Address: "rae@sales.test",
			Settings: models.SenderSettings{SMTPHost: "smtp.sales.test"}, Credentials: models.SenderCredentials{Password: "secret"},
		}
		box, err := s.SaveSender(w.ctx, made, models.ActorSystem, w.now)
		w.ok(err)
		w.ok(s.ChangeSender(w.ctx, box.ID, "user:1", w.now, func(x *models.Sender) {
			x.Settings.Signature, x.Settings.SecretExpires, x.Settings.AssigneeID = "Rae", "2027-05-01", w.rep.ID
			x.Settings.Window = models.SendingWindow{From: 9 * 60, To: 17 * 60, Zone: "America/New_York"}
			x.RampStart, x.RampStep, x.RampFrom, x.GapSeconds = 20, 5, "2026-11-20", 30
		}))
		again, err := s.SaveSender(w.ctx, made, models.ActorSystem, w.now)
		w.ok(err)
		got := load[models.Sender](w, again.ID)
		if set := got.Settings; set.Signature != "Rae" || set.SecretExpires != "2027-05-01" || set.AssigneeID != w.rep.ID || set.Window.To != 17*60 ||
			got.RampStart != 20 || got.RampStep != 5 || got.RampFrom != "2026-11-20" || got.GapSeconds != 30 {
			t.Errorf("after the next start: %+v", got)
		}
	})
}
