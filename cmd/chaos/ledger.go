package main

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// touchKey is a touch as the customer sees it: a step of the sequence.
type touchKey struct{ person, step int }

// acceptance is one message that a provider took.
type acceptance struct {
	at   time.Time
	from birth  // the replica that handed it over
	id   string // Message-ID or SID
}

// ledger is what the providers accepted: the truth that our database is
// measured by.
type ledger struct {
	clock func() time.Time
	mu    sync.Mutex
	taken map[touchKey][]acceptance
	// doubts are those of which the sender cannot know what became.
	doubts map[touchKey]bool
	// strangers are messages to nobody we know or without a mark.
	strangers []string
	// onTake tells the customer.
	onTake func(touchKey, message)

	faults  atomic.Int64 // refusals, drops and silences, by our hand
	refused atomic.Int64 // of those: the provider said no
}

// message is what a customer needs to answer one.
type message struct {
	mail        bool
	from, to    string
	id          string // Message-ID or SID
	unsubscribe string // one-click address
	callback    string // where Twilio reports
}

func newLedger(clock func() time.Time) *ledger {
	return &ledger{clock: clock, taken: map[touchKey][]acceptance{}, doubts: map[touchKey]bool{}}
}

// doubt notes that the sender is not told what became of the message.
func (l *ledger) doubt(step int, m message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.doubts[touchKey{customer(m.to), step}] = true
}

// doubted tells whether the sender may not know what became of the touch.
func (l *ledger) doubted(key touchKey) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.doubts[key]
}

// take records a message as accepted.
func (l *ledger) take(from birth, step int, m message) {
	key := touchKey{customer(m.to), step}
	l.mu.Lock()
	if key.person < 0 || step < 0 {
		l.strangers = append(l.strangers, m.from+" to "+m.to+" "+m.id)
		l.mu.Unlock()
		return
	}
	l.taken[key] = append(l.taken[key], acceptance{at: l.clock(), from: from, id: m.id})
	l.mu.Unlock()
	if l.onTake != nil {
		l.onTake(key, m)
	}
}

func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.taken)
}

func (l *ledger) of(key touchKey) []acceptance {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]acceptance(nil), l.taken[key]...)
}

// trouble is what a provider does with one message instead of taking it and
// saying so.
type trouble int

const (
	fine         trouble = iota
	busy                 // refused for now
	refuse               // refused for good
	dropBefore           // the connection breaks before anything was handed over
	dropTaken            // taken, and the connection breaks in place of the answer
	dropNotTaken         // not taken, and the connection breaks in place of the answer
	lateTaken            // taken, and the answer comes when nobody waits any more
)

// odds of each trouble in a full run, in ten thousand messages.
var odds = []struct {
	what trouble
	of   int
}{{busy, 40}, {refuse, 10}, {dropBefore, 40}, {dropTaken, 12}, {dropNotTaken, 12}, {lateTaken, 6}}

// moods says how the providers behave; the storm changes it.
type moods struct {
	factor  atomic.Uint64 // odds count this many hundredths
	still   [2]atomic.Int64
	closing chan struct{}
	crash   func(node int) bool // the moment between taking and answering: true where the node was killed in it
}

const (
	mailProvider = iota
	phoneProvider
)

// draw decides on one message.
func (m *moods) draw() trouble {
	n := rand.IntN(1_000_000)
	for _, o := range odds {
		if n -= o.of * int(m.factor.Load()); n < 0 {
			return o.what
		}
	}
	return fine
}

// latency is how long a provider thinks, so that messages are under way when
// something happens.
func latency() time.Duration { return rand.N(40 * time.Millisecond) }

// tooLate is longer than a hand-over may take.
const tooLate = longestSend + 1500*time.Millisecond

// think waits a provider's time; while it stands still, until that is over.
// It tells whether the answer is so late that nobody may wait for it any more.
func (m *moods) think(provider int, long time.Duration) (late bool) {
	began := time.Now()
	wait := max(long, time.Until(time.Unix(0, m.still[provider].Load())))
	select {
	case <-time.After(wait):
	case <-m.closing:
	}
	return time.Since(began) > longestSend/2
}
