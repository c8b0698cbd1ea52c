package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"followup/channels"
	"followup/models"
	"followup/scheduler"
	"followup/store"
	"followup/store/storetest"
)

func ptr[T any](v T) *T { return &v }

// line is one provider in memory, behind all three sent channels.
type line struct {
	mu   sync.Mutex
	sent []models.Message
	at   []time.Time
	// fail decides what a hand-over meets; nil: accepted.
	fail func(models.Message) error
	// fate answers the reconciler; nil: unknown.
	fate  func(models.Message) channels.Finding
	now   func() time.Time
	taken chan models.Message // told of each message, where not nil
}

func (l *line) send(m models.Message) (channels.Outcome, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var err error
	if l.fail != nil {
		err = l.fail(m)
	}
	if err == nil || channels.AsSendError(err).Class == models.SendAmbiguous {
		l.sent, l.at = append(l.sent, m), append(l.at, l.now())
	}
	if l.taken != nil {
		l.taken <- m
	}
	return channels.Outcome{ProviderID: fmt.Sprintf("P%d", len(l.sent))}, err
}

func (l *line) messages() []models.Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]models.Message(nil), l.sent...)
}

// wire is one channel on the line.
type wire struct {
	line  *line
	rules models.ChannelRules
}

func (w wire) Kind() models.ChannelKind   { return w.rules.Kind }
func (w wire) Rules() models.ChannelRules { return w.rules }
func (w wire) Check(m models.Message) error {
	if m.ToAddress == "" || m.Text == "" {
		return channels.Refuse("empty", "there is nothing to send or nobody to send it to")
	}
	return nil
}
func (w wire) Send(_ context.Context, m models.Message) (channels.Outcome, error) {
	return w.line.send(m)
}
func (w wire) Reconcile(_ context.Context, m models.Message) (channels.Finding, channels.Outcome, error) {
	if w.line.fate == nil {
		return channels.Unknown, channels.Outcome{}, nil
	}
	return w.line.fate(m), channels.Outcome{ProviderID: "found"}, nil
}

// hooked is the real store, with an ear on the moment before the hand-over
// and a connection that can be lost.
type hooked struct {
	*store.Store
	beforeRecheck func()
	afterSettle   func()
	loseClaim     bool // the answer to the next claim's COMMIT is lost
	failSettles   int  // so many settlings meet a database that is away
	away          bool // what reconcilers learn cannot be recorded
	reconciles    int
}

func (h *hooked) Reconcile(ctx context.Context, touchID int64, found, absent bool, providerID string, now time.Time) error {
	if h.reconciles++; h.away {
		return errors.New("the database is away")
	}
	return h.Store.Reconcile(ctx, touchID, found, absent, providerID, now)
}

func (h *hooked) ClaimDue(ctx context.Context, req models.ClaimRequest, decide func(context.Context, []models.Due) []models.Decision) (models.Claimed, error) {
	claimed, err := h.Store.ClaimDue(ctx, req, decide)
	if h.loseClaim && len(claimed.Dispatches) > 0 {
		h.loseClaim = false
		return models.Claimed{}, errors.New("the connection was lost")
	}
	return claimed, err
}

func (h *hooked) Settle(ctx context.Context, results []models.SendResult, plan models.Planning) error {
	if h.failSettles > 0 {
		h.failSettles--
		return errors.New("the database is away")
	}
	err := h.Store.Settle(ctx, results, plan)
	if h.afterSettle != nil {
		h.afterSettle()
	}
	return err
}

func (h *hooked) Recheck(ctx context.Context, replica string, now time.Time, ids []int64) ([]int64, error) {
	if h.beforeRecheck != nil {
		h.beforeRecheck()
	}
	return h.Store.Recheck(ctx, replica, now, ids)
}

// world is the engine on a real database, on a time of its own.
type world struct {
	*testing.T
	storetest.World
	ctx   context.Context
	store *hooked
	line  *line
	sched *scheduler.Scheduler
	mu    sync.Mutex
	clock time.Time
}

func newWorld(t *testing.T, s *store.Store) *world {
	w := &world{T: t, World: storetest.Seed(t, s), ctx: t.Context(), store: &hooked{Store: s}, clock: storetest.Now}
	w.line = &line{now: w.now}
	w.sched = w.engine("replica-1")
	w.sched.Synchronous = true
	return w
}

func (w *world) engine(replica string) *scheduler.Scheduler {
	reg := channels.NewRegistry()
	for _, rules := range []models.ChannelRules{channels.EmailRules, channels.SMSRules, channels.VoicemailRules} {
		reg.Add(models.ProviderSandbox, wire{w.line, rules})
	}
	var mu sync.Mutex
	n := 0
	return &scheduler.Scheduler{
		Store: w.store, Channels: reg, Clock: w.now, Replica: replica, PublicURL: "https://followup.example.com",
		NewToken: func() string {
			mu.Lock()
			defer mu.Unlock()
			n++
			return fmt.Sprintf("%s-%06d", replica, n)
		},
	}
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

func (w *world) setClock(t time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = t
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// tickAt moves the clock and ticks.
func (w *world) tickAt(t time.Time) {
	w.Helper()
	w.setClock(t)
	w.ok(w.sched.Tick(w.ctx, t))
}

// runUntil jumps from one thing due to the next.
func (w *world) runUntil(end time.Time) {
	w.Helper()
	for range 10000 {
		next, ok, err := w.store.NextDue(w.ctx)
		w.ok(err)
		if !ok || next.After(end) {
			w.tickAt(end)
			return
		}
		if next.Before(w.now()) {
			next = w.now()
		}
		w.tickAt(next)
		if again, ok, _ := w.store.NextDue(w.ctx); ok && !again.After(next) {
			w.setClock(next.Add(time.Second)) // what this Tick may not do yet
		}
	}
	w.Fatal("it never ends")
}

func (w *world) local(s string) time.Time {
	w.Helper()
	loc, err := models.LoadZone("America/New_York")
	w.ok(err)
	t, err := time.ParseInLocation("2006-01-02 15:04", s, loc)
	w.ok(err)
	return t.UTC()
}

// wantSent compares all that was sent: "channel at local time: text".
func (w *world) wantSent(want ...string) {
	w.Helper()
	loc, err := models.LoadZone("America/New_York")
	w.ok(err)
	var got []string
	w.line.mu.Lock()
	for i, m := range w.line.sent {
		what := m.Subject
		if what == "" {
			what, _, _ = strings.Cut(m.Text, "\n")
		}
		got = append(got, fmt.Sprintf("%s %s: %s", m.Channel, w.line.at[i].In(loc).Format("2006-01-02 15:04"), what))
	}
	w.line.mu.Unlock()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		w.Fatalf("sent:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func (w *world) publish(d models.Definition) models.SequenceVersion {
	w.Helper()
	v, err := w.store.PublishSequence(w.ctx, d, "", "", false, &w.Rep.ID, w.now())
	w.ok(err)
	return v
}

func (w *world) enroll(sequenceID int64, mend ...func(*scheduler.EnrollRequest)) models.Enrollment {
	w.Helper()
	req := scheduler.EnrollRequest{ProspectID: w.Prospect.ID, SequenceID: sequenceID, RepID: w.Rep.ID, By: models.UserActor(w.Rep.ID)}
	for _, m := range mend {
		m(&req)
	}
	e, err := w.sched.Enroll(w.ctx, req)
	w.ok(err)
	return e
}

func (w *world) enrollment(id int64) models.Enrollment {
	w.Helper()
	in, err := w.store.PlanOf(w.ctx, id)
	w.ok(err)
	return in.Enrollment
}

func (w *world) touches(id int64) []models.Touch {
	w.Helper()
	in, err := w.store.PlanOf(w.ctx, id)
	w.ok(err)
	return in.Touches
}

// touch is the enrollment's touch of the step.
func (w *world) touch(enrollment int64, step string) models.Touch {
	w.Helper()
	for _, t := range w.touches(enrollment) {
		if t.StepKey == step {
			return t
		}
	}
	w.Fatalf("no touch of step %q", step)
	return models.Touch{}
}

func (w *world) openTask(kind models.TaskKind) models.Task {
	w.Helper()
	tasks, err := w.store.OpenTasksAfter(w.ctx, 0)
	w.ok(err)
	for _, t := range tasks {
		if t.Kind == kind {
			return t
		}
	}
	w.Fatalf("no open %s task among %d", kind, len(tasks))
	return models.Task{}
}

func tod(s string) *models.TimeOfDay {
	v, err := models.ParseTimeOfDay(s)
	if err != nil {
		panic(err)
	}
	return &v
}

// bookedCallBack is the story's sequence.
func bookedCallBack() models.Definition {
	return models.Definition{
		Key: "booked-call-back-test", Name: "Booked call-back", Anchor: models.AnchorAppointment, OnReply: models.ReplyPause,
		Steps: []models.Step{
			{Key: "reminder", Channel: models.ChannelEmail, Purpose: models.PurposeReminder, Subject: "Our call tomorrow", Body: "Until tomorrow, {{ prospect.first_name }}.",
				Timing: models.Timing{Kind: models.TimingAppointment, Days: -1, At: tod("09:00")}},
			{Key: "call", Channel: models.ChannelCall, Purpose: models.PurposePromised, TalkingPoint: "a new rule concerns you",
				Timing: models.Timing{Kind: models.TimingAppointment}},
			{Key: "voicemail", Channel: models.ChannelVoicemail, Purpose: models.PurposePromised, Body: "Please call me back.",
				Timing: models.Timing{Kind: models.TimingAfter}, When: models.Condition{Call: "unanswered"}},
			{Key: "text", Channel: models.ChannelSMS, Purpose: models.PurposePromised, Body: "I tried to reach you.",
				Timing: models.Timing{Kind: models.TimingAfter, Minutes: 10}, When: models.Condition{Call: "unanswered"}},
		},
	}
}
