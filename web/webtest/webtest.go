// Package webtest starts the whole application for a test: a real store, the
// real services, sandbox channels, the pages
// on a loopback server, and a clock that the test sets.
package webtest

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/email/oauth"
	"followup/channels/sandbox"
	"followup/crm"
	"followup/models"
	"followup/replies"
	"followup/scheduler"
	"followup/store"
	"followup/store/storetest"
	"followup/web"
)

// Password of every user that New and AddUser make.
const Password = "correct horse battery"

// Start is when the clock of a test stands at first: a Monday morning, 10:00
// in New York, 9:00 in Chicago.
var Start = time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)

// App is the running application.
type App struct {
	Store     *store.Store
	Scheduler *scheduler.Scheduler
	Replies   *replies.Service
	CRM       *crm.Service
	Channels  *channels.Registry
	Handler   http.Handler
	URL       string // of the loopback server
	Admin     models.User
	Manager   models.User
	Rep       models.User
	Mailbox   models.Sender
	Phone     models.Sender

	t     testing.TB
	mu    sync.Mutex
	now   time.Time
	ticks sync.Mutex
}

// Options change what New builds.
type Options struct {
	Log      *slog.Logger // nil: nothing is logged
	Webhooks map[string]channels.WebhookReceiver
	OAuth    map[string]oauth.App
	// Configured are the accounts of the configuration file.
	Configured map[string]web.FixedAccount
	// FirstRun leaves the workspace as a fresh database has it: no mode chosen.
	FirstRun bool
	Seed     func(context.Context, string) error
	// DSN of a database by SQLitePath or PostgresDSN; "": by SQLitePath.
	DSN string
}

// Each runs fn with an application on SQLite and with one on PostgreSQL.
func Each(t *testing.T, opt Options, fn func(*testing.T, *App)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, New(t, opt)) })
	if storetest.Off() {
		t.Log("FOLLOWUP_TEST_POSTGRES=off: the PostgreSQL half of this test does not run")
		return
	}
	t.Run("postgres", func(t *testing.T) {
		opt.DSN = PostgresDSN(t)
		fn(t, New(t, opt))
	})
}

// New starts an application that ends with the test.
func New(t testing.TB, opt Options) *App {
	t.Helper()
	a := &App{t: t, now: Start}
	ctx := context.Background()
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.DSN == "" {
		opt.DSN = SQLitePath(t)
	}
	var err error
	a.Store, err = store.Open(ctx, store.Options{DSN: opt.DSN, Key: key, Clock: a.Now, Log: opt.Log})
	a.must(err)
	t.Cleanup(func() { a.must(a.Store.Close()) })

	a.Channels = channels.NewRegistry()
	for _, kind := range []models.ChannelKind{models.ChannelEmail, models.ChannelSMS, models.ChannelVoicemail} {
		a.Channels.Add(models.ProviderSandbox, sandbox.New(kind, sandbox.Options{Clock: a.Now}))
	}
	a.Scheduler = &scheduler.Scheduler{Store: a.Store, Channels: a.Channels, Clock: a.Now, Log: opt.Log, Replica: "webtest", Synchronous: true, PublicURL: "https://followup.example.com", BookingLink: a.Store.BookingLink, TrackedLink: a.Store.TrackedLink}
	a.Replies = &replies.Service{Store: a.Store, Channels: a.Channels, Clock: a.Now, Log: opt.Log, Wake: a.Scheduler.Wake}
	a.CRM = &crm.Service{Store: a.Store, Clock: a.Now, Log: opt.Log, Wake: a.Scheduler.Wake}
	a.meet(ctx, opt)
	a.Tick()

	a.Handler, err = web.New(web.Options{
		Store: a.Store, Scheduler: a.Scheduler, Replies: a.Replies, CRM: a.CRM, Channels: a.Channels, Webhooks: opt.Webhooks, OAuth: opt.OAuth, Configured: opt.Configured,
		Sandbox: true, Clock: a.Now, Log: opt.Log, PublicURL: "https://followup.example.com", Seed: opt.Seed,
	})
	a.must(err)
	server := httptest.NewServer(a.Handler)
	t.Cleanup(server.Close)
	a.URL = server.URL
	return a
}

// meet looks up who and what is in the furnished workspace.
func (a *App) meet(ctx context.Context, opt Options) {
	var err error
	for i, to := range []*models.User{&a.Admin, &a.Manager, &a.Rep} {
		*to, err = a.Store.UserByEmail(ctx, staff[i].Email)
		a.must(err)
	}
	for i, to := range []*models.Sender{&a.Mailbox, &a.Phone} {
		*to, _, err = a.Store.SenderByAddress(ctx, senders[i].Address)
		a.must(err)
	}
	if opt.FirstRun {
		settings, err := a.Store.Settings(ctx)
		a.must(err)
		settings.Mode = ""
		a.must(a.Store.SaveSettings(ctx, settings, models.ActorSystem, a.Now()))
	}
}

func (a *App) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// Now is the application's clock.
func (a *App) Now() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now
}

// Advance moves the clock and lets the scheduler do what came due.
func (a *App) Advance(d time.Duration) {
	a.mu.Lock()
	a.now = a.now.Add(d)
	a.mu.Unlock()
	a.Tick()
}

// Tick runs the scheduler once, to its end.
func (a *App) Tick() {
	a.t.Helper()
	a.ticks.Lock()
	defer a.ticks.Unlock()
	a.must(a.Scheduler.Tick(context.Background(), a.Now()))
}

// AddUser makes a user with Password, in New York.
func (a *App) AddUser(name, email string, role models.Role) models.User {
	a.t.Helper()
	u, _, err := a.CRM.AddUser(context.Background(), models.ActorSystem, models.User{Name: name, Email: email, Role: role, Zone: "America/New_York"}, Password)
	a.must(err)
	return u
}

// AddProspect makes a prospect of the rep's in Chicago with an address and a
// number that may be used on every channel.
func (a *App) AddProspect(first, last string) models.Prospect {
	a.t.Helper()
	name := strings.ToLower(first + "." + last)
	a.mu.Lock()
	a.now = a.now.Add(time.Millisecond)
	n := a.now.UnixMilli() % 100
	a.mu.Unlock()
	number := "+1312555" + string([]byte{'0', '1', byte('0' + n/10), byte('0' + n%10)})
	p, err := a.CRM.CreateProspect(context.Background(), models.UserActor(a.Rep.ID), crm.ProspectInput{
		FirstName: first, LastName: last, Title: "Operations lead", Company: "Northwind", Zone: "America/Chicago", Country: "US", Region: "IL",
		OwnerID: a.Rep.ID, ConsentBasis: models.ConsentWritten, ConsentSource: "web form",
		Points: []crm.PointInput{{Kind: models.ContactEmail, Value: name + "@example.com", Label: models.LabelWork}, {Kind: models.ContactPhone, Value: number, Label: models.LabelCell}},
	})
	a.must(err)
	return p
}

// Client is a browser without a script: it keeps cookies and follows redirects.
type Client struct {
	*http.Client
	app *App
}

// Client is a new browser that nobody is signed in with.
func (a *App) Client() *Client {
	jar, err := cookiejar.New(nil)
	a.must(err)
	return &Client{Client: &http.Client{Jar: jar}, app: a}
}

// SignIn gives a browser in which u is signed in.
func (a *App) SignIn(u models.User) *Client {
	a.t.Helper()
	c := a.Client()
	status, body := c.Post("/sign-in", url.Values{"email": {u.Email}, "password": {Password}})
	if status != http.StatusOK {
		a.t.Fatalf("sign in as %s: status %d\n%s", u.Email, status, body)
	}
	return c
}

// Get loads a page.
func (c *Client) Get(path string) (status int, body string) {
	c.app.t.Helper()
	res, err := c.Client.Get(c.app.URL + path)
	return c.read(res, err)
}

// Post submits a form as a browser does on the page itself.
func (c *Client) Post(path string, form url.Values) (status int, body string) {
	c.app.t.Helper()
	return c.Send(path, form, map[string]string{"Sec-Fetch-Site": "same-origin"})
}

// Send submits a form with the headers given.
func (c *Client) Send(path string, form url.Values, headers map[string]string) (status int, body string) {
	c.app.t.Helper()
	req, err := http.NewRequest(http.MethodPost, c.app.URL+path, strings.NewReader(form.Encode()))
	c.app.must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	res, err := c.Do(req)
	return c.read(res, err)
}

// PostBody submits a body of any type, as a form with files does.
func (c *Client) PostBody(path, contentType string, body io.Reader) (status int, answer string) {
	c.app.t.Helper()
	req, err := http.NewRequest(http.MethodPost, c.app.URL+path, body)
	c.app.must(err)
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := c.Do(req)
	return c.read(res, err)
}

func (c *Client) read(res *http.Response, err error) (int, string) {
	c.app.t.Helper()
	c.app.must(err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	c.app.must(err)
	return res.StatusCode, string(b)
}

// Stall moves the clock while the scheduler stands still.
func (a *App) Stall(d time.Duration) {
	a.mu.Lock()
	a.now = a.now.Add(d)
	a.mu.Unlock()
}
