package main

import (
	"context"
	"net/http"
	"os"
	"sync/atomic"
	"syscall"

	"followup/channels"
	"followup/models"
	"followup/scheduler"
)

// The moments at which a replica is made to die. The fourth, between taking
// and answering, is in the providers' hands.
const (
	atIntent   = "claim-intent"    // judged, and the intent not committed
	atHandOver = "intent-handover" // the intent committed, and nothing handed over
	atAnswer   = "handover-reply"  // handed over, and the provider's reply code not read
	atSettle   = "reply-settle"    // the reply code read, and nothing recorded
)

var crashPoints = []string{atIntent, atHandOver, atAnswer, atSettle}

// crashPoint kills the own process once it comes to the armed moment.
type crashPoint struct{ armed atomic.Pointer[string] }

func (c *crashPoint) arm(w http.ResponseWriter, r *http.Request) {
	at := r.URL.Query().Get("at")
	c.armed.Store(&at)
	w.WriteHeader(http.StatusNoContent)
}

func (c *crashPoint) pass(at string) {
	if armed := c.armed.Load(); armed != nil && *armed == at {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal is on its way
	}
}

// crashingStore is the store with moments to die before and after the claim's
// commit and before the settling.
type crashingStore struct {
	scheduler.Store
	point *crashPoint
}

func (s crashingStore) ClaimDue(ctx context.Context, req models.ClaimRequest, decide func(context.Context, []models.Due) []models.Decision) (models.Claimed, error) {
	claimed, err := s.Store.ClaimDue(ctx, req, func(ctx context.Context, dues []models.Due) []models.Decision {
		decisions := decide(ctx, dues)
		for _, d := range decisions {
			if d.Action == models.DecideSend {
				s.point.pass(atIntent)
			}
		}
		return decisions
	})
	if err == nil && len(claimed.Dispatches) > 0 {
		s.point.pass(atHandOver)
	}
	return claimed, err
}

func (s crashingStore) Settle(ctx context.Context, results []models.SendResult, plan models.Planning) error {
	for _, r := range results {
		if r.Class == models.SendAccepted {
			s.point.pass(atSettle)
		}
	}
	return s.Store.Settle(ctx, results, plan)
}

// crashingChannel is a channel with a moment to die just before the hand-over.
type crashingChannel struct {
	channels.Channel
	point *crashPoint
}

func (c crashingChannel) Send(ctx context.Context, m models.Message) (channels.Outcome, error) {
	c.point.pass(atHandOver)
	return c.Channel.Send(ctx, m)
}

// crashingPhone keeps a channel's abilities to look for what was lost, to list
// what came in and to answer STOP by itself.
type crashingPhone struct {
	crashingChannel
	channels.Reconciler
	channels.Listener
	channels.WordAnswerer
}
