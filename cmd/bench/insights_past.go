package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"followup/models"
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
)

// insightPast writes people, their sequences, touches, replies, meetings,
// promises and pursuits, as rows; the figures are counted from them as the
// product counts them.
func insightPast(ctx context.Context, db *sql.DB, people int, now time.Time) error {
	definition, err := insightDefinition()
	if err != nil {
		return err
	}
	from := now.AddDate(0, 0, -insightDays)
	for _, statement := range []struct {
		sql  string
		args []any
	}{
		{"INSERT INTO teams (id, name, created_at) SELECT i, 'Team ' || i, $2 FROM generate_series(1, $1::int) i", []any{insightTeams, now}},
		{"INSERT INTO users (id, team_id, email, name, role, zone, created_at, updated_at) SELECT 1000 + i, 1 + i % $2::int, 'rep' || i || '@example.com', 'Rep ' || i, 'rep', 'America/New_York', $3, $3 FROM generate_series(1, $1::int) i", []any{insightReps, insightTeams, now}},
		{"INSERT INTO sequences (id, key, name, state, created_at, updated_at) SELECT 1000 + i, 'bench-' || i, 'Sequence ' || i, 'active', $2, $2 FROM generate_series(1, $1::int) i", []any{insightSequences, from}},
		{`INSERT INTO sequence_versions (id, sequence_id, number, definition, published_at)
			SELECT 1000 + i, 1001 + (i - 1) % $2::int, 1 + (i - 1) / $2::int, $4::jsonb, $3 FROM generate_series(1, $1::int) i`, []any{insightSequences * insightVersions, insightSequences, from, definition}},
		{`INSERT INTO prospects (id, owner_id, first_name, last_name, zone, created_at, updated_at)
			SELECT i, 1001 + i % $2::int, 'P', 'Person ' || i, (ARRAY['America/New_York', 'America/Chicago', 'Europe/London'])[1 + i % 3], $3, $3 FROM generate_series(1, $1::bigint) i`, []any{people, insightReps, from}},
		{`INSERT INTO enrollments (id, prospect_id, sequence_id, version_id, rep_id, state, outcome, started_at, finished_at, updated_at)
			SELECT i, i, 1001 + (hashint8(i)::bigint & 1048575) % $2::int, 1001 + (hashint8(i)::bigint & 1048575) % $2::int + $2::int * (i % $3::int), 1001 + i % $4::int, 'finished', CASE WHEN i % 37 = 0 THEN 'won' ELSE 'completed' END,
				s.at, s.at + interval '25 days', s.at
			FROM generate_series(1, $1::bigint) i, LATERAL (SELECT $5::timestamptz + interval '1 minute' * ($6::bigint * i / $1::bigint) AS at) s`,
			[]any{people, insightSequences, insightVersions, insightReps, from, (insightDays - 26) * 1440}},
		{`INSERT INTO touches (prospect_id, enrollment_id, step_key, occurrence, kind, channel, purpose, rep_id, state, due_at, promised_at, planned_at, ended_at, updated_at, variant)
			SELECT e.prospect_id, e.id, 's' || (n % $1::int), n, CASE WHEN c.channel = 'call' THEN 'task' ELSE 'message' END, c.channel, 'follow_up', e.rep_id, CASE WHEN c.channel = 'call' THEN 'done' ELSE 'sent' END,
				t.at, t.at, e.started_at, t.at, t.at, CASE WHEN n % 7 = 3 THEN (ARRAY['a', 'b'])[1 + e.id % 2] ELSE '' END
			FROM enrollments e, generate_series(0, $2::int - 1) n,
				LATERAL (SELECT (ARRAY['email', 'email', 'sms', 'email', 'voicemail', 'call', 'email'])[1 + n % 7] AS channel) c,
				LATERAL (SELECT date_trunc('day', e.started_at) + interval '1 day' * (2 * n) + interval '1 minute' * (14 * 60 + (hashint8(e.id * 31 + n)::bigint & 1048575) % 480) AS at) t`,
			[]any{insightSteps, insightPerPerson}},
		{`INSERT INTO messages (prospect_id, direction, channel, state, class, mark, created_at, sent_at)
			SELECT e.prospect_id, 'inbound', (ARRAY['email', 'sms', 'call'])[1 + e.id % 3], 'received', 'human_reply', CASE WHEN e.id % 2 = 0 THEN 'positive' ELSE '' END, t.at, t.at
			FROM enrollments e, LATERAL (SELECT e.started_at + interval '1 hour' * ((hashint8(e.id * 7)::bigint & 1048575) % 480) AS at) t WHERE e.id % 3 = 0`, nil},
		{`INSERT INTO appointments (prospect_id, rep_id, starts_at, revision, state, created_at, updated_at, ended_at)
			SELECT e.prospect_id, e.rep_id, t.at + interval '2 days', 1, 'held', t.at, t.at, t.at + interval '2 days' + interval '1 second' * (e.id % 200)
			FROM enrollments e, LATERAL (SELECT e.started_at + interval '1 hour' * ((hashint8(e.id * 11)::bigint & 1048575) % 480) AS at) t WHERE e.id % 11 = 0`, nil},
		{`INSERT INTO commitments (prospect_id, rep_id, value, due_on, state, created_at, updated_at)
			SELECT prospect_id, rep_id, (id % 90) || ',000 a year', to_char(started_at + interval '12 days', 'YYYY-MM-DD'), (ARRAY['kept', 'broken', 'open'])[1 + id % 3], started_at, started_at
			FROM enrollments WHERE id % 13 = 0`, nil},
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

// insightDefinition is as long as a real one.
func insightDefinition() (string, error) {
	d := models.Definition{Key: "bench", Name: "Bench"}
	for i := range insightSteps {
		d.Steps = append(d.Steps, models.Step{Key: fmt.Sprintf("s%d", i), Channel: models.ChannelVoicemail, Purpose: models.PurposeFollowUp,
			Body: strings.Repeat("The reason I'm calling is what the downtime costs you every day. ", 20)})
	}
	text, err := json.Marshal(d)
	return string(text), err
}
