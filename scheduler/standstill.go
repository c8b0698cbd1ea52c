package scheduler

// Standstill runs fn while no Tick of this process runs, for what must not
// be planned or sent halfway, such as putting a demonstration's past into
// place.
func (s *Scheduler) Standstill(fn func() error) error {
	e := s.engine()
	e.ticks.Lock()
	defer e.ticks.Unlock()
	return fn()
}
