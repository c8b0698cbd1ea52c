package store_test

import (
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// The lists of one rep are found by the conversation's own column: it says
// the person's owner whatever happens to them.
func TestConversationsBelongToTheOwner(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		lee := w.user("Lee Rep", models.RoleRep)
		strays := func(after string) {
			t.Helper()
			var n int64
			w.ok(w.db.Table("conversations").Joins("JOIN prospects p ON p.id = conversations.prospect_id").
				Where("conversations.assignee_id IS NULL OR conversations.assignee_id <> p.owner_id").Count(&n).Error)
			if n != 0 {
				t.Errorf("after %s %d conversations belong to somebody else than their person", after, n)
			}
		}
		waits := func(user int64, want int) {
			t.Helper()
			b, err := s.ViewBadges(w.ctx, user, w.now)
			w.ok(err)
			w.want("waiting by the badge", b.Waiting.N, want)
			v, err := s.ViewInbox(w.ctx, store.InboxFilter{Sees: store.Visibility{UserID: user}})
			w.ok(err)
			w.want("waiting in the inbox", v.Waiting.N, want)
			v, err = s.ViewInbox(w.ctx, store.InboxFilter{Sees: store.Everything, OwnerID: user})
			w.ok(err)
			w.want("listed as theirs", len(v.Rows), want)
		}
		w.ok(w.db.Model(&models.Conversation{}).Where("prospect_id = ?", w.person.ID).
			UpdateColumns(map[string]any{"waiting_since": w.now, "last_inbound_at": w.now}).Error)
		strays("the creation")
		waits(w.rep.ID, 1)

		p := load[models.Prospect](w, w.person.ID)
		p.OwnerID = lee.ID
		_, err := s.UpdateProspect(w.ctx, p, nil, nil, w.by, w.now)
		w.ok(err)
		strays("giving them to Lee")
		waits(w.rep.ID, 0)
		waits(lee.ID, 1)

		twin := w.prospect("Dana", "", herPhone)
		_, err = s.Merge(w.ctx, w.person.ID, twin.ID, w.by, w.now.Add(time.Minute))
		w.ok(err)
		strays("a merge")
		_, _, err = w.handOver(lee.ID, w.rep.ID, w.by, w.now.Add(time.Hour))
		w.ok(err)
		strays("Lee's leaving")
		waits(w.rep.ID, 1)
	})
}

// Whom a sequence is not shared with is not offered it; the list counts who is
// inside.
func TestSequencesForTeams(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("shared", after(0, 1, 0, 0)))
		theirs := w.enroll(follow("theirs", after(0, 1, 0, 0)))
		var teams []int64
		for _, name := range []string{"North", "South"} {
			team := models.Team{Name: name, CreatedAt: w.now}
			w.ok(w.db.Create(&team).Error)
			teams = append(teams, team.ID)
		}
		w.ok(w.db.Model(&models.Sequence{}).Where("id = ?", theirs.SequenceID).UpdateColumn("team_id", teams[1]).Error)
		for _, c := range []struct {
			teams []int64
			want  []int64
		}{{nil, []int64{e.SequenceID}}, {teams[:1], []int64{e.SequenceID}}, {teams[1:], []int64{e.SequenceID, theirs.SequenceID}}, {teams, []int64{e.SequenceID, theirs.SequenceID}}} {
			rows, err := s.SequencesFor(w.ctx, c.teams...)
			w.ok(err)
			var got []int64
			for _, r := range rows {
				got = append(got, r.Sequence.ID)
				if r.Version == nil {
					t.Errorf("%s comes without its version", r.Sequence.Key)
				}
			}
			if len(got) != len(c.want) || got[0] != c.want[0] || got[len(got)-1] != c.want[len(c.want)-1] {
				t.Errorf("teams %v are offered %v, want %v", c.teams, got, c.want)
			}
		}
		w.ok(w.db.Model(&models.Sequence{}).Where("id = ?", e.SequenceID).UpdateColumn("state", models.SequenceArchived).Error)
		if rows, err := s.SequencesFor(w.ctx); err != nil || len(rows) != 0 {
			t.Errorf("an archived one is offered: %+v, %v", rows, err)
		}
		all, err := s.ViewSequences(w.ctx)
		w.ok(err)
		if len(all) != 2 || all[0].Active.N != 1 || all[1].Active.N != 1 || all[0].Finished.N != 0 {
			t.Errorf("inside %+v", all)
		}
		v, err := s.ViewSequence(w.ctx, "theirs")
		w.ok(err)
		if v.Inside() != 1 {
			t.Errorf("inside one: %d", v.Inside())
		}
	})
}
