package scheduler

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"followup/channels"
	"followup/models"
)

const longestWait = time.Hour

// dispatch hands over what a claim committed, and tells how much of it. It
// looks once more which of it was stopped meanwhile; that is not begun.
func (s *Scheduler) dispatch(ctx context.Context, now time.Time, intents []models.Dispatch) (begun int) {
	if len(intents) == 0 {
		return 0
	}
	e := s.engine()
	ids := make([]int64, len(intents))
	for i, d := range intents {
		ids[i] = d.Touch.ID
	}
	e.flight.enter(ids...)
	stopped, err := s.recheck(ctx, now, ids)
	if err != nil {
		s.Log.ErrorContext(ctx, "what was claimed could not be looked at again; none of it is sent", "error", err, "touches", len(ids))
	}
	gone := make(map[int64]bool, len(stopped))
	for _, id := range stopped {
		gone[id] = true
	}
	e.flight.leave(stopped...)
	var results []models.SendResult
	for _, d := range intents {
		switch {
		case gone[d.Touch.ID]:
		case err != nil:
			results = append(results, s.result(d, &channels.SendError{Class: models.SendStopped, Detail: "the database could not be asked before the hand-over"}, channels.Outcome{}, now))
		case s.Synchronous:
			r := s.handOver(ctx, d, now)
			if r.Class != models.SendStopped {
				begun++
			}
			results = append(results, r)
		default:
			begun++
			s.start(ctx, d, now)
		}
	}
	s.settleAll(ctx, results)
	return begun
}

// recheck asks the store; its failure must not leave what was claimed behind.
func (s *Scheduler) recheck(ctx context.Context, now time.Time, ids []int64) (stopped []int64, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("recheck failed: %v", r)
		}
	}()
	return s.Store.Recheck(ctx, s.Replica, now, ids)
}

// start hands one message over in the background.
func (s *Scheduler) start(ctx context.Context, d models.Dispatch, now time.Time) {
	e := s.engine()
	e.slots.take()
	e.sends.Add(1)
	go func() {
		defer e.sends.Done()
		r := s.handOver(context.WithoutCancel(ctx), d, now) // what was handed over may finish
		e.slots.give()
		s.Wake()
		s.settleSoon(ctx, r)
	}()
}

// handOver sends one message, once. It begins only while the intent is fresh:
// a replica that was frozen and wakes up sends nothing.
func (s *Scheduler) handOver(ctx context.Context, d models.Dispatch, now time.Time) models.SendResult {
	at := s.clock(now)
	if by := d.Touch.SendBy; by != nil && !at.Before(*by) {
		return s.result(d, &channels.SendError{Class: models.SendStopped, Detail: "too late for this hand-over"}, channels.Outcome{}, at)
	}
	channel, ok := s.channelFor(d.Message)
	if !ok {
		return s.result(d, &channels.SendError{Class: models.SendConfiguration, Detail: "no channel is set up for it"}, channels.Outcome{}, at)
	}
	ctx, cancel := context.WithTimeout(ctx, s.LongestSend)
	defer cancel()
	if err := s.withFiles(ctx, &d.Message); err != nil {
		return s.result(d, &channels.SendError{Class: models.SendStopped, Detail: "its attachments could not be read just now", Err: err}, channels.Outcome{}, at)
	}
	outcome, err := s.sendSafely(ctx, channel, d.Message)
	var refused *channels.SendError
	if err != nil {
		refused = channels.AsSendError(err)
	}
	return s.result(d, refused, outcome, s.clock(now))
}

// withFiles loads what leaves with a message; hardly one has any.
func (s *Scheduler) withFiles(ctx context.Context, m *models.Message) error {
	var ids []int64
	for _, media := range m.Media {
		if media.File != 0 {
			ids = append(ids, media.File)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	files, err := s.Store.AnswerFiles(ctx, ids)
	if err == nil && len(files) != len(ids) {
		err = fmt.Errorf("%d of %d attachments are there", len(files), len(ids))
	}
	m.Files = files
	return err
}

func (s *Scheduler) channelFor(m models.Message) (channels.Channel, bool) {
	provider := m.Provider
	if m.Sender != nil {
		provider = m.Sender.Provider
	}
	return s.Channels.Find(m.Channel, provider)
}

// sendSafely: after a panic nobody can say whether the message left.
func (s *Scheduler) sendSafely(ctx context.Context, ch channels.Channel, m models.Message) (out channels.Outcome, err error) {
	defer func() {
		if r := recover(); r != nil {
			s.Log.ErrorContext(ctx, "a channel failed while sending", "channel", m.Channel, "panic", r, "stack", string(debug.Stack()))
			err = &channels.SendError{Class: models.SendAmbiguous, Detail: fmt.Sprintf("the channel failed: %v", r)}
		}
	}()
	return ch.Send(ctx, m)
}

// result words what became of a hand-over for the settling.
func (s *Scheduler) result(d models.Dispatch, refused *channels.SendError, out channels.Outcome, at time.Time) models.SendResult {
	r := models.SendResult{
		TouchID: d.Touch.ID, MessageID: d.Message.ID, Attempt: d.Touch.Attempt, Replica: s.Replica,
		Class: models.SendAccepted, ProviderID: out.ProviderID, Detail: out.Detail, TalkingPointID: d.Message.TalkingPointID, At: at,
	}
	if refused == nil {
		return r
	}
	r.Class, r.Code, r.Detail = refused.Class, refused.Code, refused.Detail
	r.InvalidContact, r.OptedOut = refused.InvalidContact, refused.OptedOut
	if r.Detail == "" && refused.Err != nil {
		r.Detail = refused.Err.Error()
	}
	if r.Class == models.SendTransient {
		r.RetryAt = at.Add(retryWait(s.FirstRetry, refused.RetryAfter, r.Attempt, r.TouchID))
	}
	return r
}

// retryWait doubles with each attempt up to an hour, never less than the
// provider wishes; the touch's id spreads those refused together over a third
// of the first wait.
func retryWait(first, wish time.Duration, attempt int, touchID int64) time.Duration {
	wait := first << min(max(attempt, 1)-1, 10)
	wait = min(wait, longestWait)
	return max(wait, wish) + time.Duration(touchID%20)*first/60
}
