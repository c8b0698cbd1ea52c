package email

// courier carries messages over one connection, which nobody else uses.
type courier struct {
	pool    *pool
	session *session // nil: not connected; changed under the transport's mutex
	coming  bool     // has not looked into the queue yet; under the transport's mutex
	wake    chan *job
	ended   chan struct{}
}

func (c *courier) run() {
	defer close(c.ended)
	for j := c.pool.next(c); j != nil; j = c.pool.next(c) {
		c.carry(j)
	}
	if c.session != nil {
		c.session.quit()
	}
}

// carry hands j over, and then what was announced behind its final dot.
func (c *courier) carry(j *job) {
	announced := false
	for j != nil {
		if c.session == nil && !c.connect(j) {
			return
		}
		s := c.session
		var (
			reply string
			next  *job
		)
		f := s.introduce(j, announced)
		if f == nil {
			reply, next, f = s.handOver(j, c.ahead)
		}
		if f != nil {
			s.carry(next) // j itself needs the connection no more
		}
		if f != nil && f.broken {
			if next != nil && f.handedOver || announced && f.lost && !answered(f.err) {
				c.pool.beWary()
			}
			s.hangUp()
			c.pool.lost(c)
			// The server may close a connection that was in use before at any
			// time. While the final dot is unwritten another may carry the message.
			if f.lost && s.used() && !j.retried && !j.withdrawn() {
				j.retried = true
				announced = false
				continue
			}
			if next != nil {
				next.retried = true
			}
		}
		j.finish(reply, f)
		announced = next != nil && c.session != nil
		j = next
	}
	if c.session != nil && c.session.worn() {
		s := c.session
		c.pool.lost(c)
		s.quit()
	}
}

// ahead gives the job to announce behind the final dot that is about to be written.
func (c *courier) ahead() *job {
	if !c.session.pipelining || c.session.worn() {
		return nil
	}
	for {
		j := c.pool.ahead()
		if j == nil {
			return nil
		}
		f := c.session.unfit(j)
		if f == nil {
			return j
		}
		j.finish("", f)
	}
}

// connect dials for j, which hears of it where that fails.
func (c *courier) connect(j *job) bool {
	t := c.pool.transport
	s, err := dial(j.ctx, t.options, c.pool.server)
	if err != nil && overfull(err) && c.pool.last() {
		// It let us in a moment ago and may still count connections that we
		// have left: what waits need not hear of that.
		if wait(j.ctx, overfullFor) {
			s, err = dial(j.ctx, t.options, c.pool.server)
		}
	}
	switch {
	case err == nil:
		c.pool.got(c, s)
		return true
	case j.withdrawn(): // its time ended, which says nothing of the server
		j.done <- result{err: err}
	default:
		c.pool.refused(j, err)
	}
	return false
}
