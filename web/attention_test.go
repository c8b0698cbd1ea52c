package web_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/web/webtest"
)

var allTasks = regexp.MustCompile(`name="all" value="(\d+)"`)

// resting publishes two letters of which the first lacks a value for
// everybody, and lets people come to it.
func resting(t *testing.T, app *webtest.App, names ...string) []models.Prospect {
	t.Helper()
	_, err := app.Store.PublishSequence(t.Context(), models.Definition{Key: "lacking", Name: "Lacking", OnReply: models.ReplyPause, Steps: []models.Step{
		{Key: "s1", Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp, Timing: models.Timing{Kind: models.TimingAfter}, Subject: "Your plan", Body: "It costs you {{ custom.loss }} a day."},
		{Key: "s2", Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp, Timing: models.Timing{Kind: models.TimingAfter, Days: 1}, Subject: "Once more", Body: "Shall we talk?"},
	}}, "", "", false, nil, app.Now())
	must(t, err)
	var people []models.Prospect
	for _, name := range names {
		p := app.AddProspect(name, "Reyes")
		app.Enroll(p, "lacking", nil)
		people = append(people, p)
	}
	app.Advance(time.Minute)
	return people
}

// What rests because a text cannot be filled in is tried again, goes on
// without the step, or ends, in one click, for all or for those chosen.
func TestStepsThatFailAreResolved(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		people := resting(t, app, "Dana", "Joe", "Mei")
		manager, rep := app.SignIn(app.Manager), app.SignIn(app.Rep)
		_, body := manager.Get("/attention")
		tasks := allTasks.FindAllStringSubmatch(body, -1)
		if len(tasks) != 3 || strings.Count(body, "/edit\">Fill it in") != 3 || !strings.Contains(body, "Leave the step out") {
			t.Fatalf("%d tasks\n%s", len(tasks), text(body))
		}
		all := []string{"what", "tasks", "all", tasks[0][1], "all", tasks[1][1], "all", tasks[2][1]}
		other := app.SignIn(app.AddUser("Otto Berg", "otto@example.com", models.RoleRep))
		if status, _ := other.Post("/attention", form(append(all, "do", "skip")...)); status != 403 {
			t.Errorf("somebody else's: status %d", status)
		}
		if status, _ := manager.Post("/attention", form("what", "tasks", "all", tasks[0][1], "do", "explode")); status != 422 {
			t.Errorf("no such button: status %d", status)
		}
		// Trying again without a value asks again.
		if _, body := rep.Post("/attention", form(append(all, "do", "again")...)); !strings.Contains(body, "3 to be tried again") {
			t.Errorf("tried again\n%s", text(body))
		}
		app.Advance(time.Minute)
		_, body = manager.Get("/attention")
		again := allTasks.FindAllStringSubmatch(body, -1)
		if len(again) != 3 || again[0][1] == tasks[0][1] {
			t.Fatalf("asked again: %v\n%s", again, text(body))
		}
		run := func(i int) models.Enrollment { return person(t, app, people[i]).Enrollments[0].Enrollment }
		// One is taken out, the other two go on behind it: the second letter follows.
		var out string
		for _, p := range person(t, app, people[0]).Tasks {
			if p.State == models.TaskOpen && p.Kind == models.TaskResolve {
				out = fmt.Sprint(p.ID)
			}
		}
		if _, body := manager.Post("/attention", form("what", "tasks", "task", out, "all", again[0][1], "all", again[1][1], "all", again[2][1], "do", "remove")); !strings.Contains(body, "1 taken out") {
			t.Errorf("taken out\n%s", text(body))
		}
		if r := run(0); r.State != models.EnrollmentFinished || r.Outcome != models.FinishRemoved {
			t.Errorf("taken out: %s, %s", r.State, r.Outcome)
		}
		_, body = manager.Get("/attention")
		left := allTasks.FindAllStringSubmatch(body, -1)
		if len(left) != 2 {
			t.Fatalf("%d left\n%s", len(left), text(body))
		}
		skip := form("what", "tasks", "all", left[0][1], "all", left[1][1], "do", "skip")
		if _, body := manager.Post("/attention", skip); !strings.Contains(body, "2 left out") {
			t.Errorf("left out\n%s", text(body))
		}
		if _, body := manager.Post("/attention", skip); !strings.Contains(body, "Somebody was quicker") { // the other tab
			t.Errorf("left out twice\n%s", text(body))
		}
		app.Advance(72 * time.Hour)
		for i := 1; i < 3; i++ {
			var sent []string
			skipped := 0
			v := person(t, app, people[i])
			for _, m := range v.Messages {
				if m.Direction == models.Outbound {
					sent = append(sent, m.Subject)
				}
			}
			for _, touch := range v.Touches {
				if touch.State == models.TouchSkipped && touch.EndReason == models.SkipByHand && touch.StepKey == "s1" {
					skipped++
				}
			}
			if len(sent) != 1 || sent[0] != "Once more" || skipped != 1 {
				t.Errorf("%s got %q, left out %d times", people[i].FirstName, sent, skipped)
			}
		}
		if _, body := manager.Get("/attention"); strings.Contains(body, `class="incident"`) {
			t.Errorf("still there\n%s", text(body))
		}
	})
}

// A blocked account is started again where it stands, after a look whether it
// works, or stays stopped and is not asked about any more.
func TestBlockedSendersAreResolved(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		manager := app.SignIn(app.Manager)
		stop := func() {
			must(t, app.Store.HaltSender(t.Context(), app.Mailbox.ID, models.FailConfig, "535 authentication failed", models.ActorScheduler, app.Now()))
		}
		stop()
		if _, body := manager.Get("/attention"); !strings.Contains(body, "Check and start again") || !strings.Contains(body, "535 authentication failed") {
			t.Fatalf("not listed\n%s", text(body))
		}
		other := app.SignIn(app.AddUser("Otto Berg", "otto@example.com", models.RoleRep))
		start := form("what", "sender", "sender", fmt.Sprint(app.Mailbox.ID), "do", "start")
		if status, _ := other.Post("/attention", start); status != 403 {
			t.Errorf("another rep: status %d", status)
		}
		if _, body := manager.Post("/attention", start); !strings.Contains(body, "sends again") || senderAt(t, app, app.Mailbox.Address).State != models.SenderActive {
			t.Errorf("started\n%s", text(body))
		}
		stop()
		manager.Post("/attention", form("what", "sender", "sender", fmt.Sprint(app.Mailbox.ID), "do", "leave"))
		if x := senderAt(t, app, app.Mailbox.Address); x.State != models.SenderStopped || x.StoppedReason != models.StopByHand {
			t.Errorf("left stopped: %s (%s)", x.State, x.StoppedReason)
		}
		if _, body := manager.Get("/attention"); strings.Contains(body, "Check and start again") {
			t.Errorf("still asked about\n%s", text(body))
		}
	})
}
