package store_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// roll counts twice: on PostgreSQL what is new is looked at only when all
// that ran beside it has ended.
func (w *world) roll() {
	w.Helper()
	for range 2 {
		_, err := w.s.RollInsights(w.ctx)
		w.ok(err)
	}
}

// TestInsightsAgree: over a generated history in which old things go on
// changing, the kept figures are those that docs/metrics.md defines, counted
// afresh from the rows, whatever is asked.
func TestInsightsAgree(t *testing.T) {
	for seed := range uint64(2) {
		storetest.Each(t, func(t *testing.T, s *store.Store) {
			p := newPast(newWorld(t, s), seed+1, 12)
			for range 5 {
				for range 60 {
					p.something()
				}
				p.join(p.rand.IntN(len(p.reps)), p.rand.IntN(len(p.teams)+1))
				p.roll()
			}
			p.compare(25)
			// Who changes the team after everything was counted takes it along.
			for i := range p.reps {
				p.join(i, 1)
			}
			p.compare(5) // before it is known
			p.roll()
			p.compare(15)
			// Everything counted from the start comes out the same.
			for _, table := range []string{"insight_people", "insight_cells", "insight_moves"} {
				p.ok(p.db.Exec("DELETE FROM " + table).Error)
			}
			p.ok(p.db.Exec("UPDATE insight_marks SET event_id = 0, ceiling = 0, fence = ''").Error)
			p.roll()
			p.compare(10)
			if n, err := s.RollInsights(p.ctx); err != nil || n != 0 {
				t.Errorf("with nothing new it looked at %d events: %v", n, err)
			}
		})
	}
}

// TestTeamsHaveTheirOwnSums: what a team did is read from the team's sums,
// whose number does not grow with its reps, and a workspace that has none yet
// makes them of its reps' before it counts on.
func TestTeamsHaveTheirOwnSums(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newPast(newWorld(t, s), 3, 12)
		for range 200 {
			p.something()
		}
		p.roll()
		// As a workspace is that never kept them.
		p.ok(p.db.Exec("DELETE FROM insight_cells WHERE rep_id < 0").Error)
		p.ok(p.db.Exec("DELETE FROM insight_teams").Error)
		p.compare(10)
		for range 20 {
			p.something()
		}
		p.roll()
		p.compare(10)
		team := store.InsightFilter{Reps: []int64{p.reps[0].ID, p.reps[1].ID}} // the first team
		bys := []store.InsightBy{store.ByAll, store.BySequence, store.ByVersion, store.ByStep, store.ByVariant, store.ByChannel, store.ByWeekday, store.ByHour}
		want := map[store.InsightBy][]store.Figure{}
		var err error
		for _, by := range bys {
			want[by], err = s.TouchFigures(p.ctx, team, by)
			p.ok(err)
			if len(want[by]) == 0 {
				t.Fatalf("nothing by %q", by)
			}
		}
		p.ok(p.db.Exec("DELETE FROM insight_cells WHERE rep_id > 0").Error)
		for _, by := range bys {
			got, err := s.TouchFigures(p.ctx, team, by)
			p.ok(err)
			if !slices.Equal(got, want[by]) {
				t.Errorf("by %q it reads the reps' sums: %+v, not %+v", by, got, want[by])
			}
		}
	})
}

// TestScriptsAreNamed: what a version's step says, as a text or as a
// recording, is known by the library's script; other words are not.
func TestScriptsAreNamed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newPast(newWorld(t, s), 5, 2)
		script := models.VoicemailScript{Name: "The short one", Text: "It is Rita. Please call me back.", State: models.LibraryPublished, CreatedAt: p.now, UpdatedAt: p.now}
		p.ok(p.db.Create(&script).Error)
		p.ok(p.db.Create(&models.Recording{ScriptID: script.ID, Token: "tok3n", ContentType: "audio/wav", Content: []byte("x"), CreatedAt: p.now}).Error)
		said := follow("seq-0")
		said.Steps = []models.Step{
			{Key: "s0", Channel: models.ChannelVoicemail, Body: " It is Rita. Please call me back.\n"},
			{Key: "s1", Channel: models.ChannelVoicemail, Body: "https://followup.example.com/r/tok3n"},
			{Key: "s2", Channel: models.ChannelCall, NotAnswered: "Something else."},
		}
		seq, version := p.sequences[0].ID, p.versions[p.sequences[0].ID][0]
		p.ok(p.db.Model(&models.SequenceVersion{ID: version}).Select("definition").Updates(&models.SequenceVersion{Definition: said}).Error)
		for _, step := range said.Steps {
			p.ok(p.db.Exec("INSERT INTO insight_steps (sequence_id, version_id, step_key, variant, channel) VALUES (?, ?, ?, '', ?)", seq, version, step.Key, step.Channel).Error)
		}
		names, err := s.InsightScripts(p.ctx)
		p.ok(err)
		want := map[store.InsightKey]string{{Sequence: seq, Version: version, Step: "s0"}: "The short one", {Sequence: seq, Version: version, Step: "s1"}: "The short one"}
		if !maps.Equal(names, want) {
			t.Errorf("scripts %v, want %v", names, want)
		}
	})
}

// TestInsightsByReplicas: replicas that count at once count everything once,
// while events go on being written.
func TestInsightsByReplicas(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newPast(newWorld(t, s), 7, 8)
		for range 4 {
			done := make(chan error, 3)
			for range 3 {
				go func() {
					_, err := s.RollInsights(p.ctx)
					done <- err
				}()
			}
			for range 40 {
				p.something()
			}
			for range 3 {
				p.ok(<-done)
			}
		}
		p.roll()
		p.compare(10)
	})
}

// compare asks for everything, and then by drawn filters.
func (p *past) compare(times int) {
	p.Helper()
	fresh := p.countAfresh()
	spoken := slices.DeleteFunc(slices.Clone(fresh.touches), func(c counted) bool { return c.channel != models.ChannelVoicemail && c.channel != models.ChannelCall })
	for i := range times {
		f := p.filter()
		if i == 0 {
			f = store.InsightFilter{}
		}
		by := []store.InsightBy{store.ByAll, store.BySequence, store.ByVersion, store.ByStep, store.ByVariant, store.ByChannel, store.ByWeekday, store.ByHour, store.ByRep}[p.rand.IntN(9)]
		if f.Cohort && (by == store.ByWeekday || by == store.ByHour) {
			by = store.ByAll
		}
		got, err := p.s.TouchFigures(p.ctx, f, by)
		p.ok(err)
		p.same("touches", f, by, got, fresh.touches, touchKeys[by])
		got, err = p.s.ScriptFigures(p.ctx, f)
		p.ok(err)
		p.same("scripts", f, "", got, spoken, func(c counted) store.InsightKey {
			return store.InsightKey{Sequence: c.sequence, Version: c.version, Step: c.step, Variant: c.variant}
		})
		got, err = p.s.PursuitFigures(p.ctx, f)
		p.ok(err)
		p.same("pursuits", store.InsightFilter{From: f.From, To: f.To, Sequence: f.Sequence, Reps: f.Reps}, "", got, fresh.pursuits, slotKey)
		got, err = p.s.AnswerFigures(p.ctx, f, store.ByRep)
		p.ok(err)
		p.same("answers", store.InsightFilter{From: f.From, To: f.To, Channel: f.Channel, Reps: f.Reps}, "", got, fresh.answers, repSlotKey)
		got, err = p.s.CallFigures(p.ctx, f, store.ByAll)
		p.ok(err)
		p.same("calls", store.InsightFilter{From: f.From, To: f.To, Reps: f.Reps}, "", got, fresh.calls, slotKey)
		got, err = p.s.CommitmentFigures(p.ctx, f, store.ByAll)
		p.ok(err)
		p.same("promises", store.InsightFilter{From: f.From, To: f.To, Reps: f.Reps}, "", got, fresh.promises, slotKey)
	}
}

type keyOf func(counted) store.InsightKey

func slotKey(c counted) store.InsightKey    { return store.InsightKey{Slot: c.slot} }
func repSlotKey(c counted) store.InsightKey { return store.InsightKey{Slot: c.slot, Rep: c.rep} }

var touchKeys = map[store.InsightBy]keyOf{
	store.ByAll:      func(counted) store.InsightKey { return store.InsightKey{} },
	store.BySequence: func(c counted) store.InsightKey { return store.InsightKey{Sequence: c.sequence} },
	store.ByVersion:  func(c counted) store.InsightKey { return store.InsightKey{Sequence: c.sequence, Version: c.version} },
	store.ByStep: func(c counted) store.InsightKey {
		return store.InsightKey{Sequence: c.sequence, Step: c.step, Channel: c.channel}
	},
	store.ByVariant: func(c counted) store.InsightKey {
		return store.InsightKey{Sequence: c.sequence, Step: c.step, Variant: c.variant}
	},
	store.ByChannel: func(c counted) store.InsightKey { return store.InsightKey{Channel: c.channel} },
	store.ByWeekday: func(c counted) store.InsightKey { return store.InsightKey{Slot: (int(c.at.Weekday()) + 6) % 7} },
	store.ByHour:    func(c counted) store.InsightKey { return store.InsightKey{Slot: c.at.Hour()} },
	store.ByRep:     func(c counted) store.InsightKey { return store.InsightKey{Rep: c.rep} },
}

// same compares figures with what was counted afresh.
func (p *past) same(what string, f store.InsightFilter, by store.InsightBy, got []store.Figure, all []counted, key keyOf) {
	p.Helper()
	want := map[store.InsightKey]store.Figure{}
	for _, c := range all {
		if !c.passes(f) {
			continue
		}
		k := key(c)
		sum := want[k]
		sum.Key = k
		sum.N++
		for _, add := range []struct {
			to *int64
			on bool
		}{{&sum.Replied, c.replied}, {&sum.Positive, c.positive}, {&sum.Met, c.met}, {&sum.Won, c.won}, {&sum.OptedOut, c.optedOut},
			{&sum.Voicemails, c.voicemail}, {&sum.Returned, c.returned}} {
			if add.on {
				*add.to++
			}
		}
		sum.Amount += c.amount
		want[k] = sum
	}
	have := map[store.InsightKey]store.Figure{}
	for _, g := range got {
		have[g.Key] = g
	}
	if !maps.Equal(have, want) {
		p.Errorf("%s by %q with %+v:\n kept  %s\n fresh %s", what, by, f, lines(have), lines(want))
	}
}

func lines(m map[store.InsightKey]store.Figure) string {
	var out []string
	for _, f := range m {
		out = append(out, fmt.Sprintf("%+v", f))
	}
	slices.Sort(out)
	return strings.Join(out, "\n       ")
}

// counted is one thing that counts, found without the store's own rules.
type counted struct {
	at                time.Time // in the customer's zone
	cohort            models.Date
	sequence, version int64
	step, variant     string
	channel           models.ChannelKind
	rep               int64
	slot              int
	replied, positive, met, won,
	optedOut, voicemail, returned bool
	amount int64
}

func (c counted) passes(f store.InsightFilter) bool {
	if f.From != "" && f.To != "" && f.To < f.From {
		return false
	}
	day := models.Date(c.at.Format(time.DateOnly))
	if f.Cohort {
		day = c.cohort
		if f.From != "" {
			f.From = f.From[:8] + "01"
		}
	}
	return (f.From == "" || day >= f.From) && (f.To == "" || day <= f.To) && (f.Sequence == 0 || f.Sequence == c.sequence) &&
		(f.Version == 0 || f.Version == c.version) && (f.Step == "" || f.Step == c.step) && (f.Channel == "" || f.Channel == c.channel) &&
		(f.Reps == nil || slices.Contains(f.Reps, c.rep))
}
