package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"followup/cmd/followup/populate"
	"followup/crm"
	"followup/models"
	"followup/store"
)

const (
	insightAsked  = 300
	insightTarget = 300 * time.Millisecond
)

// insights: how long the manager's page takes over a long past, with filters
// drawn at random from what there is. A database of one's own is given an
// address by -filled: an empty one is filled first and stays, so that the
// next run only asks.
func (b *bench) insights(ctx context.Context) error {
	w, err := b.openWorkspace(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = w.close() }()
	db, err := sql.Open("pgx", w.dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := b.insightsOver(ctx, db, w.store, w.service); err != nil {
		return err
	}
	touches, first, err := b.countInsights(ctx, db, w.store)
	if err != nil {
		return err
	}
	server, err := servePages(w.store, w.service, w.clock)
	if err != nil {
		return err
	}
	defer server.Close()
	browser, err := signIn(server.URL, populate.Manager)
	if err != nil {
		return err
	}
	names, err := w.store.InsightNames(ctx)
	if err != nil {
		return err
	}
	return b.askInsights(browser, insightDraw{rand.New(rand.NewPCG(1, 2)), names, w.clock(), first}, touches)
}

// insightsOver writes the past, unless there is one.
func (b *bench) insightsOver(ctx context.Context, db *sql.DB, s *store.Store, service *crm.Service) error {
	var people bool
	if err := db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM prospects)").Scan(&people); err != nil || people {
		return err
	}
	_, _, err := service.AddUser(ctx, models.ActorSystem, models.User{Name: "Mara Lind", Email: populate.Manager, Role: models.RoleManager, Zone: "America/New_York"}, visitPassword)
	if err != nil {
		return err
	}
	set := models.DefaultSettings()
	set.Mode = "own"
	if err := s.SaveSettings(ctx, set, models.ActorSystem, time.Now()); err != nil {
		return err
	}
	began, touches := time.Now(), b.size(b.touches)
	if err := insightPast(ctx, db, touches/insightPerPerson, began); err != nil {
		return err
	}
	fmt.Fprintf(b.out, "  %d touches, written in %s\n", touches, time.Since(began).Round(time.Second))
	return nil
}

// countInsights lets the job catch up, and tells of how many touches the
// figures are, and since when.
func (b *bench) countInsights(ctx context.Context, db *sql.DB, s *store.Store) (touches int, first time.Time, err error) {
	began := time.Now()
	looked := 0
	for idle := 0; idle < 2; {
		n, err := s.RollInsights(ctx)
		if err != nil {
			return 0, first, err
		}
		if looked += n; n == 0 {
			idle++
		}
	}
	took := time.Since(began)
	if _, err := db.ExecContext(ctx, "VACUUM ANALYZE insight_cells"); err != nil {
		return 0, first, err
	}
	var cells int
	err = db.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(SUM(n) FILTER (WHERE grain = 'tm' AND rep_id = 0 AND slot = -1
		AND step_id IN (SELECT id FROM insight_steps WHERE version_id <> 0)), 0) FROM insight_cells`).Scan(&cells, &touches)
	if err == nil {
		err = db.QueryRowContext(ctx, "SELECT COALESCE(MIN(ended_at), now()) FROM touches WHERE state IN ('sent', 'done')").Scan(&first)
	}
	fmt.Fprintf(b.out, "  %d touches counted in %d cells\n", touches, cells)
	if looked > touches/insightPerPerson/2 { // not where an earlier run counted
		b.found(figure{What: fmt.Sprintf("Counting the figures of %d touches from the start", touches),
			Measured: fmt.Sprintf("%s, %.0f touches/s", took.Round(time.Second), float64(touches)/took.Seconds()), Target: "faster than they can be sent by hand", Met: took < 2*time.Hour})
	}
	return touches, first, err
}

// askInsights opens the page as a signed-in manager's browser does.
func (b *bench) askInsights(browser visitor, draw insightDraw, touches int) error {
	took, err := b.askDrawn(browser, insightAsked, func() string { return "/insights?" + draw.question().Encode() })
	if err != nil {
		return err
	}
	most := slices.Max(took)
	b.found(figure{What: fmt.Sprintf("The insights page over %d touches, filters drawn at random", touches),
		Measured: fmt.Sprintf("%.0f ms in the median, %.0f ms in 95 of 100, %.0f ms in 99, %.0f ms at most", ms(quantile(took, 0.5)), ms(quantile(took, 0.95)), ms(quantile(took, 0.99)), ms(most)),
		Target:   fmt.Sprintf("under %.0f ms", ms(insightTarget)), Met: most < insightTarget})
	return nil
}

// insightDraw draws questions from what the workspace has.
type insightDraw struct {
	*rand.Rand
	names store.InsightNames
	now   time.Time
	first time.Time // of its touches
}

// question has each of the page's filters or has it not.
func (d insightDraw) question() url.Values {
	pick := func(values ...string) string { return values[d.IntN(len(values))] }
	q := url.Values{
		"view":    {pick("followups", "rates", "rates", "rates", "rates", "voicemails", "answers", "calls", "promises", "people")},
		"period":  {pick("30", "90", "365", "all", "all", "own", "own", "own")},
		"by":      {pick("sequence", "version", "step", "variant", "channel", "weekday", "hour", "rep")},
		"measure": {pick("replied", "positive", "met", "opted_out", "closed", "won")},
	}
	if q.Get("period") == "own" {
		days := max(int(d.now.Sub(d.first).Hours()/24), 1)
		x, y := d.IntN(days), d.IntN(days)
		q.Set("from", d.now.AddDate(0, 0, -max(x, y)).Format(time.DateOnly))
		q.Set("to", d.now.AddDate(0, 0, -min(x, y)).Format(time.DateOnly))
	}
	if d.IntN(3) == 0 {
		q.Set("basis", "cohort")
	}
	if d.IntN(3) == 0 {
		q.Set("channel", pick("email", "sms", "voicemail", "call"))
	}
	id := func(n int64) string { return strconv.FormatInt(n, 10) }
	if len(d.names.Users) > 0 && d.IntN(3) == 0 {
		q.Set("rep", id(d.names.Users[d.IntN(len(d.names.Users))].ID))
	} else if len(d.names.Teams) > 0 && d.IntN(2) == 0 {
		q.Set("team", id(d.names.Teams[d.IntN(len(d.names.Teams))].ID))
	}
	if len(d.names.Sequences) > 0 && d.IntN(2) == 0 {
		d.ofSequence(q, d.names.Sequences[d.IntN(len(d.names.Sequences))].ID, id)
	}
	return q
}

// ofSequence draws the filters that the page shows once a sequence is chosen.
func (d insightDraw) ofSequence(q url.Values, sequence int64, id func(int64) string) {
	q.Set("sequence", id(sequence))
	var versions []int64
	for _, v := range d.names.Versions {
		if v.SequenceID == sequence {
			versions = append(versions, v.ID)
		}
	}
	slices.Sort(versions) // a map's order would draw differently each time
	if len(versions) > 0 && d.IntN(2) == 0 {
		q.Set("version", id(versions[d.IntN(len(versions))]))
	}
	var steps []string
	for _, k := range d.names.Steps {
		if k.Sequence == sequence {
			steps = append(steps, k.Step)
		}
	}
	if len(steps) > 0 && d.IntN(2) == 0 {
		q.Set("step", steps[d.IntN(len(steps))])
	}
}
