package web

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"followup/models"
	"followup/store"
)

type schedulerPage struct {
	page
	Health   models.Health
	Stalled  bool
	Never    bool
	Last     moment
	Lag      string
	Took     string
	Held     []heldCount
	View     store.SchedulerView
	Refused  int64
	Replicas []replicaView
	Days     []string
	Forecast []forecastRow
	Zone     string
	Form     form
	Since    *moment // paused since
	By       string
	Pauses   []pauseView
}

type heldCount struct {
	Reason models.Reason
	N      int
}

// replicaView is a process that ticks.
type replicaView struct {
	Name    string
	Started moment
	Ticked  moment
	Took    string
	Lag     string
	Behind  bool
	Ended   bool
	Ticks   []tickView // the newest first
}

type tickView struct {
	At        moment
	Took, Lag string
	Slow      bool
}

// forecastRow is a sender's coming days against what it may send.
type forecastRow struct {
	Name, Icon string
	Channel    models.ChannelKind
	Cap        int    // today
	Grows      string // what its ramp leads up to
	Cells      []forecastCell
	Total      int
}

type forecastCell struct {
	N    int
	Tone string // "over" what it may send, "tight" near it
	Why  string
}

type pauseView struct {
	From, Until moment
	By, EndedBy string
	Why         string
	Open        bool
}

// schedulerShow says how the scheduler is: when it ran, how late it is, what
// is held and what is stuck, and what the coming days bring.
func (s *site) schedulerShow(w http.ResponseWriter, r *http.Request) error {
	return s.renderScheduler(w, r, http.StatusOK, newForm())
}

func (s *site) renderScheduler(w http.ResponseWriter, r *http.Request, status int, f form) error {
	h, err := s.schedulerHealth(r.Context())
	if err != nil {
		return err
	}
	p := schedulerPage{page: s.page(r, "Scheduler", "scheduler"), Health: h, Stalled: s.stalled(h), Never: h.LastTick.IsZero(), Refused: s.refused.count(), Form: f}
	p.Last = p.Ago(h.LastTick)
	p.Lag = span(h.Lag)
	if h.Lag <= 0 {
		p.Lag = "not late"
	}
	p.Took = fmt.Sprintf("%d ms", h.LastTickTook.Milliseconds())
	for _, reason := range slices.Sorted(maps.Keys(h.Held)) {
		p.Held = append(p.Held, heldCount{reason, h.Held[reason]})
	}
	if p.View, err = s.Store.ViewScheduler(r.Context(), p.now); err != nil {
		return err
	}
	if err := s.schedulerPauses(r, &p); err != nil {
		return err
	}
	if err := s.schedulerReplicas(r.Context(), &p); err != nil {
		return err
	}
	if err := s.schedulerForecast(r.Context(), &p); err != nil {
		return err
	}
	return s.views.render(w, status, "scheduler", p)
}

func (s *site) schedulerPauses(r *http.Request, p *schedulerPage) error {
	set, err := s.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	who, err := s.names(r)
	if err != nil {
		return err
	}
	p.By = set.PausedBy
	for i, pause := range set.Pauses {
		v := pauseView{From: p.Mine(pause.From), By: who.Actor(pause.By), EndedBy: who.Actor(pause.EndedBy), Why: pause.Why, Open: pause.Until.IsZero()}
		if !v.Open {
			v.Until = p.Mine(pause.Until)
		} else if i == 0 && set.Paused {
			since := p.Ago(pause.From)
			p.Since = &since
			continue
		}
		if len(p.Pauses) < 5 {
			p.Pauses = append(p.Pauses, v)
		}
	}
	return nil
}

// replicasSince is how long a process that is gone stays in the list.
const replicasSince = 24 * time.Hour

// slowLag is how late the oldest due touch may be before a tick is marked.
const slowLag = time.Minute

func lagText(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	switch {
	case d < time.Second:
		return "not late"
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return span(d)
}

func (s *site) schedulerReplicas(ctx context.Context, p *schedulerPage) error {
	all, err := s.Store.ViewReplicas(ctx, p.now.Add(-replicasSince))
	if err != nil {
		return err
	}
	for _, rep := range all {
		v := replicaView{Name: rep.ID, Started: p.Ago(rep.StartedAt), Ticked: p.Ago(rep.TickedAt), Took: fmt.Sprintf("%d ms", rep.TickMs), Ended: rep.Ended, Behind: !rep.Ended && p.now.Sub(rep.TickedAt) > s.StalledAfter}
		v.Lag = lagText(rep.LagMs)
		for _, t := range slices.Backward(rep.Ticks()) {
			v.Ticks = append(v.Ticks, tickView{At: p.Ago(t.At), Took: fmt.Sprintf("%d ms", t.TookMs), Lag: lagText(t.LagMs), Slow: t.LagMs > slowLag.Milliseconds()})
		}
		if rep.Host != "" {
			v.Name = rep.Host + " · " + rep.ID
		}
		p.Replicas = append(p.Replicas, v)
	}
	return nil
}

// forecastCache keeps the count of everything that is planned for a minute.
type forecastCache struct {
	mu   sync.Mutex
	at   time.Time
	zone string
	last store.Forecast
}

const (
	forecastFor  = time.Minute
	forecastDays = 7
	// tight is the share of what a sender may send from which a day is marked.
	tight = 0.8
)

func (s *site) schedulerForecast(ctx context.Context, p *schedulerPage) error {
	f, err := s.forecastOf(ctx, p.times)
	if err != nil {
		return err
	}
	for i, d := range f.Days {
		label := p.day(d.In(p.mine))
		if i > 1 {
			label = d.In(p.mine).Format("Mon 2")
		}
		p.Days = append(p.Days, label)
	}
	p.Zone = zoneName(p.now.In(p.mine))
	for _, row := range f.Rows {
		v := forecastRow{Channel: row.Channel, Total: row.Total, Name: "No sender", Icon: lookOf(row.Channel).Icon}
		if x := row.Sender; x != nil {
			v.Name, v.Cap = phoneText(x.Address), row.Capacity[0].Limit
			if v.Cap > 0 && v.Cap < x.DailyCap {
				v.Grows = fmt.Sprintf("growing to %d", x.DailyCap)
			}
		} else if row.Channel == models.ChannelCall {
			v.Name = "The reps"
		}
		for i, n := range row.N {
			c := forecastCell{N: n}
			if row.Sender != nil && n > 0 {
				c.Tone, c.Why = againstCapacity(row.Capacity[i])
			}
			v.Cells = append(v.Cells, c)
		}
		p.Forecast = append(p.Forecast, v)
	}
	return nil
}

// againstCapacity compares a day with what the sender may send on it.
func againstCapacity(c store.Capacity) (tone, why string) {
	over := c.Over()
	switch {
	case c.Closed:
		return "over", "outside the account’s own hours on that day: they move to the next"
	case over > 0 && c.Used > 0:
		return "over", fmt.Sprintf("%d more than the %d it may still send that day (%d of %d are sent): they move to the next", over, max(0, c.Limit-c.Used), c.Used, c.Limit)
	case over > 0:
		return "over", fmt.Sprintf("%d more than the %d it may send that day: they move to the next", over, c.Limit)
	case c.Limit > 0 && float64(c.Wanted+c.Used) >= tight*float64(c.Limit):
		return "tight", fmt.Sprintf("%d of %d", c.Wanted+c.Used, c.Limit)
	}
	return "", ""
}

func (s *site) forecastOf(ctx context.Context, t times) (store.Forecast, error) {
	s.forecast.mu.Lock()
	defer s.forecast.mu.Unlock()
	if age := t.now.Sub(s.forecast.at); age >= 0 && age < forecastFor && s.forecast.zone == t.mine.String() {
		return s.forecast.last, nil
	}
	today := models.DateOf(t.now, t.mine)
	days := make([]time.Time, forecastDays+1)
	for i := range days {
		days[i] = today.AddDays(i).At(0, t.mine)
	}
	f, err := s.Store.ViewForecast(ctx, days)
	if err == nil {
		s.forecast.at, s.forecast.zone, s.forecast.last = t.now, t.mine.String(), f
	}
	return f, err
}

// pauseAll stops everything automatic; it answers when it is so.
func (s *site) pauseAll(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	if err := s.CRM.PauseAll(r.Context(), actorOf(r), userOf(r).Name, f.Get("why")); err != nil {
		status := statusOf(err)
		if err := f.take(err, "why"); err != nil {
			return err
		}
		return s.renderScheduler(w, r, status, f)
	}
	s.flash(r, "Everything automatic is paused. Answers and calls by hand go on.")
	return redirect(w, r, "/scheduler")
}

func (s *site) resumeAll(w http.ResponseWriter, r *http.Request) error {
	if err := s.CRM.ResumeAll(r.Context(), actorOf(r)); err != nil {
		return err
	}
	s.flash(r, "It goes on. What was held leaves within a minute, in the order in which it was promised.")
	return redirect(w, r, "/scheduler")
}
