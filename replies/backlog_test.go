package replies_test

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// reading is the real store; it says what was recorded and can be made to wait.
type reading struct {
	*store.Store
	recorded chan int64
	held     chan struct{} // recording waits until it is closed
}

func (r *reading) RecordInbound(ctx context.Context, rec models.InboundRecord, engage func(models.Person) models.Effects) (models.Recorded, error) {
	<-r.held
	done, err := r.Store.RecordInbound(ctx, rec, engage)
	r.recorded <- rec.RawID
	return done, err
}

// Accept answers once the inbound is stored; it is understood behind that, and
// what came twice once.
func TestAcceptLeavesReadingToTheBackground(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		e := d.enroll()
		r := &reading{Store: s, recorded: make(chan int64, 10), held: make(chan struct{})}
		d.svc.Store = r
		ctx, stop := context.WithCancel(d.ctx)
		ended := make(chan struct{})
		go func() { defer close(ended); d.svc.Read(ctx) }()
		for !d.svc.Reading() {
			runtime.Gosched()
		}
		d.must(d.svc.Accept(ctx, d.text("SM1", d.w.Cell.Value, "Sounds good, call me on Thursday")))
		d.must(d.svc.Accept(ctx, d.text("SM1", d.w.Cell.Value, "Sounds good, call me on Thursday")))
		if pending, err := s.PendingRaws(d.ctx, 10); err != nil || len(pending) != 1 || pending[0].FromAddress != d.w.Cell.Value {
			t.Fatalf("stored and unread: %+v, %v", pending, err)
		}
		if n, err := d.svc.Retry(d.ctx); n != 0 || err != nil {
			t.Errorf("what waits in the backlog was worked through beside it: %d, %v", n, err)
		}
		close(r.held)
		<-r.recorded
		stop()
		<-ended
		if got := d.person().Enrollments[0].Enrollment; got.ID != e.ID || !got.PausedFor(models.PauseReplied) {
			t.Errorf("the answer paused nothing: %+v", got)
		}
		if len(r.recorded) != 0 {
			t.Error("a repeat was recorded again")
		}
		// With nobody reading, Accept does what Receive does.
		d.must(d.svc.Accept(d.ctx, d.text("SM2", d.w.Cell.Value, "And on Friday")))
		if len(r.recorded) != 1 {
			t.Error("it was left unread though nobody reads")
		}
	})
}

// What cannot be stored is delivered again.
func TestAcceptNeedsTheStore(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		ctx, cancel := context.WithCancel(d.ctx)
		cancel()
		if err := d.svc.Accept(ctx, d.text("SM1", d.w.Cell.Value, "Yes")); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
}
