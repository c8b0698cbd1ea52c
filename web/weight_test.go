package web_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"testing"

	"followup/web/webtest"
)

// A page with all that it loads weighs at most this over the wire, in bytes.
const pageWeight = 150 << 10

// own are the addresses of scripts, style sheets and icons in a page.
var own = regexp.MustCompile(`(?:src|href)="(/static/[^"#]+)`)

func TestPagesAreLight(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	story := app.Play()
	c := app.SignIn(app.Manager)
	for _, path := range []string{"/", "/inbox?owner=all", "/prospects", fmt.Sprintf("/prospects/%d", story.Waiting.ID), "/sequences", "/sequences/seven-touch-follow-up/edit", "/insights", "/settings", "/audit", "/scheduler"} {
		status, body := c.Get(path)
		if status != http.StatusOK {
			t.Errorf("%s answers %d", path, status)
		}
		total, seen := len(body), map[string]bool{}
		for _, m := range own.FindAllStringSubmatch(body, -1) {
			if !seen[m[1]] {
				seen[m[1]] = true
				total += transferred(t, app.URL+m[1])
			}
		}
		if len(seen) < 3 {
			t.Errorf("%s loads only %v", path, seen)
		}
		if total > pageWeight {
			t.Errorf("%s weighs %d KB with all that it loads", path, total>>10)
		}
	}
}

// transferred is what a file takes over the wire to a browser.
func transferred(t *testing.T, address string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "gzip") // by ourselves, so that it is not unpacked on the way
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") == "" {
		t.Errorf("%s answers %d as %q", address, res.StatusCode, res.Header.Get("Content-Type"))
	}
	n, err := io.Copy(io.Discard, res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}
