package store_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

func (w *world) found(query string) string {
	w.Helper()
	list, err := w.s.ViewProspects(w.ctx, store.ProspectFilter{Sees: store.Everything, Query: query})
	w.ok(err)
	var names []string
	for _, r := range list.Rows {
		names = append(names, r.Prospect.FirstName)
	}
	return strings.Join(names, " ")
}

// People are found by the beginning of any word of theirs, whichever way a
// number is written.
func TestSearchWords(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		jose, err := s.CreateProspect(w.ctx, models.Prospect{OwnerID: w.rep.ID, FirstName: "José", LastName: "O'Brien-Núñez", Custom: map[string]string{"Industry": "Retail"}},
			&models.Company{Name: "North & Sons"}, []models.ContactPoint{{Kind: models.ContactPhone, Value: "+442079460958"}}, nil, w.by, w.now)
		w.ok(err)
		for query, want := range map[string]string{
			"dan": "Dana", "DANA acme": "Dana", "dana north": "", "dana@acme.ex": "Dana", "acme.example.com": "Dana",
			"(212) 555-0142": "Dana", "+1 212 5550142": "Dana", "555-0142": "Dana", "0142": "Dana", "12125550142": "Dana",
			"jose": "José", "josé": "José", "nunez": "José", "o'brien": "José", "north sons": "José", "020 7946 0958": "José",
			"industry=retail": "José", "industry=steel": "",
			"industry=retail jose": "José", "industry=retail dana": "", "josé nuñez north": "José", "nun jo o'b": "José", "acme.example.com dana": "Dana", "acme.example.com jose": "", "%": "José Dana", "nobody": "",
		} {
			if got := w.found(query); got != want {
				t.Errorf("%q found %q, want %q", query, got, want)
			}
		}
		jose.LastName = "Vega"
		_, err = s.UpdateProspect(w.ctx, jose, nil, nil, w.by, w.now)
		w.ok(err)
		if got := w.found("vega") + w.found("nunez"); got != "José" {
			t.Errorf("after a change of name: %q", got)
		}
	})
}

// A filter goes through an address and back, and its ids are those of its list.
func TestProspectFilters(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("seq", after(0, 1, 0, 0)))
		for i := range 7 {
			w.prospect(fmt.Sprintf("P%d", i), "", "")
		}
		for _, sort := range []store.ProspectSort{store.SortNewest, store.SortName} {
			f := store.ProspectFilter{Sees: store.Everything, Sort: sort, Page: models.Page{Limit: 3}}
			var paged []int64
			for {
				list, err := s.ViewProspects(w.ctx, f)
				w.ok(err)
				for _, r := range list.Rows {
					paged = append(paged, r.Prospect.ID)
				}
				if f.Page.After = list.Next; list.Next == "" {
					break
				}
			}
			ids, err := s.ProspectIDsByFilter(w.ctx, f, 100)
			w.ok(err)
			if len(ids) != 8 || fmt.Sprint(ids) != fmt.Sprint(paged) {
				t.Errorf("sorted by %q: pages %v, ids %v", sort, paged, ids)
			}
		}
		f := store.ProspectFilter{Query: "dana", OwnerID: w.rep.ID, State: store.ProspectInSequence, SequenceID: e.SequenceID, Next: store.NextNone, Sort: store.SortName}
		q, err := url.ParseQuery(f.Values().Encode())
		w.ok(err)
		if back := store.ParseProspectFilter(q); back != f {
			t.Errorf("through an address: %+v, want %+v", back, f)
		}
		f.Sees = store.Everything
		if ids, err := s.ProspectIDsByFilter(w.ctx, f, 10); err != nil || len(ids) != 1 || ids[0] != w.person.ID {
			t.Errorf("ids %v, %v", ids, err)
		}
		f.State = store.ProspectIdle
		if ids, _ := s.ProspectIDsByFilter(w.ctx, f, 10); len(ids) != 0 {
			t.Errorf("idle and in a sequence at once: %v", ids)
		}
	})
}

// A rep under "own" sees their own, under "team" the team's, and nobody sees
// anything without being told so.
func TestVisibility(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.reply(pauseAll)
		other := w.user("Otto Other", models.RoleRep)
		var team int64
		w.ok(w.db.Create(&models.Team{Name: "East", CreatedAt: w.now}).Error)
		w.ok(w.db.Raw("SELECT MAX(id) FROM teams").Scan(&team).Error)
		w.ok(w.db.Model(&models.User{}).Where("id IN ?", []int64{w.rep.ID, other.ID}).UpdateColumn("team_id", team).Error)
		for _, c := range []struct {
			sees store.Visibility
			want int
		}{
			{store.Visibility{}, 0}, {store.Visibility{UserID: other.ID}, 0}, {store.Visibility{UserID: w.rep.ID}, 1},
			{store.Visibility{UserID: other.ID, TeamID: team}, 1}, {store.Visibility{UserID: other.ID, TeamID: team + 1}, 0}, {store.Everything, 1},
		} {
			list, err := s.ViewProspects(w.ctx, store.ProspectFilter{Sees: c.sees})
			w.ok(err)
			inbox, err := s.ViewInbox(w.ctx, store.InboxFilter{Sees: c.sees})
			w.ok(err)
			if len(list.Rows) != c.want || len(inbox.Rows) != c.want || inbox.Waiting.N != c.want {
				t.Errorf("%+v sees %d people and %d conversations, want %d", c.sees, len(list.Rows), len(inbox.Rows), c.want)
			}
		}
	})
}

// The inbox: who waits first, the longest at the top, then the unread, then
// the rest by their last message; each exactly once over the pages.
func TestInboxOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		state := func(name string, hours int, waits bool, unread int, channel models.ChannelKind) {
			p := w.prospect(name, "", "")
			at := w.now.Add(-time.Duration(hours) * time.Hour)
			set := map[string]any{"last_inbound_at": at, "last_message_at": at, "unread_count": unread, "last_channel": channel}
			if waits {
				set["waiting_since"] = at
			}
			w.ok(w.db.Model(&models.Conversation{}).Where("prospect_id = ?", p.ID).UpdateColumns(set).Error)
		}
		state("W1", 1, true, 1, models.ChannelEmail)
		state("W9", 9, true, 0, models.ChannelSMS)
		state("U2", 2, false, 1, models.ChannelSMS)
		state("U5", 5, false, 2, models.ChannelEmail)
		for i := range 6 {
			state(fmt.Sprintf("R%d", i), i, false, 0, models.ChannelEmail)
		}
		read := func(f store.InboxFilter) string {
			f.Sees = store.Everything
			var names []string
			for {
				v, err := s.ViewInbox(w.ctx, f)
				w.ok(err)
				for _, r := range v.Rows {
					names = append(names, r.Prospect.FirstName)
				}
				if f.Page.After = v.Next; v.Next == "" {
					return strings.Join(names, " ")
				}
			}
		}
		const all = "W9 W1 U2 U5 R0 R1 R2 R3 R4 R5"
		for limit := 1; limit <= 11; limit++ {
			if got := read(store.InboxFilter{Page: models.Page{Limit: limit}}); got != all {
				t.Errorf("pages of %d: %s", limit, got)
			}
		}
		for want, f := range map[string]store.InboxFilter{
			"W9 W1": {Show: store.InboxWaiting}, "W1 U2 U5": {Show: store.InboxUnread}, "W9 U2": {Channel: models.ChannelSMS}, "": {OwnerID: 999},
		} {
			if got := read(f); got != want {
				t.Errorf("%+v lists %s, want %s", f, got, want)
			}
		}
	})
}

// Drafts: kept, not written over by a second tab, gone when sent.
func TestDrafts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		d := models.AnswerDraft{UserID: w.rep.ID, ProspectID: w.person.ID, Body: "Dear Dana"}
		one, err := s.SaveDraft(w.ctx, d, w.now)
		w.ok(err)
		d.Body = "Another tab"
		held, err := s.SaveDraft(w.ctx, d, w.now)
		w.code(err, models.CodeConflict)
		if held.Body != "Dear Dana" {
			t.Errorf("the refusal does not give what is kept: %+v", held)
		}
		one.Body += ", hello"
		if one, err = s.SaveDraft(w.ctx, one, w.now); err != nil || one.Revision != 2 {
			t.Fatalf("%+v %v", one, err)
		}
		w.reply(pauseAll)
		_, _, err = s.Answer(w.ctx, w.answer("f"))
		w.ok(err)
		if got, err := s.Draft(w.ctx, w.rep.ID, w.person.ID); err != nil || !got.Empty() {
			t.Errorf("after sending: %+v %v", got, err)
		}
		_, err = s.SaveDraft(w.ctx, one, w.now) // a tab left open
		w.code(err, models.CodeConflict)
	})
}

// An answer waits ten seconds and can be taken back: nothing leaves, the text
// is a draft again, and the customer waits as before.
func TestWithdrawAnswer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.enroll(follow("seq", after(0, 1, 0, 0)))
		w.reply(pauseAll)
		was := w.conversation().WaitingSince
		w.now = w.now.Add(time.Minute)
		a := w.answer("f")
		a.Undo = models.UndoAnswer
		touch, _, err := s.Answer(w.ctx, a)
		w.ok(err)
		if !touch.DueAt.Equal(w.now.Add(10 * time.Second)) {
			t.Errorf("due at %s", touch.DueAt)
		}
		_, err = s.WithdrawAnswer(w.ctx, touch.ID, w.user("Otto Other", models.RoleRep).ID, w.now)
		w.code(err, models.CodeForbidden)
		for range 2 { // a double click
			_, err = s.WithdrawAnswer(w.ctx, touch.ID, w.rep.ID, w.now.Add(time.Second))
			w.ok(err)
		}
		if got := load[models.Touch](w, touch.ID); got.State != models.TouchCanceled || got.EndReason != models.CancelWithdrawn {
			t.Errorf("touch = %+v", got)
		}
		if c := w.conversation(); c.WaitingSince == nil || !c.WaitingSince.Equal(*was) {
			t.Errorf("waiting since %v, before since %v", c.WaitingSince, was)
		}
		if n := count[models.Task](w, "kind = ? AND state = ?", models.TaskReply, models.TaskOpen); n != 1 {
			t.Errorf("%d reply tasks open", n)
		}
		if d, err := s.Draft(w.ctx, w.rep.ID, w.person.ID); err != nil || d.Body != "Gladly." || d.Subject != "Re: hello" {
			t.Errorf("draft %+v %v", d, err)
		}
		again := w.answer("g")
		sent, _, err := s.Answer(w.ctx, again)
		w.ok(err)
		w.ok(w.db.Model(&models.Touch{}).Where("id = ?", sent.ID).UpdateColumn("state", models.TouchSent).Error)
		_, err = s.WithdrawAnswer(w.ctx, sent.ID, w.rep.ID, w.now)
		w.code(err, models.CodeConflict)
	})
}

// Marked as unread by hand, a conversation stands among the unread again.
func TestUnseen(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.code(s.Unseen(w.ctx, w.person.ID, w.by, w.now), models.CodeRefused)
		w.reply(pauseAll)
		w.ok(s.Seen(w.ctx, w.person.ID, w.now))
		for range 2 {
			w.ok(s.Unseen(w.ctx, w.person.ID, w.by, w.now))
		}
		if c := w.conversation(); c.UnreadCount != 1 {
			t.Errorf("unread %d", c.UnreadCount)
		}
	})
}

// What a person changed is kept field by field, and the event names fields only.
func TestProspectEdits(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		p := w.person
		p.LastName, p.Title, p.Custom = "Reyes", "CFO", map[string]string{"tier": "gold"}
		_, err := s.UpdateProspect(w.ctx, p, nil, []models.ContactPoint{{Kind: models.ContactPhone, Value: "+12125550199", Position: 2}}, w.by, w.now)
		w.ok(err)
		var edits []models.ProspectEdit
		w.ok(w.db.Where("prospect_id = ?", p.ID).Order("id").Find(&edits).Error)
		var got []string
		for _, e := range edits {
			got = append(got, e.Field+":"+e.Was+">"+e.Became)
		}
		want := "last_name:Diaz>Reyes|title:>CFO|custom.tier:>gold|contact_points:" + herEmail + ", " + herPhone + ">" + herEmail + ", " + herPhone + ", +12125550199"
		if strings.Join(got, "|") != want {
			t.Errorf("edits %s\nwant  %s", strings.Join(got, "|"), want)
		}
		var e models.Event
		w.ok(w.db.Where("prospect_id = ? AND code = 'edited'", p.ID).Take(&e).Error)
		if e.Data["fields"] != "last_name,title,custom.tier,contact_points" {
			t.Errorf("event %v", e.Data)
		}
	})
}
