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

func pointIDs(points []models.TalkingPoint) []int64 {
	ids := make([]int64, len(points))
	for i, p := range points {
		ids[i] = p.ID
	}
	return ids
}

// TestTalkingPointsFor: what answers this person comes first; drafts, expired,
// retired and heard ones do not come.
func TestTalkingPointsFor(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		p := w.person
		add := func(tp models.TalkingPoint) models.TalkingPoint {
			tp.Kind = "new_policy"
			tp, err := w.s.SaveTalkingPoint(w.ctx, tp, models.ActorSystem, w.now)
			w.ok(err)
			return tp
		}
		yesterday := models.DateOf(w.now.AddDate(0, 0, -1), time.UTC)
		price := add(models.TalkingPoint{Text: "it costs less", Answers: []string{"price"}})
		words := add(models.TalkingPoint{Text: "it speaks to your warehouse", Words: "warehouse, stock"})
		plain := add(models.TalkingPoint{Text: "we moved"})
		add(models.TalkingPoint{Text: "old", ExpiresOn: yesterday})
		add(models.TalkingPoint{Text: "draft", State: models.LibraryDraft})
		add(models.TalkingPoint{Text: "gone", RetiredAt: &w.now})
		heard := add(models.TalkingPoint{Text: "heard", Answers: []string{"price"}})
		w.ok(w.db.Create(&models.TalkingPointUse{TalkingPointID: heard.ID, ProspectID: p.ID, HeardAt: w.now}).Error)
		w.ok(w.db.Create(&models.Objection{ProspectID: p.ID, Kind: "price", Words: "Our WAREHOUSE system was dear enough", CreatedAt: w.now}).Error)

		got, err := w.s.TalkingPointsFor(w.ctx, p.ID, "")
		w.ok(err)
		if want := []int64{words.ID, price.ID, plain.ID}; !slices.Equal(pointIDs(got), want) {
			t.Errorf("got %v, want %v", pointIDs(got), want)
		}
		page, err := w.s.AnsweredBy(w.ctx, words, store.Everything, "")
		w.ok(err)
		if who := page.Rows; len(who) != 1 || page.Next != "" || page.Total.N != 1 || who[0].ProspectID != p.ID || who[0].Kind != "price" || who[0].At.IsZero() {
			t.Errorf("answered by the words: %+v", page)
		}
		if page, err = w.s.AnsweredBy(w.ctx, heard, store.Everything, ""); err != nil || len(page.Rows) != 0 {
			t.Errorf("who has heard it is listed again: %+v %v", page, err)
		}
		if page, err = w.s.AnsweredBy(w.ctx, price, store.Visibility{UserID: 999}, ""); err != nil || len(page.Rows) != 0 {
			t.Errorf("somebody else's prospects are listed: %+v %v", page, err)
		}
		who, err := w.s.WhoHeard(w.ctx, heard.ID, store.Everything, "")
		w.ok(err)
		if list := who.Rows; len(list) != 1 || who.Total.N != 1 || who.Next != "" || list[0].ProspectID != p.ID || !list[0].At.Equal(w.now) {
			t.Errorf("who heard: %+v", who)
		}
	})
}

// TestLostAnswered: a point that answers a loss lists whom we lost.
func TestLostAnswered(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		lost, other := w.person, w.prospect("Lena", "", "+12125550143")
		e := w.enrollIn(follow("chase", after(0, 0, 1, 0)), lost.ID)
		w.enrollIn(follow("chase", after(0, 0, 1, 0)), other.ID)
		w.ok(w.s.FinishEnrollment(w.ctx, e.ID, models.FinishLost, models.ActorSystem, w.now))
		tp, err := w.s.SaveTalkingPoint(w.ctx, models.TalkingPoint{Kind: "new_you", Text: "we have changed", Answers: []string{models.AnswersLost}}, models.ActorSystem, w.now)
		w.ok(err)
		page, err := w.s.AnsweredBy(w.ctx, tp, store.Everything, "")
		w.ok(err)
		if who := page.Rows; len(who) != 1 || who[0].ProspectID != lost.ID || who[0].Running || who[0].FirstName != "Dana" {
			t.Errorf("%+v", page)
		}
	})
}

// TestEverybodyAnswered: however many people a talking point answers, each is
// listed once, page by page, and all who are in no sequence can be taken at once.
func TestEverybodyAnswered(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		const people = 250
		for i := range people {
			p := models.Prospect{OwnerID: w.person.OwnerID, FirstName: "P", LastName: fmt.Sprint(i), CreatedAt: w.now, UpdatedAt: w.now}
			w.ok(w.db.Create(&p).Error)
			at := w.now.Add(-time.Duration(i/3) * time.Minute) // some at the same moment
			for n := range 3 {                                 // who objects often is listed once all the same
				w.ok(w.db.Create(&models.Objection{ProspectID: p.ID, Kind: "price", Words: fmt.Sprint(n), CreatedAt: at.Add(-time.Duration(n) * time.Hour)}).Error)
			}
		}
		tp, err := s.SaveTalkingPoint(w.ctx, models.TalkingPoint{Kind: "new_policy", Text: "it costs less", Answers: []string{"price"}}, models.ActorSystem, w.now)
		w.ok(err)
		seen, pages := map[int64]bool{}, 0
		for after := ""; ; pages++ {
			page, err := s.AnsweredBy(w.ctx, tp, store.Everything, after)
			w.ok(err)
			if page.Total.N != people || page.Idle.N != people {
				t.Fatalf("counted %+v, %+v in no sequence", page.Total, page.Idle)
			}
			for _, r := range page.Rows {
				if seen[r.ProspectID] || r.Words != "0" {
					t.Errorf("%d again, or not with the newest objection: %q", r.ProspectID, r.Words)
				}
				seen[r.ProspectID] = true
			}
			if after = page.Next; after == "" || pages > 5 {
				break
			}
		}
		if len(seen) != people || pages != 2 {
			t.Errorf("%d people after %d pages more", len(seen), pages)
		}
		w.enrollIn(follow("chase", after(0, 0, 1, 0)), w.person.ID)
		w.ok(w.db.Create(&models.Objection{ProspectID: w.person.ID, Kind: "price", CreatedAt: w.now.Add(time.Hour)}).Error)
		page, err := s.AnsweredBy(w.ctx, tp, store.Everything, "")
		w.ok(err)
		if page.Total.N != people+1 || page.Idle.N != people || !page.Rows[0].Running || page.Rows[1].Running {
			t.Errorf("with one who is in a sequence: %+v, %+v, %+v", page.Total, page.Idle, page.Rows[:2])
		}
		ids, err := s.AnsweredIDs(w.ctx, tp, store.Everything, 10_000)
		w.ok(err)
		if len(ids) != people || slices.Contains(ids, w.person.ID) {
			t.Errorf("%d to take at once", len(ids))
		}
	})
}

// TestStaleEntry: a save over somebody else's is refused and changes nothing.
func TestStaleEntry(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, now := t.Context(), time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)
		first, err := s.SaveStory(ctx, models.Story{Title: "A", State: models.LibraryDraft, Answers: []string{"price"}}, models.ActorSystem, now)
		if err != nil {
			t.Fatal(err)
		}
		mine, theirs := first, first
		theirs.Title = "theirs"
		if _, err := s.SaveStory(ctx, theirs, models.ActorSystem, now); err != nil {
			t.Fatal(err)
		}
		mine.Title = "mine"
		if _, err := s.SaveStory(ctx, mine, models.ActorSystem, now); models.CodeOf(err) != models.CodeConflict {
			t.Errorf("the stale save gave %v", err)
		}
		kept, err := s.Story(ctx, first.ID)
		if err != nil || kept.Title != "theirs" || kept.Revision != 2 || !slices.Equal(kept.Answers, []string{"price"}) {
			t.Errorf("%+v %v", kept, err)
		}
	})
}

// TestSuggestionsOnce: what was given is not offered again, and what fits comes first.
func TestSuggestionsOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		p := w.person
		add := func(text, obstacle string) models.Suggestion {
			g, err := w.s.SaveSuggestion(w.ctx, models.Suggestion{Text: text, Obstacle: obstacle}, models.ActorSystem, w.now)
			w.ok(err)
			return g
		}
		timing, any, given := add("start with one site", "timing"), add("ask your accountant", ""), add("count twice", "timing")
		w.ok(w.db.Create(&models.Objection{ProspectID: p.ID, Kind: "timing", Words: "not before spring", CreatedAt: w.now}).Error)
		for range 2 {
			w.ok(w.s.GiveSuggestion(w.ctx, models.SuggestionUse{SuggestionID: given.ID, ProspectID: p.ID, GivenAt: w.now}))
		}
		got, err := w.s.Suggestions(w.ctx, p.ID, "")
		w.ok(err)
		if len(got) != 2 || got[0].ID != timing.ID || got[1].ID != any.ID {
			t.Errorf("%+v", got)
		}
	})
}
