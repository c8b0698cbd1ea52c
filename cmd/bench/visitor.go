package main

import (
	"cmp"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"followup/channels"
	"followup/channels/sandbox"
	"followup/crm"
	"followup/models"
	"followup/replies"
	"followup/scheduler"
	"followup/store"
	"followup/web"
)

// visitPassword is everybody's who signs in to be measured.
const visitPassword = "correct horse battery"

// servePages starts the pages over a store, with the sandbox's channels.
func servePages(s *store.Store, service *crm.Service, clock models.Clock) (*httptest.Server, error) {
	log, registry := slog.New(slog.DiscardHandler), channels.NewRegistry()
	for _, kind := range []models.ChannelKind{models.ChannelEmail, models.ChannelSMS, models.ChannelVoicemail} {
		registry.Add(models.ProviderSandbox, sandbox.New(kind, sandbox.Options{Clock: clock}))
	}
	handler, err := web.New(web.Options{
		Store: s, CRM: service, Channels: registry, Clock: clock, Log: log,
		Scheduler: &scheduler.Scheduler{Store: s, Channels: registry, Clock: clock, Log: log, Replica: "bench"},
		Replies:   &replies.Service{Store: s, Channels: registry, Clock: clock, Log: log},
	})
	if err != nil {
		return nil, err
	}
	return httptest.NewServer(handler), nil
}

// visitor is a signed-in browser.
type visitor struct {
	base   string
	client *http.Client
}

func signIn(base, email string) (visitor, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return visitor{}, err
	}
	v := visitor{base: base, client: &http.Client{Jar: jar}}
	if _, err := answered(v.client.PostForm(base+"/sign-in", url.Values{"email": {email}, "password": {visitPassword}})); err != nil {
		return v, fmt.Errorf("sign in: %w", err)
	}
	return v, nil
}

// errForbidden is a page that the visitor's role does not have.
var errForbidden = errors.New("forbidden")

// open gets a page and tells what the server took, to its last byte.
func (v visitor) open(path string) (body []byte, took time.Duration, err error) {
	began := time.Now()
	body, err = answered(v.client.Get(v.base + path))
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return body, time.Since(began), err
}

// slowestShown is how many of the slowest addresses that were drawn are named.
const slowestShown = 5

// askDrawn opens so many addresses as they are drawn, and names the slowest.
func (b *bench) askDrawn(browser visitor, n int, draw func() string) (took []time.Duration, err error) {
	type asked struct {
		path string
		took time.Duration
	}
	var all []asked
	for range n {
		path := draw()
		_, d, err := browser.open(path)
		if err != nil {
			return nil, err
		}
		all, took = append(all, asked{path, d}), append(took, d)
	}
	slices.SortFunc(all, func(a, b asked) int { return cmp.Compare(b.took, a.took) })
	for _, a := range all[:min(slowestShown, len(all))] {
		fmt.Fprintf(b.out, "    slow: %.0f ms %s\n", ms(a.took), a.path)
	}
	return took, nil
}

// links are the addresses on a page that an expression finds, once each.
func (v visitor) links(path, expression string) ([]string, error) {
	body, _, err := v.open(path)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, m := range regexp.MustCompile(`href="(`+expression+`)"`).FindAllSubmatch(body, -1) {
		link := html.UnescapeString(string(m[1]))
		if at, err := url.Parse(path); err == nil && strings.HasPrefix(link, "?") {
			link = at.Path + link
		}
		if !slices.Contains(found, link) {
			found = append(found, link)
		}
	}
	return found, nil
}

func answered(res *http.Response, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	err = errors.Join(err, res.Body.Close())
	switch {
	case err != nil:
	case res.StatusCode == http.StatusForbidden:
		err = errForbidden
	case res.StatusCode != http.StatusOK:
		err = fmt.Errorf("status %d", res.StatusCode)
	}
	return body, err
}
