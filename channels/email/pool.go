package email

import (
	"slices"
	"time"
)

// pool is the queue of one account at one server, first come first served, and
// the couriers that empty it. The transport's mutex guards it.
//
// While something is queued there is a courier that will look: one that finds
// nothing becomes idle under the same lock under which jobs are given out.
type pool struct {
	transport *transport
	server    server
	queue     []*job
	idle      []*courier // the most recently used last
	limit     int        // couriers allowed; fewer after the server refused one more
	couriers  int
	coming    int // couriers begun that have not looked into the queue yet
	connected int // couriers with a connection
	proven    bool
	wary      int // hand-overs until envelopes may again go out behind a final dot
}

// waryFor is how long a server that lost something behind a final dot is not
// trusted with it: what it costs is one round trip a message.
const waryFor = 1000

// give hands j to an idle courier or queues it, first or last.
func (p *pool) give(j *job, first bool) {
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		c.wake <- j // has room: an idle courier is woken once
		return
	}
	if first {
		p.queue = slices.Insert(p.queue, 0, j)
	} else {
		p.queue = append(p.queue, j)
	}
	p.grow()
}

// grow begins couriers for what is queued. Until one of them has got in, one
// alone tries: sixteen wrong passwords at once get an account locked.
func (p *pool) grow() {
	for p.couriers < p.limit && p.coming < len(p.queue) && (p.proven || p.couriers == p.connected) {
		p.couriers++
		p.coming++
		c := &courier{pool: p, coming: true, wake: make(chan *job, 1), ended: make(chan struct{})}
		go c.run()
	}
}

func (p *pool) pop() *job {
	if len(p.queue) == 0 {
		return nil
	}
	j := p.queue[0]
	p.queue[0] = nil
	p.queue = p.queue[1:]
	return j
}

func (p *pool) remove(j *job) {
	if i := slices.Index(p.queue, j); i >= 0 {
		p.queue = slices.Delete(p.queue, i, i+1)
	}
}

// leave strikes c off.
func (p *pool) leave(c *courier) {
	p.couriers--
	if c.session != nil {
		p.connected--
	}
	p.grow()
	p.forgetEmpty()
}

func (p *pool) forgetEmpty() {
	if p.couriers == 0 && len(p.queue) == 0 && p.wary == 0 && p.transport.pools[p.server] == p {
		delete(p.transport.pools, p.server)
	}
}

// next gives c its next job and waits for one as long as a connection may be
// idle; nil ends the courier.
func (p *pool) next(c *courier) *job {
	t := p.transport
	t.mutex.Lock()
	if c.coming {
		c.coming = false
		p.coming--
	}
	surplus := c.session == nil && p.couriers > p.limit
	if !surplus {
		if j := p.pop(); j != nil {
			t.mutex.Unlock()
			return j
		}
	}
	if c.session == nil || t.closed {
		p.leave(c)
		t.mutex.Unlock()
		return nil
	}
	p.idle = append(p.idle, c)
	t.mutex.Unlock()

	expiry := time.NewTimer(t.options.IdleTimeout)
	defer expiry.Stop()
	select {
	case j := <-c.wake:
		return j
	case <-expiry.C:
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	i := slices.Index(p.idle, c)
	if i < 0 { // woken in the same moment
		return <-c.wake
	}
	p.idle = slices.Delete(p.idle, i, i+1)
	p.limit = t.options.Connections // it is quiet: ask for as many again next time
	p.leave(c)
	return nil
}

// ahead gives a job whose envelope may go out behind a final dot; nil where
// none waits or the server has shown that it cannot deal with that.
func (p *pool) ahead() *job {
	p.transport.mutex.Lock()
	defer p.transport.mutex.Unlock()
	if p.wary > 0 {
		p.wary--
		return nil
	}
	return p.pop()
}

// beWary is called when a connection was lost with an envelope behind a final dot.
func (p *pool) beWary() {
	p.transport.mutex.Lock()
	defer p.transport.mutex.Unlock()
	p.wary = waryFor
}

func (p *pool) got(c *courier, s *session) {
	p.transport.mutex.Lock()
	defer p.transport.mutex.Unlock()
	c.session = s
	p.connected++
	p.proven = true
	if p.limit < p.transport.options.Connections {
		p.limit++ // it lets somebody in again: one more may ask
	}
	p.grow()
}

func (p *pool) lost(c *courier) {
	p.transport.mutex.Lock()
	defer p.transport.mutex.Unlock()
	c.session = nil
	p.connected--
}

// last tells whether one courier is left of a server that has let us in.
func (p *pool) last() bool {
	p.transport.mutex.Lock()
	defer p.transport.mutex.Unlock()
	return p.proven && p.couriers == 1
}

// refused is called by the courier of j that could not connect. Where there are
// others they carry it: the server may only want no more of them. Otherwise
// what waits would hear the same, and asking for each would lock the account.
func (p *pool) refused(j *job, err error) {
	failed := []*job{j}
	p.transport.mutex.Lock()
	if p.couriers > 1 {
		p.limit = p.couriers - 1
		p.give(j, true)
		failed = nil
	} else {
		p.proven = false
		failed = append(failed, p.queue...)
		p.queue = nil
	}
	p.transport.mutex.Unlock()
	for _, j := range failed {
		j.done <- result{err: err}
	}
}
