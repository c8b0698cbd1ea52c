package store_test

import (
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// A customer who has waited too long is somebody else's task: once for each
// wait, and gone with the answer.
func TestEscalateUnanswered(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		manager, err := s.SaveUser(w.ctx, models.User{Email: "mara@example.com", Name: "Mara", Role: models.RoleManager}, models.ActorSystem, w.now)
		w.ok(err)
		asked := func(at time.Time) int {
			n, err := s.EscalateUnanswered(w.ctx, at, 50)
			w.ok(err)
			return n
		}
		w.reply(pauseAll)
		if n := asked(w.now.Add(100 * time.Hour)); n != 0 {
			t.Errorf("%d asked without a setting", n)
		}
		set, err := s.Settings(w.ctx)
		w.ok(err)
		set.EscalateAfter = 4
		w.ok(s.SaveSettings(w.ctx, set, models.ActorSystem, w.now))
		for _, c := range []struct {
			after time.Duration
			want  int
		}{{4*time.Hour - time.Second, 0}, {4 * time.Hour, 1}, {5 * time.Hour, 0}} {
			if n := asked(w.now.Add(c.after)); n != c.want {
				t.Errorf("after %s %d asked, want %d", c.after, n, c.want)
			}
		}
		var tasks []models.Task
		find := func() []models.Task {
			tasks = nil
			w.ok(w.db.Where("reason = ?", models.AttentionUnanswered).Order("id").Find(&tasks).Error)
			return tasks
		}
		if got := find(); len(got) != 1 || got[0].UserID != manager.ID || *got[0].ProspectID != w.person.ID || got[0].MessageID == nil {
			t.Fatalf("tasks %+v", got)
		}
		// Set aside, the same wait is not asked about again.
		_, err = s.CloseTask(w.ctx, tasks[0].ID, models.TaskDismissed, "", models.UserActor(manager.ID), w.now.Add(6*time.Hour))
		w.ok(err)
		if n := asked(w.now.Add(7 * time.Hour)); n != 0 {
			t.Errorf("%d asked about a wait that was set aside", n)
		}
		// Answered, and they wait anew; the answer closes the open question.
		answer := func(token string) {
			_, _, err := s.Answer(w.ctx, models.NewAnswer{ProspectID: w.person.ID, UserID: w.rep.ID, Channel: models.ChannelEmail, ContactPointID: w.email.ID, SenderID: &w.sender.ID, Body: "Friday it is.", FormToken: token, Now: w.now})
			w.ok(err)
		}
		answer("one")
		w.now = w.now.Add(24 * time.Hour)
		w.reply(pauseAll)
		if n := asked(w.now.Add(4 * time.Hour)); n != 1 || len(find()) != 2 {
			t.Errorf("%d asked about the second wait: %+v", n, tasks)
		}
		answer("two")
		if got := find(); got[1].State != models.TaskCanceled {
			t.Errorf("after the answer the task is %s", got[1].State)
		}
		if n := asked(w.now.Add(100 * time.Hour)); n != 0 {
			t.Errorf("%d asked though nobody waits", n)
		}
	})
}
