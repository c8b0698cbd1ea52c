package main

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"time"

	"followup/channels"
	"followup/models"
	"followup/replies"
	"followup/scheduler"
)

// Bugs that can be planted into the replicas, to see that the verdict finds
// each: a run is worth nothing that cannot fail.
const (
	plantResend  = "resend"  // a rescue that sends again what may have left
	plantNoPause = "nopause" // an answer stored without its pause
	plantPretend = "pretend" // called sent, and handed over to nobody
	plantDeaf    = "deaf"    // sends after a start without having listed what came in
)

var plants = []string{plantResend, plantNoPause, plantPretend, plantDeaf}

// planted puts the bugs that are ordered around the replica's parts.
type planted []string

func (p planted) has(bug string) bool {
	for _, b := range p {
		if b == bug {
			return true
		}
	}
	return false
}

func (p planted) store(s scheduler.Store, dsn string) (scheduler.Store, error) {
	if !p.has(plantResend) {
		return s, nil
	}
	db, err := sql.Open("pgx", dsn)
	return resendingStore{s, db}, err
}

type resendingStore struct {
	scheduler.Store
	db *sql.DB
}

func (s resendingStore) Rescue(ctx context.Context, replica string, inFlight []int64, now time.Time, silent time.Duration) (int, int, error) {
	replanned, unconfirmed, err := s.Store.Rescue(ctx, replica, inFlight, now, silent)
	if err == nil {
		_, err = s.db.ExecContext(ctx, "UPDATE touches SET state = 'planned', replica = '', send_by = NULL WHERE state = 'unconfirmed'")
	}
	return replanned, unconfirmed, err
}

func (p planted) inbound(s replies.Store) replies.Store {
	if !p.has(plantNoPause) {
		return s
	}
	return heedlessStore{s}
}

type heedlessStore struct{ replies.Store }

func (s heedlessStore) RecordInbound(ctx context.Context, rec models.InboundRecord, _ func(models.Person) models.Effects) (models.Recorded, error) {
	return s.Store.RecordInbound(ctx, rec, func(models.Person) models.Effects { return models.Effects{} })
}

// deafen has the engine send whether or not anything was listed.
func (p planted) deafen(engine *scheduler.Scheduler, mailboxes *replies.Mailboxes) {
	if p.has(plantDeaf) {
		engine.MaySend, engine.InboundCurrency = nil, 24*time.Hour
		mailboxes.Store = carefreeStore{mailboxes.Store}
	}
}

type carefreeStore struct{ replies.MailboxStore }

func (carefreeStore) InboundBehind(context.Context, int64) error { return nil }

func (p planted) channel(c channels.Channel) channels.Channel {
	if !p.has(plantPretend) {
		return c
	}
	return pretendingChannel{c}
}

type pretendingChannel struct{ channels.Channel }

func (c pretendingChannel) Send(ctx context.Context, m models.Message) (channels.Outcome, error) {
	if rand.IntN(50) == 0 {
		return channels.Outcome{ProviderID: m.Token, Detail: "on my honour"}, nil
	}
	return c.Channel.Send(ctx, m)
}
