package email

import (
	"context"
	"errors"
	"sync"
	"time"

	"followup/channels"
	"followup/models"
)

// transport hands composed messages over, keeping connections per server and
// account. Whoever replaces it keeps the promise of send: what was possibly
// taken is never handed over again.
type transport struct {
	options Options

	mutex  sync.Mutex
	pools  map[server]*pool
	closed bool
}

func newTransport(options Options) *transport {
	return &transport{options: options, pools: map[server]*pool{}}
}

// send hands content over, once, and gives the server's words of acceptance.
// Its error is a *channels.SendError.
func (t *transport) send(ctx context.Context, sender models.Sender, env envelope, content []byte) (string, error) {
	srv, err := smtpServer(sender)
	if err != nil {
		return "", &channels.SendError{Class: models.SendConfiguration, Code: "settings", Detail: cut(err.Error()), Err: err}
	}
	p := t.enter(srv)
	defer t.leave(p)
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return "", stopped(ctx.Err())
	}

	fresh := false
	for {
		s, err := t.connection(ctx, p, fresh)
		if err != nil {
			return "", err
		}
		reply, failure := s.deliver(ctx, env, content)
		if failure == nil {
			t.keep(p, s)
			return reply, nil
		}
		if failure.broken {
			s.hangUp()
		} else {
			t.keep(p, s)
		}
		// The server may close an idle connection at any time. As long as the
		// final dot was not written, another connection may carry the message.
		if failure.broken && !failure.handedOver && s.sent > 1 && !fresh && ctx.Err() == nil && !errors.Is(failure.err, errTooLate) {
			fresh = true
			continue
		}
		return "", failure.sendError()
	}
}

// pool is what one account at one server has.
type pool struct {
	server server
	slots  chan struct{} // one per connection that may exist at once
	users  int           // sends that hold on to the pool; guarded by transport.mutex
	idle   []*session    // the most recently used last; guarded by transport.mutex
}

func (t *transport) enter(srv server) *pool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	p, ok := t.pools[srv]
	if !ok {
		p = &pool{server: srv, slots: make(chan struct{}, t.options.Connections)}
		t.pools[srv] = p
	}
	p.users++
	return p
}

func (t *transport) leave(p *pool) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	p.users--
	t.forgetEmpty(p)
}

func (t *transport) forgetEmpty(p *pool) {
	if p.users == 0 && len(p.idle) == 0 {
		delete(t.pools, p.server)
	}
}

// connection takes an idle one, else dials; fresh asks for a new one.
func (t *transport) connection(ctx context.Context, p *pool, fresh bool) (*session, error) {
	if !fresh {
		if s := t.takeIdle(p); s != nil {
			return s, nil
		}
	}
	return dial(ctx, t.options, p.server)
}

func (t *transport) takeIdle(p *pool) *session {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	s := p.idle[n-1]
	p.idle = p.idle[:n-1]
	s.expiry.Stop() // if it fires all the same it finds s gone from the pool
	return s
}

// keep puts a working connection back, or ends it where it is worn out.
func (t *transport) keep(p *pool, s *session) {
	t.mutex.Lock()
	if t.closed || s.sent >= t.options.PerConn {
		t.mutex.Unlock()
		s.quit()
		return
	}
	p.idle = append(p.idle, s)
	s.expiry = time.AfterFunc(t.options.IdleTimeout, func() { t.expire(p, s) })
	t.mutex.Unlock()
}

func (t *transport) expire(p *pool, s *session) {
	t.mutex.Lock()
	found := false
	for i, other := range p.idle {
		if other == s {
			p.idle = append(p.idle[:i:i], p.idle[i+1:]...)
			found = true
			break
		}
	}
	t.forgetEmpty(p)
	t.mutex.Unlock()
	if found {
		s.quit()
	}
}

func (t *transport) close() {
	t.mutex.Lock()
	t.closed = true
	var idle []*session
	for _, p := range t.pools {
		for _, s := range p.idle {
			s.expiry.Stop()
			idle = append(idle, s)
		}
		p.idle = nil
		t.forgetEmpty(p)
	}
	t.mutex.Unlock()
	for _, s := range idle {
		s.quit()
	}
}
