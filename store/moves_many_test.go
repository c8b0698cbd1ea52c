package store_test

import (
	"log/slog"
	"testing"
	"time"

	"gorm.io/gorm"

	"followup/channels"
	"followup/channels/sandbox"
	"followup/crm"
	"followup/models"
	"followup/scheduler"
	"followup/store"
	"followup/store/storetest"
	"followup/templates"
)

// TestMoveOfTenThousand: publishing answers before everybody was told, in
// small batches, the progress can be read, a process that starts anew goes on
// where the one before stopped, and nobody is told twice or left behind.
func TestMoveOfTenThousand(t *testing.T) {
	if storetest.Off() {
		t.Log("FOLLOWUP_TEST_POSTGRES=off: this test needs PostgreSQL")
		return
	}
	const people = 10_000
	dsn := storetest.PostgresDSN(t)
	s := storetest.Open(t, dsn)
	desk := storetest.Seed(t, s)
	now := storetest.Now
	clock := func() time.Time { return now }
	process := func(s *store.Store) (*scheduler.Scheduler, *crm.Service) {
		reg := channels.NewRegistry()
		for _, kind := range []models.ChannelKind{models.ChannelEmail, models.ChannelSMS} {
			reg.Add(models.ProviderSandbox, sandbox.New(kind, sandbox.Options{Clock: clock}))
		}
		log := slog.New(slog.DiscardHandler)
		return &scheduler.Scheduler{Store: s, Channels: reg, Clock: clock, Log: log, Synchronous: true, SendFor: time.Hour, LongestSend: time.Minute},
			&crm.Service{Store: s, Clock: clock, Log: log}
	}
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	engine, service := process(s)
	first, err := engine.Enroll(t.Context(), scheduler.EnrollRequest{ProspectID: desk.Prospect.ID, SequenceID: desk.Sequence.ID, RepID: desk.Rep.ID, By: models.ActorSystem})
	ok(err)
	ok(engine.Tick(t.Context(), now)) // sent; the second step is two days away
	crowd(t, store.RawDB(s), desk.Prospect.ID, first.ID, people-1)

	d := storetest.Definition()
	d.Steps[1].Timing.Days = 5
	source, err := templates.FormatSequence(d)
	ok(err)
	seq, err := s.SequenceByKey(t.Context(), d.Key)
	ok(err)
	v, move, err := service.PublishVersion(t.Context(), desk.Rep.ID, crm.PublishRequest{Key: d.Key, Source: string(source), Override: "a test", Revision: seq.Revision, Move: true})
	ok(err)
	if move == nil || move.Total != people {
		t.Fatalf("the move: %+v", move)
	}
	progress := func(s *store.Store) *store.MoveProgress {
		t.Helper()
		p, err := s.ViewMove(t.Context(), seq.ID)
		ok(err)
		return p
	}
	told := progress(s).Done
	if told == 0 || told >= people {
		t.Errorf("when publishing answered %d of %d were told; some are left to the background", told, people)
	}
	for range 20 {
		n, more, err := s.ContinueMoves(t.Context(), now)
		ok(err)
		p := progress(s)
		if n == 0 || n > 100 || !more || p.Done != told+n || p.State != models.MoveRunning {
			t.Fatalf("a batch told %d: %d of %d, %s", n, p.Done, p.Total, p.State)
		}
		told = p.Done
	}

	again := storetest.Open(t, dsn) // the process ended; another begins
	engine, service = process(again)
	ok(service.ContinueMoves(t.Context(), now))
	if p := progress(again); p.Done != people || p.State != models.MoveDone {
		t.Errorf("after the restart %d of %d, %s", p.Done, p.Total, p.State)
	}
	behind := func() (n int64) {
		ok(store.RawDB(again).Model(&models.Enrollment{}).Where("sequence_id = ? AND version_id <> ?", seq.ID, v.ID).Count(&n).Error)
		return n
	}
	for range 1000 { // a tick plans a part of them
		if behind() == 0 {
			break
		}
		ok(engine.Tick(t.Context(), now))
	}
	var planned, moved int64
	db := store.RawDB(again)
	ok(db.Model(&models.Touch{}).Where("state = ? AND step_key = 'second' AND due_at > ?", models.TouchPlanned, now.AddDate(0, 0, 4)).Count(&planned).Error)
	ok(db.Model(&models.Event{}).Where("kind = ?", models.EventVersionMoved).Count(&moved).Error)
	if behind() != 0 || planned != people || moved != people || progress(again).Waiting != 0 {
		t.Errorf("%d behind, %d planned five days on, %d moved of %d", behind(), planned, moved, people)
	}
}

// crowd copies an enrolled person n times, row by row.
func crowd(t *testing.T, db *gorm.DB, prospectID, enrollmentID int64, n int) {
	t.Helper()
	const from = 1000 // ids of the copies, above what the engine itself gives meanwhile
	for _, table := range []struct{ name, where, set string }{
		{"prospects", "id = @p", `'id', i`},
		{"contact_points", "prospect_id = @p", `'id', i * 2 + o.position, 'prospect_id', i, 'value', CASE WHEN o.kind = 'email' THEN 'pat' || i || '@example.com' ELSE '+1212555' || lpad((i % 10000)::text, 4, '0') END`},
		{"consents", "prospect_id = @p", `'id', i * 10 + o.id, 'prospect_id', i, 'contact_point_id', i * 2 + CASE WHEN o.channel = 'email' THEN 0 ELSE 1 END`},
		{"enrollments", "id = @e", `'id', i, 'prospect_id', i`},
		{"touches", "enrollment_id = @e", `'id', 1000000 + i * 10 + o.id, 'prospect_id', i, 'enrollment_id', i, 'contact_point_id', NULL`},
	} {
		err := db.Exec(`INSERT INTO `+table.name+` SELECT (jsonb_populate_record(o, jsonb_build_object(`+table.set+`))).*
			FROM `+table.name+` o, generate_series(CAST(@from AS bigint), CAST(@to AS bigint)) i WHERE o.`+table.where,
			map[string]any{"p": prospectID, "e": enrollmentID, "from": from, "to": from + n - 1}).Error
		if err != nil {
			t.Fatalf("%s: %v", table.name, err)
		}
	}
}
