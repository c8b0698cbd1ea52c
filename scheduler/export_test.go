package scheduler

// Drain waits for the hand-overs that have begun.
func (s *Scheduler) Drain() { s.engine().sends.Wait() }
