package web_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"followup/web"
	"followup/web/webtest"
)

// listen opens a stream and gives its events as they come.
func listen(t *testing.T, c *webtest.Client, url string) (<-chan string, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	if got := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || got != "text/event-stream" {
		t.Fatalf("status %d, %s", res.StatusCode, got)
	}
	events := make(chan string, 64)
	go func() {
		defer close(events)
		scan := bufio.NewScanner(res.Body)
		kind := ""
		for scan.Scan() {
			if k, ok := strings.CutPrefix(scan.Text(), "event: "); ok {
				kind = k
			}
			if data, ok := strings.CutPrefix(scan.Text(), "data: "); ok {
				events <- kind + " " + data
			}
		}
	}()
	return events, cancel
}

// await waits for an event with these words.
func await(t *testing.T, events <-chan string, words ...string) string {
	t.Helper()
	limit := time.After(20 * time.Second)
	var seen []string
next:
	for {
		select {
		case e, ok := <-events:
			if !ok {
				t.Fatalf("the stream ended before %q; it had %q", words, seen)
			}
			seen = append(seen, e)
			for _, w := range words {
				if !strings.Contains(e, w) {
					continue next
				}
			}
			return e
		case <-limit:
			t.Fatalf("no event with %q; there were %q", words, seen)
		}
	}
}

// A stream names what changed for its user and nothing of others, tells a
// notification once, and starts anew after a lost connection.
func TestLive(t *testing.T) { webtest.Each(t, webtest.Options{}, testLive) }

func testLive(t *testing.T, app *webtest.App) {
	p := app.AddProspect("Dana", "Reyes")
	rep, other := app.SignIn(app.Rep), app.SignIn(app.Manager)
	mine, cancel := listen(t, rep, app.URL)
	theirs, _ := listen(t, other, app.URL)
	await(t, mine, "hello")
	await(t, theirs, "hello")
	// The look at the trail begins with the first stream.
	app.Text(p, "Can we do Friday?")
	app.Tell()
	var change, notice bool
	for !change || !notice {
		e := await(t, mine, "{")
		change = change || strings.HasPrefix(e, "change") && strings.Contains(e, `"today"`)
		notice = notice || strings.HasPrefix(e, "notice") && strings.Contains(e, "Dana Reyes answered")
	}
	if e := await(t, theirs, "change"); strings.Contains(e, `"today"`) || !strings.Contains(e, `"today-all"`) {
		t.Errorf("the manager's own queue is said to have changed: %s", e)
	}
	cancel()
	again, _ := listen(t, rep, app.URL)
	await(t, again, "hello")
	app.Text(p, "Or Thursday?")
	app.Tell()
	if e := await(t, again, "notice"); strings.Contains(e, "Friday") {
		t.Errorf("an old notification came again: %s", e)
	}

	stranger := app.Client()
	res, err := stranger.Client.Get(app.URL + "/live")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		t.Errorf("a stranger gets status %d", res.StatusCode)
	}
}

// Streams are bounded for each user; what is refused can come again later.
func TestLiveIsBounded(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	rep := app.SignIn(app.Rep)
	var ends []context.CancelFunc
	for range 12 {
		events, end := listen(t, rep, app.URL)
		await(t, events, "hello")
		ends = append(ends, end)
	}
	res, err := rep.Client.Get(app.URL + "/live")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("one more gets status %d", res.StatusCode)
	}
	for _, end := range ends {
		end()
	}
}

// A shutdown does not wait for pages: their streams end with it.
func TestLiveEndsWithTheServer(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	closing := make(chan struct{})
	handler, err := web.New(web.Options{
		Store: app.Store, Scheduler: app.Scheduler, Replies: app.Replies, CRM: app.CRM, Channels: app.Channels, Clock: app.Now, Closing: closing,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	events, _ := listen(t, app.SignIn(app.Rep), server.URL)
	await(t, events, "hello")
	close(closing)
	for range events {
		continue // until the stream ends
	}
	server.Close() // it waits for every request
}
