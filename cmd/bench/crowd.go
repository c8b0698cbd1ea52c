package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"followup/channels"
	"followup/models"
	"followup/scheduler"
	"followup/store"
)

// The bench's own workspace: one zone, so that it is day for everybody.
const (
	zone       = "America/New_York"
	firstRow   = 1000 // ids of the copies begin here
	accountSID = "AC00000000000000000000000000000001"
	authToken  = "0123456789abcdef0123456789abcdef"
)

var storeKey = []byte("the bench keeps this key in sight")[:32]

// crowd is a workspace of many alike people: one is made by the product's own
// methods, up to the planned touch, and the others are copies of its rows.
type crowd struct {
	store *store.Store
	db    *sql.DB
	clock models.Clock
	proto models.Prospect
	touch int64 // the prototype's planned touch
	mails []int64
	phone []int64
}

// crowdPlan says what the people are to get.
type crowdPlan struct {
	channel  models.ChannelKind
	senders  int
	smtpPort int
}

func openDB(dsn string) (*sql.DB, error) {
	if store.DialectOf(dsn) == store.Postgres {
		return sql.Open("pgx", dsn)
	}
	db, err := sql.Open("sqlite", dsn+"?_pragma=busy_timeout(60000)&_pragma=synchronous(OFF)")
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// newCrowd prepares the workspace and its prototype.
func newCrowd(ctx context.Context, dsn string, clock models.Clock, p crowdPlan) (*crowd, error) {
	s, err := store.Open(ctx, store.Options{DSN: dsn, Key: storeKey, Clock: clock})
	if err != nil {
		return nil, err
	}
	c := &crowd{store: s, clock: clock}
	if c.db, err = openDB(dsn); err != nil {
		return nil, err
	}
	if err := s.Migrate(ctx); err != nil {
		return nil, err
	}
	settings, err := s.Settings(ctx)
	if err != nil {
		return nil, err
	}
	settings.Workspace, settings.PostalAddress = "Example Works", "1 Main Street, Springfield"
	if err := s.SaveSettings(ctx, settings, models.ActorSystem, clock()); err != nil {
		return nil, err
	}
	return c, c.prototype(ctx, p)
}

func (c *crowd) prototype(ctx context.Context, p crowdPlan) error {
	now := c.clock()
	rep, err := c.store.SaveUser(ctx, models.User{
		Email: "rep@example.com", Name: "Riley Moreno", Role: models.RoleRep, Zone: zone, Locale: "en-US", Phone: "+12125550100",
	}, models.ActorSystem, now)
	if err != nil {
		return err
	}
	if err := c.saveSenders(ctx, p, rep); err != nil {
		return err
	}
	if _, err := c.store.PublishSequence(ctx, definition(p.channel), "", "", false, nil, now); err != nil {
		return err
	}
	seq, err := c.store.SequenceByKey(ctx, "bench")
	if err != nil {
		return err
	}
	given := func(point int64, ch models.ChannelKind) models.Consent {
		return models.Consent{ContactPointID: point, Channel: ch, Basis: models.ConsentWritten, Source: "form", GivenAt: now}
	}
	c.proto, err = c.store.CreateProspect(ctx, models.Prospect{
		OwnerID: rep.ID, FirstName: "Dana", LastName: "Whitfield", Zone: zone, Locale: "en-US", Country: "US", Region: "NY",
	}, &models.Company{Name: "Whitfield Works", Domain: "customer.test"}, []models.ContactPoint{
		{Kind: models.ContactEmail, Value: "dana@customer.test", Label: models.LabelWork},
		{Kind: models.ContactPhone, Value: "+12125550142", Label: models.LabelCell, Position: 1},
	}, []models.Consent{given(1, models.ChannelEmail), given(2, models.ChannelSMS)}, models.ActorSystem, now)
	if err != nil {
		return err
	}
	planner := c.planner()
	if _, err := planner.Enroll(ctx, scheduler.EnrollRequest{ProspectID: c.proto.ID, SequenceID: seq.ID, RepID: rep.ID, By: models.ActorSystem}); err != nil {
		return err
	}
	if err := planner.Tick(ctx, c.clock()); err != nil {
		return err
	}
	err = c.db.QueryRowContext(ctx, "SELECT id FROM touches WHERE state = 'planned'").Scan(&c.touch)
	if errors.Is(err, sql.ErrNoRows) {
		return errors.New("the prototype's first touch was not planned")
	}
	return err
}

// planner enrolls and plans, and sends nothing.
func (c *crowd) planner() *scheduler.Scheduler {
	registry := channels.NewRegistry()
	registry.Add(models.ProviderSMTP, quiet{channels.EmailRules})
	registry.Add(models.ProviderTwilio, quiet{channels.SMSRules})
	return &scheduler.Scheduler{Store: c.store, Channels: registry, Clock: c.clock, MaySend: func(context.Context) bool { return false }}
}

// saveSenders: the first is the rep's, which the plan takes; the copies' touches are spread over all.
func (c *crowd) saveSenders(ctx context.Context, p crowdPlan, rep models.User) error {
	for i := range max(p.senders, 1) {
		owner := &rep.ID
		if i > 0 {
			other, err := c.store.SaveUser(ctx, models.User{Email: fmt.Sprintf("rep%d@example.com", i), Name: "Riley Moreno", Role: models.RoleRep, Zone: zone, Locale: "en-US"}, models.ActorSystem, c.clock())
			if err != nil {
				return err
			}
			owner = &other.ID
		}
		mail, err := c.store.SaveSender(ctx, models.Sender{
			OwnerID: owner, Kind: models.SenderMailbox, Provider: models.ProviderSMTP, Address: fmt.Sprintf("riley%d@sales.test", i),
			Name: "Riley Moreno", Inbound: models.InboundNone,
			Settings: models.SenderSettings{SMTPHost: "127.0.0.1", SMTPPort: p.smtpPort, SMTPTLS: "none"},
		}, models.ActorSystem, c.clock())
		if err != nil {
			return err
		}
		phone, err := c.store.SaveSender(ctx, models.Sender{
			OwnerID: owner, Kind: models.SenderPhone, Provider: models.ProviderTwilio, Address: fmt.Sprintf("+1415%07d", 5550000+i),
			Name: "Riley Moreno", Inbound: models.InboundPush,
			Settings: models.SenderSettings{AccountSID: accountSID}, Credentials: models.SenderCredentials{AuthToken: authToken},
		}, models.ActorSystem, c.clock())
		if err != nil {
			return err
		}
		c.mails, c.phone = append(c.mails, mail.ID), append(c.phone, phone.ID)
	}
	return nil
}

// definition: after the first step another is planned, two days later.
func definition(ch models.ChannelKind) models.Definition {
	nine := models.TimeOfDay(9 * 60)
	subject := "Tuesday at 10:15"
	body := "Hello {{ prospect.first_name }},\n\nwe looked at what the downtime cost {{ company.name }}.\n\n" +
		strings.Repeat("Each hour in which the line stood still, what stood behind it, and what it would take to have it run.\n\n", 11) +
		"When on Tuesday suits you, {{ prospect.first_name }}?\n\n{{ rep.name }}\n"
	if ch != models.ChannelEmail {
		subject, body = "", "{{ prospect.first_name }}, what did the October figures say? Riley"
	}
	return models.Definition{
		Key: "bench", Name: "Bench", CountsAsFollowUp: true, DefaultChannel: ch,
		OnReply: models.ReplyPause, OnColleagueReply: models.ReplyContinue, OnMeeting: models.ReplyFinish,
		Steps: []models.Step{
			{Key: "first", Channel: ch, Purpose: models.PurposeFollowUp, Timing: models.Timing{Kind: models.TimingAfter}, Subject: subject, Body: body},
			{Key: "second", Channel: ch, Purpose: models.PurposeFollowUp, Timing: models.Timing{Kind: models.TimingAfter, Days: 2, At: &nine}, Subject: subject, Body: body},
		},
	}
}

// quiet is a channel for planning: it checks nothing and sends nothing.
type quiet struct{ rules models.ChannelRules }

func (q quiet) Kind() models.ChannelKind   { return q.rules.Kind }
func (q quiet) Rules() models.ChannelRules { return q.rules }
func (q quiet) Check(models.Message) error { return nil }
func (q quiet) Send(context.Context, models.Message) (channels.Outcome, error) {
	return channels.Outcome{}, errors.New("the bench's planner sends nothing")
}

// grow adds n people whose touch is due at due, from the id first on.
func (c *crowd) grow(ctx context.Context, first, n int, due time.Time) error {
	senders := c.mails
	var channel string
	if err := c.db.QueryRowContext(ctx, "SELECT channel FROM touches WHERE id = $1", c.touch).Scan(&channel); err != nil {
		return err
	}
	if channel != string(models.ChannelEmail) {
		senders = c.phone
	}
	// Kept in the order of what refers to what.
	for _, t := range []struct {
		table, where string
		set          map[string]string
	}{
		// A company each: colleagues would be looked at with every answer.
		{"companies", fmt.Sprintf("o.id = %d", *c.proto.CompanyID), map[string]string{
			"id": "{i}", "name": "'Works ' || {i}", "domain": "''"}},
		{"prospects", fmt.Sprintf("o.id = %d", c.proto.ID), map[string]string{
			"id": "{i}", "company_id": "{i}", "last_name": "'Whitfield ' || {i}"}},
		{"contact_points", fmt.Sprintf("o.prospect_id = %d", c.proto.ID), map[string]string{
			"id": "{i} * 2 + o.position", "prospect_id": "{i}",
			"value": "CASE WHEN o.kind = 'email' THEN 'dana' || {i} || '@customer.test' ELSE '+1' || (3000000000 + {i}) END"}},
		{"consents", fmt.Sprintf("o.prospect_id = %d", c.proto.ID), map[string]string{
			"id": "{i} * 2 + CASE WHEN o.channel = 'email' THEN 0 ELSE 1 END", "prospect_id": "{i}",
			"contact_point_id": "{i} * 2 + CASE WHEN o.channel = 'email' THEN 0 ELSE 1 END"}},
		{"enrollments", fmt.Sprintf("o.prospect_id = %d", c.proto.ID), map[string]string{
			"id": "{i}", "prospect_id": "{i}"}},
		{"pursuits", fmt.Sprintf("o.prospect_id = %d", c.proto.ID), map[string]string{
			"id": "{i}", "prospect_id": "{i}", "follow_ups": "0", "last_counted_on": "''"}},
		{"touches", fmt.Sprintf("o.id = %d", c.touch), map[string]string{
			"id": "{i}", "prospect_id": "{i}", "enrollment_id": "{i}",
			"state": "'planned'", "attempt": "0", "replica": "''", "end_reason": "''", "end_detail": "''", "ended_at": "NULL",
			"contact_point_id": fmt.Sprintf("{i} * 2 + %d", b2i(channel != string(models.ChannelEmail))),
			"sender_id":        pickOf(senders), "due_at": c.literal(due), "promised_at": c.literal(due)}},
	} {
		if err := c.copyRows(ctx, t.table, t.where, first, n, t.set); err != nil {
			return fmt.Errorf("copy %s: %w", t.table, err)
		}
	}
	if c.store.Dialect() == store.Postgres { // autovacuum does it within the minute
		if _, err := c.db.ExecContext(ctx, "ANALYZE"); err != nil {
			return err
		}
	}
	return c.renumber(ctx)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// pickOf spreads people over senders.
func pickOf(ids []int64) string {
	if len(ids) == 1 {
		return fmt.Sprint(ids[0])
	}
	step := ids[1] - ids[0] // mailboxes and phones are saved in turn
	return fmt.Sprintf("%d + ({i} %% %d) * %d", ids[0], len(ids), step)
}

func (c *crowd) literal(t time.Time) string {
	if c.store.Dialect() == store.Postgres {
		return "timestamptz '" + t.UTC().Format(time.RFC3339Nano) + "'"
	}
	return "'" + t.UTC().Format("2006-01-02 15:04:05.999999999-07:00") + "'"
}

// copyRows inserts n copies of the rows o, with {i} standing for the number of each.
func (c *crowd) copyRows(ctx context.Context, table, where string, first, n int, set map[string]string) error {
	rows, err := c.db.QueryContext(ctx, "SELECT * FROM "+table+" LIMIT 0")
	if err != nil {
		return err
	}
	columns, err := rows.Columns()
	if err := errors.Join(err, rows.Close()); err != nil {
		return err
	}
	values := make([]string, len(columns))
	quoted := slices.Clone(columns)
	for i, col := range columns {
		quoted[i] = `"` + col + `"`
		values[i] = "o." + quoted[i]
		if v, ok := set[col]; ok {
			values[i] = strings.ReplaceAll(v, "{i}", "n.i")
		}
	}
	series := fmt.Sprintf("(SELECT generate_series(%d, %d) AS i) n", first, first+n-1)
	if c.store.Dialect() == store.SQLite {
		series = fmt.Sprintf("(WITH RECURSIVE s(i) AS (SELECT %d UNION ALL SELECT i + 1 FROM s WHERE i < %d) SELECT i FROM s) n", first, first+n-1)
	}
	_, err = c.db.ExecContext(ctx, fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s o, %s WHERE %s",
		table, strings.Join(quoted, ", "), strings.Join(values, ", "), table, series, where))
	return err
}

// renumber moves the counters of ids past the copies.
func (c *crowd) renumber(ctx context.Context) error {
	if c.store.Dialect() == store.SQLite {
		return nil // its next id is above the largest by itself
	}
	for _, table := range []string{"companies", "prospects", "contact_points", "consents", "enrollments", "pursuits", "touches"} {
		_, err := c.db.ExecContext(ctx, "SELECT setval(pg_get_serial_sequence('"+table+"', 'id'), (SELECT max(id) FROM "+table+"))")
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *crowd) close() error { return errors.Join(c.db.Close(), c.store.Close()) }
