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
	ringBack               // a call
	mailBack               // a human mail
	clickedAway            // one-click unsubscribe: of the email only
)

// reaction is a customer's, on its way to us.
type reaction struct {
	touch touchKey
	way   way
	to    message // what they react to
	// listed: no webhook tells of it; we learn of it by listing only.
	listed bool
}

// answer is a reaction that was taken with 2xx, or that can be listed.
type answer struct {
	way way
	at  time.Time // of the 2xx; zero: it was only listed
	// down: it came at that moment, while every replica was down.
	down time.Time
}

// customers answer what they get. Each reacts once at most; from that answer's
// 2xx on, nothing more may begin for them.
type customers struct {
	fleet   *fleet
	phone   *phoneServer
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
	if c.first(key.person) {
		c.later(func() { c.react(c.choose(key, m)) })
	}
}

// first tells whether the person has not reacted yet, and that they do now.
func (c *customers) first(person int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	again := c.reacted[person]
	c.reacted[person] = true
	return !again
}

// outcry has customers text and call who are in the middle of their sequence,
// while every replica is down: nobody takes a webhook, and the answers wait to
// be listed. From now on no replica may begin anything for them.
func (c *customers) outcry(l *ledger, n int) {
	l.mu.Lock()
	last := map[int]int{} // person → the last step they got
	for key := range l.taken {
		last[key.person] = max(last[key.person], key.step)
	}
	l.mu.Unlock()
	for person, step := range last {
		if step+2 >= c.fleet.plan.steps || !c.first(person) {
			continue
		}
		r := reaction{
			touch: touchKey{person, step}, way: []way{textBack, textStop, ringBack}[rand.IntN(3)], listed: true,
			to: message{from: repPhone(person % c.fleet.plan.senders), to: customerPhone(person), id: "outcry"},
		}
		c.list(r)
		c.mu.Lock()
		c.answers[person] = answer{way: r.way, down: c.clock()}
		c.mu.Unlock()
		if n--; n == 0 {
			return
		}
	}
}

func (c *customers) choose(key touchKey, m message) reaction {
	w := []way{textBack, textStop, ringBack}
	if m.mail {
		w = []way{mailBack, mailBack, clickedAway}
		if m.unsubscribe == "" {
			w = w[:2]
		}
	}
	r := reaction{touch: key, way: w[rand.IntN(len(w))], to: m}
	r.listed = r.way == ringBack || r.way.text() && rand.IntN(2) == 0
	return r
}

func (w way) text() bool { return w == textBack || w == textStop }

// list has Twilio list the customer's text or call.
func (c *customers) list(r reaction) {
	kind := "SM"
	if r.way == ringBack {
		kind = "CA"
	}
	c.phone.heardFrom(r.sid(kind), r.to.to, r.to.from, r.text(), r.way == ringBack)
}

func (r reaction) sid(kind string) string { return kind + digest(r.to.from, r.to.to, r.to.id) }

func (r reaction) text() string {
	if r.way == textStop {
		return "STOP"
	}
	return "Sounds good, let us talk on Thursday."
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
	if r.way.text() || r.way == ringBack {
		c.list(r)
	}
	if r.listed {
		c.mu.Lock()
		c.answers[r.touch.person] = answer{way: r.way}
		c.mu.Unlock()
		return
	}
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
		sid := r.sid("SM")
		return signed(n.url()+"/hooks/twilio/message", url.Values{
			"MessageSid": {sid}, "SmsSid": {sid}, "SmsMessageSid": {sid}, "SmsStatus": {"received"}, "NumMedia": {"0"}, "NumSegments": {"1"},
			"From": {r.to.to}, "To": {r.to.from}, "Body": {r.text()}, "ApiVersion": {"2010-04-01"},
		})
	}, func() {
		at := c.clock()
		c.mu.Lock()
		c.answers[r.touch.person] = answer{way: r.way, at: at}
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
