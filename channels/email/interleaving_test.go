package email_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/email"
	"followup/channels/email/emailtest"
	"followup/models"
)

// FuzzInterleavings lets a server do its worst to many messages at once, with
// senders that give up at any moment: whatever happens, what Send says is what
// became of the message.
func FuzzInterleavings(f *testing.F) {
	for seed := range uint64(24) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { interleave(t, seed) })
}

// fate of one message.
type fate struct {
	at     emailtest.Stage
	answer emailtest.WireAnswer
	always bool // not only the first time
	giveUp bool // the sender's context ends there
}

func interleave(t *testing.T, seed uint64) {
	const n = 40
	rng := rand.New(rand.NewPCG(seed, 1))
	fates, cancels, contexts := make([]fate, n), make([]context.CancelFunc, n), make([]context.Context, n)
	for i := range n {
		fates[i] = randomFate(rng, i)
		contexts[i], cancels[i] = context.WithCancel(context.Background())
		defer cancels[i]()
	}
	var mutex sync.Mutex
	played, dots := map[int]bool{}, map[int]int{}
	server := emailtest.StartWire(t, emailtest.WireOptions{
		Keep: true, NoPipelining: rng.IntN(4) == 0, Split: rng.IntN(3) == 0,
		Answer: func(at emailtest.Stage, m emailtest.Received) emailtest.WireAnswer {
			i := number(m)
			mutex.Lock()
			defer mutex.Unlock()
			if at == emailtest.AtDot {
				dots[i]++
			}
			if i < 0 || fates[i].at != at || played[i] && !fates[i].always {
				return emailtest.WireAnswer{}
			}
			played[i] = true
			if fates[i].giveUp {
				cancels[i]()
			}
			return fates[i].answer
		},
	})
	channel := newChannel(t, func(o *email.Options) {
		o.Connections, o.PerConn = 1+rng.IntN(4), 2+rng.IntN(20)
		o.Timeout, o.Grace = 200*time.Millisecond, time.Millisecond
	})
	outcomes := make([]outcome, n)
	share(1+rng.IntN(n), n, func(_, i int) { outcomes[i] = send(contexts[i], channel, numbered(server, i)) })
	consistent(t, outcomes, server)
	mutex.Lock()
	defer mutex.Unlock()
	for i, o := range outcomes {
		atDot := fates[i].at == emailtest.AtDot || fates[i].at == emailtest.AtData
		switch {
		case dots[i] > 1:
			t.Errorf("message %d was handed over %d times: %+v", i, dots[i], fates[i])
		case o.class() == models.SendAmbiguous && !atDot && !fates[i].giveUp:
			t.Errorf("message %d is ambiguous without need: %+v, %v", i, fates[i], o.err)
		case o.class() == models.SendStopped && !fates[i].giveUp:
			t.Errorf("message %d was stopped, but nobody gave it up", i)
		case o.err != nil && fates[i].at == "" && o.err.Code != "connection":
			t.Errorf("message %d has no fate of its own, but: %v", i, o.err)
		}
	}
	if t.Failed() {
		t.Logf("seed %d", seed)
	}
}

func randomFate(rng *rand.Rand, i int) fate {
	if rng.IntN(2) == 0 {
		return fate{}
	}
	stages := []emailtest.Stage{emailtest.AtMail, emailtest.AtRcpt, emailtest.AtData, emailtest.AtDot}
	at := stages[rng.IntN(len(stages))]
	who := fmt.Sprintf("dana%d@customer.test", i)
	answers := []emailtest.WireAnswer{
		{Reply: "550 5.1.1 no " + who}, {Reply: "451 4.3.0 later " + who}, {Reply: "550-5.1.1 no\r\n550 5.1.1 " + who},
		{Reply: "421 4.3.2 bye " + who, Close: true}, {Drop: true}, {Close: true}, {Reply: "what?", Close: true}, {Discard: true}, {},
	}
	if at == emailtest.AtDot {
		answers = append(answers, emailtest.WireAnswer{Drop: true, Take: true})
	}
	return fate{at: at, answer: answers[rng.IntN(len(answers))], always: rng.IntN(3) == 0, giveUp: rng.IntN(4) == 0}
}

// One wrong password is tried once, however many messages wait.
func TestOneAttemptWithAWrongPassword(t *testing.T) {
	hold := make(chan struct{})
	var mutex sync.Mutex
	attempts := 0
	server := emailtest.StartSMTP(t, emailtest.SMTPOptions{Username: "riley", Password: "pw", Answer: func(at emailtest.Stage, _ emailtest.Received) emailtest.Answer {
		if at != emailtest.AtAuth {
			return emailtest.Answer{}
		}
		mutex.Lock()
		defer mutex.Unlock()
		attempts++
		return emailtest.Answer{Wait: hold, Code: 535, Enhanced: [3]int{5, 7, 8}, Text: "bad credentials"}
	}})
	channel := newChannel(t, func(o *email.Options) { o.Connections = 8 })
	outcomes := make([]outcome, 50)
	var wg sync.WaitGroup
	for i := range outcomes {
		wg.Go(func() { outcomes[i] = send(context.Background(), channel, numbered(server, i)) })
	}
	waitFor(t, "all to be queued behind the one that signs in", func() bool { return channel.Queued() == len(outcomes)-1 })
	close(hold)
	wg.Wait()
	for i, o := range outcomes {
		if o.class() != models.SendConfiguration || o.err.Code != "535 5.7.8" {
			t.Errorf("message %d: %v", i, o.err)
		}
	}
	if attempts != 1 {
		t.Errorf("the password was tried %d times", attempts)
	}
}

// A server that wants fewer connections than are allowed gets its way; no
// message suffers.
func TestFewerConnectionsThanAllowed(t *testing.T) {
	var server *emailtest.SMTP
	server = emailtest.StartSMTP(t, emailtest.SMTPOptions{Answer: func(at emailtest.Stage, _ emailtest.Received) emailtest.Answer {
		if at == emailtest.AtConnect && server.Open() > 2 {
			return emailtest.Answer{Code: 421, Enhanced: [3]int{4, 7, 0}, Text: "too many connections"}
		}
		return emailtest.Answer{}
	}})
	channel := newChannel(t, func(o *email.Options) { o.Connections, o.PerConn = 8, 20 })
	var mutex sync.Mutex
	var failures []*channels.SendError
	share(60, 300, func(_, i int) {
		if o := send(context.Background(), channel, numbered(server, i)); o.err != nil {
			mutex.Lock()
			failures = append(failures, o.err)
			mutex.Unlock()
		}
	})
	if len(failures) > 0 || len(server.Accepted()) != 300 {
		t.Errorf("%d were accepted, %d failed: %v", len(server.Accepted()), len(failures), failures)
	}
}

// Nothing that waits in the queue is left behind when its time ends there.
func TestContextEndsInTheQueue(t *testing.T) {
	hold := make(chan struct{})
	server := emailtest.StartWire(t, emailtest.WireOptions{Keep: true, Answer: func(at emailtest.Stage, m emailtest.Received) emailtest.WireAnswer {
		if at == emailtest.AtMail && number(m) == 0 {
			return emailtest.WireAnswer{Wait: hold}
		}
		return emailtest.WireAnswer{}
	}})
	channel := newChannel(t, func(o *email.Options) { o.Connections = 1 })
	ctx, cancel := context.WithCancel(context.Background())
	outcomes := make([]outcome, 20)
	var first, rest sync.WaitGroup
	first.Go(func() { outcomes[0] = send(context.Background(), channel, numbered(server, 0)) })
	waitFor(t, "the first to have a courier", func() bool { return server.Dialled() == 1 && channel.Queued() == 0 })
	for i := 1; i < len(outcomes); i++ {
		rest.Go(func() { outcomes[i] = send(ctx, channel, numbered(server, i)) })
	}
	waitFor(t, "the others to be queued", func() bool { return channel.Queued() == len(outcomes)-1 })
	cancel()
	rest.Wait()
	if channel.Queued() != 0 {
		t.Errorf("%d are still queued", channel.Queued())
	}
	close(hold)
	first.Wait()
	consistent(t, outcomes, server)
	for i, o := range outcomes {
		if i == 0 && o.err != nil || i > 0 && o.class() != models.SendStopped {
			t.Errorf("message %d: %v", i, o.err)
		}
	}
}
