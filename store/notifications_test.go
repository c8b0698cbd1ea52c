package store_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

func (w *world) choose(u models.User, c models.NotifyChoice) {
	w.Helper()
	u.Notify = c
	_, err := w.s.SaveUser(w.ctx, u, w.by, w.now)
	w.ok(err)
}

func ways(kind models.NotificationKind, by ...models.NotificationWay) models.NotifyChoice {
	return models.NotifyChoice{Ways: map[models.NotificationKind][]models.NotificationWay{kind: by}}
}

// An answer and a call that is near are told once in each way that was chosen,
// however many replicas look and however often.
func TestNoticeOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		choice := ways(models.NotifyAnswer, models.WayBrowser, models.WayEmail)
		choice.Ways[models.NotifyCallSoon] = []models.NotificationWay{models.WayText}
		w.choose(w.rep, choice)
		w.reply(pauseAll)
		a, err := s.Book(w.ctx, models.Booking{ProspectID: w.person.ID, RepID: w.rep.ID, StartsAt: w.now.Add(11 * time.Minute), By: w.by, Now: w.now})
		w.ok(err)
		look := func() {
			var both sync.WaitGroup
			for range 3 {
				both.Go(func() {
					if _, err := s.Notice(w.ctx, w.now); err != nil {
						t.Error(err)
					}
				})
			}
			both.Wait()
		}
		look()
		for _, c := range []struct {
			what, query string
			want        int
		}{
			{"answers", "kind = 'answer'", 2},
			{"calls before the ten minutes", "kind = 'call_soon'", 0},
		} {
			if n := count[models.Notification](w, c.query); n != c.want {
				t.Errorf("%s: %d, want %d", c.what, n, c.want)
			}
		}
		w.now = w.now.Add(2 * time.Minute)
		look()
		look()
		if n := count[models.Notification](w, "kind = 'call_soon' AND about = ?", fmt.Sprintf("call:%d:1", a.ID)); n != 1 {
			t.Errorf("%d told of the call", n)
		}
		_, err = s.MoveAppointment(w.ctx, a.ID, models.Booking{ProspectID: w.person.ID, StartsAt: w.now.Add(5 * time.Minute), By: w.by, Now: w.now})
		w.ok(err)
		look()
		if n := count[models.Notification](w, "kind = 'call_soon'"); n != 2 {
			t.Errorf("%d told of the call and of its new minute", n)
		}
	})
}

// Two replicas claim at the same moment: each notification is one's; and what
// lost its occasion is sent by neither.
func TestClaimNotificationsOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.choose(w.rep, ways(models.NotifyAnswer, models.WayEmail, models.WayText))
		w.reply(pauseAll)
		_, err := s.Notice(w.ctx, w.now)
		w.ok(err)
		var mu sync.Mutex
		taken := map[int64]int{}
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				due, err := s.ClaimNotifications(w.ctx, w.now, 10)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				for _, d := range due {
					taken[d.Notification.ID]++
				}
			})
		}
		all.Wait()
		if len(taken) != 2 {
			t.Fatalf("taken %v, want two", taken)
		}
		for id, n := range taken {
			if n != 1 {
				t.Errorf("notification %d was taken %d times", id, n)
			}
		}
		// Answered before the quiet time ended: no need to tell any more.
		quiet := ways(models.NotifyAnswer, models.WayEmail)
		quiet.QuietFrom, quiet.QuietTo = 0, 23*60+59
		w.choose(w.rep, quiet)
		w.reply(pauseAll)
		_, err = s.Notice(w.ctx, w.now)
		w.ok(err)
		if due, err := s.ClaimNotifications(w.ctx, w.now, 10); err != nil || len(due) != 0 {
			t.Errorf("in the quiet time %d were taken, %v", len(due), err)
		}
		_, err = s.CloseTask(w.ctx, w.replyTask().ID, models.TaskDone, "", w.by, w.now)
		w.ok(err)
		if due, err := s.ClaimNotifications(w.ctx, w.now.Add(24*time.Hour), 10); err != nil || len(due) != 0 {
			t.Errorf("after the answer %d were taken, %v", len(due), err)
		}
		if n := count[models.Notification](w, "state = ?", models.NotificationDropped); n != 1 {
			t.Errorf("%d dropped", n)
		}
	})
}

// Two minutes after the minute somebody else is asked, once; dialling takes
// the question back.
func TestStandIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		manager := w.user("Mara Manager", models.RoleManager)
		other := w.user("Omar Other", models.RoleRep)
		book := func(at time.Time) models.Task {
			a, err := s.Book(w.ctx, models.Booking{ProspectID: w.person.ID, RepID: w.rep.ID, StartsAt: at, By: w.by, Now: w.now})
			w.ok(err)
			return w.open(a)
		}
		asked := func(at time.Time) int {
			n, err := s.StandIn(w.ctx, at, 10)
			w.ok(err)
			return n
		}
		at := w.now
		task := book(at)
		for _, c := range []struct {
			after time.Duration
			want  int
		}{{models.StandInAfter - time.Second, 0}, {models.StandInAfter, 1}, {5 * time.Minute, 0}} {
			if n := asked(at.Add(c.after)); n != c.want {
				t.Errorf("%s after the minute %d asked, want %d", c.after, n, c.want)
			}
		}
		var alarm models.Task
		w.ok(w.db.Where("reason = ?", models.AttentionUndialled).Take(&alarm).Error)
		if alarm.UserID != manager.ID || alarm.TouchID != nil || !alarm.Urgent {
			t.Errorf("alarm %+v", alarm)
		}
		if ok, err := s.AskedToStandIn(w.ctx, manager.ID, *task.AppointmentID); err != nil || !ok {
			t.Errorf("asked: %v %v", ok, err)
		}
		_, err := s.Dialed(w.ctx, task.ID, w.by, at.Add(6*time.Minute))
		w.ok(err)
		asked(at.Add(6 * time.Minute))
		if got := load[models.Task](w, alarm.ID); got.State != models.TaskCanceled {
			t.Errorf("after the dial the alarm is %s", got.State)
		}
		// The next time it is whom the rep named.
		w.rep.StandInID = &other.ID
		_, err = s.SaveUser(w.ctx, w.rep, w.by, w.now)
		w.ok(err)
		w.now = at.Add(time.Hour)
		book(w.now)
		if n := asked(w.now.Add(3 * time.Minute)); n != 1 {
			t.Errorf("%d asked", n)
		}
		if n := count[models.Task](w, "reason = ? AND user_id = ? AND state = 'open'", models.AttentionUndialled, other.ID); n != 1 {
			t.Errorf("the named stand-in has %d alarms", n)
		}
	})
}

// While a rep is away, whoever stands in is told that a booked call is near,
// and is whose stand-in is asked; nobody is asked who is away.
func TestAwayFromABookedCall(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		here, away, manager := w.user("Helga Here", models.RoleRep), w.user("Ansel Away", models.RoleRep), w.user("Mara Manager", models.RoleManager)
		here.StandInID = &away.ID
		_, err := s.SaveUser(w.ctx, here, w.by, w.now)
		w.ok(err)
		at := w.now.Add(time.Hour)
		a, err := s.Book(w.ctx, models.Booking{ProspectID: w.person.ID, RepID: w.rep.ID, StartsAt: at, By: w.by, Now: w.now})
		w.ok(err)
		for user, standIn := range map[int64]*int64{w.rep.ID: &here.ID, away.ID: nil} {
			_, err := s.StartLeave(w.ctx, models.Leave{UserID: user, StandInID: standIn, StartsAt: w.now.Add(-time.Hour), EndsAt: w.now.Add(48 * time.Hour), CreatedBy: w.by, CreatedAt: w.now}, w.now)
			w.ok(err)
		}
		w.ok(s.ApplyLeaves(w.ctx, w.now))
		for range 2 { // told once
			_, err = s.Notice(w.ctx, at.Add(-9*time.Minute))
			w.ok(err)
		}
		about := fmt.Sprintf("call:%d:%d", a.ID, a.Revision)
		if n := count[models.Notification](w, "about = ? AND user_id = ?", about, here.ID); n != 1 {
			t.Errorf("the stand-in is told %d times that the call is near", n)
		}
		if n := count[models.Notification](w, "about = ? AND user_id <> ?", about, here.ID); n != 0 {
			t.Errorf("%d others are told", n)
		}
		w.now = at
		w.open(a)
		w.ok(s.ApplyLeaves(w.ctx, at))
		if n, err := s.StandIn(w.ctx, at.Add(models.StandInAfter), 10); err != nil || n != 1 {
			t.Fatalf("%d asked, %v", n, err)
		}
		var alarm models.Task
		w.ok(w.db.Where("reason = ?", models.AttentionUndialled).Take(&alarm).Error)
		if alarm.UserID != manager.ID || !strings.Contains(alarm.Detail, "Helga Here has not dialled") {
			t.Errorf("the alarm goes to user %d: %s", alarm.UserID, alarm.Detail)
		}
	})
}

// A working day after its time a task is shown to the manager: not over a
// weekend, and with one event.
func TestEscalateOverdue(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		friday := time.Date(2026, 11, 20, 20, 0, 0, 0, time.UTC) // 15:00 in New York
		task := w.task(models.Task{Kind: models.TaskReview, ProspectID: &w.person.ID, DueAt: friday})
		for _, c := range []struct {
			at   time.Time
			want int
		}{
			{friday.Add(48 * time.Hour), 0}, // Sunday
			{friday.Add(72*time.Hour - time.Minute), 0},
			{friday.Add(72 * time.Hour), 1}, // Monday, 15:00
			{friday.Add(96 * time.Hour), 0},
		} {
			if n, err := s.EscalateOverdue(w.ctx, c.at, 10); err != nil || n != c.want {
				t.Errorf("%s: %d, want %d; %v", c.at, n, c.want, err)
			}
		}
		if n := count[models.Event](w, "kind = ? AND task_id = ?", models.EventTaskEscalated, task.ID); n != 1 {
			t.Errorf("%d events", n)
		}
		v, err := s.ViewToday(w.ctx, store.TodayFilter{UserIDs: []int64{-1}, OverdueOf: []int64{w.rep.ID}, Now: w.now, DayStart: w.now, Until: w.now})
		w.ok(err)
		if len(v.Overdue) != 1 || v.Overdue[0].Rep != w.rep.Name {
			t.Errorf("the manager sees %+v", v.Overdue)
		}
	})
}

// One digest a day and rep, however many replicas run; none where it is off,
// before seven, or on a day with nothing in it.
func TestDigestOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		off := w.user("Olga Off", models.RoleRep)
		w.choose(off, models.NotifyChoice{NoDigest: true})
		w.user("Ida Idle", models.RoleRep)
		seven := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) // Monday, 7:00 in New York
		w.now = seven.Add(-time.Hour)
		w.reply(pauseAll)
		_, err := s.Book(w.ctx, models.Booking{ProspectID: w.person.ID, RepID: w.rep.ID, StartsAt: seven.Add(8 * time.Hour), By: w.by, Now: w.now})
		w.ok(err)
		_, err = s.RecordCommitment(w.ctx, models.Commitment{ProspectID: w.person.ID, RepID: w.rep.ID, Outcome: "Send the counts", DueOn: "2026-11-20", CreatedAt: w.now, UpdatedAt: w.now}, w.by)
		w.ok(err)
		var mu sync.Mutex
		var rendered []models.Digest
		send := func(at time.Time) int {
			var sum int
			var all sync.WaitGroup
			for range 3 {
				all.Go(func() {
					n, err := s.SendDigests(w.ctx, at, func(d models.Digest) (models.Notification, error) {
						mu.Lock()
						defer mu.Unlock()
						rendered = append(rendered, d)
						return models.Notification{Title: "Today", Text: "x", Href: "/"}, nil
					})
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					defer mu.Unlock()
					sum += n
				})
			}
			all.Wait()
			return sum
		}
		for _, c := range []struct {
			at   time.Time
			want int
		}{{seven.Add(-time.Minute), 0}, {seven, 1}, {seven.Add(time.Hour), 0}, {seven.Add(24 * time.Hour), 1}} {
			if n := send(c.at); n != c.want {
				t.Errorf("at %s %d digests, want %d", c.at, n, c.want)
			}
		}
		d := rendered[0]
		if len(d.Calls) != 1 || len(d.Waiting) != 1 || len(d.Late) != 1 || d.User.ID != w.rep.ID || d.Waiting[0].Words == "" {
			t.Errorf("digest %+v", d)
		}
		if n := count[models.Notification](w, "kind = 'digest' AND user_id = ? AND way = 'email'", w.rep.ID); n != 2 {
			t.Errorf("%d digests for the rep over two days", n)
		}
	})
}

// Seven in the morning is each rep's own, on both sides of a change of the
// clocks; one digest that cannot be worded keeps nobody else from theirs.
func TestDigestInTheirZone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		reps := map[string]models.User{"New York": w.rep}
		for name, zone := range map[string]string{"Berlin": "Europe/Berlin", "Kolkata": "Asia/Kolkata"} {
			u := w.user(name, models.RoleRep)
			w.ok(w.db.Model(&models.User{}).Where("id = ?", u.ID).UpdateColumn("zone", zone).Error)
			reps[name] = u
		}
		names := map[int64]string{}
		for name, u := range reps {
			names[u.ID] = name
			_, err := s.RecordCommitment(w.ctx, models.Commitment{ProspectID: w.person.ID, RepID: u.ID, Outcome: "Send the counts", DueOn: "2026-01-20", CreatedAt: w.now, UpdatedAt: w.now}, w.by)
			w.ok(err)
		}
		day := func(month time.Month, d, hour, minute int) time.Time {
			return time.Date(2027, month, d, hour, minute, 0, 0, time.UTC)
		}
		for _, c := range []struct {
			at   time.Time
			want string
		}{
			{day(3, 12, 1, 29), ""}, {day(3, 12, 1, 30), "Kolkata"}, {day(3, 12, 5, 59), ""}, {day(3, 12, 6, 0), "Berlin"}, {day(3, 12, 11, 59), ""}, {day(3, 12, 12, 0), "New York"},
			{day(3, 15, 1, 30), "Kolkata"}, {day(3, 15, 6, 0), "Berlin"}, {day(3, 15, 10, 59), ""}, {day(3, 15, 11, 0), "New York"}, // their summer has begun
			{day(3, 29, 1, 30), "Kolkata"}, {day(3, 29, 4, 59), ""}, {day(3, 29, 5, 0), "Berlin"}, {day(3, 29, 11, 0), "New York"}, // and in Berlin
			{day(11, 1, 1, 30), "Kolkata"}, {day(11, 1, 5, 59), ""}, {day(11, 1, 6, 0), "Berlin"}, {day(11, 1, 11, 0), "New York"},
			{day(11, 8, 1, 30), "Kolkata"}, {day(11, 8, 6, 0), "Berlin"}, {day(11, 8, 11, 59), ""}, {day(11, 8, 12, 0), "New York"},
		} {
			var sent []string
			_, err := s.SendDigests(w.ctx, c.at, func(d models.Digest) (models.Notification, error) {
				sent = append(sent, names[d.User.ID])
				return models.Notification{Title: "Today", Text: "x", Href: "/"}, nil
			})
			w.ok(err)
			if got := strings.Join(sent, " "); got != c.want {
				t.Errorf("at %s the digests are %q, want %q", c.at.Format(time.RFC3339), got, c.want)
			}
		}
		at, n := day(11, 9, 6, 10), 0 // Berlin and Kolkata are due
		_, err := s.SendDigests(w.ctx, at, func(d models.Digest) (models.Notification, error) {
			if names[d.User.ID] == "Berlin" {
				return models.Notification{}, errors.New("no words")
			}
			n++
			return models.Notification{Title: "Today", Text: "x", Href: "/"}, nil
		})
		if err == nil || n != 1 {
			t.Errorf("%d digests beside the one that failed, %v", n, err)
		}
		if n, err := s.SendDigests(w.ctx, at.Add(5*time.Minute), func(models.Digest) (models.Notification, error) {
			return models.Notification{Title: "Today", Text: "x", Href: "/"}, nil
		}); err != nil || n != 1 {
			t.Errorf("tried again: %d, %v", n, err)
		}
	})
}

// Who stands in reads of the calls, the customers and the promises of whoever
// is away, who reads nothing.
func TestDigestOfAStandIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		other := w.user("Sam Stand", models.RoleRep)
		seven := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) // Monday, 7:00 in New York
		w.now = seven.Add(-time.Hour)
		w.reply(pauseAll)
		_, err := s.Book(w.ctx, models.Booking{ProspectID: w.person.ID, RepID: w.rep.ID, StartsAt: seven.Add(8 * time.Hour), By: w.by, Now: w.now})
		w.ok(err)
		_, err = s.RecordCommitment(w.ctx, models.Commitment{ProspectID: w.person.ID, RepID: w.rep.ID, Outcome: "Send the counts", DueOn: "2026-11-20", CreatedAt: w.now, UpdatedAt: w.now}, w.by)
		w.ok(err)
		_, err = s.StartLeave(w.ctx, models.Leave{UserID: w.rep.ID, StandInID: &other.ID, StartsAt: seven.Add(-10 * time.Hour), EndsAt: seven.Add(100 * time.Hour)}, w.now)
		w.ok(err)
		w.ok(s.ApplyLeaves(w.ctx, w.now))
		var got []models.Digest
		_, err = s.SendDigests(w.ctx, seven, func(d models.Digest) (models.Notification, error) {
			got = append(got, d)
			return models.Notification{Title: "Today", Text: "x", Href: "/"}, nil
		})
		w.ok(err)
		if len(got) != 1 || got[0].User.ID != other.ID || len(got[0].Calls) != 1 || len(got[0].Waiting) != 1 || len(got[0].Late) != 1 {
			t.Errorf("digests %+v", got)
		}
	})
}
