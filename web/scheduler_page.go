package web

import (
	"maps"
	"net/http"
	"slices"

	"followup/models"
	"followup/store"
)

type schedulerPage struct {
	page
	Health  models.Health
	Stalled bool
	Never   bool
	Last    moment
	Lag     string
	Took    string
	Held    []heldCount
	View    store.SchedulerView
	Refused int64
}

type heldCount struct {
	Reason models.Reason
	N      int
}

// schedulerShow says how the scheduler is: when it ran, how late it is, what
// is held and what is stuck.
func (s *site) schedulerShow(w http.ResponseWriter, r *http.Request) error {
	h, err := s.schedulerHealth(r.Context())
	if err != nil {
		return err
	}
	p := schedulerPage{page: s.page(r, "Scheduler", "scheduler"), Health: h, Stalled: s.stalled(h), Never: h.LastTick.IsZero(), Refused: s.refused.count()}
	p.Last = p.Ago(h.LastTick)
	p.Lag = span(h.Lag)
	if h.Lag <= 0 {
		p.Lag = "not late"
	}
	p.Took = h.LastTickTook.String()
	for _, reason := range slices.Sorted(maps.Keys(h.Held)) {
		p.Held = append(p.Held, heldCount{reason, h.Held[reason]})
	}
	if p.View, err = s.Store.ViewScheduler(r.Context(), p.now); err != nil {
		return err
	}
	return s.show(w, "scheduler", p)
}
