package store_test

import (
	"context"
	"testing"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

func (w *world) arrives(from string) models.Raw {
	w.Helper()
	raw, fresh, err := w.s.SaveRaw(w.ctx, models.Raw{
		Provider: models.ProviderTwilio, ProviderID: "SM-" + from, Channel: models.ChannelSMS, Content: []byte("{}"), FromAddress: from, ReceivedAt: w.now,
	})
	w.ok(err)
	if !fresh {
		w.Errorf("what came from %s was taken for a repeat", from)
	}
	return raw
}

// What has arrived and is not understood yet holds whoever it is from, over
// all their addresses, and nobody else.
func TestAnUnreadInboundHolds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.queue(models.Touch{})
		other := w.prospect("Ann", "ann@acme.example.com", "+12125550199")
		w.queue(models.Touch{ProspectID: other.ID})
		unread := func() map[int64]bool {
			saw := map[int64]bool{}
			w.claim(func(d models.Due) models.Decision {
				saw[d.Prospect.ID] = d.Unread
				return models.Decision{TouchID: d.Touch.ID, Action: models.DecideCancel, Reason: models.CancelReplanned}
			})
			return saw
		}
		raw := w.arrives(herPhone)
		if saw := unread(); !saw[w.person.ID] || saw[other.ID] {
			t.Errorf("unread are %v, want %d only", saw, w.person.ID)
		}
		w.ok(s.FailRaw(w.ctx, raw.ID, "cannot be read", w.now))
		w.queue(models.Touch{StepKey: "again"})
		if saw := unread(); !saw[w.person.ID] {
			t.Error("what could not be understood holds nobody")
		}
		_, err := s.RecordInbound(w.ctx, w.inbound(raw.ID, models.ClassOther), func(models.Person) models.Effects { return models.Effects{} })
		w.ok(err)
		w.queue(models.Touch{StepKey: "and again"})
		if saw := unread(); saw[w.person.ID] {
			t.Error("it holds on after it was understood")
		}
	})
}

// Between the claim and the hand-over it still takes the intent back; what a
// person wrote goes out.
func TestAnUnreadInboundTakesIntentsBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		automatic := w.sending(models.Touch{Purpose: models.PurposeFollowUp})
		byHand := w.sending(models.Touch{Purpose: models.PurposeManual, StepKey: "answer"})
		w.arrives(herPhone)
		stopped, err := s.Recheck(w.ctx, "here", w.now, []int64{automatic.Touch.ID, byHand.Touch.ID})
		w.ok(err)
		if len(stopped) != 1 || stopped[0] != automatic.Touch.ID {
			t.Errorf("stopped are %v, want %d only", stopped, automatic.Touch.ID)
		}
		w.isTouch(automatic.Touch.ID, models.TouchPlanned, "")
		w.isTouch(byHand.Touch.ID, models.TouchSending, "")
	})
}

// An inbound is either seen by a claim or comes after it: while a claim holds
// the person, storing waits.
func TestAnInboundWaitsForTheClaim(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.queue(models.Touch{})
		stored := make(chan error, 1)
		c, err := s.ClaimDue(w.ctx, w.request(), func(ctx context.Context, dues []models.Due) []models.Decision {
			go func() {
				_, _, err := s.SaveRaw(context.WithoutCancel(ctx), models.Raw{
					Provider: models.ProviderTwilio, ProviderID: "SM1", Channel: models.ChannelSMS, Content: []byte("{}"), FromAddress: herPhone, ReceivedAt: w.now,
				})
				stored <- err
			}()
			waitBlocked(t, w)
			select {
			case err := <-stored:
				t.Errorf("it was stored beside the claim: %v", err)
				stored <- err
			default:
			}
			return eachDue(sendIt)(ctx, dues)
		})
		w.ok(err)
		w.want("dispatches", len(c.Dispatches), 1)
		w.ok(<-stored)
		stopped, err := s.Recheck(w.ctx, "here", w.now, []int64{c.Dispatches[0].Touch.ID})
		w.ok(err)
		w.want("taken back before the hand-over", len(stopped), 1)
	})
}
