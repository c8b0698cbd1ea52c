// Package scheduler enrolls, plans, judges, sends and settles: the engine.
package scheduler

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"followup/channels"
	"followup/models"
)

// Scheduler walks every enrollment through its sequence.
type Scheduler struct {
	Store    Store
	Channels *channels.Registry
	Clock    models.Clock
	Log      *slog.Logger
	// Replica is new with each process start.
	Replica string
	// Slots is the most hand-overs at once; 0: 16.
	Slots int
	// SendFor is how long after its claim a hand-over may begin; 0: 30 s.
	SendFor time.Duration
	// LongestSend is how long a hand-over may take; 0: 12 min.
	LongestSend time.Duration
	// SilentAfter is how long no heartbeat must have come from a replica
	// before the others take up what it left; 0: LongestSend. It must be
	// longer than HeartbeatEvery and than what a slow database may delay one.
	SilentAfter time.Duration
	// HeartbeatEvery and RescueEvery pace the parts of a Tick; 0: 10 s each.
	HeartbeatEvery, RescueEvery time.Duration
	// FirstRetry is how long a touch waits that was refused for now; each
	// further refusal doubles it; 0: a minute.
	FirstRetry time.Duration
	// InboundCurrency is how old the proof may be that everything inbound of a
	// sender was read; 0: models.InboundCurrency.
	InboundCurrency time.Duration
	// BehindFor is how long a touch is held whose sender's inbound is behind,
	// before it is judged again; 0: a minute.
	BehindFor time.Duration
	// Synchronous makes Tick hand over and settle before it returns: for the
	// demonstration and for tests.
	Synchronous bool
	// PublicURL is where customers and providers reach us; "" : not reachable.
	PublicURL string
	// BookingLink names a booking page, or a call to move, towards customers;
	// nil: there are no booking pages.
	BookingLink func(models.BookingToken) string
	// TrackedLink seals a link of a message for the workspace's link domain, ""
	// where the link stays as it is; nil: no links are tracked.
	TrackedLink func(messageToken, url string) string
	// Rates are what texts cost, for previews; nil: nobody said.
	Rates *models.TextRates
	// MaySend is asked before messages are claimed; while it says no, tasks
	// open and nothing is sent. nil: always.
	MaySend func(context.Context) bool
	// Jobs run beside the Ticks while Run does.
	Jobs []Job
	// NewToken makes the opaque name of a message; nil: 26 random characters.
	NewToken func() string

	once sync.Once
	run  *engine
}

// EnrollRequest asks to put a prospect into a sequence.
type EnrollRequest struct {
	ProspectID    int64
	SequenceID    int64
	RepID         int64
	By            string     // actor
	CallAt        *time.Time // books the call the sequence hangs on
	CallMinutes   int        // 0: 30
	AppointmentID *int64
	CommitmentID  *int64
	// TalkingPointID is the reason of the library for which they are enrolled.
	TalkingPointID *int64
	Variables      map[string]string

	live int64 // the prospect's enrollment in the sequence that has not finished
}

// Defaults of a Scheduler's fields.
const (
	defaultSlots   = 16
	defaultSendFor = 30 * time.Second
	// defaultLongestSend: an SMTP server may think for 10 minutes after the
	// final dot (RFC 5321 4.5.3.2.6).
	defaultLongestSend = 12 * time.Minute
	defaultPace        = 10 * time.Second
	defaultFirstRetry  = time.Minute
)

// engine is what a Scheduler keeps between Ticks.
type engine struct {
	cal    Calendar
	ticks  sync.Mutex // held by the Tick in progress
	wakes  chan struct{}
	slots  slots
	flight flight
	sends  sync.WaitGroup // hand-overs begun and not settled
	settle settler

	batch         int
	lastElapse    time.Time
	lastHeartbeat time.Time
	lastRescue    time.Time
	lastReady     time.Time
	lastTook      time.Duration
	asking        atomic.Bool               // providers are being asked what became of the unconfirmed
	ticked        atomic.Pointer[time.Time] // when the last whole Tick began, by its own time
}

// LastTick is when this process last ticked; zero: not yet. Other replicas may
// go on while this one stands still.
func (s *Scheduler) LastTick() time.Time {
	if at := s.engine().ticked.Load(); at != nil {
		return *at
	}
	return time.Time{}
}

// engine prepares what the exported fields do not say, once.
func (s *Scheduler) engine() *engine {
	s.once.Do(func() {
		if s.Slots <= 0 {
			s.Slots = defaultSlots
		}
		if s.SendFor <= 0 {
			s.SendFor = defaultSendFor
		}
		if s.LongestSend <= 0 {
			s.LongestSend = defaultLongestSend
		}
		if s.SilentAfter <= 0 {
			s.SilentAfter = s.LongestSend
		}
		if s.HeartbeatEvery <= 0 {
			s.HeartbeatEvery = defaultPace
		}
		if s.RescueEvery <= 0 {
			s.RescueEvery = defaultPace
		}
		if s.FirstRetry <= 0 {
			s.FirstRetry = defaultFirstRetry
		}
		if s.Log == nil {
			s.Log = slog.New(slog.DiscardHandler)
		}
		if s.NewToken == nil {
			s.NewToken = randomToken
		}
		if s.Replica == "" {
			s.Replica = randomToken()
		}
		s.run = &engine{
			cal: NewCalendar(), wakes: make(chan struct{}, 1), slots: newSlots(s.Slots),
			flight: flight{held: map[int64]int{}}, batch: maxBatch,
		}
	})
	return s.run
}

// Wake asks for a Tick at once; it never blocks.
func (s *Scheduler) Wake() {
	select {
	case s.engine().wakes <- struct{}{}:
	default: // one is asked for already
	}
}

// gate judges with the time given.
func (s *Scheduler) gate(now time.Time) Gate {
	return Gate{Now: now, Channels: s.Channels, PublicURL: s.PublicURL, BookingLink: s.BookingLink, TrackedLink: s.TrackedLink, NewToken: s.NewToken, InboundCurrency: s.InboundCurrency, BehindFor: s.BehindFor}
}

// plan plans one batch; what breaks for one enrollment is asked about for that one.
func (s *Scheduler) plan(now time.Time) models.Planning {
	e := s.engine()
	return func(_ context.Context, inputs []models.PlanInput) []models.PlanResult {
		results := make([]models.PlanResult, len(inputs))
		for i, in := range inputs {
			results[i] = planOne(in, now, e.cal, s.Channels, s.Log)
		}
		return results
	}
}
