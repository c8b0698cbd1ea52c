package store_test

import (
	"sync"
	"testing"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// together runs fn at once many times and gives the errors.
func together(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = fn(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// Whoever comes first records it; the others find it done.
func TestTheSameAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.enroll(follow("seq", after(0, 5, 0, 0)))
		all := func(what string, errs []error) {
			for _, err := range errs {
				if err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
		}
		raws := make([]models.Raw, 8)
		all("save raw", together(8, func(i int) (err error) {
			raws[i], _, err = s.SaveRaw(w.ctx, models.Raw{Provider: models.ProviderTwilio, ProviderID: "SM1", Channel: models.ChannelSMS, ReceivedAt: w.now})
			return err
		}))
		all("record inbound", together(8, func(i int) error {
			_, err := s.RecordInbound(w.ctx, w.inbound(raws[i].ID, models.ClassHuman), pauseAll)
			return err
		}))
		touches := make([]models.Touch, 8)
		all("answer", together(8, func(i int) (err error) {
			touches[i], _, err = s.Answer(w.ctx, w.answer("one-form"))
			return err
		}))
		task, _ := w.openCall(models.Touch{})
		all("close call", together(8, func(int) error {
			_, err := s.CloseCall(w.ctx, w.result(task.ID, models.OutcomeNoAnswer))
			return err
		}))
		m := w.sent(w.touch(models.Touch{State: models.TouchSent, StepKey: "x"}), "tok")
		all("receipt", together(8, func(int) error {
			return s.RecordReceipt(w.ctx, w.receipt("tok", models.MessageDelivered), nil)
		}))
		for what, n := range map[string]int{
			"raws":     count[models.Raw](w, "1 = 1"),
			"inbounds": count[models.Message](w, "direction = ?", models.Inbound),
			"replies":  count[models.Task](w, "kind = ?", models.TaskReply),
			"answers":  count[models.Touch](w, "purpose = ?", models.PurposeAnswer),
			"calls":    count[models.Event](w, "kind = ? AND task_id = ?", models.EventTaskClosed, task.ID),
			"receipts": count[models.Receipt](w, "message_id = ?", m.ID),
		} {
			if n != 1 {
				t.Errorf("%d %s, want one", n, what)
			}
		}
	})
}

// Two colleagues answer at once, and each answer rests the other's sequence.
func TestColleaguesAnswerAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		people := []models.Prospect{w.person, w.prospect("Cole", "cole@acme.example.com", "")}
		d := follow("seq", after(0, 5, 0, 0))
		d.OnColleagueReply = models.ReplyPause
		for _, p := range people {
			w.enrollIn(d, p.ID)
		}
		engage := func(p models.Person) models.Effects {
			e := pauseAll(p)
			for _, c := range p.Colleagues {
				e.Pauses = append(e.Pauses, models.Pause{EnrollmentID: c.Enrollment.ID, Reason: models.PauseColleagueReplied})
			}
			return e
		}
		for _, err := range together(10, func(i int) error {
			rec := w.inbound(0, models.ClassHuman)
			rec.Match.ProspectID, rec.Match.ContactPointID = &people[i%2].ID, nil
			_, err := s.RecordInbound(w.ctx, rec, engage)
			return err
		}) {
			if err != nil {
				t.Errorf("record inbound: %v", err)
			}
		}
		if n := count[models.Pause](w, "1 = 1"); n != 4 {
			t.Errorf("%d pauses, want two of each", n)
		}
	})
}
