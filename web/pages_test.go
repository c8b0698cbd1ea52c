package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"followup/web/webtest"
)

// Every page answers, for everybody who may see it, with one heading and the
// way to its content for keyboards.
func TestPages(t *testing.T) { webtest.Each(t, webtest.Options{}, testPages) }

func testPages(t *testing.T, app *webtest.App) {
	story := app.Play()
	p := app.AddProspect("Dana", "Holt")
	app.Tick()
	manager := app.SignIn(app.Manager)
	for _, path := range []string{
		"/", "/inbox", "/inbox?owner=all", "/prospects", "/prospects?q=dana", "/prospects?state=idle&sort=next", "/prospects/new",
		fmt.Sprintf("/prospects/%d", p.ID), fmt.Sprintf("/prospects/%d/edit", p.ID), fmt.Sprintf("/prospects/%d/enroll", p.ID),
		"/sequences", "/sequences/new", "/sequences/booked-call-back", "/sequences/booked-call-back/edit",
		"/sandbox", fmt.Sprintf("/sandbox/%d", p.ID), "/scheduler", "/tasks/1",
		fmt.Sprintf("/prospects/%d", story.Waiting.ID), fmt.Sprintf("/prospects/%d", story.Booked.ID), fmt.Sprintf("/prospects/%d", story.Stopped.ID), "/team", "/help",
	} {
		status, body := manager.Get(path)
		if status != http.StatusOK {
			t.Errorf("GET %s: status %d\n%s", path, status, text(body))
			continue
		}
		if n := strings.Count(body, "<h1"); n != 1 {
			t.Errorf("GET %s: %d headings of the first rank", path, n)
		}
		for _, want := range []string{`<html lang="en">`, `class="skip"`, `<main id="main"`, `aria-label="Main"`} {
			if !strings.Contains(body, want) {
				t.Errorf("GET %s: no %s", path, want)
			}
		}
		for _, banned := range []string{"<script>", " style=", " onclick=", "ZgotmplZ", "%!", "<no value>"} {
			if strings.Contains(body, banned) {
				t.Errorf("GET %s: contains %q", path, banned)
			}
		}
	}
}

// text is a page without its markup, for messages of failing tests.
func text(body string) string {
	if _, main, ok := strings.Cut(body, "<main"); ok {
		body = main
	}
	var out strings.Builder
	tag := false
	for _, r := range body {
		switch {
		case r == '<':
			tag = true
		case r == '>':
			tag = false
			out.WriteByte(' ')
		case !tag:
			out.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}
