package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"followup/models"
	"followup/scheduler"
)

// punctuality: booked calls open in their minute, and everybody's first text
// leaves in the second it is due, however much is due in it.
func (b *bench) punctuality(ctx context.Context) error {
	if err := b.bookedCalls(ctx); err != nil {
		return fmt.Errorf("booked calls: %w", err)
	}
	if err := b.sameMinute(ctx); err != nil {
		return fmt.Errorf("texts of one minute: %w", err)
	}
	return nil
}

// readyTime is how long before their minute the engine meets the booked calls.
const readyTime = 30 * time.Second

func (b *bench) bookedCalls(ctx context.Context) error {
	w, err := b.onPostgres(ctx, crowdPlan{channel: models.ChannelEmail, senders: 1, smtpPort: 25})
	if err != nil {
		return err
	}
	defer w.close()
	n := b.size(10_000)
	if err := w.book(ctx); err != nil {
		return err
	}
	if err := w.growBooked(ctx, firstRow, n); err != nil {
		return err
	}
	engine, _, err := startEngine(w.orders)
	if err != nil {
		return err
	}
	// The engine has ten minutes for making them ready; here it has this.
	at := w.clock().Add(readyTime).Truncate(time.Second)
	for _, minute := range []string{
		"UPDATE touches SET due_at = $1, promised_at = $1 WHERE kind = 'booked_call'",
		"UPDATE tasks SET due_at = $1 WHERE state = 'upcoming'",
	} {
		if _, err := w.db.ExecContext(ctx, minute, at); err != nil {
			return err
		}
	}
	if err := engine.tell("go"); err != nil {
		return err
	}
	early, last, err := w.watchOpen(ctx, at, n)
	if err != nil {
		return err
	}
	if err := errors.Join(engine.tell("end"), engine.hear(&spent{}), engine.end()); err != nil {
		return err
	}
	b.found(figure{What: fmt.Sprintf("%d calls booked for the same minute: the last is open", n),
		Measured: fmt.Sprintf("%.2f s after the minute, %d before it", last.Seconds(), early), Target: "within 1 s, none before", Met: last <= time.Second && early == 0})
	return nil
}

// watchOpen looks from outside when the tasks are there.
func (w *work) watchOpen(ctx context.Context, at time.Time, n int) (early int, last time.Duration, err error) {
	for began := w.clock(); w.clock().Sub(began) < time.Minute; time.Sleep(10 * time.Millisecond) {
		var open int
		asked := w.clock()
		if err := w.db.QueryRowContext(ctx, "SELECT count(*) FROM tasks WHERE state = 'open' AND kind = 'call'").Scan(&open); err != nil {
			return 0, 0, err
		}
		if seen := w.clock(); seen.Before(at) {
			early = max(early, open)
		} else if open >= n {
			return early, asked.Sub(at), nil
		}
	}
	return early, 0, fmt.Errorf("not all of %d calls opened", n)
}

// book enrolls the prototype in a sequence that hangs on a booked call.
func (w *work) book(ctx context.Context) error {
	_, err := w.store.PublishSequence(ctx, models.Definition{
		Key: "bench-call", Name: "Bench call", Anchor: models.AnchorAppointment, DefaultChannel: models.ChannelEmail,
		OnReply: models.ReplyPause, OnColleagueReply: models.ReplyContinue, OnMeeting: models.ReplyFinish,
		Steps: []models.Step{{Key: "call", Channel: models.ChannelCall, Purpose: models.PurposePromised, Timing: models.Timing{Kind: models.TimingAppointment},
			TalkingPoint: "you asked for this time", Question: "What has moved since we last spoke?"}},
	}, "", "", false, nil, w.clock())
	if err != nil {
		return err
	}
	seq, err := w.store.SequenceByKey(ctx, "bench-call")
	if err != nil {
		return err
	}
	at := w.clock().Add(time.Hour)
	_, err = w.planner().Enroll(ctx, scheduler.EnrollRequest{ProspectID: w.proto.ID, SequenceID: seq.ID, RepID: w.proto.OwnerID, By: models.ActorSystem, CallAt: &at})
	if err != nil {
		return err
	}
	// Only the calls are looked at here.
	_, err = w.db.ExecContext(ctx, "UPDATE touches SET due_at = due_at + interval '1 year' WHERE kind = 'message' AND state = 'planned'")
	return err
}

func (w *work) growBooked(ctx context.Context, first, n int) error {
	person := fmt.Sprintf("o.prospect_id = %d", w.proto.ID)
	booked := person + " AND o.appointment_id IS NOT NULL"
	for _, t := range []struct {
		table, where string
		set          map[string]string
	}{
		{"prospects", fmt.Sprintf("o.id = %d", w.proto.ID), map[string]string{"id": "{i}", "company_id": "NULL"}},
		{"contact_points", person, map[string]string{"id": "{i} * 2 + o.position", "prospect_id": "{i}"}},
		{"appointments", person, map[string]string{"id": "{i}", "prospect_id": "{i}", "enrollment_id": "NULL", "contact_point_id": "NULL"}},
		{"enrollments", booked, map[string]string{"id": "{i}", "prospect_id": "{i}", "appointment_id": "{i}", "replan_at": "NULL"}},
		{"touches", booked + " AND o.kind = 'booked_call'", map[string]string{
			"id": "{i}", "prospect_id": "{i}", "enrollment_id": "{i}", "appointment_id": "{i}", "contact_point_id": "NULL"}},
		{"tasks", booked + " AND o.state = 'upcoming'", map[string]string{
			"id": "{i}", "prospect_id": "{i}", "enrollment_id": "{i}", "appointment_id": "{i}", "touch_id": "{i}"}},
	} {
		if err := w.copyRows(ctx, t.table, t.where, first, n, t.set); err != nil {
			return fmt.Errorf("copy %s: %w", t.table, err)
		}
	}
	return w.renumber(ctx)
}

// sameMinute: many texts of many senders, all due at once.
func (b *bench) sameMinute(ctx context.Context) error {
	server, said, err := startTwilio()
	if err != nil {
		return err
	}
	defer server.end()
	senders, n := b.size(1000), b.size(100_000)
	w, err := b.onPostgres(ctx, crowdPlan{channel: models.ChannelSMS, senders: senders})
	if err != nil {
		return err
	}
	defer w.close()
	o := w.orders
	o.Twilio, o.First, o.People, o.Slots = said.URL, firstRow, n, 256
	engine, _, err := startEngine(o)
	if err != nil {
		return err
	}
	if err := w.grow(ctx, firstRow, n, w.clock().Add(time.Hour)); err != nil {
		return err
	}
	at := w.clock().Add(10 * time.Second).Truncate(time.Second)
	if _, err := w.db.ExecContext(ctx, "UPDATE touches SET due_at = $1, promised_at = $1 WHERE state = 'planned'", at); err != nil {
		return err
	}
	if _, err := w.db.ExecContext(ctx, "VACUUM ANALYZE touches"); err != nil {
		return err
	}
	if w.clock().After(at) {
		return errors.New("preparing took longer than the lead time")
	}
	if err := engine.tell("go"); err != nil {
		return err
	}
	for said.Taken < n/2 && w.clock().Sub(at) < patience {
		time.Sleep(200 * time.Millisecond)
		if err := errors.Join(server.tell("how many?"), server.hear(&said)); err != nil {
			return err
		}
	}
	if err := errors.Join(engine.tell("end"), engine.hear(&spent{}), engine.end()); err != nil {
		return err
	}
	var waits []time.Duration
	for _, first := range said.First {
		waits = append(waits, first.Add(w.shift).Sub(at))
	}
	slices.Sort(waits)
	if len(waits) < senders {
		return fmt.Errorf("only %d of %d senders sent anything", len(waits), senders)
	}
	b.found(figure{What: fmt.Sprintf("%d texts due in the same second over %d senders: each sender's first is accepted", n, senders),
		Measured: fmt.Sprintf("%.2f s after it is due (median %.2f s)", waits[len(waits)-1].Seconds(), waits[len(waits)/2].Seconds()),
		Target:   "within 1 s", Met: waits[len(waits)-1] <= time.Second})
	least, most := slices.Min(said.Tenth), slices.Max(said.Tenth)
	b.found(figure{What: "Fair order: texts a sender when a tenth has gone", Measured: fmt.Sprintf("%d to %d", least, most), Target: "alike", Met: most-least <= 5})
	return nil
}
