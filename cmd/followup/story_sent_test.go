package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"followup/models"
)

// TestTheRepAnswersOnThePhone: what the rep writes in another mail program
// joins the conversation and closes the task; our own message that the server
// files beside it is known, and teaches us that it does so.
func TestTheRepAnswersOnThePhone(t *testing.T) {
	s := newStory(t)
	newYork, _ := time.LoadLocation("America/New_York")
	call := time.Date(2026, time.December, 3, 15, 0, 0, 0, newYork)
	e := s.enroll("booked-call-back", &call)
	s.at(monday)
	s.imap.DeliverAt(t, "Sent", s.smtp.Accepted()[0].Content, monday)
	s.imap.Deliver(t, "INBOX", []byte(strings.ReplaceAll(fmt.Sprintf("From: %s\nTo: %s\nSubject: A question\nMessage-ID: <q@alder-freight.test>\n\nDo you deliver to Ohio?\n", danasMail, ourMail), "\n", "\r\n")))
	s.eventually("Dana's mail pauses the sequence", func() bool { return pausedIn(s.person(), e.ID) })
	s.eventually("the server is seen to file what it sends", func() bool {
		senders, err := s.store.PolledSenders(t.Context())
		return err == nil && slices.ContainsFunc(senders, func(m models.Sender) bool { return m.Address == ourMail && m.Settings.FilesSentCopies })
	})
	if len(s.openTasks(models.TaskReply)) != 1 {
		t.Fatalf("tasks: %+v", s.openTasks(models.TaskReply))
	}

	s.now.set(monday.Add(10 * time.Minute))
	s.imap.DeliverAt(t, "Sent", []byte(strings.ReplaceAll(fmt.Sprintf("From: %s\nTo: %s\nSubject: Re: A question\nMessage-ID: <a@phone.test>\nIn-Reply-To: <q@alder-freight.test>\n\nWe do.\n", ourMail, danasMail), "\n", "\r\n")), monday.Add(10*time.Minute))
	s.eventually("the answer closes the task", func() bool { return len(s.openTasks(models.TaskReply)) == 0 })
	thread, err := s.store.Thread(t.Context(), s.dana.ID, 20)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(thread.Messages); n != 3 || strings.TrimSpace(thread.Messages[2].Visible) != "We do." || thread.Person.Conversation.WrittenAt == nil {
		t.Errorf("%d messages: %+v", n, thread.Messages)
	}
	if !pausedIn(thread.Person, e.ID) {
		t.Error("the sequence went on by itself")
	}
}
