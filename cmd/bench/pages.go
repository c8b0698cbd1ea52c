package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"time"

	"followup/channels"
	"followup/channels/sandbox"
	"followup/cmd/followup/populate"
	"followup/crm"
	"followup/models"
	"followup/replies"
	"followup/scheduler"
	"followup/store"
	"followup/store/pgserver"
	"followup/web"
)

// What a page may take: the listed views, and filters that people make up.
const (
	pageTarget   = 50 * time.Millisecond
	filterTarget = 500 * time.Millisecond
	pageAsked    = 60 // of each page, after five that warm it up
	pagePassword = "correct horse battery"
)

// pages: the server's time for each page that a rep lives in, over many
// people with a past.
func (b *bench) pages(ctx context.Context) error {
	pg, err := pgserver.Start(durable...)
	if err != nil {
		return err
	}
	defer func() { _ = pg.Stop() }()
	clock, log := time.Now, slog.New(slog.DiscardHandler)
	s, err := store.Open(ctx, store.Options{DSN: pg.DSN, Key: make([]byte, 32), Clock: clock, Log: log})
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Migrate(ctx); err != nil {
		return err
	}
	n, began := b.size(b.prospects), time.Now()
	plan := populate.Plan{Prospects: n, Touches: 10, Password: pagePassword, Now: clock()}
	plan.Progress = func(what string, rows int) { fmt.Fprintf(b.out, "  %d %s\n", rows, what) }
	if err := populate.Fill(ctx, s, plan); err != nil {
		return err
	}
	fmt.Fprintf(b.out, "  %d people, made in %s\n", n, time.Since(began).Round(time.Second))

	registry := channels.NewRegistry()
	for _, kind := range []models.ChannelKind{models.ChannelEmail, models.ChannelSMS, models.ChannelVoicemail} {
		registry.Add(models.ProviderSandbox, sandbox.New(kind, sandbox.Options{Clock: clock}))
	}
	handler, err := web.New(web.Options{
		Store: s, CRM: &crm.Service{Store: s, Clock: clock, Log: log}, Channels: registry, Clock: clock, Log: log,
		Scheduler: &scheduler.Scheduler{Store: s, Channels: registry, Clock: clock, Log: log, Replica: "bench"},
		Replies:   &replies.Service{Store: s, Channels: registry, Clock: clock, Log: log},
	})
	if err != nil {
		return err
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	for _, who := range []string{populate.Rep, populate.Manager} {
		if err := b.visit(server.URL, who, n); err != nil {
			return err
		}
	}
	return nil
}

// pageVisit is one page; path gives the address of its k-th call.
type pageVisit struct {
	name   string
	path   func(k int) string
	target time.Duration
}

func pageVisits(people int) []pageVisit {
	at := func(path string) func(int) string { return func(int) string { return path } }
	nth := func(prefix string, of int) func(int) string {
		return func(k int) string { return fmt.Sprint(prefix, 1+(k*7919)%max(of, 1)) }
	}
	word := func(path string, words ...string) func(int) string {
		return func(k int) string { return path + url.QueryEscape(words[k%len(words)]) }
	}
	return []pageVisit{
		{"Today", at("/"), pageTarget},
		{"Inbox, mine", at("/inbox"), pageTarget},
		{"Inbox, everybody's", at("/inbox?owner=all"), pageTarget},
		{"Inbox, unread", at("/inbox?owner=all&show=unread"), pageTarget},
		{"Inbox, also unanswered", at("/inbox?owner=all&show=all"), pageTarget},
		{"Prospects, newest", at("/prospects"), pageTarget},
		{"Prospects by name", at("/prospects?sort=name"), pageTarget},
		{"Prospects by next step", at("/prospects?sort=next"), pageTarget},
		{"Prospects by last touch", at("/prospects?sort=last"), pageTarget},
		{"A prospect", nth("/prospects/", people), pageTarget},
		{"Companies", at("/companies"), pageTarget},
		{"A company", nth("/companies/", people/5), pageTarget},
		{"Duplicates", at("/duplicates"), pageTarget},
		{"Search by name", word("/prospects?q=", "dana", "zoe", "okafor", "priya nair", "felix roth"), filterTarget},
		{"Search by number", func(k int) string { return fmt.Sprintf("/prospects?q=%03d+555+%04d", 201+(k*31)%700, k) }, filterTarget},
		{"Search by address", func(k int) string { return fmt.Sprintf("/prospects?q=c%d.example.com", 1+k*13) }, filterTarget},
		{"Search by nothing there", word("/prospects?q=", "xylophone", "dana xylophone", "999 999 9999"), filterTarget},
		{"Filter by state", word("/prospects?state=", "waiting", "in_sequence", "paused", "idle", "suppressed"), filterTarget},
		{"Filter by next step", word("/prospects?next=", "none", "late", "day", "week"), filterTarget},
		{"Filter by owner, state and name", word("/prospects?owner=4&state=idle&sort=name&q=", "", "dana", "berg"), filterTarget},
		{"Filter by a field", word("/prospects?q=", "industry=foods", "size=large", "industry=press size=small"), filterTarget},
	}
}

// visit opens each page as a signed-in browser does, and keeps what the
// server took: the last byte is waited for.
func (b *bench) visit(base, email string, people int) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	browser := &http.Client{Jar: jar}
	if err := answered(browser.PostForm(base+"/sign-in", url.Values{"email": {email}, "password": {pagePassword}})); err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	for _, v := range pageVisits(people) {
		var took []time.Duration
		for k := range pageAsked + 5 {
			began := time.Now()
			if err := answered(browser.Get(base + v.path(k))); err != nil {
				return fmt.Errorf("%s: %w", v.path(k), err)
			}
			if k >= 5 {
				took = append(took, time.Since(began))
			}
		}
		p50, p95 := quantile(took, 0.5), quantile(took, 0.95)
		b.found(figure{What: fmt.Sprintf("%s, as %s, %d people", v.name, email, people),
			Measured: fmt.Sprintf("p50 %.1f ms, p95 %.1f ms", ms(p50), ms(p95)), Target: fmt.Sprintf("p95 under %.0f ms", ms(v.target)), Met: p95 < v.target})
	}
	return nil
}
