package scheduler

// Drain waits for the hand-overs that have begun.
func (s *Scheduler) Drain() { s.engine().sends.Wait() }

// Settling tells whether results are being recorded.
func (s *Scheduler) Settling() bool {
	q := &s.engine().settle
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.busy
}
