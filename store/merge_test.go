package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// scatter gives a person a random past and future; what it made is counted.
func (w *world) scatter(r *rand.Rand, p models.Prospect, sequences []models.Definition) {
	w.Helper()
	points := w.points(p.ID)
	point := points[r.IntN(len(points))]
	at := func() time.Time { return w.now.Add(-time.Duration(r.IntN(5000)) * time.Minute) }
	for i := range r.IntN(6) {
		w.serial++
		m := models.Message{ProspectID: &p.ID, Direction: models.Inbound, Channel: models.ChannelEmail, State: models.MessageReceived, ContactPointID: &point.ID,
			Text: fmt.Sprintf("message %d", w.serial), Class: models.ClassHuman, CreatedAt: at()}
		w.ok(w.db.Create(&m).Error)
		w.ok(w.db.Model(&models.Conversation{}).Where("prospect_id = ?", p.ID).UpdateColumns(map[string]any{
			"last_inbound_at": m.CreatedAt, "last_message_id": m.ID, "last_message_at": m.CreatedAt, "last_contact_id": point.ID, "last_channel": "email", "unread_count": i}).Error)
		w.ok(w.db.Create(&models.Receipt{Provider: "x", MessageID: &m.ID, Status: models.MessageDelivered, At: w.now}).Error)
	}
	if r.IntN(3) == 0 {
		w.ok(w.db.Model(&models.Conversation{}).Where("prospect_id = ?", p.ID).UpdateColumn("waiting_since", at()).Error)
		w.ok(w.db.Create(&models.Task{Kind: models.TaskReply, State: models.TaskOpen, UserID: w.rep.ID, ProspectID: &p.ID, DueAt: w.now, CreatedAt: w.now, UpdatedAt: w.now}).Error)
	}
	for _, d := range sequences {
		if r.IntN(2) == 0 {
			e := w.enrollIn(d, p.ID)
			w.touch(models.Touch{ProspectID: p.ID, EnrollmentID: &e.ID, ContactPointID: &point.ID})
		}
	}
	for range r.IntN(3) {
		w.ok(w.db.Create(&models.Commitment{ProspectID: p.ID, RepID: w.rep.ID, Outcome: "counts", DueOn: "2026-12-01", State: models.CommitmentOpen, CreatedAt: w.now, UpdatedAt: w.now}).Error)
		w.ok(w.db.Create(&models.Consent{ProspectID: p.ID, ContactPointID: point.ID, Channel: models.ChannelSMS, Basis: models.ConsentOral, GivenAt: w.now, CreatedAt: w.now}).Error)
		w.ok(w.db.Create(&models.Objection{ProspectID: p.ID, Kind: "price", CreatedAt: w.now}).Error)
	}
	if r.IntN(2) == 0 {
		w.ok(w.db.Create(&models.Discovery{ProspectID: p.ID, Goal: fmt.Sprintf("goal of %d", p.ID), UpdatedAt: w.now}).Error)
	}
	if r.IntN(2) == 0 {
		w.ok(w.db.Create(&models.Pursuit{ProspectID: p.ID, FollowUps: 1 + r.IntN(5), StartedAt: at()}).Error)
	}
	if r.IntN(2) == 0 {
		_, err := w.s.SaveDraft(w.ctx, models.AnswerDraft{UserID: w.rep.ID, ProspectID: p.ID, Body: fmt.Sprintf("draft to %d", p.ID)}, w.now)
		w.ok(err)
	}
	if r.IntN(5) == 0 {
		_, err := w.s.Suppress(w.ctx, models.Suppression{Scope: models.SuppressPerson, ProspectID: &p.ID, Reason: models.FailOptedOut, By: w.by, CreatedAt: w.now})
		w.ok(err)
	}
}

// Merging loses nothing: of whatever two records, everything that was said,
// promised, consented and forbidden is the kept one's afterwards.
func TestMergeLosesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		sequences := []models.Definition{follow("a", after(0, 1, 0, 0)), follow("b", after(0, 1, 0, 0))}
		for round := range 12 {
			w.mergeOnce(rand.New(rand.NewPCG(7, uint64(round))), sequences, round)
		}
	})
}

func (w *world) mergeOnce(r *rand.Rand, sequences []models.Definition, round int) {
	w.Helper()
	shared := fmt.Sprintf("p%d@acme.example.com", round)
	a := w.prospect(fmt.Sprintf("Ann%d", round), shared, fmt.Sprintf("+1212555%04d", 100+round))
	b := w.prospect(fmt.Sprintf("Bob%d", round), shared, fmt.Sprintf("+1212555%04d", 200+round))
	w.scatter(r, a, sequences)
	w.scatter(r, b, sequences)
	if r.IntN(2) == 0 {
		a, b = b, a
	}
	both := []int64{a.ID, b.ID}
	tables := []any{&models.Message{}, &models.Touch{}, &models.Enrollment{}, &models.Task{}, &models.Commitment{}, &models.Consent{}, &models.Objection{}, &models.Pursuit{}, &models.Suppression{}}
	ids := func(of ...int64) (all [][]int64) {
		for _, m := range tables {
			var some []int64
			w.ok(w.db.Model(m).Where("prospect_id IN ?", of).Order("id").Pluck("id", &some).Error)
			all = append(all, some)
		}
		return all
	}
	theirs := map[string][]int64{}
	for i, table := range []string{"messages", "touches", "enrollments", "tasks", "commitments", "consents", "objections"} {
		if some := ids(b.ID)[i]; len(some) > 0 {
			theirs[table] = some
		}
	}
	before, events := ids(both...), count[models.Event](w, "prospect_id IN ?", both)
	blocked := count[models.Suppression](w, "prospect_id IN ? AND lifted_at IS NULL", both) > 0
	var followUps int
	w.ok(w.db.Model(&models.Pursuit{}).Select("COALESCE(SUM(follow_ups), 0)").Where("prospect_id IN ? AND ended_at IS NULL", both).Scan(&followUps).Error)
	waiting := count[models.Conversation](w, "prospect_id IN ? AND waiting_since IS NOT NULL", both) > 0
	pairs := count[models.Duplicate](w, "one_id = ? AND other_id = ? AND state = 'open' AND reason = 'same_address'", min(a.ID, b.ID), max(a.ID, b.ID))
	if pairs != 1 {
		w.Fatalf("round %d: two records with one address are %d found pairs", round, pairs)
	}

	kept, err := w.s.Merge(w.ctx, a.ID, b.ID, w.by, w.now)
	w.ok(err)
	records, err := w.s.MergesInto(w.ctx, a.ID)
	w.ok(err)
	if len(records) != 1 || records[0].DropID != b.ID || records[0].By != w.by {
		w.Fatalf("round %d: the merges on record are %+v", round, records)
	}
	for table, some := range theirs {
		if !slices.Equal(records[0].Moved[table], some) {
			w.Errorf("round %d: of %s came %v, recorded is %v", round, table, some, records[0].Moved[table])
		}
	}

	if got := ids(a.ID); !slices.EqualFunc(before, got, slices.Equal) {
		w.Errorf("round %d: before %v\nafter  %v", round, before, got)
	}
	if left := slices.Concat(ids(b.ID)...); len(left) > 0 {
		w.Errorf("round %d: %v stayed behind", round, left)
	}
	if n := count[models.Event](w, "prospect_id IN ?", both); n < events {
		w.Errorf("round %d: of %d events %d are left", round, events, n)
	}
	if n := len(w.points(kept.ID)); n != 3 {
		w.Errorf("round %d: %d contact points, want the shared address and both numbers", round, n)
	}
	if n := count[models.Enrollment](w, "prospect_id = ? AND state <> 'finished'", a.ID); blocked && n > 0 {
		w.Errorf("round %d: one of them must not be contacted, and %d enrollments run", round, n)
	}
	var total int
	w.ok(w.db.Model(&models.Pursuit{}).Select("COALESCE(SUM(follow_ups), 0)").Where("prospect_id = ? AND ended_at IS NULL", a.ID).Scan(&total).Error)
	if open := count[models.Pursuit](w, "prospect_id = ? AND ended_at IS NULL", a.ID); total != followUps || open > 1 {
		w.Errorf("round %d: %d follow-ups in %d open pursuits, before %d", round, total, open, followUps)
	}
	person, err := w.s.Person(w.ctx, b.ID)
	w.ok(err)
	if person.Prospect.MergedInto == nil || *person.Prospect.MergedInto != a.ID {
		w.Errorf("round %d: the other record does not lead to the kept one: %+v", round, person.Prospect)
	}
	if got, _ := w.s.Person(w.ctx, a.ID); (got.Conversation.WaitingSince != nil) != waiting {
		w.Errorf("round %d: waiting since %v, before %v", round, got.Conversation.WaitingSince, waiting)
	}
	if match, err := w.s.FindMatch(w.ctx, models.MatchKeys{From: fmt.Sprintf("+1212555%04d", 200+round), Kind: models.ContactPhone}); err != nil || match.ProspectID == nil || *match.ProspectID != a.ID {
		w.Errorf("round %d: a text from the other's number matches %+v, %v", round, match, err)
	}
	if _, err := w.s.Merge(w.ctx, a.ID, b.ID, w.by, w.now); models.CodeOf(err) != models.CodeConflict {
		w.Errorf("round %d: merging twice: %v", round, err)
	}
}

// Two alike records: in one sequence twice the younger run ends; waiting on
// one pauses what the other was in; texts of both stay.
func TestMergeRules(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		d := follow("a", after(0, 1, 0, 0))
		first := w.enroll(d)
		twin := w.prospect("Dana", "", herPhone)
		second := w.enrollIn(d, twin.ID)
		w.ok(w.db.Model(&models.Prospect{}).Where("id = ?", twin.ID).UpdateColumn("notes", "Prefers mornings").Error)
		w.ok(w.db.Model(&models.Conversation{}).Where("prospect_id = ?", twin.ID).UpdateColumn("waiting_since", w.now).Error)
		kept, err := s.Merge(w.ctx, w.person.ID, twin.ID, w.by, w.now.Add(time.Minute))
		w.ok(err)
		if kept.Notes != "Prefers mornings" {
			t.Errorf("notes %q", kept.Notes)
		}
		if e := load[models.Enrollment](w, second.ID); e.State != models.EnrollmentFinished || e.Outcome != models.FinishRemoved || e.ProspectID != w.person.ID {
			t.Errorf("the younger enrollment is %+v", e)
		}
		if e := load[models.Enrollment](w, first.ID); e.State != models.EnrollmentPaused {
			t.Errorf("their answer waits, and the enrollment is %s", e.State)
		}
		if got := w.found("dana"); got != "Dana" {
			t.Errorf("the search finds %q", got)
		}
		w.ok(w.db.Create(&models.Touch{ProspectID: w.person.ID, State: models.TouchSending, Kind: models.TouchMessage, Channel: models.ChannelEmail, Purpose: models.PurposeManual,
			RepID: w.rep.ID, DueAt: w.now, PromisedAt: w.now, PlannedAt: w.now, UpdatedAt: w.now}).Error)
		_, err = s.Merge(w.ctx, w.prospect("Third", "", "").ID, w.person.ID, w.by, w.now)
		w.code(err, models.CodeConflict)
	})
}

// A person says that two alike records are two; they are not asked again.
func TestDistinct(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		twin := w.prospect("Daniel", "", herPhone)
		list, err := s.ViewDuplicates(w.ctx, store.Everything, models.Page{})
		w.ok(err)
		if len(list.Rows) != 1 || list.Rows[0].Reason != models.DuplicateNumber {
			t.Fatalf("pairs %+v", list.Rows)
		}
		w.ok(s.Distinct(w.ctx, twin.ID, w.person.ID, w.by, w.now))
		w.ok(s.FindDuplicates(w.ctx, w.now))
		if list, _ = s.ViewDuplicates(w.ctx, store.Everything, models.Page{}); len(list.Rows) != 0 {
			t.Errorf("asked again: %+v", list.Rows)
		}
		if w.prospect("Dana", "", ""); len(w.twins()) != 1 {
			t.Errorf("the same name at the same company: %+v", w.twins())
		}
	})
}

func (w *world) twins() []models.Duplicate {
	pairs, err := w.s.TwinsOf(w.ctx, w.person.ID)
	w.ok(err)
	return pairs
}

// A company is held and released by hand, found by name, and renamed with
// its people.
func TestCompanies(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		id := *load[models.Prospect](w, w.person.ID).CompanyID
		until := w.now.AddDate(0, 0, 3)
		for range 2 {
			w.ok(s.HoldCompany(w.ctx, id, &until, w.by, w.now))
		}
		v, err := s.ViewCompany(w.ctx, id, store.Everything, models.Page{}, w.now)
		w.ok(err)
		if len(v.Holds) != 1 || len(v.People.Rows) != 1 || v.Holds[0].Reason != models.PauseManual {
			t.Errorf("company %+v", v)
		}
		w.ok(s.ReleaseCompany(w.ctx, id, w.by, w.now))
		c := v.Company
		c.Name = "Zenith"
		_, err = s.SaveCompany(w.ctx, c, w.now.Add(-time.Hour), w.by, w.now)
		w.code(err, models.CodeConflict)
		_, err = s.SaveCompany(w.ctx, c, c.UpdatedAt, w.by, w.now)
		w.ok(err)
		if got := w.found("zenith"); got != "Dana" {
			t.Errorf("found %q", got)
		}
		for _, name := range []string{"alpha", "Beta", "zeta"} {
			_, err := s.SaveCompany(w.ctx, models.Company{Name: name}, time.Time{}, w.by, w.now)
			w.ok(err)
		}
		var names []string
		page := models.Page{Limit: 1}
		for {
			list, err := s.ViewCompanies(w.ctx, store.Everything, "", page)
			w.ok(err)
			for _, r := range list.Rows {
				names = append(names, r.Name)
			}
			if page.After = list.Next; page.After == "" {
				break
			}
		}
		if fmt.Sprint(names) != "[alpha Beta Zenith zeta]" {
			t.Errorf("companies %v", names)
		}
		if list, err := s.ViewCompanies(w.ctx, store.Everything, "ZE", models.Page{}); err != nil || len(list.Rows) != 2 || list.Total.N != 2 {
			t.Errorf("ze: %+v %v", list.Rows, err)
		}
		if _, err := s.SaveCompany(w.ctx, models.Company{Name: "Twin", Domain: c.Domain}, time.Time{}, w.by, w.now); models.CodeOf(err) != models.CodeConflict {
			t.Errorf("a second company with the domain: %v", err)
		}
	})
}
