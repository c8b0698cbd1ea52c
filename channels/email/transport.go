package email

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"followup/channels"
	"followup/models"
)

// transport hands composed messages over. It queues them per server and
// account; a few couriers, each the owner of one connection, carry them.
//
// Its promise: what was possibly taken is never handed over again. A message
// goes from one connection to another only while its final dot is unwritten,
// and a connection never has two bodies whose fate is unknown.
type transport struct {
	options Options

	mutex  sync.Mutex // guards everything in pools too
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
	if ctx.Err() != nil {
		return "", stopped(context.Cause(ctx))
	}
	j := &job{ctx: ctx, env: env, content: content, done: make(chan result, 1)}
	p := t.submit(srv, j)
	select {
	case r := <-j.done:
		return r.reply, r.err
	case <-ctx.Done():
	}
	if j.withdraw() {
		t.abandon(p, j)
		select {
		case r := <-j.done: // refused in the same moment
			return r.reply, r.err
		default:
			return "", stopped(context.Cause(ctx))
		}
	}
	// What was handed over may finish, but not hold up the end for long.
	patience := time.NewTimer(t.options.Grace)
	defer patience.Stop()
	select {
	case r := <-j.done:
		return r.reply, r.err
	case <-patience.C:
	}
	if s := j.carrier.Load(); s != nil {
		s.stopAwaiting(j)
	}
	r := <-j.done
	return r.reply, r.err
}

// job is one message on its way through the transport.
type job struct {
	ctx     context.Context
	env     envelope
	content []byte
	done    chan result // takes one result without waiting

	state   atomic.Int32
	carrier atomic.Pointer[session] // where it was announced last

	retried bool // lost with a connection once, before its final dot; of its courier alone
}

type result struct {
	reply string
	err   error
}

// A job is either withdrawn or committed, never both: its sender and its
// courier race for it, and whoever is second knows.
const (
	jobOpen      int32 = iota
	jobWithdrawn       // its final dot will not be written
	jobCommitted       // its final dot is being written or was
)

func (j *job) withdraw() bool  { return j.state.CompareAndSwap(jobOpen, jobWithdrawn) }
func (j *job) withdrawn() bool { return j.state.Load() == jobWithdrawn || j.ctx.Err() != nil }

// commit is asked just before the final dot is written.
func (j *job) commit() bool {
	return j.ctx.Err() == nil && j.state.CompareAndSwap(jobOpen, jobCommitted)
}

// finish tells the sender. f is nil where the message was accepted.
func (j *job) finish(reply string, f *failure) {
	if f == nil {
		j.done <- result{reply: reply}
		return
	}
	j.done <- result{err: f.sendError()}
}

// submit queues j for the server.
func (t *transport) submit(srv server, j *job) *pool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	p, ok := t.pools[srv]
	if !ok {
		p = &pool{transport: t, server: srv, limit: t.options.Connections}
		t.pools[srv] = p
	}
	p.give(j, false)
	return p
}

// abandon lets go of a withdrawn job wherever it is.
func (t *transport) abandon(p *pool, j *job) {
	t.mutex.Lock()
	p.remove(j)
	t.mutex.Unlock()
	if s := j.carrier.Load(); s != nil {
		s.release(j)
	}
}

// close ends the idle connections and waits for that; those in use end when
// nothing is queued for them any more.
func (t *transport) close() {
	t.mutex.Lock()
	t.closed = true
	var idle []*courier
	for _, p := range t.pools {
		for _, c := range p.idle {
			p.leave(c)
			c.wake <- nil
			idle = append(idle, c)
		}
		p.idle = nil
	}
	t.mutex.Unlock()
	for _, c := range idle {
		<-c.ended
	}
}
