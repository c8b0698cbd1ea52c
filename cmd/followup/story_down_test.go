package main

import (
	"strings"
	"testing"
	"time"

	"followup/config"
	"followup/crm"
	"followup/models"
	"followup/replies"
)

// unanswered walks the booked call to the point where its text is due in ten
// minutes, and gives the minute of the call.
func (s *story) unanswered() (call time.Time, e models.Enrollment) {
	s.t.Helper()
	newYork, _ := time.LoadLocation("America/New_York")
	call = time.Date(2026, time.December, 3, 15, 0, 0, 0, newYork)
	e = s.enroll("booked-call-back", &call)
	s.at(call)
	booked := bookedOf(s.openTasks(models.TaskCall))
	if len(booked) != 1 {
		s.t.Fatalf("at the booked minute: %+v", booked)
	}
	if _, err := s.crm.CloseCall(s.t.Context(), crm.CallReport{
		TaskID: booked[0].ID, UserID: s.rep.ID, ProspectID: s.dana.ID, Outcome: models.OutcomeNoAnswer,
	}); err != nil {
		s.t.Fatal(err)
	}
	return call, e
}

// TestTextsBehindNAT: without a public address nobody can tell us anything, and
// the customer's text pauses the sequence all the same.
func TestTextsBehindNAT(t *testing.T) {
	s := newStoryWith(t, func(cfg *config.Config) { cfg.PublicURL = "" })
	e := s.enroll("seven-touch-follow-up", nil)
	s.at(monday)
	s.twilio.Receive(danasNumber, ourNumber, "In the car. Call me at four?")
	s.eventually("Dana's text pauses the sequence", func() bool { return pausedIn(s.person(), e.ID) })
	if tasks := s.openTasks(models.TaskReply); len(tasks) != 1 {
		t.Errorf("reply tasks: %+v", tasks)
	}
	_, choice, err := s.replies.Answer(t.Context(), replies.AnswerRequest{ProspectID: s.dana.ID, UserID: s.rep.ID, Body: "At four, then.", FormToken: "form-1"})
	if err != nil || choice.Channel != models.ChannelSMS {
		t.Fatalf("the answer's channel: %+v, %v", choice, err)
	}
	s.at(monday.Add(time.Minute))
	texts := s.twilio.Messages()
	if len(texts) != 1 || texts[0].To != danasNumber || !strings.HasPrefix(texts[0].Body, "At four, then.\n") || texts[0].Form.Has("StatusCallback") {
		t.Fatalf("texts: %+v, refused: %v", texts, s.twilio.Refused())
	}
	// A call that nobody could be told of counts as an answer as well.
	s.twilio.Ring(danasNumber, ourNumber)
	s.eventually("Dana's call is seen", func() bool {
		thread, err := s.store.Thread(t.Context(), s.dana.ID, 20)
		return err == nil && thread.LastIn != nil && thread.LastIn.Channel == models.ChannelCall
	})
}

// TestAnswerWhileDown: everything is down when the customer answers, and the
// next touch comes due. After the start nothing is sent before what came in has
// been listed, however short the standstill was, and then there is nothing left
// to send.
func TestAnswerWhileDown(t *testing.T) {
	s := newStory(t)
	call, e := s.unanswered()
	s.at(call.Add(time.Minute))
	before := len(s.twilio.Messages())

	s.quiet() // down
	due := call.Add(11 * time.Minute)
	s.twilio.Receive(danasNumber, ourNumber, "Sorry, was driving. Friday 10 works?")
	s.now.set(due)

	s.app = s.wired() // up again
	if err := s.awaitAnswers(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := s.scheduler.Tick(t.Context(), due); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(s.twilio.Messages()); got != before {
		t.Fatal("a text left before what had come in was listed")
	}
	s.listen()
	s.readUpTo(due)
	s.eventually("the answer pauses the sequence", func() bool { return pausedIn(s.person(), e.ID) })
	for _, later := range []time.Duration{0, time.Minute, 24 * time.Hour} {
		s.at(due.Add(later))
	}
	if got := len(s.twilio.Messages()); got != before {
		t.Errorf("%d texts left after the answer", got-before)
	}
	if tasks := s.openTasks(models.TaskReply); len(tasks) != 1 {
		t.Errorf("reply tasks: %+v", tasks)
	}
}

// TestNothingCameWhileDown: the same without an answer: what is due leaves as
// soon as everything was listed.
func TestNothingCameWhileDown(t *testing.T) {
	s := newStory(t)
	call, _ := s.unanswered()
	s.at(call.Add(time.Minute))
	before := len(s.twilio.Messages())
	s.quiet()
	due := call.Add(11 * time.Minute)
	s.now.set(due)
	s.app = s.wired()
	if err := s.awaitAnswers(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.scheduler.Tick(t.Context(), due); err != nil || len(s.twilio.Messages()) != before {
		t.Fatalf("%v, %d texts before the listing", err, len(s.twilio.Messages())-before)
	}
	s.listen()
	s.readUpTo(due)
	if err := s.scheduler.Tick(t.Context(), due); err != nil || len(s.twilio.Messages()) != before+1 {
		t.Fatalf("%v, %d texts after the listing, want 1", err, len(s.twilio.Messages())-before)
	}
}

// TestListedAndPosted: a text that comes by webhook and in the list is one.
func TestListedAndPosted(t *testing.T) {
	s := newStory(t)
	s.at(monday)
	if got := s.twilio.PostInbound(t, s.url+"/hooks/twilio/message", danasNumber, ourNumber, "Hello?"); got.Status >= 300 {
		t.Fatalf("the webhook was answered with %+v", got)
	}
	s.at(monday.Add(time.Minute))
	s.at(monday.Add(2 * time.Minute))
	thread, err := s.store.Thread(t.Context(), s.dana.ID, 20)
	if err != nil || len(thread.Messages) != 1 {
		t.Errorf("%v, %d messages, want the one: %+v", err, len(thread.Messages), thread.Messages)
	}
}
