package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"followup/channels/email/emailtest"
	"followup/channels/twilioapi/twiliotest"
	"followup/config"
	"followup/crm"
	"followup/models"
	"followup/replies"
	"followup/scheduler"
	"followup/store/storetest"
)

// The numbers are 555 ones outside 555-01xx, which real channels refuse.
const (
	ourNumber   = "+12125552000"
	danasNumber = "+12125552368"
	danasMail   = "dana.reyes@alder-freight.test"
	ourMail     = "rae.moss@meridian-pumps.test"
	mailboxPass = "mailbox password"
)

// story is the product on real parts: a PostgreSQL server, SMTP and IMAP
// sessions, HTTP both ways with a server in Twilio's place.
type story struct {
	*app
	t      *testing.T
	now    *testClock
	url    string
	smtp   *emailtest.SMTP
	imap   *emailtest.IMAP
	twilio *twiliotest.Server
	rep    models.User
	dana   models.Prospect
	cfg    config.Config
	// quiet stops reading what customers send.
	quiet func()
}

type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *testClock) Now() time.Time  { c.mu.Lock(); defer c.mu.Unlock(); return c.now }
func (c *testClock) set(t time.Time) { c.mu.Lock(); defer c.mu.Unlock(); c.now = t.UTC() }

// monday is a Monday, 10:00 in New York (EST).
var monday = time.Date(2026, time.November, 30, 15, 0, 0, 0, time.UTC)

func newStory(t *testing.T) *story {
	t.Helper()
	return newStoryWith(t, nil)
}

// newStoryWith changes the configuration before anything is built.
func newStoryWith(t *testing.T, change func(*config.Config)) *story {
	t.Helper()
	clock := &testClock{now: monday}
	s := &story{
		t: t, now: clock,
		smtp:   emailtest.StartSMTP(t, emailtest.SMTPOptions{Security: emailtest.StartTLS, Username: ourMail, Password: mailboxPass}),
		imap:   emailtest.StartIMAP(t, ourMail, mailboxPass),
		twilio: twiliotest.New(t, clock.Now, ourNumber),
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.url = "http://" + ln.Addr().String()
	cfg := config.Default()
	cfg.Data, cfg.Database, cfg.PublicURL = t.TempDir(), storetest.PostgresDSN(t), s.url
	cfg.Phone.Allow = []string{danasNumber}
	cfg.Mailboxes = []config.Mailbox{{
		Address: ourMail, Name: "Rae Moss", Owner: "rae@meridian-pumps.test", Password: mailboxPass,
		SMTPHost: emailtest.Host, SMTPPort: s.smtp.Port, IMAPHost: emailtest.Host, IMAPPort: s.imap.Port, IMAPTLS: "implicit", RatePerMinute: 6000,
	}}
	cfg.Twilio = config.Twilio{
		AccountSID: twiliotest.AccountSID, AuthToken: twiliotest.AuthToken, BaseURL: s.twilio.URL,
		Numbers: []config.Number{{Number: ourNumber, Owner: "rae@meridian-pumps.test"}},
	}
	if change != nil {
		change(&cfg)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	s.cfg = cfg
	s.app = s.wired()
	s.begin(ln)
	return s
}

// wired builds the process once more, on the same database.
func (s *story) wired() *app {
	t := s.t
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	a, err := wire(t.Context(), s.cfg, s.now.Now, log, wireOptions{
		synchronous: true, rootCAs: emailtest.RootCAs(t), pollEvery: 50 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return a
}

// begin adds the people and starts what runs beside the scheduler.
func (s *story) begin(ln net.Listener) {
	t := s.t
	var err error
	if err := s.crm.SetIdentity(t.Context(), models.ActorSystem, "Meridian Pumps", "1 Example Street, New York"); err != nil {
		t.Fatal(err)
	}
	s.rep, _, err = s.crm.AddUser(t.Context(), models.ActorSystem, models.User{
		Email: "rae@meridian-pumps.test", Name: "Rae Moss", Role: models.RoleRep, Zone: "America/New_York", Phone: "+12125552001",
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.configureSenders(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.dana, err = s.crm.CreateProspect(t.Context(), models.UserActor(s.rep.ID), crm.ProspectInput{
		FirstName: "Dana", LastName: "Reyes", Company: "Alder Freight", Zone: "America/New_York", Country: "US", Region: "NY", OwnerID: s.rep.ID,
		Points: []crm.PointInput{
			{Kind: models.ContactEmail, Value: danasMail}, {Kind: models.ContactPhone, Value: danasNumber, Label: models.LabelCell},
		},
		ConsentBasis: models.ConsentWritten, ConsentSource: "contract",
	})
	if err != nil {
		t.Fatal(err)
	}
	handler, err := s.handler(func(context.Context, string) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	srv := &httptest.Server{Listener: ln, Config: &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}}
	srv.Start()
	t.Cleanup(srv.Close)
	s.listen()
}

// listen reads the mailbox and lists what was texted.
func (s *story) listen() {
	ctx, stop := context.WithCancel(context.WithoutCancel(s.t.Context()))
	done := make(chan struct{})
	boxes := s.mailboxes
	go func() { defer close(done); boxes.Run(ctx) }()
	s.quiet = func() { stop(); <-done }
	s.t.Cleanup(s.quiet)
}

// at moves the time, lets what came in be read up to it, and ticks.
func (s *story) at(now time.Time) {
	s.t.Helper()
	s.now.set(now)
	s.readUpTo(now)
	if err := s.scheduler.Tick(s.t.Context(), now); err != nil {
		s.t.Fatal(err)
	}
}

// readUpTo waits until the mailbox and the number were read at now or later.
func (s *story) readUpTo(now time.Time) {
	s.t.Helper()
	s.eventually("everything is read up to "+now.Format(time.RFC3339), func() bool {
		senders, err := s.store.PolledSenders(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		read := 0
		for _, sender := range senders {
			if sender.InboundReadAt != nil && !sender.InboundReadAt.Before(now) {
				read++
			}
		}
		return read == 2
	})
}

// eventually waits for what another goroutine brings about.
func (s *story) eventually(what string, ok func() bool) {
	s.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			s.t.Fatalf("still not: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (s *story) enroll(key string, callAt *time.Time) models.Enrollment {
	s.t.Helper()
	seq, err := s.store.SequenceByKey(s.t.Context(), key)
	if err != nil {
		s.t.Fatal(err)
	}
	e, err := s.scheduler.Enroll(s.t.Context(), scheduler.EnrollRequest{
		ProspectID: s.dana.ID, SequenceID: seq.ID, RepID: s.rep.ID, By: models.UserActor(s.rep.ID), CallAt: callAt,
	})
	if err != nil {
		s.t.Fatalf("enroll in %s: %v", key, err)
	}
	return e
}

func (s *story) openTasks(kind models.TaskKind) []models.Task {
	s.t.Helper()
	all, err := s.store.OpenTasksAfter(s.t.Context(), 0)
	if err != nil {
		s.t.Fatal(err)
	}
	var tasks []models.Task
	for _, task := range all {
		if task.Kind == kind {
			tasks = append(tasks, task)
		}
	}
	return tasks
}

func (s *story) person() models.Person {
	s.t.Helper()
	p, err := s.store.Person(s.t.Context(), s.dana.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// mails are those accepted whose subject or body holds words.
func (s *story) mails(words string) []emailtest.Received {
	var found []emailtest.Received
	for _, m := range s.smtp.Accepted() {
		if strings.Contains(string(m.Content), words) {
			found = append(found, m)
		}
	}
	return found
}

// TestTheWholeStory: enroll → the reminder the day before at 09:00 local →
// the call task at the booked minute → unanswered → voicemail, text → the
// customer texts → every sequence of that person is paused → the answer
// leaves by text.
func TestTheWholeStory(t *testing.T) {
	s := newStory(t)
	newYork, _ := time.LoadLocation("America/New_York")
	call := time.Date(2026, time.December, 3, 15, 0, 0, 0, newYork)
	s.enroll("booked-call-back", &call)

	s.at(monday)
	if got := len(s.smtp.Accepted()); got != 1 {
		t.Fatalf("after booking %d mails were accepted, want the confirmation", got)
	}
	confirmation := s.smtp.Accepted()[0]
	if confirmation.From != ourMail || confirmation.To != danasMail || !strings.Contains(string(confirmation.Content), "Message-ID: <") && !strings.Contains(string(confirmation.Content), "Message-Id: <") {
		t.Errorf("confirmation: from %s to %s\n%s", confirmation.From, confirmation.To, confirmation.Content)
	}

	reminder := time.Date(2026, time.December, 2, 9, 0, 0, 0, newYork)
	s.at(reminder.Add(-time.Second))
	if got := len(s.smtp.Accepted()); got != 1 {
		t.Fatalf("a second before 09:00 the day before there were %d mails, want 1", got)
	}
	s.at(reminder)
	if got := len(s.smtp.Accepted()); got != 2 {
		t.Fatalf("at 09:00 the day before there were %d mails, want 2", got)
	}

	// A second sequence runs beside it: a reply must pause both.
	seven := s.enroll("seven-touch-follow-up", nil)

	s.at(call.Add(-time.Second))
	if booked := bookedOf(s.openTasks(models.TaskCall)); len(booked) != 0 {
		t.Fatalf("the call task opened before its minute: %+v", booked)
	}
	s.at(call)
	booked := bookedOf(s.openTasks(models.TaskCall))
	if len(booked) != 1 || !booked[0].DueAt.Equal(call) || booked[0].Prep.Number != danasNumber {
		t.Fatalf("at the booked minute: %+v", booked)
	}
	if _, err := s.crm.CloseCall(t.Context(), crm.CallReport{
		TaskID: booked[0].ID, UserID: s.rep.ID, ProspectID: s.dana.ID, Outcome: models.OutcomeNoAnswer, Notes: "Rang out.",
	}); err != nil {
		t.Fatal(err)
	}

	s.at(call.Add(time.Minute))
	calls := s.twilio.Calls()
	if len(calls) != 1 || calls[0].To != danasNumber || calls[0].From != ourNumber || calls[0].Form.Get("MachineDetection") != "DetectMessageEnd" {
		t.Fatalf("voicemail: %+v, refused: %v", calls, s.twilio.Refused())
	}
	script := s.twilio.AnswerCall(t, calls[0].SID, "machine_end_beep")
	if script.Status != http.StatusOK || !strings.Contains(script.Body, "<Say") {
		t.Fatalf("what is spoken after the beep: %+v", script)
	}
	if done := s.twilio.PostCallStatus(t, calls[0].SID, "completed"); done.Status >= 300 {
		t.Fatalf("call status: %+v", done)
	}

	before := len(s.twilio.Messages())
	s.at(call.Add(10*time.Minute + 59*time.Second))
	if got := len(s.twilio.Messages()); got != before {
		t.Fatalf("the text left before ten minutes had passed")
	}
	s.at(call.Add(11 * time.Minute))
	sent := s.twilio.Messages()
	if len(sent) != before+1 || sent[before].To != danasNumber || sent[before].Form.Get("StatusCallback") == "" {
		t.Fatalf("text: %+v, refused: %v", sent, s.twilio.Refused())
	}
	s.twilio.PostStatus(t, sent[before].SID, "delivered", 0)

	s.now.set(call.Add(30 * time.Minute))
	hook := s.url + "/hooks/twilio/message"
	if bad := s.twilio.PostInbound(t, hook, danasNumber, ourNumber, "forged", twiliotest.SignedWith("wrong")); bad.Status != http.StatusForbidden {
		t.Fatalf("a forged text was answered with %d", bad.Status)
	}
	for range 2 { // Twilio repeats what it is not sure of
		if got := s.twilio.PostInbound(t, hook, danasNumber, ourNumber, "Sorry, was driving. Friday 10 works?"); got.Status >= 300 {
			t.Fatalf("the customer's text was answered with %+v", got)
		}
	}
	dana := s.person()
	if len(dana.Enrollments) == 0 {
		t.Fatal("no sequence of Dana's is left to pause")
	}
	for _, e := range dana.Enrollments {
		if !e.Enrollment.PausedFor(models.PauseReplied) {
			t.Errorf("enrollment %d is %s %v after the reply", e.Enrollment.ID, e.Enrollment.State, e.Enrollment.Pauses)
		}
	}
	if !pausedIn(dana, seven.ID) {
		t.Errorf("the other sequence was not paused")
	}
	tasks := s.openTasks(models.TaskReply)
	if len(tasks) != 1 {
		t.Fatalf("reply tasks after one text that came twice: %+v", tasks)
	}

	// Nothing automatic goes out any more, however long we wait.
	mails, texts := len(s.smtp.Accepted()), len(s.twilio.Messages())
	s.at(call.AddDate(0, 0, 3))
	if len(s.smtp.Accepted()) != mails || len(s.twilio.Messages()) != texts {
		t.Errorf("something was sent after the reply")
	}

	s.now.set(call.Add(40 * time.Minute))
	touch, choice, err := s.replies.Answer(t.Context(), replies.AnswerRequest{ProspectID: s.dana.ID, UserID: s.rep.ID, Body: "Friday at 10 it is.", FormToken: "form-1"})
	if err != nil {
		t.Fatal(err)
	}
	if choice.Channel != models.ChannelSMS || !strings.HasPrefix(choice.Why, "By text") {
		t.Errorf("the answer's channel: %s, why: %q", choice.Channel, choice.Why)
	}
	again, _, err := s.replies.Answer(t.Context(), replies.AnswerRequest{ProspectID: s.dana.ID, UserID: s.rep.ID, Body: "Friday at 10 it is.", FormToken: "form-1"})
	if err != nil || again.ID != touch.ID {
		t.Errorf("the form sent twice: touch %d, then %d, %v", touch.ID, again.ID, err)
	}
	s.at(call.Add(41 * time.Minute))
	sent = s.twilio.Messages()
	if len(sent) != texts+1 || sent[texts].Body != "Friday at 10 it is." || sent[texts].To != danasNumber || sent[texts].From != ourNumber {
		t.Fatalf("the answer: %+v", sent[texts:])
	}
	if left := s.openTasks(models.TaskReply); len(left) != 0 {
		t.Errorf("the reply task is still open: %+v", left)
	}
}

// TestReplyByMail: the answer arrives over IMAP, pauses, and the rep's answer
// goes back into the same thread.
func TestReplyByMail(t *testing.T) {
	s := newStory(t)
	newYork, _ := time.LoadLocation("America/New_York")
	call := time.Date(2026, time.December, 3, 15, 0, 0, 0, newYork)
	e := s.enroll("booked-call-back", &call)
	s.at(monday)
	confirmation := string(s.smtp.Accepted()[0].Content)
	id := headerOf(confirmation, "Message-ID")

	s.imap.Deliver(t, "Junk", []byte(strings.ReplaceAll(fmt.Sprintf(`From: Mail Robot <robot@alder-freight.test>
To: %s
Subject: Automatic reply: your call
Message-ID: <ooo@alder-freight.test>
In-Reply-To: %s
Auto-Submitted: auto-replied
Date: Mon, 30 Nov 2026 15:00:10 +0000

I am away today.
`, ourMail, id), "\n", "\r\n")))
	s.imap.Deliver(t, "INBOX", []byte(strings.ReplaceAll(fmt.Sprintf(`From: Dana Reyes <%s>
To: %s
Subject: Re: your call
Message-ID: <answer@alder-freight.test>
In-Reply-To: %s
References: %s
Date: Mon, 30 Nov 2026 15:01:00 +0000

Thursday is fine. Could you bring the drawings?

> On Mon, Nov 30, 2026, Rae Moss wrote:
> we will call you
`, danasMail, ourMail, id, id), "\n", "\r\n")))

	s.eventually("Dana's mail pauses the sequence", func() bool { return pausedIn(s.person(), e.ID) })
	thread, err := s.store.Thread(t.Context(), s.dana.ID, 20)
	if err != nil {
		t.Fatal(err)
	}
	if thread.LastIn == nil || strings.TrimSpace(thread.LastIn.Visible) != "Thursday is fine. Could you bring the drawings?" {
		t.Fatalf("what Dana wrote: %+v", thread.LastIn)
	}
	if _, choice, err := s.replies.Answer(t.Context(), replies.AnswerRequest{ProspectID: s.dana.ID, UserID: s.rep.ID, Body: "They are in my bag.", FormToken: "form-2"}); err != nil || choice.Channel != models.ChannelEmail {
		t.Fatalf("answer: %+v, %v", choice, err)
	}
	s.at(monday.Add(5 * time.Minute))
	answers := s.mails("They are in my bag.")
	if len(answers) != 1 {
		t.Fatalf("%d answers were accepted, want 1", len(answers))
	}
	if got := headerOf(string(answers[0].Content), "In-Reply-To"); got != "<answer@alder-freight.test>" {
		t.Errorf("In-Reply-To: %q", got)
	}
	if subject := headerOf(string(answers[0].Content), "Subject"); !strings.HasPrefix(subject, "Re: ") {
		t.Errorf("Subject: %q", subject)
	}
	// The booked call stays: a reply never withdraws it.
	s.at(call)
	if booked := bookedOf(s.openTasks(models.TaskCall)); len(booked) != 1 {
		t.Errorf("at the booked minute: %+v", booked)
	}
}

func bookedOf(tasks []models.Task) []models.Task {
	var booked []models.Task
	for _, task := range tasks {
		if task.AppointmentID != nil {
			booked = append(booked, task)
		}
	}
	return booked
}

func pausedIn(p models.Person, enrollmentID int64) bool {
	for _, e := range p.Enrollments {
		if e.Enrollment.ID == enrollmentID && e.Enrollment.PausedFor(models.PauseReplied) {
			return true
		}
	}
	return false
}

// headerOf finds an unfolded header, whatever its case.
func headerOf(mail, name string) string {
	head, _, _ := strings.Cut(mail, "\r\n\r\n")
	for line := range strings.SplitSeq(strings.ReplaceAll(head, "\r\n ", " "), "\r\n") {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(key, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
