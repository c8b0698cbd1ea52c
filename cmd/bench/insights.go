package main

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"strconv"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"followup/crm"
	"followup/models"
	"followup/store"
	"followup/store/pgserver"
)

// What the past of the section insights is made of.
const (
	insightReps      = 100
	insightTeams     = 8
	insightSequences = 20
	insightVersions  = 2
	insightSteps     = 7
	insightPerPerson = 10 // touches
	insightDays      = 1095
	insightAsked     = 300
)

// insights: how long the manager's page takes over a long past, with filters
// drawn at random. The past is written as rows; the figures are counted from
// it as the product counts them.
func (b *bench) insights(ctx context.Context) error {
	pg, err := pgserver.Start(durable...)
	if err != nil {
		return err
	}
	defer func() { _ = pg.Stop() }()
	clock := time.Now
	s, err := store.Open(ctx, store.Options{DSN: pg.DSN, Key: make([]byte, 32), Clock: clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Migrate(ctx); err != nil {
		return err
	}
	service := &crm.Service{Store: s, Clock: clock, Log: slog.New(slog.DiscardHandler)}
	manager, _, err := service.AddUser(ctx, models.ActorSystem, models.User{Name: "Mara Lind", Email: "mara@example.com", Role: models.RoleManager, Zone: "America/New_York"}, visitPassword)
	if err != nil {
		return err
	}
	set := models.DefaultSettings()
	set.Mode = "own"
	if err := s.SaveSettings(ctx, set, models.ActorSystem, clock()); err != nil {
		return err
	}
	db, err := sql.Open("pgx", pg.DSN)
	if err != nil {
		return err
	}
	defer db.Close()
	touches := b.size(b.touches)
	began := time.Now()
	if err := insightPast(ctx, db, touches/insightPerPerson, clock()); err != nil {
		return err
	}
	fmt.Fprintf(b.out, "  %d touches, written in %s\n", touches, time.Since(began).Round(time.Second))
	if err := b.countInsights(ctx, s, touches); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, "VACUUM ANALYZE insight_cells"); err != nil {
		return err
	}
	var cells int
	if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM insight_cells").Scan(&cells); err != nil {
		return err
	}
	fmt.Fprintf(b.out, "  %d cells\n", cells)
	return b.askInsights(s, service, manager, clock, touches)
}

// countInsights lets the job catch up.
func (b *bench) countInsights(ctx context.Context, s *store.Store, touches int) error {
	began := time.Now()
	for idle := 0; idle < 2; {
		n, err := s.RollInsights(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			idle++
		}
	}
	took := time.Since(began)
	b.found(figure{What: fmt.Sprintf("Counting the figures of %d touches from the start", touches),
		Measured: fmt.Sprintf("%s, %.0f touches/s", took.Round(time.Second), float64(touches)/took.Seconds()), Target: "faster than they can be sent by hand", Met: took < 2*time.Hour})
	return nil
}

// insightPast writes people, their sequences, touches, replies, meetings and pursuits.
func insightPast(ctx context.Context, db *sql.DB, people int, now time.Time) error {
	from := now.AddDate(0, 0, -insightDays)
	for _, statement := range []struct {
		sql  string
		args []any
	}{
		{"INSERT INTO teams (id, name, created_at) SELECT i, 'Team ' || i, $2 FROM generate_series(1, $1::int) i", []any{insightTeams, now}},
		{"INSERT INTO users (id, team_id, email, name, role, zone, created_at, updated_at) SELECT 1000 + i, 1 + i % $2::int, 'rep' || i || '@example.com', 'Rep ' || i, 'rep', 'America/New_York', $3, $3 FROM generate_series(1, $1::int) i", []any{insightReps, insightTeams, now}},
		{"INSERT INTO sequences (id, key, name, state, created_at, updated_at) SELECT 1000 + i, 'bench-' || i, 'Sequence ' || i, 'active', $2, $2 FROM generate_series(1, $1::int) i", []any{insightSequences, from}},
		{`INSERT INTO sequence_versions (id, sequence_id, number, definition, published_at)
			SELECT 1000 + i, 1001 + (i - 1) % $2::int, 1 + (i - 1) / $2::int, '{"key":"x"}', $3 FROM generate_series(1, $1::int) i`, []any{insightSequences * insightVersions, insightSequences, from}},
		{`INSERT INTO prospects (id, owner_id, first_name, last_name, zone, created_at, updated_at)
			SELECT i, 1001 + i % $2::int, 'P', 'Person ' || i, (ARRAY['America/New_York', 'America/Chicago', 'Europe/London'])[1 + i % 3], $3, $3 FROM generate_series(1, $1::bigint) i`, []any{people, insightReps, from}},
		{`INSERT INTO enrollments (id, prospect_id, sequence_id, version_id, rep_id, state, outcome, started_at, finished_at, updated_at)
			SELECT i, i, 1001 + (hashint8(i)::bigint & 1048575) % $2::int, 1001 + (hashint8(i)::bigint & 1048575) % $2::int + $2::int * (i % $3::int), 1001 + i % $4::int, 'finished', CASE WHEN i % 37 = 0 THEN 'won' ELSE 'completed' END,
				s.at, s.at + interval '25 days', s.at
			FROM generate_series(1, $1::bigint) i, LATERAL (SELECT $5::timestamptz + interval '1 minute' * ($6::bigint * i / $1::bigint) AS at) s`,
			[]any{people, insightSequences, insightVersions, insightReps, from, (insightDays - 26) * 1440}},
		{`INSERT INTO touches (prospect_id, enrollment_id, step_key, occurrence, kind, channel, purpose, rep_id, state, due_at, promised_at, planned_at, ended_at, updated_at, variant)
			SELECT e.prospect_id, e.id, 's' || (n % $1::int), n, 'message', (ARRAY['email', 'email', 'sms', 'email', 'voicemail', 'email', 'email'])[1 + n % 7], 'follow_up', e.rep_id, 'sent',
				t.at, t.at, e.started_at, t.at, t.at, ''
			FROM enrollments e, generate_series(0, $2::int - 1) n,
				LATERAL (SELECT date_trunc('day', e.started_at) + interval '1 day' * (2 * n) + interval '1 minute' * (14 * 60 + (hashint8(e.id * 31 + n)::bigint & 1048575) % 480) AS at) t`,
			[]any{insightSteps, insightPerPerson}},
		{`INSERT INTO messages (prospect_id, direction, channel, state, class, mark, created_at, sent_at)
			SELECT e.prospect_id, 'inbound', (ARRAY['email', 'sms', 'call'])[1 + e.id % 3], 'received', 'human_reply', CASE WHEN e.id % 2 = 0 THEN 'positive' ELSE '' END, t.at, t.at
			FROM enrollments e, LATERAL (SELECT e.started_at + interval '1 hour' * ((hashint8(e.id * 7)::bigint & 1048575) % 480) AS at) t WHERE e.id % 3 = 0`, nil},
		{`INSERT INTO appointments (prospect_id, rep_id, starts_at, revision, state, created_at, updated_at, ended_at)
			SELECT e.prospect_id, e.rep_id, t.at + interval '2 days', 1, 'held', t.at, t.at, t.at + interval '2 days' + interval '1 second' * (e.id % 200)
			FROM enrollments e, LATERAL (SELECT e.started_at + interval '1 hour' * ((hashint8(e.id * 11)::bigint & 1048575) % 480) AS at) t WHERE e.id % 11 = 0`, nil},
		{`INSERT INTO pursuits (prospect_id, follow_ups, started_at, ended_at, ended_by) SELECT e.prospect_id, 1 + e.id % 10, e.started_at, e.started_at + interval '24 days', CASE WHEN e.id % 3 = 0 THEN 'human_reply' ELSE 'restarted' END FROM enrollments e`, nil},
		{"INSERT INTO events (at, actor, kind, prospect_id, enrollment_id) SELECT started_at, 'system', 'enrollment.started', prospect_id, id FROM enrollments ORDER BY id", nil},
		{"ANALYZE", nil},
	} {
		if _, err := db.ExecContext(ctx, statement.sql, statement.args...); err != nil {
			return fmt.Errorf("%w in %.80s", err, statement.sql)
		}
	}
	return nil
}

// askInsights opens the page as a signed-in manager's browser does.
func (b *bench) askInsights(s *store.Store, service *crm.Service, manager models.User, clock models.Clock, touches int) error {
	server, err := servePages(s, service, clock)
	if err != nil {
		return err
	}
	defer server.Close()
	browser, err := signIn(server.URL, manager.Email)
	if err != nil {
		return err
	}
	draw := rand.New(rand.NewPCG(1, 2))
	var took []time.Duration
	slowest, worst := time.Duration(0), ""
	for range insightAsked {
		path := "/insights?" + insightQuery(draw, clock()).Encode()
		_, d, err := browser.open(path)
		if err != nil {
			return err
		}
		if took = append(took, d); d > slowest {
			slowest, worst = d, path
		}
	}
	fmt.Fprintf(b.out, "  the slowest: %s\n", worst)
	p99 := quantile(took, 0.99)
	b.found(figure{What: fmt.Sprintf("The insights page over %d touches, filters drawn at random", touches),
		Measured: fmt.Sprintf("%.0f ms in the median, %.0f ms in 95 of 100, %.0f ms in 99, %.0f ms at most", ms(quantile(took, 0.5)), ms(quantile(took, 0.95)), ms(p99), ms(slowest)),
		Target:   "under 300 ms", Met: p99 < 300*time.Millisecond})
	return nil
}

// insightQuery draws a question.
func insightQuery(draw *rand.Rand, now time.Time) url.Values {
	pick := func(values ...string) string { return values[draw.IntN(len(values))] }
	q := url.Values{
		"view":   {pick("followups", "rates", "rates", "rates", "voicemails", "answers", "calls", "people")},
		"period": {pick("30", "90", "365", "all", "own", "own", "own")},
		"by":     {pick("sequence", "version", "step", "variant", "channel", "weekday", "hour", "rep")},
	}
	if q.Get("period") == "own" {
		a, b := draw.IntN(insightDays), draw.IntN(insightDays)
		q.Set("from", now.AddDate(0, 0, -max(a, b)).Format(time.DateOnly))
		q.Set("to", now.AddDate(0, 0, -min(a, b)).Format(time.DateOnly))
	}
	for name, value := range map[string]string{
		"basis": "cohort", "channel": pick("email", "sms", "voicemail"), "rep": strconv.Itoa(1001 + draw.IntN(insightReps)), "team": strconv.Itoa(1 + draw.IntN(insightTeams)),
	} {
		if draw.IntN(3) == 0 {
			q.Set(name, value)
		}
	}
	if draw.IntN(2) == 0 {
		sequence := draw.IntN(insightSequences)
		q.Set("sequence", strconv.Itoa(1001+sequence))
		if draw.IntN(2) == 0 {
			q.Set("version", strconv.Itoa(1001+sequence+insightSequences*draw.IntN(insightVersions)))
		}
		if draw.IntN(2) == 0 {
			q.Set("step", "s"+strconv.Itoa(draw.IntN(insightSteps)))
		}
	}
	return q
}
