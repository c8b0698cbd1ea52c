package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

func each(t *testing.T, fn func(*world)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store) { fn(newWorld(t, s)) })
}

// A link works once, until its time, and only the newest of a user's.
func TestUserTokens(t *testing.T) {
	each(t, func(w *world) {
		old, err := w.s.IssueUserToken(w.ctx, models.TokenReset, w.rep.ID, w.by, w.now)
		w.ok(err)
		secret, err := w.s.IssueUserToken(w.ctx, models.TokenReset, w.rep.ID, w.by, w.now)
		w.ok(err)
		_, err = w.s.SpendUserToken(w.ctx, old, "hash", w.now, nil)
		w.code(err, models.CodeNotFound)
		_, err = w.s.SpendUserToken(w.ctx, secret, "hash", w.now.Add(models.ResetFor), nil)
		w.code(err, models.CodeNotFound)
		var kept []models.UserToken
		w.ok(w.db.Find(&kept).Error)
		for _, k := range kept {
			if strings.Contains(k.Hash, secret) || k.Hash == secret {
				w.Error("the secret itself is kept")
			}
		}
		w.ok(w.s.StartSignIn(w.ctx, models.SignIn{ID: "one", UserID: w.rep.ID, CreatedAt: w.now, ExpiresAt: w.now.Add(time.Hour)}))
		u, err := w.s.SpendUserToken(w.ctx, secret, "hash", w.now.Add(time.Minute), nil)
		w.ok(err)
		if u.PasswordHash != "hash" {
			w.Errorf("password %q", u.PasswordHash)
		}
		if in, err := w.s.SignedInUser(w.ctx, w.rep.ID, "one"); err != nil || in != nil {
			w.Errorf("a session outlived the new password: %v %v", in, err)
		}
		_, err = w.s.SpendUserToken(w.ctx, secret, "again", w.now.Add(time.Minute), nil)
		w.code(err, models.CodeNotFound)
	})
}

func TestSignInsEnd(t *testing.T) {
	each(t, func(w *world) {
		for _, id := range []string{"here", "there"} {
			w.ok(w.s.StartSignIn(w.ctx, models.SignIn{ID: id, UserID: w.rep.ID, CreatedAt: w.now, ExpiresAt: w.now.Add(time.Hour)}))
		}
		w.ok(w.s.EndSignIns(w.ctx, w.rep.ID, "here", w.by, w.now))
		for id, want := range map[string]bool{"here": true, "there": false, "none": false} {
			u, err := w.s.SignedInUser(w.ctx, w.rep.ID, id)
			w.ok(err)
			if (u != nil) != want {
				w.Errorf("session %s: signed in %v, want %v", id, u != nil, want)
			}
		}
		if u, err := w.s.SignedInUser(w.ctx, w.rep.ID+1, "here"); err != nil || u != nil {
			w.Error("a session serves for another user")
		}
	})
}

// Codes count once, wrong ones are counted together, the secret is sealed.
func TestSecondFactor(t *testing.T) {
	each(t, func(w *world) {
		secret := []byte("twenty bytes of keys")
		w.ok(w.s.StartSecondFactor(w.ctx, w.rep.ID, secret, w.now))
		f, opened, err := w.s.SecondFactor(w.ctx, w.rep.ID)
		w.ok(err)
		if f.On() || string(opened) != string(secret) || strings.Contains(string(f.Secret), string(secret)) {
			w.Fatalf("on %v, opened %q, kept %q", f.On(), opened, f.Secret)
		}
		w.ok(w.s.ConfirmSecondFactor(w.ctx, w.rep.ID, []string{"r1", "r2"}, w.by, w.now, func([]byte) (int64, bool) { return 10, true }))
		w.code(w.s.StartSecondFactor(w.ctx, w.rep.ID, secret, w.now), models.CodeConflict)
		try := func(step int64, used string, ok bool) error {
			return w.s.TrySecondFactor(w.ctx, w.rep.ID, w.now, func([]byte, []string) (int64, string, bool) { return step, used, ok })
		}
		w.code(try(10, "", true), models.CodeInvalid) // the one that was proved with
		w.ok(try(11, "", true))
		w.code(try(11, "", true), models.CodeInvalid)
		w.ok(try(0, "r1", true))
		f, _, err = w.s.SecondFactor(w.ctx, w.rep.ID)
		w.ok(err)
		if !slices.Equal(f.Recovery, []string{"r2"}) {
			w.Errorf("recovery codes left: %v", f.Recovery)
		}
		for range models.SecondFactorTries {
			w.code(try(0, "", false), models.CodeInvalid)
		}
		w.code(try(12, "", true), models.CodeForbidden) // right, but too late
		w.now = w.now.Add(models.SecondFactorRest)
		w.ok(try(13, "", true))

		other := w.user("Olga Other", models.RoleRep)
		w.ok(w.db.Exec("INSERT INTO second_factors (user_id, secret, last_step, failures, updated_at) SELECT ?, secret, 0, 0, updated_at FROM second_factors WHERE user_id = ?", other.ID, w.rep.ID).Error)
		_, _, err = w.s.SecondFactor(w.ctx, other.ID)
		w.code(err, models.CodeUnavailable)
	})
}

func TestTheLastAdminStays(t *testing.T) {
	each(t, func(w *world) {
		admin := w.user("Ada Admin", models.RoleAdmin)
		admin.PasswordHash = "hash"
		_, err := w.s.SaveUser(w.ctx, admin, w.by, w.now)
		w.ok(err)
		demote := func() error {
			_, err := w.s.ChangeUser(w.ctx, admin.ID, "details", w.by, w.now, func(u *models.User) error { u.Role = models.RoleRep; return nil })
			return err
		}
		w.code(demote(), models.CodeInvalid)
		_, _, err = w.handOver(admin.ID, w.rep.ID, w.by, w.now)
		w.code(err, models.CodeInvalid)
		second := w.user("Beth Admin", models.RoleAdmin)
		w.code(demote(), models.CodeInvalid) // invited, has not joined
		second.PasswordHash = "hash"
		_, err = w.s.SaveUser(w.ctx, second, w.by, w.now)
		w.ok(err)
		w.ok(demote())
	})
}

// What a leave hands over comes back with its end, and sequences rest and go on.
func TestLeave(t *testing.T) {
	each(t, func(w *world) {
		standIn := w.user("Sam StandIn", models.RoleRep)
		e := w.enroll(follow("leave", after(0, 0, 2, 0), after(0, 0, 2, 0)))
		call, _ := w.openCall(models.Touch{})
		l, err := w.s.StartLeave(w.ctx, models.Leave{UserID: w.rep.ID, StandInID: &standIn.ID, StartsAt: w.now.Add(time.Hour), EndsAt: w.now.Add(48 * time.Hour), Rests: true, CreatedBy: w.by}, w.now)
		w.ok(err)
		_, err = w.s.StartLeave(w.ctx, models.Leave{UserID: w.rep.ID, StartsAt: w.now.Add(2 * time.Hour), EndsAt: w.now.Add(3 * time.Hour)}, w.now)
		w.code(err, models.CodeInvalid)
		w.ok(w.s.ApplyLeaves(w.ctx, w.now))
		if task, _ := w.s.Task(w.ctx, call.ID); task.UserID != w.rep.ID {
			w.Error("handed over before the leave begins")
		}
		for range 2 { // a second replica changes nothing
			w.ok(w.s.ApplyLeaves(w.ctx, w.now.Add(time.Hour)))
		}
		task, err := w.s.Task(w.ctx, call.ID)
		w.ok(err)
		if task.UserID != standIn.ID || task.StandsInForID == nil || *task.StandsInForID != w.rep.ID {
			w.Errorf("the task is %d's, standing in for %v", task.UserID, task.StandsInForID)
		}
		if got := w.pauses(e.ID); !slices.Contains(got, models.PauseOnLeave) {
			w.Errorf("pauses %v", got)
		}
		w.ok(w.s.EndLeave(w.ctx, l.ID, w.by, w.now.Add(2*time.Hour)))
		w.ok(w.s.EndLeave(w.ctx, l.ID, w.by, w.now.Add(2*time.Hour)))
		if task, _ := w.s.Task(w.ctx, call.ID); task.UserID != w.rep.ID || task.StandsInForID != nil {
			w.Errorf("back: the task is %d's", task.UserID)
		}
		w.isEnrollment(e.ID, models.EnrollmentActive, true)
	})
}

// handOver lets somebody leave and their work be handed over to the end.
func (w *world) handOver(userID, to int64, by string, now time.Time) (prospects, tasks int, err error) {
	h, err := w.s.BeginHandover(w.ctx, userID, to, by, now)
	if err != nil {
		return 0, 0, err
	}
	for more := true; more; {
		if more, err = w.s.ContinueHandovers(w.ctx, now); err != nil {
			return 0, 0, err
		}
	}
	done, err := w.s.Handover(w.ctx, userID)
	if err == nil && (done == nil || done.ID != h.ID || done.Running()) {
		w.Errorf("the handover %+v did not end: %+v", h, done)
	}
	return done.Done, done.Tasks, err
}

// Leaving hands over everything in one action, closes the door first, and may
// be repeated.
func TestLeavingForGood(t *testing.T) {
	each(t, func(w *world) {
		heir, admin := w.user("Hera Heir", models.RoleRep), w.user("Ada Admin", models.RoleAdmin)
		theirs, err := w.s.SaveSender(w.ctx, models.Sender{OwnerID: &heir.ID, Kind: models.SenderMailbox, Provider: models.ProviderSandbox, Address: "hera@followup.example.com"}, models.ActorSystem, w.now)
		w.ok(err)
		e := w.enroll(follow("leaving", after(0, 0, 2, 0)))
		planned := w.touch(models.Touch{EnrollmentID: &e.ID, StepKey: "s1", Channel: models.ChannelEmail, SenderID: &w.sender.ID, DueAt: w.now.Add(time.Hour)})
		call, _ := w.openCall(models.Touch{})
		w.ok(w.s.StartSignIn(w.ctx, models.SignIn{ID: "one", UserID: w.rep.ID, CreatedAt: w.now, ExpiresAt: w.now.Add(time.Hour)}))
		by := models.UserActor(admin.ID)
		_, _, err = w.handOver(w.rep.ID, w.rep.ID, by, w.now)
		w.code(err, models.CodeInvalid)
		prospects, tasks, err := w.handOver(w.rep.ID, heir.ID, by, w.now)
		w.ok(err)
		w.want("prospects", prospects, 1)
		w.want("tasks", tasks, 1)
		person, err := w.s.Person(w.ctx, w.person.ID)
		w.ok(err)
		if person.Prospect.OwnerID != heir.ID || person.Prospect.Revision <= w.person.Revision {
			w.Errorf("owner %d, revision %d", person.Prospect.OwnerID, person.Prospect.Revision)
		}
		var touch models.Touch
		w.ok(w.db.Where("id = ?", planned.ID).Take(&touch).Error)
		if touch.RepID != heir.ID || touch.SenderID == nil || *touch.SenderID != theirs.ID {
			w.Errorf("the planned touch is %d's and goes by %v", touch.RepID, touch.SenderID)
		}
		if task, _ := w.s.Task(w.ctx, call.ID); task.UserID != heir.ID {
			w.Errorf("the task is %d's", task.UserID)
		}
		var run models.Enrollment
		w.ok(w.db.Where("id = ?", e.ID).Take(&run).Error)
		if run.RepID != heir.ID || run.State != models.EnrollmentActive {
			w.Errorf("the enrollment is %d's and %s", run.RepID, run.State)
		}
		senders, err := w.s.ViewSenders(w.ctx, 0)
		w.ok(err)
		for _, x := range senders {
			if x.ID == w.sender.ID && (x.State != models.SenderStopped || x.StoppedReason != models.StopOwnerLeft) {
				w.Errorf("their sender is %s (%s)", x.State, x.StoppedReason)
			}
		}
		if u, _ := w.s.SignedInUser(w.ctx, w.rep.ID, "one"); u != nil {
			w.Error("still signed in")
		}
		prospects, tasks, err = w.handOver(w.rep.ID, heir.ID, by, w.now)
		w.ok(err)
		w.want("once more", prospects+tasks, 0)
		left, err := w.s.StillTheirs(w.ctx, w.rep.ID)
		w.ok(err)
		w.want("still theirs", left.N, 0)
	})
}

// A sender rests when too much came back, says why, and counts anew after a
// person started it.
func TestSenderHealth(t *testing.T) {
	each(t, func(w *world) {
		real, err := w.s.SaveSender(w.ctx, models.Sender{Kind: models.SenderMailbox, Provider: models.ProviderSMTP, Address: "real@followup.example.com"}, models.ActorSystem, w.now)
		w.ok(err)
		_ = w.user("Mona Manager", models.RoleManager)
		at := w.now
		events := func(kind models.EventKind, code string, n int) {
			for range n {
				w.ok(w.db.Create(&models.Event{At: at, Actor: models.ActorScheduler, Kind: kind, Code: code, SenderID: &real.ID}).Error)
			}
		}
		state := func() models.Sender {
			all, err := w.s.ViewSenders(w.ctx, 0)
			w.ok(err)
			return all[slices.IndexFunc(all, func(x models.Sender) bool { return x.ID == real.ID })]
		}
		check := func() {
			w.ok(w.s.TallySenders(w.ctx, w.now))
			w.ok(w.s.RestHarmed(w.ctx, w.now))
		}
		events(models.EventTouchEnded, "sent", 100)
		events(models.EventTouchEnded, "skipped", 50)
		events(models.EventInbound, string(models.ClassBounceHard), 2)
		events(models.EventInbound, string(models.ClassHuman), 9)
		w.now = w.now.Add(2 * time.Minute)
		check()
		check() // nothing counts twice
		sums, err := w.s.SenderHealth(w.ctx, models.DateOf(at, time.UTC))
		w.ok(err)
		if h := sums[real.ID]; h != (models.SenderHealth{Sent: 100, Bounced: 2}) {
			w.Errorf("health %+v", h)
		}
		if state().State != models.SenderActive {
			w.Error("stopped at the threshold; only beyond it harms")
		}
		at = w.now
		events(models.EventReceipt, "failed", 1)
		w.now = w.now.Add(2 * time.Minute)
		check()
		if x := state(); x.State != models.SenderStopped || x.StoppedReason != models.StopBounces || !strings.Contains(x.StoppedDetail, "3 of 100") {
			w.Errorf("sender %s %s %q", x.State, x.StoppedReason, x.StoppedDetail)
		}
		var tasks []models.Task
		w.ok(w.db.Where("sender_id = ? AND kind = 'resolve' AND state = 'open'", real.ID).Find(&tasks).Error)
		if len(tasks) != 1 || !strings.Contains(tasks[0].Detail, "(3.0 %, at most 2 %)") {
			w.Errorf("tasks %+v", tasks)
		}
		w.ok(w.s.StartSender(w.ctx, real.ID, w.by, w.now))
		check()
		if state().State != models.SenderActive {
			w.Error("stopped again for what was mended")
		}
	})
}

// Two complaints in a few hundred stop a sender; one is chance.
func TestHarm(t *testing.T) {
	for _, c := range []struct {
		h    models.SenderHealth
		want models.Reason
	}{
		{models.SenderHealth{Sent: 49, Bounced: 40}, ""},
		{models.SenderHealth{Sent: 50, Bounced: 1}, ""},
		{models.SenderHealth{Sent: 50, Bounced: 2}, models.StopBounces},
		{models.SenderHealth{Sent: 300, Complained: 1}, ""},
		{models.SenderHealth{Sent: 300, Complained: 2}, models.StopComplaints},
		{models.SenderHealth{Sent: 2000, Complained: 2}, ""},
		{models.SenderHealth{Sent: 2000, Complained: 3, Bounced: 400}, models.StopComplaints},
	} {
		if got := c.h.Harm(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.h, got, c.want)
		}
	}
}

// Two sections saved from what both read before lose nothing of each other's.
func TestChangeSettings(t *testing.T) {
	each(t, func(w *world) {
		change := func(section string, fn func(*models.Settings)) {
			_, err := w.s.ChangeSettings(w.ctx, section, w.by, w.now, func(s *models.Settings) error { fn(s); return nil })
			w.ok(err)
		}
		change("sending", func(s *models.Settings) { s.FollowUpLimit, s.PostalAddress = 5, "1 Example Street" })
		change("time", func(s *models.Settings) { s.OutOfOfficeDays = 9 })
		change("time", func(*models.Settings) {}) // nothing changed: nothing is recorded
		set, err := w.s.Settings(w.ctx)
		w.ok(err)
		if set.FollowUpLimit != 5 || set.OutOfOfficeDays != 9 || set.Changed["sending"].By != w.by {
			w.Errorf("settings %+v", set)
		}
		var events []models.Event
		w.ok(w.db.Where("kind = ?", models.EventSettings).Order("id").Find(&events).Error)
		if len(events) != 2 || events[0].Data["FollowUpLimit"] != "7 → 5" || events[0].Data["PostalAddress"] != "changed" || events[1].Code != "time" {
			w.Errorf("events %+v", events)
		}
	})
}

// A pause takes effect at once: the very next claim sees it, on a running
// engine, and no claim that knows nothing of it is still under way when the
// pausing returns.
func TestTheClaimSeesAPauseAtOnce(t *testing.T) {
	each(t, func(w *world) {
		w.queue(models.Touch{Channel: models.ChannelEmail})
		entered, release := make(chan struct{}), make(chan struct{})
		claimed := make(chan error, 1)
		go func() {
			_, err := w.s.ClaimDue(context.Background(), w.request(), func(_ context.Context, dues []models.Due) []models.Decision {
				close(entered)
				<-release
				var out []models.Decision
				for _, d := range dues {
					out = append(out, models.Decision{TouchID: d.Touch.ID, Action: models.DecideHold, Reason: models.HoldGap, Until: w.now})
				}
				return out
			})
			claimed <- err
		}()
		<-entered
		paused := make(chan error, 1)
		go func() {
			_, err := w.s.ChangeSettings(context.Background(), "pause", w.by, w.now, func(s *models.Settings) error { s.PauseAll(w.by, "a test", w.now); return nil })
			paused <- err
		}()
		select {
		case err := <-paused:
			w.Fatalf("the pause returned while a claim that knows nothing of it was under way: %v", err)
		default:
		}
		close(release)
		w.ok(<-claimed)
		w.ok(<-paused)
		seen := 0
		w.now = w.now.Add(10 * time.Minute)
		w.claim(func(d models.Due) models.Decision {
			seen++
			if !d.Settings.Paused || d.Settings.PausedWhy != "a test" {
				w.Error("the claim after the pause does not know of it")
			}
			return models.Decision{TouchID: d.Touch.ID, Action: models.DecideHold, Reason: models.HoldWorkspace, Until: w.now}
		})
		w.want("judged", seen, 1)
		set, err := w.s.Settings(w.ctx)
		w.ok(err)
		if len(set.Pauses) != 1 || set.Pauses[0].By != w.by {
			w.Errorf("pauses %+v", set.Pauses)
		}
	})
}

// What is in the audit trail stays as it is.
func TestEventsAreAppendOnly(t *testing.T) {
	each(t, func(w *world) {
		for _, statement := range []string{"UPDATE events SET actor = 'nobody'", "DELETE FROM events"} {
			if err := w.db.Exec(statement).Error; err == nil || !strings.Contains(err.Error(), "append-only") {
				w.Errorf("%s: %v", statement, err)
			}
		}
		if w.s.Dialect() == store.Postgres {
			if err := w.db.Exec("TRUNCATE events").Error; err == nil {
				w.Error("TRUNCATE was let through")
			}
		}
	})
}

// Pages of the audit trail join without a gap or a repeat, by any filter, and
// an export gives the same.
func TestAuditPages(t *testing.T) {
	each(t, func(w *world) {
		kinds := []models.EventKind{models.EventTouchEnded, models.EventSettings, models.EventInbound}
		actors := []string{models.ActorScheduler, w.by, models.ActorCustomer}
		for i := range 300 {
			e := models.Event{At: w.now.Add(time.Duration(i/3) * time.Second), Actor: actors[i%3], Kind: kinds[i%2], Code: fmt.Sprint(i)}
			if i%4 == 0 {
				e.ProspectID = &w.person.ID
			}
			w.ok(w.db.Create(&e).Error)
		}
		for name, q := range map[string]store.AuditQuery{
			"all": {}, "kind": {Kind: models.EventSettings}, "actor": {Actor: w.by}, "person": {ProspectID: w.person.ID}, "person and kind": {ProspectID: w.person.ID, Kind: models.EventTouchEnded}, "person and actor": {ProspectID: w.person.ID, Actor: w.by},
			"machine": {Actor: models.ActorScheduler},
			"days":    {From: w.now.Add(10 * time.Second), To: w.now.Add(60 * time.Second)}, "both": {Actor: w.by, Kind: models.EventTouchEnded},
		} {
			var paged, exported []int64
			q.Limit = 7
			for first := true; first || q.Cursor != ""; first = false {
				page, err := w.s.ViewAudit(w.ctx, q)
				w.ok(err)
				for _, r := range page.Rows {
					paged = append(paged, r.Event.ID)
				}
				q.Cursor = page.Next
			}
			w.ok(w.s.ExportAudit(w.ctx, q, func(e models.Event) error { exported = append(exported, e.ID); return nil }))
			if len(paged) < 10 || !slices.Equal(paged, exported) {
				w.Errorf("%s: %d in pages, %d exported", name, len(paged), len(exported))
			}
		}
	})
}

// One decision settles an incident: noted as sent, sent again, or set aside.
func TestResolveUnconfirmed(t *testing.T) {
	each(t, func(w *world) {
		unknown := func() models.Touch {
			d := w.sending(models.Touch{Channel: models.ChannelEmail})
			w.ok(w.db.Model(&models.Touch{}).Where("id = ?", d.Touch.ID).UpdateColumns(map[string]any{"state": models.TouchUnconfirmed, "replica": ""}).Error)
			return d.Touch
		}
		a, b, c := unknown(), unknown(), unknown()
		for _, r := range []struct {
			of  models.Touch
			how models.Resolution
			to  models.TouchState
		}{{a, models.ResolveSent, models.TouchSent}, {b, models.ResolveAgain, models.TouchPlanned}, {c, models.ResolveDismiss, models.TouchDismissed}} {
			n, err := w.s.ResolveUnconfirmed(w.ctx, w.sender.ID, []int64{r.of.ID}, r.how, w.by, w.now)
			w.ok(err)
			w.want(string(r.how), n, 1)
			var now models.Touch
			w.ok(w.db.Where("id = ?", r.of.ID).Take(&now).Error)
			if now.State != r.to {
				w.Errorf("%s: the touch is %s, want %s", r.how, now.State, r.to)
			}
		}
		n, err := w.s.ResolveUnconfirmed(w.ctx, w.sender.ID, nil, models.ResolveAgain, w.by, w.now)
		w.ok(err)
		w.want("a second click", n, 0)
	})
}

// What a stranger writes to a shared mailbox is its assignee's to see to.
func TestAssigneeOfASharedMailbox(t *testing.T) {
	each(t, func(w *world) {
		w.user("Mona Manager", models.RoleManager)
		assignee := w.user("Anna Assignee", models.RoleRep)
		shared, err := w.s.SaveSender(w.ctx, models.Sender{Kind: models.SenderMailbox, Provider: models.ProviderSMTP, Address: "info@followup.example.com"}, models.ActorSystem, w.now)
		w.ok(err)
		w.ok(w.s.ChangeSender(w.ctx, shared.ID, w.by, w.now, func(x *models.Sender) { x.Settings.AssigneeID = assignee.ID }))
		if got := store.UserFor(w.s, shared.ID); got != assignee.ID {
			w.Errorf("user %d sees to it, want the assignee %d", got, assignee.ID)
		}
		leaves := assignee
		leaves.DisabledAt = &w.now
		_, err = w.s.SaveUser(w.ctx, leaves, w.by, w.now)
		w.ok(err)
		if got := store.UserFor(w.s, shared.ID); got == assignee.ID || got == 0 {
			w.Errorf("user %d sees to it after the assignee left", got)
		}
	})
}
