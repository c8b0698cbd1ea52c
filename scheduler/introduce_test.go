package scheduler_test

import (
	"strings"
	"testing"
	"time"

	"followup/channels"
	"followup/models"
	"followup/scheduler"
	"followup/store"
	"followup/store/storetest"
)

// The first text to a number names rep and company and says how to stop, in
// the text's language; the second one does not, and neither does an email. The
// preview shows both as they go out.
func TestTheFirstTextIntroduces(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		text := func(key, body string) models.Step {
			return models.Step{Key: key, Channel: models.ChannelSMS, Purpose: models.PurposeFollowUp, Body: body, Timing: models.Timing{Kind: models.TimingAfter, Days: 1}}
		}
		v := w.publish(models.Definition{Key: "texts", Name: "Texts", Locale: "de", OnReply: models.ReplyPause, Steps: []models.Step{
			{Key: "mail", Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp, Subject: "s", Body: "b", Timing: models.Timing{Kind: models.TimingAfter}},
			text("one", "Passt es am Dienstag?"), text("two", "Oder am Mittwoch?"),
		}})
		set, err := s.Settings(w.ctx)
		w.ok(err)
		set.Workspace = "Example Works"
		w.ok(s.SaveSettings(w.ctx, set, models.ActorSystem, w.now()))
		added := w.Rep.Name + ", " + set.Workspace + ". Mit STOP abbestellen."
		bodies := func(steps []models.PlannedStep) (all []string) {
			for _, l := range steps {
				all = append(all, strings.TrimSpace(l.Body))
			}
			return all
		}
		want := "b|Passt es am Dienstag?\n" + added + "|Oder am Mittwoch?"
		steps, _, err := w.sched.Preview(w.ctx, scheduler.EnrollRequest{ProspectID: w.Prospect.ID, SequenceID: v.SequenceID, RepID: w.Rep.ID})
		w.ok(err)
		if got := strings.Join(bodies(steps), "|"); got != want {
			t.Errorf("previewed %q, want %q", got, want)
		}
		if steps[1].Added != added || steps[2].Added != "" {
			t.Errorf("added %q and %q", steps[1].Added, steps[2].Added)
		}

		w.enroll(v.SequenceID)
		w.runUntil(w.local("2026-12-10 12:00"))
		var sent []string
		for _, m := range w.line.messages() {
			sent = append(sent, strings.TrimSpace(strings.Split(m.Text, "\n-- ")[0]))
		}
		if got := strings.Join(sent, "|"); got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
		// In the next sequence they know who writes.
		steps, _, err = w.sched.Preview(w.ctx, scheduler.EnrollRequest{ProspectID: w.Prospect.ID, SequenceID: v.SequenceID, RepID: w.Rep.ID})
		w.ok(err)
		if got := strings.Join(bodies(steps), "|"); got != "b|Passt es am Dienstag?|Oder am Mittwoch?" {
			t.Errorf("the second time %q", got)
		}
	})
}

// A text that never left introduced nobody.
func TestARefusedTextIntroducesNobody(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.line.fail = func(m models.Message) error {
			if m.Attempt == 1 {
				return &channels.SendError{Class: models.SendTransient, Code: "20429", RetryAfter: 5 * time.Minute}
			}
			return nil
		}
		v := w.publish(models.Definition{Key: "texts", Name: "Texts", OnReply: models.ReplyPause, Steps: []models.Step{
			{Key: "one", Channel: models.ChannelSMS, Purpose: models.PurposeFollowUp, Body: "One", Timing: models.Timing{Kind: models.TimingAfter}},
		}})
		w.enroll(v.SequenceID)
		w.runUntil(w.local("2026-12-10 12:00"))
		sent := w.line.messages()
		if len(sent) != 1 || sent[0].Attempt != 2 || !strings.Contains(sent[0].Text, "Reply STOP") {
			t.Fatalf("sent %+v", sent)
		}
	})
}
