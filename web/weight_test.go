package web_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"followup/web/webtest"
)

// A page with all that it loads weighs at most this over the wire, in bytes.
const pageWeight = 150 << 10

// own are the addresses of scripts, style sheets and icons in a page.
var own = regexp.MustCompile(`(?:src|href)="(/static/[^"#]+)`)

func TestPagesAreLight(t *testing.T) {
	app, pages := everyPage(t)
	light(t, app, app.SignIn(app.Admin), append(pages, "/sign-in"))
}

// Pages with as much on them as they ever hold are light, too.
func TestFullPagesAreLight(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	busy := app.AddProspect("Dana", "Reyes")
	for n := range 130 { // more than a page of a conversation
		app.Text(busy, fmt.Sprintf("Message %d: %s", n, strings.Repeat("can we do Friday, and what would it cost for two sites? ", 5)))
	}
	for n := range 210 { // more than the queue shows
		p := app.AddProspect("Maximiliana", fmt.Sprintf("Featherstonehaugh-%d", n))
		app.Enroll(p, "seven-touch-follow-up", nil)
	}
	app.Tick()
	rep := app.SignIn(app.Rep)
	light(t, app, rep, []string{"/", "/?part=calls", "/inbox?show=all", fmt.Sprintf("/inbox?show=all&open=%d", busy.ID), fmt.Sprintf("/prospects/%d", busy.ID), "/prospects", "/companies/1"})
	if _, body := rep.Get("/"); strings.Count(body, "data-row ") < 100 {
		t.Errorf("the queue is not full: %d rows", strings.Count(body, "data-row "))
	}
}

func light(t *testing.T, app *webtest.App, c *webtest.Client, pages []string) {
	t.Helper()
	files := map[string]int{} // what each weighs
	for _, path := range pages {
		_, body := c.Get(path)
		page := sent(t, c.Client, app.URL+path)
		total, seen := page, map[string]bool{}
		for _, m := range own.FindAllStringSubmatch(body, -1) {
			if !seen[m[1]] {
				seen[m[1]] = true
				if _, ok := files[m[1]]; !ok {
					files[m[1]] = transferred(t, app.URL+m[1])
				}
				total += files[m[1]]
			}
		}
		if len(seen) < 3 {
			t.Errorf("%s loads only %v", path, seen)
		}
		if total > pageWeight {
			t.Errorf("%s weighs %d KB with all that it loads, %d KB of it the page itself", path, total>>10, page>>10)
		}
	}
}

// transferred is what a file takes over the wire to a browser.
func transferred(t *testing.T, address string) int { return sent(t, http.DefaultClient, address) }

// sent is what an answer to a browser that stands on our pages weighs.
func sent(t *testing.T, client *http.Client, address string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "gzip") // by ourselves, so that it is not unpacked on the way
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.Header.Get("Content-Type") == "" {
		t.Errorf("%s answers %d without saying what", address, res.StatusCode)
	}
	n, err := io.Copy(io.Discard, res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// What another site makes a browser ask for is not compressed: its size would
// tell what stands on the page.
func TestOthersGetNoPackedPages(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	rep := app.SignIn(app.Rep)
	for site, want := range map[string]string{"same-origin": "gzip", "none": "gzip", "cross-site": "", "same-site": "", "": ""} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, app.URL+"/prospects?q=dana", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Encoding", "gzip")
		if site != "" {
			req.Header.Set("Sec-Fetch-Site", site)
		}
		res, err := rep.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if got := res.Header.Get("Content-Encoding"); got != want || res.StatusCode != http.StatusOK {
			t.Errorf("%q: %d %q", site, res.StatusCode, got)
		}
	}
}
