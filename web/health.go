package web

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"followup/models"
)

// healthCache keeps the scheduler's health for a few seconds, because every
// page asks for it.
type healthCache struct {
	mu   sync.Mutex
	at   time.Time
	last models.Health
	err  error
}

const healthFor = 3 * time.Second

func (s *site) schedulerHealth(ctx context.Context) (models.Health, error) {
	now := s.Clock()
	s.health.mu.Lock()
	defer s.health.mu.Unlock()
	if !s.health.at.IsZero() && now.Sub(s.health.at) < healthFor && !now.Before(s.health.at) {
		return s.health.last, s.health.err
	}
	s.health.last, s.health.err = s.Store.Health(ctx, now)
	s.health.at = now
	return s.health.last, s.health.err
}

// stalled tells whether no scheduler has ticked for too long.
func (s *site) stalled(h models.Health) bool {
	return h.LastTick.IsZero() || s.Clock().Sub(h.LastTick) > s.StalledAfter
}

// standsStill tells whether this process's own scheduler has: others may go on
// with the work, but whatever watches this process should know.
func (s *site) standsStill(h models.Health) bool {
	own := s.Scheduler.LastTick()
	return s.stalled(h) || !own.IsZero() && s.Clock().Sub(own) > s.StalledAfter
}

// alarm says why every page warns; "" while the scheduler runs.
func (s *site) alarm(ctx context.Context) string {
	h, err := s.schedulerHealth(ctx)
	switch {
	case err != nil:
		return "The scheduler's state cannot be read."
	case h.LastTick.IsZero():
		return "The scheduler has not started: nothing is sent."
	case s.stalled(h):
		return "The scheduler last ran " + span(s.Clock().Sub(h.LastTick)) + " ago: nothing is sent."
	}
	return ""
}

type healthReport struct {
	OK          bool      `json:"ok"`
	Scheduler   string    `json:"scheduler"`
	LastTick    time.Time `json:"last_tick,omitzero"`
	LagSeconds  float64   `json:"lag_seconds"`
	Due         int       `json:"due"`
	Sending     int       `json:"sending"`
	Unconfirmed int       `json:"unconfirmed"`
	Attention   int       `json:"attention"`
	// Held counts what waits, by reason.
	Held map[models.Reason]int `json:"held,omitempty"`
}

// healthz answers 503 when the scheduler stands still, so that whatever
// watches the process learns what a running web server would hide.
func (s *site) healthz(w http.ResponseWriter, r *http.Request) {
	h, err := s.schedulerHealth(r.Context())
	rep := healthReport{
		OK: true, Scheduler: "running", LastTick: h.LastTick, LagSeconds: h.Lag.Seconds(), Due: h.Due,
		Sending: h.Sending, Unconfirmed: h.Unconfirmed, Attention: h.Attention, Held: h.Held,
	}
	status := http.StatusOK
	switch {
	case err != nil:
		rep.OK, rep.Scheduler, status = false, "unknown", http.StatusServiceUnavailable
	case s.standsStill(h):
		rep.OK, rep.Scheduler, status = false, "stopped", http.StatusServiceUnavailable
	}
	writeJSON(w, status, rep)
}

// readyz tells whether this process is fit to serve: the database answers and
// its scheduler runs, since pages without it would promise what nobody does.
func (s *site) readyz(w http.ResponseWriter, r *http.Request) {
	if _, err := s.Store.Settings(r.Context()); err != nil {
		writeJSON(w, http.StatusServiceUnavailable, map[string]any{"ok": false, "database": "unreachable"})
		return
	}
	if h, err := s.schedulerHealth(r.Context()); err != nil || s.standsStill(h) {
		writeJSON(w, http.StatusServiceUnavailable, map[string]any{"ok": false, "scheduler": "stopped"})
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"ok": true})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
