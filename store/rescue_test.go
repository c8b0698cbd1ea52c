package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

func TestRecheck(t *testing.T) {
	stops := map[string]struct {
		stop  func(*world, models.Enrollment)
		state models.TouchState
		why   models.Reason
	}{
		"nothing happened": {func(*world, models.Enrollment) {}, models.TouchSending, ""},
		"a reply":          {func(w *world, _ models.Enrollment) { w.reply(pauseAll) }, models.TouchCanceled, models.CancelPaused},
		"ended by hand": {func(w *world, e models.Enrollment) {
			w.ok(w.s.FinishEnrollment(w.ctx, e.ID, models.FinishRemoved, w.by, w.now))
		}, models.TouchCanceled, models.CancelFinished},
		"suppressed address": {func(w *world, _ models.Enrollment) {
			_, err := w.s.Suppress(w.ctx, models.Suppression{Scope: models.SuppressAddress, Value: herEmail, By: w.by, CreatedAt: w.now})
			w.ok(err)
		}, models.TouchPlanned, ""},
		"an opt-out of the person": {func(w *world, _ models.Enrollment) {
			_, err := w.s.Suppress(w.ctx, models.Suppression{Scope: models.SuppressPerson, ProspectID: &w.person.ID, By: w.by, CreatedAt: w.now})
			w.ok(err)
		}, models.TouchCanceled, models.CancelFinished},
		"suppressed domain": {func(w *world, _ models.Enrollment) {
			_, err := w.s.Suppress(w.ctx, models.Suppression{Scope: models.SuppressDomain, Value: "acme.example.com", By: w.by, CreatedAt: w.now})
			w.ok(err)
		}, models.TouchPlanned, ""},
		"the workspace paused": {func(w *world, _ models.Enrollment) {
			set := models.DefaultSettings()
			set.Paused = true
			w.ok(w.s.SaveSettings(w.ctx, set, w.by, w.now))
		}, models.TouchPlanned, ""},
		"the sender stopped": {func(w *world, _ models.Enrollment) {
			w.ok(w.db.Model(&models.Sender{}).Where("id = ?", w.sender.ID).UpdateColumn("state", models.SenderStopped).Error)
		}, models.TouchPlanned, ""},
		"a company hold": {func(w *world, _ models.Enrollment) {
			w.ok(w.db.Create(&models.CompanyHold{CompanyID: *w.person.CompanyID, Reason: models.PauseColleagueReplied, CreatedAt: w.now}).Error)
		}, models.TouchPlanned, ""},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for name, tc := range stops {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, freshLike(t, s))
				e := w.enroll(follow("f", after(0, 0, 0, 0), after(0, 0, 2, 0)))
				d := w.sending(models.Touch{EnrollmentID: &e.ID})
				tc.stop(w, e)
				stopped, err := w.s.Recheck(w.ctx, "here", w.now, []int64{d.Touch.ID})
				w.ok(err)
				if want := tc.state != models.TouchSending; slices.Contains(stopped, d.Touch.ID) != want {
					t.Errorf("stopped %v, want it in: %v", stopped, want)
				}
				w.isTouch(d.Touch.ID, tc.state, tc.why)
				if tc.state != models.TouchSending {
					w.want("messages", len(w.outbound(d.Touch.ID)), 0)
				}
			})
		}
	})
}

// freshLike opens another fresh database of the same dialect.
func freshLike(t *testing.T, s *store.Store) *store.Store {
	if s.Dialect() == store.Postgres {
		return storetest.Postgres(t)
	}
	return storetest.SQLite(t)
}

func TestRecheckNamesWhatIsNotOurs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		d := w.sending(models.Touch{})
		for _, replica := range []string{"there", "here"} {
			stopped, err := s.Recheck(w.ctx, replica, w.now, []int64{d.Touch.ID})
			w.ok(err)
			if want := replica == "there"; (len(stopped) == 1) != want {
				t.Errorf("%s: stopped %v", replica, stopped)
			}
			w.isTouch(d.Touch.ID, models.TouchSending, "")
		}
	})
}

func TestRescue(t *testing.T) {
	const silent = time.Minute
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		rescue := func(as string, inFlight []int64, at time.Time) (int, int) {
			t.Helper()
			w.ok(s.Heartbeat(w.ctx, as, at, 3*time.Millisecond))
			replanned, lost, err := s.Rescue(w.ctx, as, inFlight, at, silent)
			w.ok(err)
			return replanned, lost
		}
		known, forgotten := w.sending(models.Touch{StepKey: "known"}), w.sending(models.Touch{StepKey: "forgotten"})
		replanned, lost := rescue("here", []int64{known.Touch.ID}, w.now)
		w.want("planned again", replanned, 1)
		w.want("unconfirmed", lost, 0)
		w.isTouch(known.Touch.ID, models.TouchSending, "")
		w.isTouch(forgotten.Touch.ID, models.TouchPlanned, "")
		w.want("messages of the forgotten", len(w.outbound(forgotten.Touch.ID)), 0)
		w.ok(w.db.Model(&models.Touch{}).Where("id = ?", forgotten.Touch.ID).UpdateColumn("state", models.TouchCanceled).Error)

		// Another replica leaves it alone while the first lives, and while a hand-over could still begin.
		_, lost = rescue("there", nil, w.now.Add(20*time.Second))
		w.want("of a living replica", lost, 0)
		w.ok(w.db.Exec("DELETE FROM replicas WHERE id = 'here'").Error)
		_, lost = rescue("there", nil, w.now.Add(31*time.Second))
		w.want("just past send_by", lost, 0)
		late := w.now.Add(30*time.Second + silent + time.Second)
		_, lost = rescue("there", nil, late)
		w.want("of a silent replica", lost, 1)
		w.isTouch(known.Touch.ID, models.TouchUnconfirmed, "")
		w.want("tasks", count[models.Task](w, "reason = ? AND state = 'open'", models.AttentionUnconfirmed), 1)
		w.want("sent again blindly", w.claim(sendIt).Judged, 0)

		// The frozen replica wakes up: its word is late but true.
		w.settle(result(known, models.SendAccepted, late))
		w.isTouch(known.Touch.ID, models.TouchSent, models.EndSent)
		w.want("tasks", count[models.Task](w, "reason = ? AND state = 'open'", models.AttentionUnconfirmed), 0)

		h, err := s.Health(w.ctx, late)
		w.ok(err)
		if !h.LastTick.Equal(late) || h.LastTickTook != 3*time.Millisecond {
			t.Errorf("last tick %v took %v", h.LastTick, h.LastTickTook)
		}
	})
}

// However many there are, each is asked about at once, and then ever more
// rarely by all replicas together: whoever cannot be proved takes no turn from
// the others, and asking does not outgrow sending.
func TestUnconfirmedAreAskedAboutEverMoreRarely(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		const lost, limit = 5, 2
		for i := range lost {
			d := w.sending(models.Touch{StepKey: fmt.Sprintf("lost%d", i)})
			w.settle(result(d, models.SendAmbiguous, w.now))
		}
		// A round lists what is to be asked about by then, and learns nothing.
		round := func(at time.Time) (asked int) {
			list, err := s.Unconfirmed(w.ctx, at, limit)
			w.ok(err)
			for _, d := range list {
				w.ok(s.Reconcile(w.ctx, d.Touch.ID, false, false, "", at))
			}
			return len(list)
		}
		rounds := func(at time.Time) (asked int) {
			for n := round(at); n > 0 && asked <= lost; n = round(at) {
				asked += n
			}
			return asked
		}
		from := w.now
		for _, c := range []struct {
			seconds int
			asked   int
		}{
			{0, lost}, {0, 0}, {19, 0}, {20, lost}, {59, 0}, {60, lost}, {139, 0}, {140, lost}, {300, lost}, {620, lost}, {1260, lost}, {2540, lost},
			{5099, 0}, {5100, lost}, {8699, 0}, {8700, lost}, {12299, 0}, {12300, lost}, // hourly at last
		} {
			if got := rounds(from.Add(time.Duration(c.seconds) * time.Second)); got != c.asked {
				t.Errorf("after %d s %d were asked about, want %d", c.seconds, got, c.asked)
			}
		}
		w.want("tasks", count[models.Task](w, "reason = ? AND state = 'open'", models.AttentionUnconfirmed), 1)
	})
}

func TestReconcile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("f", after(0, 0, 0, 0), after(0, 0, 2, 0)))
		lose := func(touch models.Touch) models.Dispatch {
			d := w.sending(touch)
			w.settle(result(d, models.SendAmbiguous, w.now))
			return d
		}
		found, absent := lose(models.Touch{EnrollmentID: &e.ID}), lose(models.Touch{StepKey: "absent"})
		list, err := s.Unconfirmed(w.ctx, w.now, 10)
		w.ok(err)
		if len(list) != 2 || list[0].Message.Token == "" || list[0].Message.Sender == nil {
			t.Fatalf("unconfirmed: %+v", list)
		}
		w.ok(s.Reconcile(w.ctx, found.Touch.ID, true, false, "SM1", w.now))
		w.isTouch(found.Touch.ID, models.TouchSent, models.EndSent)
		if m := w.outbound(found.Touch.ID)[0]; m.ProviderID != "SM1" || m.State != models.MessageSent {
			t.Errorf("the found message: %+v", m)
		}
		w.isEnrollment(e.ID, models.EnrollmentActive, true)

		w.ok(s.Reconcile(w.ctx, absent.Touch.ID, false, false, "", w.now))
		w.isTouch(absent.Touch.ID, models.TouchUnconfirmed, "")
		w.want("tasks", count[models.Task](w, "reason = ? AND state = 'open'", models.AttentionUnconfirmed), 1)
		w.ok(s.Reconcile(w.ctx, absent.Touch.ID, false, true, "", w.now))
		w.isTouch(absent.Touch.ID, models.TouchPlanned, "")
		w.want("tasks", count[models.Task](w, "reason = ? AND state = 'open'", models.AttentionUnconfirmed), 0)

		// Absent proves nothing while the hand-over may still be under way.
		c := w.claim(sendIt)
		alive := c.Dispatches[0]
		w.ok(s.Heartbeat(w.ctx, "here", w.now, 0))
		w.ok(w.db.Model(&models.Touch{}).Where("id = ?", alive.Touch.ID).UpdateColumn("state", models.TouchUnconfirmed).Error)
		w.ok(s.Reconcile(w.ctx, alive.Touch.ID, false, true, "", w.now))
		w.isTouch(alive.Touch.ID, models.TouchUnconfirmed, "")
	})
}
