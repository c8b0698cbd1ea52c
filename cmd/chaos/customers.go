package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"followup/channels/twilioapi"
)

// way is how a customer reacts.
type way int

const (
	textBack    way = iota // a human text
	textStop               // STOP
	mailBack               // a human mail
	clickedAway            // one-click unsubscribe: of the email only
)

// reaction is a customer's, on its way to us.
type reaction struct {
	touch touchKey
	way   way
	to    message // what they react to
}

// answer is a reaction that was taken with 2xx.
type answer struct {
	way way
	at  time.Time
}

// customers answer what they get. Each reacts once at most; from that answer's
// 2xx on, nothing more may begin for them.
type customers struct {
	fleet   *fleet
	clock   func() time.Time
	share   float64 // of messages that are reacted to
	receipt float64 // of texts whose delivery is reported
	client  *http.Client
	pending sync.WaitGroup
	ctx     context.Context

	mu      sync.Mutex
	reacted map[int]bool
	answers map[int]answer
	tries   int
	down    int // answers given while no replica ran
}

func newCustomers(ctx context.Context, f *fleet, clock func() time.Time) *customers {
	return &customers{
		fleet: f, clock: clock, share: f.plan.answers, receipt: 0.1, ctx: ctx, client: &http.Client{Timeout: 4 * time.Second},
		reacted: map[int]bool{}, answers: map[int]answer{},
	}
}

// got is called for each message that a provider took.
func (c *customers) got(key touchKey, m message) {
	if !m.mail && rand.Float64() < c.receipt {
		c.later(func() { c.report(m) })
	}
	if rand.Float64() >= c.share {
		return
	}
	c.mu.Lock()
	again := c.reacted[key.person]
	c.reacted[key.person] = true
	if !again && c.fleet.running() == 0 {
		c.down++
	}
	c.mu.Unlock()
	if again {
		return
	}
	c.later(func() { c.react(c.choose(key, m)) })
}

// outcry has customers react who were written to before, while every replica
// is down: the answers wait at the providers until somebody takes them.
func (c *customers) outcry(l *ledger, n int) {
	l.mu.Lock()
	var keys []touchKey
	for key := range l.taken {
		if keys = append(keys, key); len(keys) >= 20*n {
			break
		}
	}
	l.mu.Unlock()
	for _, key := range keys {
		c.mu.Lock()
		again := c.reacted[key.person]
		c.reacted[key.person] = true
		if !again {
			c.down++
		}
		c.mu.Unlock()
		if again {
			continue
		}
		rep := key.person % c.fleet.plan.senders
		c.later(func() {
			c.react(reaction{key, textBack, message{from: repPhone(rep), to: customerPhone(key.person), id: "outcry"}})
		})
		if n--; n == 0 {
			return
		}
	}
}

func (c *customers) choose(key touchKey, m message) reaction {
	w := []way{textBack, textStop}
	if m.mail {
		w = []way{mailBack, mailBack, clickedAway}
		if m.unsubscribe == "" {
			w = w[:2]
		}
	}
	return reaction{key, w[rand.IntN(len(w))], m}
}

func (c *customers) later(do func()) {
	c.pending.Add(1)
	time.AfterFunc(rand.N(300*time.Millisecond), func() {
		defer c.pending.Done()
		do()
	})
}

// react delivers until it is taken, as the providers do, only faster.
func (c *customers) react(r reaction) {
	c.untilTaken(func(n *node) (*http.Request, error) {
		switch r.way {
		case mailBack:
			return c.mail(n, r)
		case clickedAway:
			u, err := url.Parse(r.to.unsubscribe)
			if err != nil {
				return nil, err
			}
			req, err := http.NewRequest(http.MethodPost, n.url()+u.Path, strings.NewReader("List-Unsubscribe=One-Click"))
			if err == nil {
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			return req, err
		}
		body := "Sounds good, let us talk on Thursday."
		if r.way == textStop {
			body = "STOP"
		}
		sid := "SM" + digest(r.to.from, r.to.to, r.to.id)
		return signed(n.url()+"/hooks/twilio/message", url.Values{
			"MessageSid": {sid}, "SmsSid": {sid}, "SmsMessageSid": {sid}, "SmsStatus": {"received"}, "NumMedia": {"0"}, "NumSegments": {"1"},
			"From": {r.to.to}, "To": {r.to.from}, "Body": {body}, "ApiVersion": {"2010-04-01"},
		})
	}, func() {
		at := c.clock()
		c.mu.Lock()
		c.answers[r.touch.person] = answer{r.way, at}
		c.mu.Unlock()
	})
}

// report tells that a text was delivered; its token proves that it was
// created, whatever became of the answer to its creation.
func (c *customers) report(m message) {
	u, err := url.Parse(m.callback)
	if err != nil || m.callback == "" {
		return
	}
	c.untilTaken(func(n *node) (*http.Request, error) {
		return signed(n.url()+u.Path+"?"+u.RawQuery, url.Values{
			"MessageSid": {m.id}, "SmsSid": {m.id}, "MessageStatus": {"delivered"}, "SmsStatus": {"delivered"},
			"From": {m.from}, "To": {m.to}, "ApiVersion": {"2010-04-01"},
		})
	}, func() {})
}

// untilTaken asks one replica after the other until one answers 2xx.
func (c *customers) untilTaken(request func(*node) (*http.Request, error), taken func()) {
	for c.ctx.Err() == nil {
		n := c.fleet.anyRunning()
		if n == nil {
			pause(c.ctx, 50*time.Millisecond)
			continue
		}
		req, err := request(n)
		if err != nil {
			panic(fmt.Sprintf("a customer's request cannot be made: %v", err))
		}
		c.mu.Lock()
		c.tries++
		c.mu.Unlock()
		res, err := c.client.Do(req.WithContext(c.ctx))
		if err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			if res.StatusCode/100 == 2 {
				taken()
				return
			}
		}
		pause(c.ctx, 200*time.Millisecond)
	}
}

func (c *customers) mail(n *node, r reaction) (*http.Request, error) {
	text := strings.ReplaceAll(fmt.Sprintf(`From: <%s>
To: <%s>
Subject: Re: your note
Message-ID: <%s@%s>
In-Reply-To: %s
References: %s
Date: %s

Thank you, this is of interest. Can you call me on Thursday?
`, r.to.to, r.to.from, digest(r.to.id), customerDomain, r.to.id, r.to.id, c.clock().Format(time.RFC1123Z)), "\n", "\r\n")
	return http.NewRequest(http.MethodPost, n.url()+inboundMail+"?to="+url.QueryEscape(r.to.from), strings.NewReader(text))
}

func signed(address string, form url.Values) (*http.Request, error) {
	form.Set("AccountSid", accountSID)
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err == nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set(twilioapi.SignatureHeader, twilioapi.Sign(authToken, address, form))
	}
	return req, err
}

func digest(parts ...string) string {
	h := fnv.New128a()
	_, _ = io.WriteString(h, strings.Join(parts, "\x00"))
	return fmt.Sprintf("%x", h.Sum(nil))
}

// taken copies the answers.
func (c *customers) taken() map[int]answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make(map[int]answer, len(c.answers))
	for person, a := range c.answers {
		all[person] = a
	}
	return all
}

// counts tells how many answers of each way were taken.
func (c *customers) counts() []int {
	n := make([]int, int(clickedAway)+1)
	for _, a := range c.taken() {
		n[a.way]++
	}
	return slices.Clip(n)
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
