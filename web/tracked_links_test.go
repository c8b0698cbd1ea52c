package web_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/web/webtest"
)

const browserAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"

var anchors = regexp.MustCompile(`<a href="([^"]+)"`)

// linksIn are where the links of the newest email to somebody lead.
func linksIn(t *testing.T, app *webtest.App, p models.Prospect) (m models.Message, links []string) {
	t.Helper()
	for _, m = range person(t, app, p).Messages {
		if m.Direction == models.Outbound && m.Channel == models.ChannelEmail {
			for _, a := range anchors.FindAllStringSubmatch(m.HTML, -1) {
				links = append(links, html.UnescapeString(a[1]))
			}
			return m, links
		}
	}
	t.Fatal("no email was sent")
	return m, nil
}

// Links are tracked only where a workspace names a host for it: over that host,
// to the address that is sealed in them, and what machines open notes nothing.
func TestTrackedLinks(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		ctx := context.Background()
		const aim = "https://example.com/prices?a=1&b=2"
		v, err := app.Store.PublishSequence(ctx, models.Definition{Key: "letters", Name: "Letters", OnReply: models.ReplyPause, Steps: []models.Step{
			{Key: "one", Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp, Subject: "One", Timing: models.Timing{Kind: models.TimingAfter},
				Body: "[Our prices](" + aim + ") and [a time]({{ booking_link }}), [or write](mailto:sam@example.com)"},
		}}, "", "", false, &app.Manager.ID, app.Now())
		if err != nil {
			t.Fatal(err)
		}
		admin := app.SignIn(app.Admin)
		save := func(domain string) int {
			status, _ := admin.Post("/settings/sending", form("workspace", "Example Works", "postal_address", "1 Example Street", "follow_up_limit", "7", "link_domain", domain))
			return status
		}
		mail := func(name string) (models.Prospect, models.Message, []string) {
			p := app.AddProspect(name, "Reyes")
			app.Enroll(p, v.Definition.Key, nil)
			app.Tick()
			app.Advance(time.Second)
			m, links := linksIn(t, app, p)
			return p, m, links
		}
		if _, m, links := mail("Ann"); links[0] != aim || !strings.Contains(m.Text, aim) {
			t.Fatalf("off: %q", links)
		}
		for _, wrong := range []string{"http://go.example.com", "https://go.example.com/x", "localhost", "javascript:alert(1)"} {
			if status := save(wrong); status != http.StatusUnprocessableEntity {
				t.Errorf("%q as the host: status %d", wrong, status)
			}
		}
		if status := save("go.example.com"); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
		p, m, links := mail("Bea")
		token, ok := strings.CutPrefix(links[0], "https://go.example.com/l/")
		if !ok || strings.Contains(links[0], "example.com/prices") || !strings.Contains(m.Text, aim) {
			t.Fatalf("%q, text %q", links, m.Text)
		}
		for _, l := range links[1:] {
			if strings.Contains(l, "/l/") {
				t.Errorf("tracked: %s", l)
			}
		}
		opens := func() (n int) {
			for _, o := range person(t, app, p).Opens {
				if o.URL != aim || o.MessageID != m.ID {
					t.Errorf("%+v", o)
				}
				n += o.Opens
			}
			return n
		}
		open := func(method, path, agent string, more ...string) *http.Response {
			req, err := http.NewRequest(method, app.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("User-Agent", agent)
			for i := 0; i < len(more); i += 2 {
				req.Header.Set(more[i], more[i+1])
			}
			res, err := http.DefaultTransport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			return res
		}
		leads := func(res *http.Response) {
			t.Helper()
			if res.StatusCode != http.StatusFound || res.Header.Get("Location") != aim || res.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("status %d to %q", res.StatusCode, res.Header.Get("Location"))
			}
		}
		leads(open("GET", "/l/"+token, browserAgent)) // a scanner, as it arrives
		app.Advance(time.Minute)
		leads(open("HEAD", "/l/"+token, browserAgent))
		leads(open("GET", "/l/"+token, "Some-Link-Scanner/1.0"))
		leads(open("GET", "/l/"+token, ""))
		leads(open("GET", "/l/"+token, browserAgent, "Sec-Purpose", "prefetch;prerender"))
		if n := opens(); n != 0 {
			t.Errorf("machines noted %d opens", n)
		}
		leads(open("GET", "/l/"+token, browserAgent))
		leads(open("GET", "/l/"+token, browserAgent))
		if n := opens(); n != 2 {
			t.Errorf("two opens noted %d", n)
		}
		// No token of our own making, no way on.
		for _, bad := range []string{token[:len(token)-4], token + "AA", "x", strings.Replace(token, token[20:24], "AAAA", 1), m.Token} {
			if res := open("GET", "/l/"+bad, browserAgent); res.StatusCode != http.StatusNotFound || res.Header.Get("Location") != "" {
				t.Errorf("%s: status %d to %q", bad, res.StatusCode, res.Header.Get("Location"))
			}
		}
		if v := person(t, app, p); v.Enrollments[0].Enrollment.State == models.EnrollmentPaused || v.Conversation.LastInboundAt != nil {
			t.Error("an opened link counts as an answer")
		}
		if _, body := app.SignIn(app.Rep).Get(fmt.Sprintf("/prospects/%d", p.ID)); !strings.Contains(text(body), "Link opened 2 times") || !strings.Contains(body, html.EscapeString(aim)) {
			t.Error("the page does not show it")
		}
		// Who was erased leaves no trace of it, and the link leads on.
		if err := app.CRM.Erase(ctx, models.UserActor(app.Admin.ID), p.ID, "Bea Reyes", false); err != nil {
			t.Fatal(err)
		}
		if n := opens(); n != 0 {
			t.Errorf("%d opens after the erasure", n)
		}
		leads(open("GET", "/l/"+token, browserAgent))
	})
}
