package store_test

import (
	"bytes"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

func TestCommitments(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		promise := func() models.Commitment {
			c, err := s.RecordCommitment(w.ctx, models.Commitment{ProspectID: w.person.ID, Outcome: "signs", DueOn: "2026-12-01", CreatedAt: w.now, UpdatedAt: w.now}, w.by)
			w.ok(err)
			return c
		}
		broken, kept := promise(), promise()
		if broken.State != models.CommitmentOpen || broken.RepID != w.rep.ID {
			t.Errorf("commitment = %+v", broken)
		}
		w.ok(s.CloseCommitment(w.ctx, broken.ID, models.CommitmentBroken, "budget", w.by, w.now))
		if n := count[models.Pursuit](w, "ended_at IS NOT NULL"); n != 0 {
			t.Error("a broken promise restarted the pursuit")
		}
		for range 2 {
			w.ok(s.CloseCommitment(w.ctx, kept.ID, models.CommitmentKept, "", w.by, w.now))
		}
		if n := count[models.Pursuit](w, "ended_by = ?", models.PursuitCommitment); n != 1 {
			t.Errorf("%d pursuits ended by a kept promise", n)
		}
		w.code(s.CloseCommitment(w.ctx, kept.ID, models.CommitmentBroken, "", w.by, w.now), models.CodeConflict)
	})
}

func TestDiscoveryAndTalkingPoints(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		d := models.Discovery{ProspectID: w.person.ID, Goal: "two plants"}
		w.ok(s.SaveDiscovery(w.ctx, d, w.by, w.now))
		w.code(s.SaveDiscovery(w.ctx, d, w.by, w.now), models.CodeConflict)
		d.Revision, d.Goal = 1, "three plants"
		w.ok(s.SaveDiscovery(w.ctx, d, w.by, w.now))
		var got models.Discovery
		w.ok(w.db.Take(&got).Error)
		if got.Goal != "three plants" || got.Revision != 2 {
			t.Errorf("discovery = %+v", got)
		}
		tp, err := s.SaveTalkingPoint(w.ctx, models.TalkingPoint{Kind: "new_policy", Text: "the new rule"}, models.ActorSystem, w.now)
		w.ok(err)
		tp.Text = "the newer rule"
		tp, err = s.SaveTalkingPoint(w.ctx, tp, models.ActorSystem, w.now.Add(time.Hour))
		w.ok(err)
		if got := load[models.TalkingPoint](w, tp.ID); got.Text != "the newer rule" || !got.CreatedAt.Equal(w.now) {
			t.Errorf("talking point = %+v", got)
		}
	})
}

func TestUsers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		u, err := s.SaveUser(w.ctx, models.User{Name: "Mia", Email: " Mia@Followup.example.com", Role: models.RoleManager, PasswordHash: "hash"}, w.by, w.now)
		w.ok(err)
		_, err = s.SaveUser(w.ctx, models.User{Name: "Mia 2", Email: "mia@followup.example.com", Role: models.RoleRep}, w.by, w.now)
		w.code(err, models.CodeConflict)
		u.PasswordHash, u.Name = "", "Mia Manager"
		_, err = s.SaveUser(w.ctx, u, w.by, w.now)
		w.ok(err)
		got, err := s.UserByEmail(w.ctx, "MIA@followup.example.com")
		w.ok(err)
		if got.Name != "Mia Manager" || got.PasswordHash != "hash" {
			t.Errorf("user = %+v", got)
		}
		all, err := s.Users(w.ctx)
		w.ok(err)
		if len(all) != 2 || all[0].ID != u.ID {
			t.Errorf("users = %+v", all)
		}
		_, err = s.UserByEmail(w.ctx, "nobody@example.com")
		w.code(err, models.CodeNotFound)
	})
}

func TestSaveSender(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		in := models.Sender{Kind: models.SenderPhone, Provider: models.ProviderTwilio, Address: "+12125550111",
			Settings: models.SenderSettings{AccountSID: "AC1"}, Credentials: models.SenderCredentials{AuthToken: "very secret"}}
		first, err := s.SaveSender(w.ctx, in, w.by, w.now)
		w.ok(err)
		stored := load[models.Sender](w, first.ID)
		if len(stored.Secrets) == 0 || bytes.Contains(stored.Secrets, []byte("very secret")) || stored.State != models.SenderActive {
			t.Errorf("sender = %+v", stored)
		}
		// What the engine keeps survives an edit, and so do the secrets.
		slot := w.now.Add(time.Hour)
		w.ok(w.db.Model(&stored).UpdateColumns(map[string]any{"next_free_at": slot, "inbound_cursor": "7"}).Error)
		in.Credentials, in.RatePerMinute = models.SenderCredentials{}, 60
		again, err := s.SaveSender(w.ctx, in, w.by, w.now)
		w.ok(err)
		got := load[models.Sender](w, first.ID)
		if again.ID != first.ID || !got.NextFreeAt.Equal(slot) || got.InboundCursor != "7" || got.RatePerMinute != 60 || !bytes.Equal(got.Secrets, stored.Secrets) {
			t.Errorf("sender = %+v", got)
		}
		got.Stop(models.FailConfig, "bad password", w.now)
		_, err = s.SaveSender(w.ctx, got, w.by, w.now)
		w.ok(err)
		if n := count[models.Event](w, "kind = ? AND sender_id = ?", models.EventSenderStopped, got.ID); n != 1 {
			t.Errorf("%d stopped events", n)
		}
	})
}

func TestSettings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		set, err := s.Settings(w.ctx)
		w.ok(err)
		if set.FollowUpLimit != models.DefaultSettings().FollowUpLimit {
			t.Errorf("settings = %+v", set)
		}
		set.FollowUpLimit, set.Holidays = 5, []models.Date{"2026-12-24"}
		w.ok(s.SaveSettings(w.ctx, set, w.by, w.now))
		set.Paused = true
		w.ok(s.SaveSettings(w.ctx, set, w.by, w.now))
		got, err := s.Settings(w.ctx)
		w.ok(err)
		if got.FollowUpLimit != 5 || !got.Paused || len(got.Holidays) != 1 || got.QuietTo != set.QuietTo {
			t.Errorf("settings = %+v", got)
		}
	})
}

func TestSequenceDrafts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		draft, err := s.SaveSequenceDraft(w.ctx, "new-one", "New one", "steps: [", 0, &w.rep.ID, w.now)
		w.ok(err)
		if draft.State != models.SequenceDraft || draft.Revision != 1 || draft.DraftSource != "steps: [" {
			t.Errorf("draft = %+v", draft)
		}
		_, err = s.SaveSequenceDraft(w.ctx, "new-one", "New one", "mine", 0, &w.rep.ID, w.now)
		w.code(err, models.CodeConflict)
		draft, err = s.SaveSequenceDraft(w.ctx, "new-one", "New one", "mine", 1, &w.rep.ID, w.now)
		w.ok(err)
		_, err = s.SequenceByKey(w.ctx, "another")
		w.code(err, models.CodeNotFound)
	})
}

func TestPublishSequence(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		nine := models.TimeOfDay(9 * 60)
		d := follow("seq", models.Timing{Kind: models.TimingAfter, Days: 1, At: &nine})
		d.OnCall = map[models.CallOutcome]models.CallMove{models.OutcomeConnected: models.MoveAdvance}
		v1, err := s.PublishSequence(w.ctx, d, "source 1", "", true, nil, w.now)
		w.ok(err)
		same, err := s.PublishSequence(w.ctx, d, "source 1", "", true, nil, w.now)
		w.ok(err)
		if same.ID != v1.ID || v1.Number != 1 {
			t.Errorf("v1 = %+v, same = %+v", v1, same)
		}
		if got := load[models.SequenceVersion](w, v1.ID); got.Definition.Steps[0].Timing.At.String() != "09:00" ||
			got.Definition.MoveOn(models.OutcomeConnected) != models.MoveAdvance || got.Source != "source 1" {
			t.Errorf("stored = %+v", got.Definition)
		}
		_, err = s.SaveSequenceDraft(w.ctx, "seq", "ignored", "being edited", 2, &w.rep.ID, w.now)
		w.ok(err)
		d.Description = "better"
		if _, err = s.PublishSequence(w.ctx, d, "source 1b", "", true, nil, w.now); err != nil {
			t.Fatal(err)
		}
		if seq, _ := s.SequenceByKey(w.ctx, "seq"); seq.DraftSource != "being edited" || !seq.Builtin {
			t.Errorf("an update of the program threw the draft away: %+v", seq)
		}
		d.Name = "Better"
		v2, err := s.PublishSequence(w.ctx, d, "source 2", "because", false, &w.rep.ID, w.now)
		w.ok(err)
		seq, err := s.SequenceByKey(w.ctx, "seq")
		w.ok(err)
		if v2.Number != 3 || *seq.CurrentVersionID != v2.ID || seq.Name != "Better" || seq.Builtin || seq.DraftSource != "" ||
			seq.State != models.SequenceActive || v2.LintOverride != "because" {
			t.Errorf("sequence = %+v, v2 = %+v", seq, v2)
		}
		if got := load[models.SequenceVersion](w, v1.ID); got.Definition.Name != "seq" {
			t.Error("a published version changed")
		}
	})
}
