package store_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// whose says of every row whose it is, and of each of two people what is
// known of them.
func (w *world) whose(both ...int64) map[string]string {
	w.Helper()
	all := map[string]string{}
	for _, table := range []string{"messages", "touches", "enrollments", "appointments", "commitments", "consents", "objections", "pursuits", "suppressions", "talking_point_uses", "batch_rows", "prospect_edits"} {
		var rows []struct{ ID, ProspectID int64 }
		w.ok(w.db.Table(table).Select("id, prospect_id").Where("prospect_id IN ?", both).Scan(&rows).Error)
		for _, r := range rows {
			all[fmt.Sprintf("%s %d", table, r.ID)] = fmt.Sprint(r.ProspectID)
		}
	}
	for _, id := range both {
		who := func(what string) string { return fmt.Sprintf("%d %s", id, what) }
		p := load[models.Prospect](w, id)
		all[who("record")] = fmt.Sprint(p.FirstName, "|", p.LastName, "|", p.Title, "|", p.Notes, "|", p.Zone, "|", p.Custom, "|", p.GapDays, "|", p.MergedInto == nil)
		var points []string
		for _, cp := range w.points(id) {
			points = append(points, cp.Value+" "+string(cp.Validity)+" "+string(cp.Label))
		}
		slices.Sort(points)
		all[who("points")] = fmt.Sprint(points)
		var talk models.Conversation
		w.ok(w.db.Where("prospect_id = ?", id).Take(&talk).Error)
		all[who("conversation")] = fmt.Sprint(timeText(talk.LastInboundAt), talk.LastChannel, timeText(talk.LastMessageAt), timeText(talk.WaitingSince), talk.UnreadCount, talk.LastContactID != nil)
		var goals []models.Discovery
		w.ok(w.db.Where("prospect_id = ?", id).Find(&goals).Error)
		for _, g := range goals {
			all[who("goals")] = g.Goal + g.Obstacle
		}
		var open []models.Pursuit
		w.ok(w.db.Where("prospect_id = ? AND ended_at IS NULL", id).Find(&open).Error)
		for _, q := range open {
			all[who("pursuit")] = fmt.Sprint(q.ID, q.FollowUps, q.LastCountedOn)
		}
		all[who("replies")] = fmt.Sprint(count[models.Task](w, "prospect_id = ? AND kind = 'reply' AND state = 'open'", id))
	}
	return all
}

func timeText(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

// Telling apart gives each of two what they had, whatever that was.
func TestUnmergeGivesBackAll(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		sequences := []models.Definition{follow("a", after(0, 1, 0, 0)), follow("b", after(0, 1, 0, 0))}
		for round := range 12 {
			r := rand.New(rand.NewPCG(11, uint64(round)))
			shared := fmt.Sprintf("q%d@acme.example.com", round)
			a := w.prospect(fmt.Sprintf("Ann%d", round), shared, fmt.Sprintf("+1212555%04d", 100+round))
			b := w.prospect(fmt.Sprintf("Bob%d", round), shared, fmt.Sprintf("+1212555%04d", 200+round))
			w.ok(w.db.Model(&models.Prospect{}).Where("id = ?", b.ID).UpdateColumns(map[string]any{"notes": "Met at the fair", "title": "Head of stock", "gap_days": 7, "custom": `{"size":"40"}`}).Error)
			w.scatter(r, a, sequences)
			w.scatter(r, b, sequences)
			ended := map[string]bool{}
			before := w.whose(a.ID, b.ID)
			m := w.merge(a.ID, b.ID)
			for _, id := range m.Before.Ended {
				ended[fmt.Sprintf("enrollments %d", id)] = true
			}
			w.now = w.now.Add(time.Minute)
			back, err := s.Unmerge(w.ctx, m.ID, w.by, w.now)
			w.ok(err)
			if back.ID != b.ID || back.MergedInto != nil {
				t.Errorf("round %d: %+v comes back", round, back)
			}
			got := w.whose(a.ID, b.ID)
			for what, was := range before {
				if got[what] != was {
					t.Errorf("round %d: %s was %s, is %s", round, what, was, got[what])
				}
			}
			// That the record was told apart is one more edit; nothing else is new.
			for what := range maps.Keys(got) {
				if _, ok := before[what]; !ok && !strings.HasPrefix(what, "prospect_edits") {
					t.Errorf("round %d: %s is new: %s", round, what, got[what])
				}
			}
			if name := w.found(fmt.Sprintf("bob%d", round)); name != b.FirstName {
				t.Errorf("round %d: the search finds %q", round, name)
			}
			if _, err := s.Unmerge(w.ctx, m.ID, w.by, w.now); models.CodeOf(err) != models.CodeConflict {
				t.Errorf("round %d: telling apart twice: %v", round, err)
			}
			if n := count[models.Duplicate](w, "one_id = ? AND other_id = ? AND state = 'distinct'", min(a.ID, b.ID), max(a.ID, b.ID)); n != 1 {
				t.Errorf("round %d: they are asked about again", round)
			}
		}
	})
}

func (w *world) merge(keep, drop int64) models.Merge {
	w.Helper()
	_, err := w.s.Merge(w.ctx, keep, drop, w.by, w.now)
	w.ok(err)
	all, err := w.s.MergesInto(w.ctx, keep)
	w.ok(err)
	return all[0]
}

// What came since the merge goes with whom it hangs on; an order not to
// contact holds for both, follow-ups count for both, an edit stays.
func TestUnmergeAfterMoreHappened(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		a := w.prospect("Ann", "ann@acme.example.com", "+12125550301")
		b := w.prospect("Bob", "bob@acme.example.com", "+12125550302")
		run := w.enrollIn(follow("a", after(0, 1, 0, 0)), b.ID)
		for id, n := range map[int64]int{a.ID: 2, b.ID: 3} {
			w.ok(w.db.Where("prospect_id = ?", id).Delete(&models.Pursuit{}).Error)
			w.ok(w.db.Create(&models.Pursuit{ProspectID: id, FollowUps: n, StartedAt: w.now}).Error)
		}
		m := w.merge(a.ID, b.ID)
		w.now = w.now.Add(time.Hour)
		touch := w.touch(models.Touch{ProspectID: a.ID, EnrollmentID: &run.ID})
		bobs := w.points(b.ID)
		if len(bobs) != 0 {
			t.Fatalf("of a merged record %+v stayed", bobs)
		}
		var addr models.ContactPoint
		w.ok(w.db.Where("value = ?", "bob@acme.example.com").Take(&addr).Error)
		said := models.Message{ProspectID: &a.ID, Direction: models.Inbound, Channel: models.ChannelEmail, State: models.MessageReceived, ContactPointID: &addr.ID, Text: "It is Bob", Class: models.ClassHuman, CreatedAt: w.now}
		w.ok(w.db.Create(&said).Error)
		reply := models.Task{Kind: models.TaskReply, State: models.TaskOpen, UserID: w.rep.ID, ProspectID: &a.ID, MessageID: &said.ID, DueAt: w.now, CreatedAt: w.now, UpdatedAt: w.now}
		w.ok(w.db.Create(&reply).Error)
		w.ok(w.db.Model(&models.Conversation{}).Where("prospect_id = ?", a.ID).UpdateColumns(map[string]any{"waiting_since": w.now, "last_inbound_at": w.now, "unread_count": 1}).Error)
		w.ok(w.db.Model(&models.Pursuit{}).Where("prospect_id = ? AND ended_at IS NULL", a.ID).UpdateColumn("follow_ups", 6).Error)
		w.ok(w.db.Model(&models.Prospect{}).Where("id = ?", a.ID).UpdateColumn("title", "Director").Error)
		_, err := s.Suppress(w.ctx, models.Suppression{Scope: models.SuppressPerson, ProspectID: &a.ID, Channel: models.ChannelSMS, Reason: models.FailOptedOut, By: w.by, CreatedAt: w.now})
		w.ok(err)

		_, err = s.Unmerge(w.ctx, m.ID, w.by, w.now.Add(time.Minute))
		w.ok(err)
		for what, id := range map[string]int64{
			"the sequence's touch": load[models.Touch](w, touch.ID).ProspectID, "his answer": *load[models.Message](w, said.ID).ProspectID,
			"its task": *load[models.Task](w, reply.ID).ProspectID,
		} {
			if id != b.ID {
				t.Errorf("%s is %d's, want %d", what, id, b.ID)
			}
		}
		for id, want := range map[int64]int{a.ID: 3, b.ID: 4} {
			var p models.Pursuit
			w.ok(w.db.Where("prospect_id = ? AND ended_at IS NULL", id).Take(&p).Error)
			if p.FollowUps != want {
				t.Errorf("%d follow-ups to %d, want %d", p.FollowUps, id, want)
			}
			if n := count[models.Suppression](w, "prospect_id = ? AND channel = 'sms' AND lifted_at IS NULL", id); n != 1 {
				t.Errorf("the order not to text holds %d times for %d", n, id)
			}
		}
		if p := load[models.Prospect](w, a.ID); p.Title != "Director" {
			t.Errorf("what was edited since is %q", p.Title)
		}
		for id, waits := range map[int64]bool{a.ID: false, b.ID: true} {
			if p, err := s.Person(w.ctx, id); err != nil || (p.Conversation.WaitingSince != nil) != waits {
				t.Errorf("%d waits since %v, %v", id, p.Conversation.WaitingSince, err)
			}
		}
		if e := load[models.Enrollment](w, run.ID); e.ProspectID != b.ID {
			t.Errorf("the enrollment is %d's", e.ProspectID)
		}
	})
}

// It ends after a month, after another merge, and after an erasure, and the
// page says so beforehand.
func TestUnmergeRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		a, b, c := w.prospect("Ann", "ann@acme.example.com", ""), w.prospect("Bob", "bob@acme.example.com", ""), w.prospect("Cem", "cem@acme.example.com", "")
		first := w.merge(a.ID, b.ID)
		second := w.merge(a.ID, c.ID)
		_, err := s.Unmerge(w.ctx, first.ID, w.by, w.now)
		w.code(err, models.CodeConflict)
		p, err := s.PreviewUnmerge(w.ctx, a.ID, first.ID, w.now)
		w.ok(err)
		if p.Refused == "" {
			t.Error("the page offers what is refused")
		}
		_, err = s.PreviewUnmerge(w.ctx, b.ID, first.ID, w.now)
		w.code(err, models.CodeNotFound)
		if p, err = s.PreviewUnmerge(w.ctx, a.ID, second.ID, w.now); err != nil || p.Refused != "" || !slices.Equal(p.Points, []string{"cem@acme.example.com"}) {
			t.Errorf("%+v %v", p, err)
		}
		late := w.now.Add(models.MergeUndo + time.Hour)
		_, err = s.Unmerge(w.ctx, second.ID, w.by, late)
		w.code(err, models.CodeRefused)
		// In turn, the chain comes apart as it was made.
		_, err = s.Unmerge(w.ctx, second.ID, w.by, w.now)
		w.ok(err)
		third := w.merge(c.ID, a.ID) // b is a part of c now
		if got := load[models.Prospect](w, b.ID); *got.MergedInto != c.ID {
			t.Fatalf("b is part of %d", *got.MergedInto)
		}
		_, err = s.Unmerge(w.ctx, first.ID, w.by, w.now)
		w.code(err, models.CodeConflict)
		_, err = s.Unmerge(w.ctx, third.ID, w.by, w.now)
		w.ok(err)
		_, err = s.Unmerge(w.ctx, first.ID, w.by, w.now)
		w.ok(err)
		if n := count[models.Prospect](w, "merged_into IS NOT NULL"); n != 0 {
			t.Errorf("%d records are still part of another", n)
		}
		last := w.merge(a.ID, b.ID)
		w.ok(s.Erase(w.ctx, a.ID, false, w.by, w.now))
		if m := load[models.Merge](w, last.ID); m.Before != nil {
			t.Error("an erasure leaves what the merge kept of them")
		}
		_, err = s.Unmerge(w.ctx, last.ID, w.by, w.now)
		w.code(err, models.CodeRefused)
		other := w.merge(c.ID, w.person.ID)
		w.ok(s.NightlyDuplicates(w.ctx, late))
		if m := load[models.Merge](w, other.ID); m.Before != nil {
			t.Error("what a merge changed is kept for good")
		}
	})
}
