package store_test

import (
	"fmt"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

func (w *world) receipt(token string, status models.MessageState) models.Receipt {
	return models.Receipt{Provider: models.ProviderSandbox, Token: token, ProviderID: "P-" + token, Status: status, At: w.now.Add(time.Minute)}
}

// Receipts come in any order and repeat; the message only moves forward.
func TestReceiptsMoveForward(t *testing.T) {
	const sent, delivered, read, failed = models.MessageSent, models.MessageDelivered, models.MessageRead, models.MessageFailed
	cases := []struct {
		come    []models.MessageState
		want    models.MessageState
		changes int
		rows    int
	}{
		{[]models.MessageState{sent, delivered, read}, read, 2, 3},
		{[]models.MessageState{read, delivered, sent}, read, 1, 3},
		{[]models.MessageState{delivered, delivered, delivered}, delivered, 1, 1},
		{[]models.MessageState{delivered, failed}, failed, 2, 2},
		{[]models.MessageState{failed, delivered}, failed, 1, 2},
		{[]models.MessageState{read, failed}, read, 1, 2},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for i, c := range cases {
			token := fmt.Sprint("tok", i)
			m := w.sent(w.touch(models.Touch{State: models.TouchSent}), token)
			changes := 0
			for _, status := range c.come {
				r := w.receipt(token, status)
				w.ok(s.RecordReceipt(w.ctx, r, func(got models.Message, p models.Person) models.Effects {
					changes++
					if got.ID != m.ID || p.Prospect.ID != w.person.ID || got.State != status {
						t.Errorf("%v: decided on message %d in %s", c.come, got.ID, got.State)
					}
					return models.Effects{}
				}))
			}
			if got := load[models.Message](w, m.ID); got.State != c.want || got.ProviderID != "P-"+token {
				t.Errorf("%v: %s (%s), want %s", c.come, got.State, got.ProviderID, c.want)
			}
			if rows := count[models.Receipt](w, "message_id = ?", m.ID); changes != c.changes || rows != c.rows {
				t.Errorf("%v: %d changes, %d rows; want %d, %d", c.come, changes, rows, c.changes, c.rows)
			}
		}
	})
}

// A receipt of a hand-over whose answer was lost proves the sending.
func TestReceiptProvesTheSending(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for i, state := range []models.TouchState{models.TouchSending, models.TouchUnconfirmed} {
			e := w.enroll(follow(fmt.Sprint("seq", i), after(0, 1, 0, 0), after(0, 1, 0, 0)))
			touch := w.touch(models.Touch{EnrollmentID: &e.ID, State: state, ContactPointID: &w.email.ID})
			token := fmt.Sprint("lost", i)
			m := w.sent(touch, token)
			w.ok(w.db.Model(&m).UpdateColumns(map[string]any{"state": models.MessageQueued, "sent_at": nil}).Error)
			for range 2 {
				w.ok(s.RecordReceipt(w.ctx, w.receipt(token, models.MessageDelivered), func(models.Message, models.Person) models.Effects {
					return models.Effects{Confirm: []int64{w.email.ID}}
				}))
			}
			got := load[models.Touch](w, touch.ID)
			if got.State != models.TouchSent || got.EndedAt == nil {
				t.Errorf("%s: touch = %s", state, got.State)
			}
			if m := load[models.Message](w, m.ID); m.State != models.MessageDelivered || m.SentAt == nil || m.DeliveredAt == nil {
				t.Errorf("%s: message = %+v", state, m)
			}
			if e := load[models.Enrollment](w, e.ID); e.ReplanAt == nil {
				t.Errorf("%s: the next step is not planned", state)
			}
		}
		if n := count[models.Pursuit](w, "follow_ups = 1"); n != 1 { // both on one local day
			t.Errorf("%d pursuits counted", n)
		}
		if cp := w.points(w.person.ID)[0]; cp.LastTriedAt == nil || cp.Validity != models.ValidityValid {
			t.Errorf("contact point = %+v", cp)
		}
	})
}

func TestReceiptOfNobodysMessageIsKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.ok(s.RecordReceipt(w.ctx, w.receipt("unknown", models.MessageDelivered), nil))
		if n := count[models.Receipt](w, "message_id IS NULL AND provider_id = ?", "P-unknown"); n != 1 {
			t.Errorf("%d receipts kept", n)
		}
	})
}

// A failure that the receipt tells of has its effects in the same transaction.
func TestReceiptAppliesEffects(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("seq", after(0, 1, 0, 0)))
		m := w.sent(w.touch(models.Touch{State: models.TouchSent, ContactPointID: &w.email.ID}), "tok")
		r := w.receipt("tok", models.MessageFailed)
		r.Code, r.Detail = "550 5.1.1", "no such mailbox"
		w.ok(s.RecordReceipt(w.ctx, r, func(models.Message, models.Person) models.Effects {
			return models.Effects{Invalidate: []models.Invalidation{{ContactPointID: w.email.ID, Reason: models.FailBounced}}}
		}))
		if got := load[models.Message](w, m.ID); got.ErrorCode != r.Code || got.ErrorDetail != r.Detail {
			t.Errorf("message = %+v", got)
		}
		if cp := w.points(w.person.ID)[0]; cp.Usable() {
			t.Errorf("contact point = %+v", cp)
		}
		if got := load[models.Enrollment](w, e.ID); got.ReplanAt == nil {
			t.Error("the enrollment is not planned anew")
		}
	})
}
