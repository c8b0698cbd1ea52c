package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// manyEntries is more than any list shows at once.
const manyEntries = 450

// Every entry of a long shelf is on exactly one of its pages, proposals first,
// and is found by its words.
func TestLongShelves(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		state := func(i int) models.LibraryState {
			if i%9 == 0 {
				return models.LibraryDraft
			}
			return models.LibraryPublished
		}
		me := w.user("Ada", models.RoleRep)
		for i := range manyEntries {
			text := fmt.Sprintf("entry number %d of the Öffnung", i)
			_, err := s.SaveTalkingPoint(w.ctx, models.TalkingPoint{Kind: []string{"new_you", "new_policy"}[i%2], Text: text, Source: "100 % sure", State: state(i), OwnerID: &me.ID}, models.ActorSystem, w.now)
			w.ok(err)
			_, err = s.SaveStory(w.ctx, models.Story{Title: text, State: state(i), Permission: models.PermissionAnonymous}, models.ActorSystem, w.now)
			w.ok(err)
			_, err = s.SaveSuggestion(w.ctx, models.Suggestion{Text: text, State: state(i)}, models.ActorSystem, w.now)
			w.ok(err)
			_, err = s.SaveSnippet(w.ctx, models.Snippet{Name: fmt.Sprintf("note%d", i), Text: text, State: state(i)}, models.ActorSystem, w.now)
			w.ok(err)
			_, err = s.SaveVoicemailScript(w.ctx, models.VoicemailScript{Name: fmt.Sprintf("script %d", i), Text: text, State: state(i)}, models.ActorSystem, w.now)
			w.ok(err)
		}
		shelves := map[string]func(store.ShelfFilter) (ids []int64, next string, total store.Count){
			"points": func(f store.ShelfFilter) ([]int64, string, store.Count) {
				p, err := s.ViewTalkingPoints(w.ctx, f)
				w.ok(err)
				return idsOf(p.Rows, func(r store.PointRow) int64 { return r.ID }), p.Next, p.Total
			},
			"stories": func(f store.ShelfFilter) ([]int64, string, store.Count) {
				p, err := s.ViewStories(w.ctx, f)
				w.ok(err)
				return idsOf(p.Rows, func(r models.Story) int64 { return r.ID }), p.Next, p.Total
			},
			"suggestions": func(f store.ShelfFilter) ([]int64, string, store.Count) {
				p, err := s.ViewSuggestions(w.ctx, f)
				w.ok(err)
				return idsOf(p.Rows, func(r store.SuggestionRow) int64 { return r.ID }), p.Next, p.Total
			},
			"snippets": func(f store.ShelfFilter) ([]int64, string, store.Count) {
				p, err := s.ViewSnippets(w.ctx, me.ID, f)
				w.ok(err)
				return idsOf(p.Rows, func(r models.Snippet) int64 { return r.ID }), p.Next, p.Total
			},
			"voicemails": func(f store.ShelfFilter) ([]int64, string, store.Count) {
				p, err := s.ViewVoicemails(w.ctx, f)
				w.ok(err)
				return idsOf(p.Rows, func(r store.ScriptView) int64 { return r.ID }), p.Next, p.Total
			},
		}
		for name, page := range shelves {
			var all []int64
			for f := (store.ShelfFilter{}); ; {
				ids, next, total := page(f)
				if total.N != manyEntries {
					t.Fatalf("%s: %d entries are counted", name, total.N)
				}
				all = append(all, ids...)
				if f.After = next; next == "" {
					break
				}
			}
			want := make([]int64, 0, manyEntries)
			for _, draft := range []bool{true, false} {
				for i := manyEntries - 1; i >= 0; i-- {
					if (i%9 == 0) == draft {
						want = append(want, int64(i+1))
					}
				}
			}
			if !slices.Equal(all, want) {
				t.Errorf("%s: the pages list %v", name, all)
			}
			// The first entry of all lies far behind the first page.
			for _, words := range []string{"number 1 of", "ÖFFNUNG 1 entry", "öffnung number 1 of"} {
				if ids, _, _ := page(store.ShelfFilter{Words: words}); !slices.Contains(allOf(page, words), 2) || len(ids) == 0 {
					t.Errorf("%s: %q does not find the second entry", name, words)
				}
			}
			if ids, _, total := page(store.ShelfFilter{Words: "number no-such-word"}); len(ids) != 0 || total.N != 0 {
				t.Errorf("%s: %d hold a word that none holds", name, total.N)
			}
			if ids, _, _ := page(store.ShelfFilter{Words: "_%_"}); len(ids) != 0 {
				t.Errorf("%s: a wildcard of the database is taken as one", name)
			}
			if _, _, total := page(store.ShelfFilter{Retired: true}); total.N != 0 {
				t.Errorf("%s: %d are retired", name, total.N)
			}
		}
		if _, _, total := shelves["points"](store.ShelfFilter{Kind: "new_policy", Words: "100 %"}); total.N != manyEntries/2 {
			t.Errorf("of one kind: %d", total.N)
		}
		if n, err := s.PointsWrittenBy(w.ctx, me.ID); err != nil || n.N != manyEntries {
			t.Errorf("written by one: %v %v", n, err)
		}
	})
}

func idsOf[T any](rows []T, id func(T) int64) []int64 {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = id(r)
	}
	return ids
}

func allOf(page func(store.ShelfFilter) ([]int64, string, store.Count), words string) (all []int64) {
	f := store.ShelfFilter{Words: words}
	for {
		ids, next, _ := page(f)
		all = append(all, ids...)
		if f.After = next; next == "" {
			return all
		}
	}
}

// What a rep chooses from is not cut off either: what fits comes first however
// old it is, and everything is found by its words.
func TestChoosingFromLongShelves(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.ok(w.db.Create(&models.Objection{ProspectID: w.person.ID, Kind: "price", Words: "Too dear for the warehouse", CreatedAt: w.now}).Error)
		for i := range manyEntries {
			point := models.TalkingPoint{Kind: "new_you", Text: fmt.Sprintf("reason %d", i)}
			story := models.Story{Title: fmt.Sprintf("story %d", i), Permission: models.PermissionAnonymous}
			help := models.Suggestion{Text: fmt.Sprintf("help %d", i)}
			switch i {
			case 3: // the oldest but three fits best
				point.Words, story.Answers, help.Words = "warehouse", []string{"price"}, "warehouse"
			case 4:
				point.Answers, help.Obstacle = []string{"price"}, "price"
			}
			_, err := s.SaveTalkingPoint(w.ctx, point, models.ActorSystem, w.now)
			w.ok(err)
			_, err = s.SaveStory(w.ctx, story, models.ActorSystem, w.now)
			w.ok(err)
			_, err = s.SaveSuggestion(w.ctx, help, models.ActorSystem, w.now)
			w.ok(err)
			_, err = s.SaveSnippet(w.ctx, models.Snippet{Name: fmt.Sprintf("z-%03d", i), Text: fmt.Sprintf("A text, the %dth, of z-449.", i)}, models.ActorSystem, w.now)
			w.ok(err)
			script, err := s.SaveVoicemailScript(w.ctx, models.VoicemailScript{Name: fmt.Sprintf("script %03d", i), Text: "Please call back."}, models.ActorSystem, w.now)
			w.ok(err)
			if i%2 == 1 {
				_, err = s.AddRecording(w.ctx, models.Recording{ScriptID: script.ID, Token: fmt.Sprint("token", i), ContentType: "audio/wav", Content: []byte{1}, CreatedAt: w.now}, models.ActorSystem)
				w.ok(err)
			}
		}
		points, err := s.TalkingPointsFor(w.ctx, w.person.ID, "")
		w.ok(err)
		if got := idsOf(points[:3], func(p models.TalkingPoint) int64 { return p.ID }); !slices.Equal(got, []int64{4, 5, manyEntries}) || points[0].Text != "reason 3" {
			t.Errorf("reasons: %v first (%q)", got, points[0].Text)
		}
		if points, err = s.TalkingPointsFor(w.ctx, w.person.ID, "reason 17"); err != nil || !slices.Contains(idsOf(points, func(p models.TalkingPoint) int64 { return p.ID }), 18) {
			t.Errorf("an old reason is not found: %v", err)
		}
		help, err := s.Suggestions(w.ctx, w.person.ID, "")
		w.ok(err)
		if got := idsOf(help[:3], func(g models.Suggestion) int64 { return g.ID }); !slices.Equal(got, []int64{4, 5, manyEntries}) {
			t.Errorf("suggestions: %v first", got)
		}
		if help, err = s.Suggestions(w.ctx, w.person.ID, "help 17"); err != nil || !slices.Contains(idsOf(help, func(g models.Suggestion) int64 { return g.ID }), 18) {
			t.Errorf("an old suggestion is not found: %v", err)
		}
		stories, err := s.Stories(w.ctx, w.person.ID, "")
		w.ok(err)
		if stories[0].ID != 4 || stories[0].Title != "story 3" || stories[1].ID != manyEntries {
			t.Errorf("stories: %d and %d first", stories[0].ID, stories[1].ID)
		}
		snippets, more, err := s.Snippets(w.ctx, 0, "")
		w.ok(err)
		if len(snippets) != store.LibraryLimit || !more {
			t.Errorf("%d snippets, more %v", len(snippets), more)
		}
		// Every text holds z-449: the one that is called so comes first.
		if snippets, _, err = s.Snippets(w.ctx, 0, "z-449"); err != nil || snippets[0].Name != "z-449" {
			t.Errorf("a snippet is not found by its name: %v", err)
		}
		scripts, more, err := s.RecordedScripts(w.ctx, "", 200)
		w.ok(err)
		if len(scripts) != 200 || !more || scripts[0].Name != "script 001" || scripts[0].Recording == nil {
			t.Errorf("%d recorded scripts, more %v", len(scripts), more)
		}
		if scripts, more, err = s.RecordedScripts(w.ctx, "script 449", 200); err != nil || len(scripts) != 1 || more {
			t.Errorf("%d scripts found", len(scripts))
		}

		// Who was enrolled for an old reason is told that one.
		e := w.enrollIn(follow("chase", after(0, 0, 1, 0)), w.person.ID)
		w.ok(w.db.Exec("UPDATE enrollments SET talking_point_id = ? WHERE id = ?", 20, e.ID).Error)
		var told []string
		w.queue(models.Touch{EnrollmentID: &e.ID, ProspectID: w.person.ID, StepKey: "one"})
		w.claim(func(due models.Due) models.Decision {
			if due.TalkingPoint != nil {
				told = append(told, due.TalkingPoint.Text)
			}
			return models.Decision{}
		})
		if strings.Join(told, ",") != "reason 19" {
			t.Errorf("they are told %q", told)
		}
	})
}

// Everybody who has heard a reason is on exactly one page.
func TestEverybodyWhoHeard(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		tp, err := s.SaveTalkingPoint(w.ctx, models.TalkingPoint{Kind: "new_you", Text: "we moved"}, models.ActorSystem, w.now)
		w.ok(err)
		help, err := s.SaveSuggestion(w.ctx, models.Suggestion{Text: "start small"}, models.ActorSystem, w.now)
		w.ok(err)
		const people = 230
		for i := range people {
			p := w.prospect(fmt.Sprintf("Person %d", i), fmt.Sprintf("p%d@example.com", i), "")
			at := w.now.Add(time.Duration(i/7) * time.Minute) // several at one instant
			w.ok(w.db.Create(&models.TalkingPointUse{TalkingPointID: tp.ID, ProspectID: p.ID, HeardAt: at}).Error)
			w.ok(w.db.Create(&models.SuggestionUse{SuggestionID: help.ID, ProspectID: p.ID, GivenAt: at}).Error)
		}
		for name, page := range map[string]func(after string) (store.ShelfPage[store.Heard], error){
			"heard": func(after string) (store.ShelfPage[store.Heard], error) {
				return s.WhoHeard(w.ctx, tp.ID, store.Everything, after)
			},
			"given": func(after string) (store.ShelfPage[store.Heard], error) {
				return s.WhoGot(w.ctx, help.ID, store.Everything, after)
			},
		} {
			seen, pages, last := map[int64]bool{}, 0, w.now.AddDate(1, 0, 0)
			for after := ""; ; pages++ {
				p, err := page(after)
				w.ok(err)
				if p.Total.N != people {
					t.Fatalf("%s: %d are counted", name, p.Total.N)
				}
				for _, h := range p.Rows {
					if seen[h.ProspectID] || h.At.After(last) {
						t.Fatalf("%s: %s comes twice or out of order", name, h.Name())
					}
					seen[h.ProspectID], last = true, h.At
				}
				if after = p.Next; after == "" {
					break
				}
			}
			if len(seen) != people || pages != 2 {
				t.Errorf("%s: %d people on %d pages", name, len(seen), pages+1)
			}
		}
	})
}
