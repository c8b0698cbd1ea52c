package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

func (w *world) promise(due models.Date, token string) models.Commitment {
	w.Helper()
	c := models.Commitment{ProspectID: w.person.ID, RepID: w.rep.ID, Outcome: "Send the counts", DueOn: due, CreatedAt: w.now, UpdatedAt: w.now}
	if token != "" {
		c.FormToken = &token
	}
	got, err := w.s.RecordCommitment(w.ctx, c, w.by)
	w.ok(err)
	return got
}

// The form sent three times makes one promise.
func TestCommitmentFormOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		first := w.promise("2026-12-04", "form-1")
		for range 2 {
			if again := w.promise("2026-12-04", "form-1"); again.ID != first.ID {
				t.Errorf("a second submission made promise %d beside %d", again.ID, first.ID)
			}
		}
		w.want("promises", count[models.Commitment](w, "true"), 1)
		w.want("events", count[models.Event](w, "kind = ?", models.EventCommitment), 1)
		other := w.prospect("Joe", "joe@example.org", "")
		_, err := s.RecordCommitment(w.ctx, models.Commitment{ProspectID: other.ID, RepID: w.rep.ID, Outcome: "x", FormToken: first.FormToken, CreatedAt: w.now, UpdatedAt: w.now}, w.by)
		w.code(err, models.CodeConflict)
	})
}

// The call opens on the promised date, in the morning where they are, once.
func TestCallOnDueCommitment(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		c := w.promise("2026-11-26", "")
		nine := time.Date(2026, 11, 26, 14, 0, 0, 0, time.UTC) // 9:00 in New York
		for _, at := range []time.Time{w.now, nine.Add(-24 * time.Hour), nine.Add(-time.Minute)} {
			n, err := s.CallOnDueCommitments(w.ctx, at)
			w.ok(err)
			w.want("calls opened at "+at.String(), n, 0)
		}
		for i, want := range []int{1, 0, 0} {
			n, err := s.CallOnDueCommitments(w.ctx, nine.Add(time.Duration(i)*time.Minute))
			w.ok(err)
			w.want("calls opened", n, want)
		}
		c, err := s.Commitment(w.ctx, c.ID)
		w.ok(err)
		task := load[models.Task](w, *c.CallTaskID)
		if task.Kind != models.TaskCall || task.State != models.TaskOpen || !task.DueAt.Equal(nine) || task.UserID != w.rep.ID || task.Prep.Number != w.phone.Value {
			t.Errorf("task = %+v", task)
		}
		if !strings.Contains(task.Prep.Why, "Thursday 26 November") || strings.Contains(task.Prep.Why+task.Prep.TalkingPoint, "today") {
			t.Errorf("a call that is made later says %q and %q", task.Prep.Why, task.Prep.TalkingPoint)
		}
		w.ok(s.CloseCommitment(w.ctx, c.ID, models.CommitmentKept, "", w.by, nine.Add(time.Hour)))
		if task := load[models.Task](w, *c.CallTaskID); task.State != models.TaskCanceled {
			t.Errorf("the call stays %s though the promise was kept", task.State)
		}
	})
}

// Somebody who must not be called gives something to see to, not a call.
func TestDueCommitmentOfSomebodyNotToCall(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		_, err := s.Suppress(w.ctx, models.Suppression{Scope: models.SuppressAddress, Value: w.phone.Value, Channel: models.ChannelCall, Reason: models.FailOptedOut, Source: "hand", By: w.by, CreatedAt: w.now})
		w.ok(err)
		c := w.promise("2026-11-20", "")
		n, err := s.CallOnDueCommitments(w.ctx, w.now)
		w.ok(err)
		w.want("opened", n, 1)
		c, err = s.Commitment(w.ctx, c.ID)
		w.ok(err)
		if task := load[models.Task](w, *c.CallTaskID); task.Kind != models.TaskResolve || task.Reason != models.AttentionCommitment {
			t.Errorf("task = %+v", task)
		}
	})
}

func TestPostponeCommitment(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		c := w.promise("2026-11-20", "")
		_, err := s.CallOnDueCommitments(w.ctx, w.now)
		w.ok(err)
		next, err := s.PostponeCommitment(w.ctx, c.ID, "2026-12-01", "their supplier was late", w.by, w.now)
		w.ok(err)
		again, err := s.PostponeCommitment(w.ctx, c.ID, "2026-12-01", "their supplier was late", w.by, w.now)
		w.ok(err)
		if again.ID != next.ID || next.DueOn != "2026-12-01" || next.State != models.CommitmentOpen || next.CallTaskID != nil {
			t.Errorf("next = %+v, again %d", next, again.ID)
		}
		old, err := s.Commitment(w.ctx, c.ID)
		w.ok(err)
		if old.State != models.CommitmentBroken || old.ReplacedBy == nil || *old.ReplacedBy != next.ID || old.Cause == "" {
			t.Errorf("old = %+v", old)
		}
		w.want("open calls", count[models.Task](w, "state = 'open'"), 0)
		w.want("promises", count[models.Commitment](w, "true"), 2)
	})
}

func TestViewCommitmentsAndDrifting(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		later, sooner := w.promise("2026-12-04", ""), w.promise("2026-11-28", "")
		stranger := store.Visibility{UserID: w.rep.ID + 100}
		mine := store.Visibility{UserID: w.rep.ID}
		list, err := s.ViewCommitments(w.ctx, mine, w.rep.ID, store.ShelfOpen, models.Page{Limit: 1})
		w.ok(err)
		if len(list.Rows) != 1 || list.Rows[0].ID != sooner.ID || list.Next == "" || list.Open.N != 2 {
			t.Fatalf("first page %+v", list)
		}
		list, err = s.ViewCommitments(w.ctx, mine, 0, store.ShelfOpen, models.Page{Limit: 1, After: list.Next})
		w.ok(err)
		if len(list.Rows) != 1 || list.Rows[0].ID != later.ID || list.Next != "" {
			t.Fatalf("second page %+v", list)
		}
		list, err = s.ViewCommitments(w.ctx, stranger, 0, store.ShelfOpen, models.Page{})
		w.ok(err)
		w.want("promises a stranger sees", len(list.Rows), 0)

		a, b := w.prospect("Ann", "ann@example.org", "+12125550111"), w.prospect("Bob", "bob@example.org", "+12125550112")
		drifting, err := s.ViewDrifting(w.ctx, mine, w.rep.ID, models.Page{Limit: 1}, w.now)
		w.ok(err)
		if len(drifting.Rows) != 1 || drifting.Rows[0].Who.Prospect.ID != a.ID || drifting.Total.N != 2 {
			t.Fatalf("drifting %+v", drifting)
		}
		drifting, err = s.ViewDrifting(w.ctx, mine, 0, models.Page{After: drifting.Next}, w.now)
		w.ok(err)
		if len(drifting.Rows) != 1 || drifting.Rows[0].Who.Prospect.ID != b.ID {
			t.Fatalf("drifting, second page %+v", drifting)
		}
		first, err := s.PlanCall(w.ctx, b.ID, w.rep.ID, w.now.Add(24*time.Hour), "by hand", "form-9", w.now)
		w.ok(err)
		second, err := s.PlanCall(w.ctx, b.ID, w.rep.ID, w.now.Add(24*time.Hour), "by hand", "form-9", w.now)
		w.ok(err)
		if first.ID != second.ID {
			t.Error("a double click planned two calls")
		}
		drifting, err = s.ViewDrifting(w.ctx, mine, 0, models.Page{}, w.now)
		w.ok(err)
		if len(drifting.Rows) != 1 || drifting.Rows[0].Who.Prospect.ID != a.ID {
			t.Errorf("drifting, after the plan %+v", drifting.Rows)
		}

		// Lost is not open; but whoever went into another sequence since is.
		w.ok(w.db.Where("prospect_id = ? AND state = 'open'", w.person.ID).Delete(&models.Commitment{}).Error)
		idle := func() int {
			t.Helper()
			list, err := s.ViewDrifting(w.ctx, mine, 0, models.Page{}, w.now)
			w.ok(err)
			return len(list.Rows)
		}
		w.want("with Dana", idle(), 2)
		lost := w.enrollIn(follow("a", after(0, 1, 0, 0)), w.person.ID)
		w.ok(s.FinishEnrollment(w.ctx, lost.ID, models.FinishLost, w.by, w.now))
		w.want("with Dana lost", idle(), 1)
		again := w.enrollIn(follow("b", after(0, 1, 0, 0)), w.person.ID)
		w.ok(s.FinishEnrollment(w.ctx, again.ID, models.FinishRemoved, w.by, w.now))
		w.want("with Dana tried again", idle(), 2)
		// A promise whose day has passed is no next step.
		c := w.promise(models.DateOf(w.now, time.UTC).AddDays(3), "")
		w.want("with Dana's promise", idle(), 1)
		w.ok(w.db.Model(&models.Commitment{}).Where("id = ?", c.ID).UpdateColumn("due_on", models.DateOf(w.now, time.UTC).AddDays(-3)).Error)
		w.want("with Dana's promise late", idle(), 2)
	})
}

// A sequence that follows a promise calls on its day; one that only writes
// leaves the call to us.
func TestCallOnDueBesideASequence(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		nine := time.Date(2026, 11, 26, 14, 0, 0, 0, time.UTC)
		onTheDay := models.Timing{Kind: models.TimingCommitment}
		for i, c := range []struct {
			channel models.ChannelKind
			timing  models.Timing
			want    int
		}{
			{models.ChannelCall, onTheDay, 0}, {models.ChannelEmail, onTheDay, 1},
			{models.ChannelCall, models.Timing{Kind: models.TimingCommitment, Days: -1}, 1},
		} {
			p := w.prospect(fmt.Sprintf("Ann%d", i), fmt.Sprintf("ann%d@example.org", i), fmt.Sprintf("+1212555%04d", 300+i))
			promise, err := s.RecordCommitment(w.ctx, models.Commitment{ProspectID: p.ID, RepID: w.rep.ID, Outcome: "Send the counts", DueOn: "2026-11-26", CreatedAt: w.now, UpdatedAt: w.now}, w.by)
			w.ok(err)
			d := follow(fmt.Sprintf("s%d", i), after(0, 1, 0, 0))
			d.Anchor, d.Steps[0].Channel, d.Steps[0].Timing = models.AnchorCommitment, c.channel, c.timing
			e := w.enrollIn(d, p.ID)
			w.ok(w.db.Model(&models.Enrollment{}).Where("id = ?", e.ID).UpdateColumn("commitment_id", promise.ID).Error)
			n, err := s.CallOnDueCommitments(w.ctx, nine)
			w.ok(err)
			w.want(fmt.Sprintf("calls beside %s at %+v", c.channel, c.timing), n, c.want)
		}
	})
}

// Whoever has had nothing dated ahead for longest comes first: since their
// last touch, since what was planned went away, or since they were made.
func TestDriftingLongestFirst(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		mine := store.Visibility{UserID: w.rep.ID}
		names := func(repID int64) []string {
			t.Helper()
			var out []string
			for after := ""; ; {
				list, err := s.ViewDrifting(w.ctx, mine, repID, models.Page{Limit: 1, After: after}, w.now)
				w.ok(err)
				for _, r := range list.Rows {
					out = append(out, r.Who.Prospect.FirstName)
				}
				if after = list.Next; after == "" {
					return out
				}
			}
		}
		var people []models.Prospect
		for i, name := range []string{"Touched", "New", "Old", "Twin", "Removed"} {
			people = append(people, w.prospect(name, fmt.Sprintf("p%d@example.org", i), ""))
		}
		touched, fresh, old, twin, removed := people[0], people[1], people[2], people[3], people[4]
		w.ok(w.db.Model(&models.Prospect{}).Where("id = ?", w.person.ID).UpdateColumn("next_touch_at", w.now).Error)
		set := func(p models.Prospect, column string, days int) {
			t.Helper()
			w.ok(w.db.Model(&models.Prospect{}).Where("id = ?", p.ID).UpdateColumn(column, w.now.AddDate(0, 0, -days)).Error)
		}
		for _, p := range people {
			set(p, "created_at", 400)
		}
		set(touched, "last_touch_at", 10)
		set(fresh, "created_at", 5)
		set(old, "last_touch_at", 200)
		set(twin, "last_touch_at", 200)
		// In a sequence until now, though never reached.
		e := w.enrollIn(follow("a", after(0, 1, 0, 0)), removed.ID)
		w.replan(e.ID)
		w.plan(func(models.PlanInput) models.PlanResult {
			return models.PlanResult{Next: w.nextTouch("s0", w.now.Add(time.Hour))}
		})
		if got := fmt.Sprint(names(0)); got != "[Old Twin Touched New]" {
			t.Errorf("while one is in a sequence: %s", got)
		}
		w.ok(s.FinishEnrollment(w.ctx, e.ID, models.FinishRemoved, w.by, w.now))
		for _, rep := range []int64{0, w.rep.ID} {
			if got := fmt.Sprint(names(rep)); got != "[Old Twin Touched New Removed]" {
				t.Errorf("of rep %d: %s", rep, got)
			}
		}
		list, err := s.ViewDrifting(w.ctx, mine, 0, models.Page{}, w.now)
		w.ok(err)
		if at := list.Rows[4].Since; !at.Equal(w.now) {
			t.Errorf("without a next step since %v, want %v", at, w.now)
		}
	})
}
