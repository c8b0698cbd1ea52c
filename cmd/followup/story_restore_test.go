package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/store/storetest"
)

// lose backs the workspace up at one time, lets then happen on the old
// database, and goes on at another time with what was restored into a new one.
func (s *story) lose(at, back time.Time, then func()) {
	s.t.Helper()
	s.now.set(at)
	var file bytes.Buffer
	if _, err := s.store.Backup(s.t.Context(), &file, at, nil); err != nil {
		s.t.Fatal(err)
	}
	then()
	s.quiet()
	s.now.set(back)
	s.cfg.Database = storetest.EmptyPostgresDSN(s.t)
	a, err := wire(s.t.Context(), s.cfg, s.now.Now, s.log, wireOptions{noMigrate: true})
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := a.store.Restore(s.t.Context(), &file, back, nil); err != nil {
		s.t.Fatal(err)
	}
	if err := a.close(); err != nil {
		s.t.Fatal(err)
	}
	s.app = s.wired()
	if err := s.awaitAnswers(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// reconcile lets everything be read and takes one step.
func (s *story) reconcile(now time.Time) {
	s.t.Helper()
	s.now.set(now)
	s.readUpTo(now)
	if _, err := s.restored.Step(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// resume closes the task about the restoring, as a person does.
func (s *story) resume(now time.Time) error {
	s.t.Helper()
	for _, task := range s.openTasks(models.TaskResolve) {
		if task.Reason == models.AttentionRestored {
			_, err := s.store.CloseTask(s.t.Context(), task.ID, models.TaskDone, "", models.UserActor(s.rep.ID), now)
			return err
		}
	}
	s.t.Fatal("there is no task about the restoring")
	return nil
}

// TestRestoredAfterSending: the text left after the backup was taken. The
// restored workspace does not know, and never sends it again.
func TestRestoredAfterSending(t *testing.T) {
	s := newStory(t)
	call, _ := s.unanswered()
	s.at(call.Add(time.Minute))
	before := len(s.twilio.Messages())
	back := call.Add(time.Hour)
	s.lose(call.Add(5*time.Minute), back, func() { s.at(call.Add(11 * time.Minute)) })
	sent := len(s.twilio.Messages())
	if sent != before+1 {
		t.Fatalf("%d texts left before the crash, want 1", sent-before)
	}
	for range 3 {
		if err := s.scheduler.Tick(t.Context(), back); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.resume(back); models.CodeOf(err) != models.CodeConflict {
		t.Errorf("resumed before anything was read: %v", err)
	}
	s.listen()
	s.reconcile(back.Add(5 * time.Minute))
	state, err := s.store.RestoredState(t.Context())
	if err != nil || state.Parked != 1 || len(state.Unread) != 0 || state.Restored.ReconciledAt == nil {
		t.Fatalf("reconciled: %+v, %v", state, err)
	}
	thread, err := s.store.Thread(t.Context(), s.dana.ID, 20)
	if err != nil || len(thread.Messages) == 0 || thread.Messages[len(thread.Messages)-1].ProviderID != s.twilio.Messages()[sent-1].SID {
		t.Errorf("the text that left is not in the conversation: %+v, %v", thread.Messages, err)
	}
	if err := s.resume(back.Add(6 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	for _, later := range []time.Duration{7 * time.Minute, time.Hour, 3 * 24 * time.Hour} {
		s.at(back.Add(later))
		s.reconcile(back.Add(later))
	}
	if got := len(s.twilio.Messages()); got != sent {
		t.Errorf("%d texts left again", got-sent)
	}
	set, err := s.store.Settings(t.Context())
	if err != nil || set.Paused {
		t.Errorf("still paused: %+v, %v", set, err)
	}
	unconfirmed := 0
	for _, task := range s.openTasks(models.TaskResolve) {
		if task.Reason == models.AttentionUnconfirmed && strings.Contains(task.Detail, "restored from a backup") {
			unconfirmed++
		}
	}
	if unconfirmed != 1 {
		t.Errorf("%d tasks ask what became of the text, want 1", unconfirmed)
	}
}

// TestRestoredBeforeSending: the crash came before the text was due. Twilio's
// list proves that nothing left, so it goes out once, after a person has
// resumed; the answer that came meanwhile would have stopped it.
func TestRestoredBeforeSending(t *testing.T) {
	for name, answered := range map[string]bool{"silence": false, "an answer": true} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			call, e := s.unanswered()
			s.at(call.Add(time.Minute))
			before := len(s.twilio.Messages())
			back := call.Add(time.Hour)
			s.lose(call.Add(5*time.Minute), back, func() {
				if answered {
					s.now.set(call.Add(8 * time.Minute))
					s.twilio.Receive(danasNumber, ourNumber, "Sorry, was driving.")
				}
			})
			s.listen()
			s.reconcile(back.Add(5 * time.Minute))
			if state, err := s.store.RestoredState(t.Context()); err != nil || state.Parked != 0 {
				t.Fatalf("reconciled: %+v, %v", state, err)
			}
			s.at(back.Add(6 * time.Minute))
			if got := len(s.twilio.Messages()); got != before {
				t.Fatal("a text left before anybody resumed")
			}
			if err := s.resume(back.Add(7 * time.Minute)); err != nil {
				t.Fatal(err)
			}
			for _, later := range []time.Duration{8 * time.Minute, 10 * time.Minute, time.Hour} {
				s.at(back.Add(later))
			}
			want := before + 1
			if answered {
				want = before
				if !pausedIn(s.person(), e.ID) {
					t.Error("the answer did not pause the sequence")
				}
			}
			if got := len(s.twilio.Messages()); got != want {
				t.Errorf("%d texts, want %d", got-before, want-before)
			}
		})
	}
}

// TestRestoredCall: nobody but the rep knows whether a booked call of the lost
// time was held; it is neither missed nor apologised for.
func TestRestoredCall(t *testing.T) {
	s := newStory(t)
	newYork, _ := time.LoadLocation("America/New_York")
	call := time.Date(2026, time.December, 3, 15, 0, 0, 0, newYork)
	s.enroll("booked-call-back", &call)
	s.at(monday)
	back := call.Add(2 * time.Hour)
	s.lose(call.Add(-time.Hour), back, func() {})
	s.listen()
	s.reconcile(back.Add(5 * time.Minute))
	mails, texts := len(s.smtp.Accepted()), len(s.twilio.Messages())+len(s.twilio.Calls())
	if err := s.resume(back.Add(6 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	s.at(back.Add(10 * time.Minute))
	s.at(back.Add(time.Hour))
	booked := bookedOf(s.openTasks(models.TaskCall))
	if len(booked) != 1 || !strings.HasPrefix(booked[0].Title, "What came of the call with Dana") {
		t.Errorf("tasks: %+v", booked)
	}
	if len(s.smtp.Accepted()) != mails || len(s.twilio.Messages())+len(s.twilio.Calls()) != texts {
		t.Error("something was sent about a call of which nobody knows")
	}
}

// TestBackupCommands: a workspace moves from one data folder to another.
func TestBackupCommands(t *testing.T) {
	s := workspace(t)
	file := filepath.Join(t.TempDir(), "followup.backup")
	if r := s.run("backup", file); r.status != 0 || !strings.Contains(r.err, "secret.key") {
		t.Fatalf("backup: %+v", r)
	}
	if r := s.run("backup", file); r.status != 1 || !strings.Contains(r.err, "exists already") {
		t.Errorf("over an older backup: %+v", r)
	}
	if r := s.run("restore", file); r.status != 1 || !strings.Contains(r.err, "not empty") {
		t.Errorf("into a full database: %+v", r)
	}
	other := newShell(t)
	if r := other.run("restore", other.file("broken", "no backup")); r.status != 1 || !strings.Contains(r.err, "no backup") {
		t.Errorf("a broken file: %+v", r)
	}
	if left, err := filepath.Glob(filepath.Join(other.data, "followup.db*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	out := other.ok("restore", file)
	if !strings.Contains(out, "paused") || !strings.Contains(out, "another key") {
		t.Errorf("restore said: %s", out)
	}
	if out := other.run("doctor").out; !strings.Contains(out, "restored") {
		t.Errorf("doctor: %s", out)
	}
	if r := other.run("resume"); r.status != 1 || !strings.Contains(r.err, "--unchecked") {
		t.Errorf("resume before reconciling: %+v", r)
	}
	if out := other.ok("resume", "--unchecked"); !strings.Contains(out, "sends again") {
		t.Errorf("resume: %s", out)
	}
	if r := s.run("resume"); r.status != 1 || !strings.Contains(r.err, "not restored") {
		t.Errorf("resume of what was never restored: %+v", r)
	}
}
