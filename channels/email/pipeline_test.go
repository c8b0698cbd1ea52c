package email_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/email"
	"followup/channels/email/emailtest"
	"followup/models"
)

// numbered is the ith message; its number is in the envelope and in the
// content, so that it can be told what belongs together.
func numbered(server interface{ Configure(*models.Sender) }, i int) models.Message {
	sender := mailbox(server)
	sender.Address = fmt.Sprintf("riley%d@sales.test", i)
	m := letter(sender)
	m.ToAddress = fmt.Sprintf("dana%d@customer.test", i)
	m.MailID = fmt.Sprintf("<n%d@sales.test>", i)
	return m
}

// number of the message that a server got; -1 before MAIL.
func number(m emailtest.Received) int {
	i := -1
	_, _ = fmt.Sscanf(m.From, "riley%d@", &i)
	return i
}

type outcome struct {
	detail string
	err    *channels.SendError // nil: accepted
}

func (o outcome) class() models.SendClass {
	if o.err == nil {
		return ""
	}
	return o.err.Class
}

func send(ctx context.Context, channel *email.Channel, m models.Message) outcome {
	got, err := channel.Send(ctx, m)
	if err == nil {
		return outcome{detail: got.Detail}
	}
	return outcome{err: channels.AsSendError(err)}
}

// train sends n messages over one connection, each announced behind the final
// dot of the one before where the server offers PIPELINING: the first is held
// until the others are queued. They are queued in order.
func train(t *testing.T, n int, options emailtest.WireOptions, change func(*email.Options)) ([]outcome, *emailtest.Wire) {
	t.Helper()
	script, queued := options.Answer, make(chan struct{})
	options.Keep = true
	options.Answer = func(at emailtest.Stage, m emailtest.Received) emailtest.WireAnswer {
		if at == emailtest.AtData && number(m) == 0 {
			return emailtest.WireAnswer{Wait: queued}
		}
		if script == nil {
			return emailtest.WireAnswer{}
		}
		return script(at, m)
	}
	server := emailtest.StartWire(t, options)
	channel := newChannel(t, func(o *email.Options) {
		o.Connections = 1
		if change != nil {
			change(o)
		}
	})
	outcomes := make([]outcome, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { outcomes[i] = send(context.Background(), channel, numbered(server, i)) })
		waitFor(t, "the message to be queued", func() bool { return channel.Queued() == i && channel.Couriers() == 1 })
	}
	close(queued)
	wg.Wait()
	consistent(t, outcomes, server)
	return outcomes, server
}

// consistent checks what must hold whatever happened: nothing is taken twice,
// what was accepted was taken with its own content and its own reply, and
// what was refused or withdrawn was not taken.
func consistent(t *testing.T, outcomes []outcome, server *emailtest.Wire) {
	t.Helper()
	times := make([]int, len(outcomes))
	for _, m := range server.Accepted() {
		i := number(m)
		times[i]++
		if m.To != fmt.Sprintf("dana%d@customer.test", i) || headerOf(m.Content, "Message-Id") != fmt.Sprintf("<n%d@sales.test>", i) {
			t.Errorf("from %s to %s went the content %s", m.From, m.To, headerOf(m.Content, "Message-Id"))
		}
	}
	for i, o := range outcomes {
		own := fmt.Sprintf("dana%d@", i)
		switch {
		case times[i] > 1:
			t.Errorf("message %d was taken %d times", i, times[i])
		case o.err == nil && (times[i] != 1 || !strings.Contains(o.detail, own)):
			t.Errorf("message %d: accepted with %q and taken %d times", i, o.detail, times[i])
		case o.err != nil && o.err.Class != models.SendAmbiguous && times[i] != 0:
			t.Errorf("message %d: %v, but it was taken", i, o.err)
		}
		if o.err != nil && strings.Contains(o.err.Detail, "@") && !strings.Contains(o.err.Detail, fmt.Sprintf("%d@", i)) {
			t.Errorf("message %d got the reply of another: %v", i, o.err)
		}
	}
	for _, fault := range server.Faults() {
		t.Errorf("protocol: %s", fault)
	}
}

// once gives a for the first time that message i comes to a stage.
func once(i int, stage emailtest.Stage, a emailtest.WireAnswer) func(emailtest.Stage, emailtest.Received) emailtest.WireAnswer {
	var mutex sync.Mutex
	done := false
	return func(at emailtest.Stage, m emailtest.Received) emailtest.WireAnswer {
		mutex.Lock()
		defer mutex.Unlock()
		if done || at != stage || number(m) != i {
			return emailtest.WireAnswer{}
		}
		done = true
		return a
	}
}

// What goes wrong with one message in the middle harms only that one.
func TestTroubleInTheMiddleOfAGroup(t *testing.T) {
	type answer = emailtest.WireAnswer
	say := func(reply string) answer { return answer{Reply: reply} }
	for name, tt := range map[string]struct {
		at    emailtest.Stage
		a     answer
		class models.SendClass // of message 2; "": accepted
		code  string
		dials int // 1: the connection stays
	}{
		"MAIL refused":                 {emailtest.AtMail, say("550 5.7.1 riley2@sales.test is not yours"), models.SendConfiguration, "550 5.7.1", 1},
		"MAIL refused for now":         {emailtest.AtMail, say("451 4.7.1 later, riley2@sales.test"), models.SendTransient, "451 4.7.1", 1},
		"RCPT refused":                 {emailtest.AtRcpt, say("550 5.1.1 no dana2@customer.test"), models.SendPermanent, "550 5.1.1", 1},
		"RCPT refused in lines":        {emailtest.AtRcpt, say("550-5.1.1 no\r\n550 5.1.1 dana2@customer.test"), models.SendPermanent, "550 5.1.1", 1},
		"DATA refused":                 {emailtest.AtData, say("451 4.3.0 not now, dana2@customer.test"), models.SendTransient, "451 4.3.0", 1},
		"dot refused":                  {emailtest.AtDot, say("554 5.7.1 spam for dana2@customer.test"), models.SendPermanent, "554 5.7.1", 1},
		"dot refused for now":          {emailtest.AtDot, say("452 4.3.1 full, dana2@customer.test"), models.SendTransient, "452 4.3.1", 1},
		"dot refused, then closed":     {emailtest.AtDot, answer{Reply: "421 4.3.2 bye, dana2@customer.test", Close: true}, models.SendTransient, "421 4.3.2", 2},
		"another success at the dot":   {emailtest.AtDot, say("252 2.0.0 took dana2@customer.test"), "", "", 1},
		"closing at MAIL":              {emailtest.AtMail, answer{Reply: "421 4.3.2 bye", Close: true}, "", "", 2},
		"closing at DATA":              {emailtest.AtData, answer{Reply: "421 4.3.2 bye", Close: true}, "", "", 2},
		"dropped at MAIL":              {emailtest.AtMail, answer{Drop: true}, "", "", 2},
		"dropped at RCPT":              {emailtest.AtRcpt, answer{Drop: true}, "", "", 2},
		"dropped at DATA":              {emailtest.AtData, answer{Drop: true}, "", "", 2},
		"dropped after MAIL":           {emailtest.AtMail, answer{Close: true}, "", "", 2},
		"dropped after RCPT":           {emailtest.AtRcpt, answer{Close: true}, "", "", 2},
		"dropped after 354":            {emailtest.AtData, answer{Close: true}, models.SendAmbiguous, "no_answer", 2},
		"dropped at the dot":           {emailtest.AtDot, answer{Drop: true}, models.SendAmbiguous, "no_answer", 2},
		"dropped at the dot, but kept": {emailtest.AtDot, answer{Drop: true, Take: true}, models.SendAmbiguous, "no_answer", 2},
		"dropped after the dot's 250":  {emailtest.AtDot, answer{Close: true}, "", "", 2},
		"nonsense at the dot":          {emailtest.AtDot, answer{Reply: "take it easy", Take: true}, models.SendAmbiguous, "no_answer", 2},
		"354 at the dot":               {emailtest.AtDot, answer{Reply: "354 go on", Take: true}, models.SendAmbiguous, "no_answer", 2},
		"nonsense at RCPT":             {emailtest.AtRcpt, say("take it easy"), "", "", 2},
		"a reply too many":             {emailtest.AtMail, say("250 2.1.0 yes\r\n250 2.1.0 yes"), "", "", 2},
		"a reply too many before 354":  {emailtest.AtData, say("250 2.0.0 yes\r\n354 go ahead"), "", "", 2},
		"a reply too many after 354":   {emailtest.AtData, say("354 go ahead\r\n250 2.0.0 took it"), "", "", 2},
		"2yz for DATA":                 {emailtest.AtData, say("250 2.0.0 go ahead"), "", "", 2},
		"what was sent ahead is lost":  {emailtest.AtDot, answer{Discard: true}, "", "", 0},
	} {
		for mode, options := range map[string]emailtest.WireOptions{
			"grouped": {}, "grouped, split": {Split: true}, "one by one": {NoPipelining: true}, "one by one, split": {NoPipelining: true, Split: true},
		} {
			t.Run(name+"/"+mode, func(t *testing.T) {
				options.Answer = once(2, tt.at, tt.a)
				outcomes, server := train(t, 5, options, func(o *email.Options) { o.Timeout = 300 * time.Millisecond })
				for i, o := range outcomes {
					if i != 2 && o.err != nil {
						t.Errorf("message %d: %v", i, o.err)
					}
				}
				o := outcomes[2]
				if o.class() != tt.class || o.err != nil && o.err.Code != tt.code {
					t.Errorf("message 2: %q, %v; want class %q, code %q", o.detail, o.err, tt.class, tt.code)
				}
				if tt.dials > 0 && server.Dialled() != tt.dials {
					t.Errorf("%d connections were made, want %d", server.Dialled(), tt.dials)
				}
			})
		}
	}
}

// A server may ask for the content although it refused the recipient or the
// sender (RFC 2920 3.1): nothing of it may go out.
func TestContentAskedForInSpiteOfARefusal(t *testing.T) {
	for name, tt := range map[string]struct {
		script map[emailtest.Stage]string
		code   string
		dials  int
	}{
		"no recipient":          {map[emailtest.Stage]string{emailtest.AtRcpt: "550 5.1.1 no dana2@customer.test", emailtest.AtData: "354 go ahead"}, "550 5.1.1", 1},
		"neither":               {map[emailtest.Stage]string{emailtest.AtMail: "550 5.7.1 no riley2@sales.test", emailtest.AtRcpt: "503 5.5.1 no", emailtest.AtData: "354 go ahead"}, "550 5.7.1", 1},
		"no sender":             {map[emailtest.Stage]string{emailtest.AtMail: "550 5.7.1 no riley2@sales.test", emailtest.AtRcpt: "250 2.1.5 yes", emailtest.AtData: "354 go ahead"}, "550 5.7.1", 2},
		"both, not the content": {map[emailtest.Stage]string{emailtest.AtMail: "550 5.7.1 no riley2@sales.test", emailtest.AtRcpt: "550 5.1.1 no"}, "550 5.7.1", 1},
	} {
		t.Run(name, func(t *testing.T) {
			outcomes, server := train(t, 5, emailtest.WireOptions{Answer: func(at emailtest.Stage, m emailtest.Received) emailtest.WireAnswer {
				if number(m) != 2 {
					return emailtest.WireAnswer{}
				}
				return emailtest.WireAnswer{Reply: tt.script[at]}
			}}, nil)
			for i, o := range outcomes {
				if i == 2 && (o.err == nil || o.err.Code != tt.code) || i != 2 && o.err != nil {
					t.Errorf("message %d: %v", i, o.err)
				}
			}
			if server.Dialled() != tt.dials {
				t.Errorf("%d connections were made, want %d", server.Dialled(), tt.dials)
			}
		})
	}
}

// Ten thousand over sixteen connections: each is accepted once, with its own reply.
func TestTenThousand(t *testing.T) {
	server := emailtest.StartWire(t, emailtest.WireOptions{Keep: true})
	channel := newChannel(t, func(o *email.Options) { o.Connections, o.PerConn = 16, 400 })
	outcomes := make([]outcome, 10_000)
	share(300, len(outcomes), func(_, i int) {
		outcomes[i] = send(context.Background(), channel, numbered(server, i))
	})
	consistent(t, outcomes, server)
	for i, o := range outcomes {
		if o.err != nil {
			t.Fatalf("message %d: %v", i, o.err)
		}
	}
	// 25 are needed; each courier may end with a half worn connection.
	if server.Taken() != 10_000 || server.Dialled() > 25+16 {
		t.Errorf("%d were taken over %d connections", server.Taken(), server.Dialled())
	}
}

// A connection is not kept for what was withdrawn, but nothing is lost with it.
func TestWithdrawnBehindAnUnansweredDot(t *testing.T) {
	announced, answer := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	server := emailtest.StartWire(t, emailtest.WireOptions{Keep: true, Answer: func(at emailtest.Stage, m emailtest.Received) emailtest.WireAnswer {
		switch {
		case at == emailtest.AtData && number(m) == 0:
			return emailtest.WireAnswer{Wait: announced}
		case at == emailtest.AtDot && number(m) == 0:
			return emailtest.WireAnswer{Wait: answer}
		}
		return emailtest.WireAnswer{}
	}})
	channel := newChannel(t, func(o *email.Options) { o.Connections = 1 })
	outcomes := make([]outcome, 3)
	var others sync.WaitGroup
	others.Go(func() { outcomes[0] = send(context.Background(), channel, numbered(server, 0)) })
	waitFor(t, "the first to have a courier", func() bool { return server.Dialled() == 1 && channel.Queued() == 0 })
	second := make(chan outcome)
	go func() { second <- send(ctx, channel, numbered(server, 1)) }()
	waitFor(t, "the second to be queued", func() bool { return channel.Queued() == 1 })
	close(announced)
	waitFor(t, "the second to be announced", func() bool { return channel.Queued() == 0 })
	cancel()
	outcomes[1] = <-second // although the first is unanswered
	others.Go(func() { outcomes[2] = send(context.Background(), channel, numbered(server, 2)) })
	waitFor(t, "the third to be queued", func() bool { return channel.Queued() == 1 })
	close(answer)
	others.Wait()
	consistent(t, outcomes, server)
	if outcomes[0].err != nil || outcomes[1].class() != models.SendStopped || outcomes[2].err != nil || server.Dialled() != 2 {
		t.Errorf("outcomes %v over %d connections; want the second stopped and the third over another connection", outcomes, server.Dialled())
	}
}

// Giving up the wait for one final dot costs that message its certainty and the
// one announced behind it nothing.
func TestGraceEndsWithAnotherAnnounced(t *testing.T) {
	announced, never := make(chan struct{}), make(chan struct{})
	defer close(never)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	server := emailtest.StartWire(t, emailtest.WireOptions{Keep: true, Answer: func(at emailtest.Stage, m emailtest.Received) emailtest.WireAnswer {
		switch {
		case at == emailtest.AtData && number(m) == 0:
			return emailtest.WireAnswer{Wait: announced}
		case at == emailtest.AtDot && number(m) == 0:
			cancel()
			return emailtest.WireAnswer{Wait: never, Drop: true}
		}
		return emailtest.WireAnswer{}
	}})
	channel := newChannel(t, func(o *email.Options) { o.Connections, o.Grace = 1, 10*time.Millisecond })
	outcomes := make([]outcome, 2)
	var wg sync.WaitGroup
	wg.Go(func() { outcomes[0] = send(ctx, channel, numbered(server, 0)) })
	waitFor(t, "the first to have a courier", func() bool { return server.Dialled() == 1 && channel.Queued() == 0 })
	wg.Go(func() { outcomes[1] = send(context.Background(), channel, numbered(server, 1)) })
	waitFor(t, "the second to be queued", func() bool { return channel.Queued() == 1 })
	close(announced)
	wg.Wait()
	consistent(t, outcomes, server)
	if outcomes[0].class() != models.SendAmbiguous || outcomes[1].err != nil {
		t.Errorf("outcomes %v; want the first ambiguous and the second accepted", outcomes)
	}
}

// The time for a message ends when the server has asked for its content.
func TestContextEndsAtTheContent(t *testing.T) {
	for _, noPipelining := range []bool{false, true} {
		ctx, cancel := context.WithCancel(context.Background())
		server := emailtest.StartWire(t, emailtest.WireOptions{NoPipelining: noPipelining, Keep: true, Answer: func(at emailtest.Stage, m emailtest.Received) emailtest.WireAnswer {
			if at == emailtest.AtData {
				cancel()
			}
			return emailtest.WireAnswer{}
		}})
		o := send(ctx, newChannel(t, nil), numbered(server, 0))
		consistent(t, []outcome{o}, server)
		if o.class() != models.SendStopped {
			t.Errorf("Send = %v, want it stopped", o.err)
		}
	}
}

// Its time ends in the last moment, between the question for the content and
// the final dot, and nobody has interrupted yet: the dot stays unwritten.
func TestContextEndsJustBeforeTheDot(t *testing.T) {
	for range 20 {
		ctx, cancel := context.WithCancel(context.Background())
		var asked atomic.Bool
		server := emailtest.StartWire(t, emailtest.WireOptions{Keep: true, Answer: func(at emailtest.Stage, _ emailtest.Received) emailtest.WireAnswer {
			asked.Store(asked.Load() || at == emailtest.AtData)
			return emailtest.WireAnswer{}
		}})
		channel := newChannel(t, func(o *email.Options) {
			o.Clock = func() time.Time { // what the last look at the clock calls
				if asked.Load() {
					cancel()
				}
				return noon
			}
		})
		m, later := numbered(server, 0), noon.Add(time.Hour)
		m.ValidUntil = &later
		o := send(ctx, channel, m)
		_ = channel.Close()
		if o.class() != models.SendStopped || server.Taken() != 0 {
			t.Fatalf("Send = %v, %d taken; want it stopped", o.err, server.Taken())
		}
	}
}
