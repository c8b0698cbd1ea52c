package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"followup/models"
	"followup/web"
	"followup/web/webtest"
)

// Who is let in, and what a stranger's request can do.
func TestSignIn(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	app.AddUser("Una Gone", "gone@example.com", models.RoleRep)
	for _, c := range []struct {
		name, email, password string
		status                int
		want                  string
	}{
		{"right", app.Rep.Email, webtest.Password, http.StatusOK, "Today"},
		{"another case of letters", strings.ToUpper(app.Rep.Email), webtest.Password, http.StatusOK, "Today"},
		{"wrong password", app.Rep.Email, "nope nope nope", http.StatusForbidden, "do not go together"},
		{"nobody", "nobody@example.com", webtest.Password, http.StatusForbidden, "do not go together"},
		{"empty", "", "", http.StatusForbidden, "do not go together"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body := app.Client().Post("/sign-in", form("email", c.email, "password", c.password))
			if status != c.status || !strings.Contains(body, c.want) {
				t.Errorf("status %d, want %d and %q\n%s", status, c.status, c.want, text(body))
			}
			if strings.Contains(body, c.password) && c.password != "" {
				t.Error("the password stands in the answer")
			}
		})
	}
}

func TestSignInLeadsBackAndNowhereElse(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	for next, want := range map[string]string{"/prospects": "/prospects", "//evil.example.com": "/", "https://evil.example.com": "/", `/\evil.example.com`: "/", "/\t/evil.example.com": "/"} {
		c := app.Client()
		c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		res, err := c.PostForm(app.URL+"/sign-in", form("email", app.Rep.Email, "password", webtest.Password, "next", next))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := res.Header.Get("Location"); got != want {
			t.Errorf("next=%s leads to %s, want %s", next, got, want)
		}
		cookie := res.Header.Get("Set-Cookie")
		if !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") {
			t.Errorf("cookie: %s", cookie)
		}
	}
}

func TestSignInRateLimit(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	status := 0
	for range 11 {
		status, _ = app.Client().Post("/sign-in", form("email", "target@example.com", "password", "guess guess guess"))
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("the eleventh attempt on one account: status %d", status)
	}
	if status, _ = app.Client().Post("/sign-in", form("email", app.Rep.Email, "password", webtest.Password)); status != http.StatusOK {
		t.Errorf("another account is locked out with it: status %d", status)
	}
}

func TestSomebodyWhoLeftIsOutAtOnce(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	c := app.SignIn(app.Rep)
	now := app.Now()
	left := app.Rep
	left.DisabledAt = &now
	if _, err := app.Store.SaveUser(context.Background(), left, models.ActorSystem, now); err != nil {
		t.Fatal(err)
	}
	if _, body := c.Get("/prospects"); !strings.Contains(body, `action="/sign-in"`) {
		t.Error("a disabled user still sees the prospects")
	}
}

func TestSignOut(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	c := app.SignIn(app.Rep)
	c.Post("/sign-out", nil)
	if _, body := c.Get("/"); !strings.Contains(body, `action="/sign-in"`) {
		t.Error("still signed in after signing out")
	}
}

// A form from another site is refused, whatever it asks for.
func TestCrossOrigin(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Dana", "Reyes")
	c := app.SignIn(app.Admin)
	for _, path := range []string{"/sign-out", "/prospects", fmt.Sprintf("/prospects/%d/suppress", p.ID), fmt.Sprintf("/prospects/%d/answer", p.ID), "/team", "/sequences/save", fmt.Sprintf("/sandbox/%d", p.ID)} {
		for name, headers := range map[string]map[string]string{
			"fetch metadata": {"Sec-Fetch-Site": "cross-site"},
			"origin":         {"Origin": "https://evil.example.com"},
		} {
			status, body := c.Send(path, url.Values{}, headers)
			if status != http.StatusForbidden || !strings.Contains(body, "another site") {
				t.Errorf("POST %s by %s: status %d", path, name, status)
			}
		}
	}
	if status, _ := c.Get("/"); status != http.StatusOK {
		t.Error("the session was lost to a refused form")
	}
}

// What a role may not do is refused by the server, not only left out of the page.
func TestRoles(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	rep, manager, admin := app.SignIn(app.Rep), app.SignIn(app.Manager), app.SignIn(app.Admin)
	for _, c := range []struct {
		path                string
		form                url.Values // nil: GET
		rep, manager, admin int
	}{
		{"/team", nil, 403, 200, 200},
		{"/team", form("name", "New One", "email", "new@example.com", "role", "rep", "zone", "America/Denver"), 403, 403, 200},
		{"/sequences", nil, 200, 200, 200},
		{"/sequences/booked-call-back", nil, 200, 200, 200},
		{"/sequences/booked-call-back/edit", nil, 403, 200, 200},
		{"/sequences/new", nil, 403, 200, 200},
		{"/sequences/save", form("key", "booked-call-back", "do", "draft", "source", "x", "revision", "99"), 403, 409, 409},
		{"/welcome", nil, 403, 403, 200},
		{"/scheduler", nil, 200, 200, 200},
	} {
		for _, who := range []struct {
			name   string
			client *webtest.Client
			want   int
		}{{"rep", rep, c.rep}, {"manager", manager, c.manager}, {"admin", admin, c.admin}} {
			var status int
			var body string
			if c.form == nil {
				status, body = who.client.Get(c.path)
			} else {
				status, body = who.client.Post(c.path, c.form)
			}
			if status != who.want {
				t.Errorf("%s %s: status %d, want %d\n%s", who.name, c.path, status, who.want, text(body))
			}
		}
	}
}

// Every page and form asks the table itself; their handlers need not.
func TestEveryRouteRefusesWhomTheTableRefuses(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	patterns, err := web.Patterns()
	must(t, err)
	rep, manager := app.SignIn(app.Rep), app.SignIn(app.Manager)
	names := strings.NewReplacer("{key}", "booked-call-back", "{id}", "1", "{section}", "workspace", "{provider}", "google", "{shelf}", "points", "{file}", "1", "{n}", "1", "{token}", "x", "{$}", "")
	refused := 0
	for _, pattern := range patterns {
		method, path, _ := strings.Cut(pattern, " ")
		for role, client := range map[models.Role]*webtest.Client{models.RoleRep: rep, models.RoleManager: manager} {
			if web.May(role, pattern) {
				continue
			}
			refused++
			var status int
			var body string
			if method == http.MethodGet {
				status, body = client.Get(names.Replace(path))
			} else {
				status, body = client.Post(names.Replace(path), form())
			}
			if status != http.StatusForbidden || !strings.Contains(body, "Your role ("+string(role)+") cannot") {
				t.Errorf("%s as %s: status %d\n%s", pattern, role, status, text(body))
			}
		}
	}
	if refused < 40 {
		t.Errorf("only %d were tried", refused)
	}
}

func TestNotThere(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	c := app.SignIn(app.Rep)
	for _, path := range []string{"/nowhere", "/prospects/999", "/prospects/abc", "/prospects/-1", "/tasks/999", "/appointments/999", "/sequences/none", "/sandbox/999", "/inbox/raw/999", "/u/nothing", "/prospects/9999999999999999999"} {
		status, body := c.Get(path)
		if status != http.StatusNotFound || !strings.Contains(body, "Not found") {
			t.Errorf("GET %s: status %d", path, status)
		}
	}
	if status, _ := app.Client().Get("/static/none.js"); status != http.StatusNotFound {
		t.Errorf("a static file that is not there: status %d", status)
	}
}

func TestHeaders(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	for _, path := range []string{"/sign-in", "/nowhere", "/healthz", "/static/app.css"} {
		res, err := app.Client().Client.Get(app.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		csp := res.Header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Referrer-Policy") == "" || res.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s: headers %v", path, res.Header)
		}
	}
}

// The first admin chooses once what the workspace is for.
func TestFirstRun(t *testing.T) {
	var app *webtest.App
	app = webtest.New(t, webtest.Options{FirstRun: true, Seed: func(ctx context.Context, mode string) error {
		set, err := app.Store.Settings(ctx)
		if err != nil {
			return err
		}
		set.Mode = mode
		return app.Store.SaveSettings(ctx, set, models.ActorSystem, app.Now())
	}})
	admin := app.SignIn(app.Admin)
	_, body := admin.Get("/welcome")
	if !strings.Contains(body, "Demonstration") || !strings.Contains(body, "My own empty workspace") {
		t.Fatalf("no choice: %s", text(body))
	}
	if status, _ := admin.Post("/welcome", form("mode", "both")); status != http.StatusUnprocessableEntity {
		t.Errorf("an unknown choice: status %d", status)
	}
	if status, _ := admin.Post("/welcome", form("mode", "own")); status != http.StatusOK {
		t.Errorf("choosing: status %d", status)
	}
	if _, body = admin.Get("/welcome"); strings.Contains(body, "My own empty workspace") {
		t.Error("asked a second time")
	}
}
