package web_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/email"
	"followup/channels/email/emailtest"
	"followup/channels/email/oauth"
	"followup/channels/email/oauth/oauthtest"
	"followup/models"
	"followup/web/webtest"
)

// consent goes to the provider and gives the address that it sends the browser
// back to, on this server.
func consent(t *testing.T, app *webtest.App, browser *webtest.Client, query string) string {
	t.Helper()
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	location := func(address string) *url.URL {
		resp, err := browser.Client.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		to, err := resp.Location()
		if err != nil {
			t.Fatalf("%s answered %s", address, resp.Status)
		}
		return to
	}
	back := location(location(app.URL + "/accounts/oauth/google/start" + query).String())
	if back.Host != "followup.example.com" {
		t.Fatalf("sent back to %s", back)
	}
	return back.RequestURI()
}

func mailboxOf(t *testing.T, app *webtest.App, address string) *models.Sender {
	t.Helper()
	all, err := app.Store.SendersWithCredentials(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(s models.Sender) bool { return s.Address == address })
	if i < 0 {
		return nil
	}
	return &all[i]
}

func TestConnectAMailboxByOAuth(t *testing.T) {
	provider := oauthtest.New(t, "rae@sales.test")
	app := webtest.New(t, webtest.Options{OAuth: map[string]oauth.App{oauth.Google: provider.App(oauth.Google)}})
	rep := app.SignIn(app.Rep)
	back := consent(t, app, rep, "")

	// Neither another state, nor another browser, nor the same answer twice.
	other := app.SignIn(app.Manager)
	if status, _ := other.Get(back); status != http.StatusForbidden {
		t.Errorf("another browser: status %d", status)
	}
	if status, _ := rep.Get(back); status != http.StatusSeeOther {
		t.Fatalf("the callback: status %d", status)
	}
	if status, _ := rep.Get(back); status != http.StatusForbidden {
		t.Errorf("the same answer again: status %d", status)
	}
	forged := consent(t, app, rep, "")
	if status, _ := rep.Get(strings.Replace(forged, "state=", "state=x", 1)); status != http.StatusForbidden {
		t.Errorf("another state: status %d", status)
	}

	s := mailboxOf(t, app, "rae@sales.test")
	if s == nil || s.OwnerID == nil || *s.OwnerID != app.Rep.ID || s.State != models.SenderActive || s.Inbound != models.InboundPoll || s.Settings.OAuth != oauth.Google ||
		s.Settings.SMTPHost != "smtp.gmail.com" || s.Settings.IMAPHost != "imap.gmail.com" || s.Credentials.Tokens.Refresh == "" || s.Credentials.Password != "" {
		t.Fatalf("the mailbox: %+v", s)
	}
	// Signing in again keeps what was set.
	if status, _ := rep.Get(consent(t, app, rep, "")); status != http.StatusSeeOther || mailboxOf(t, app, "rae@sales.test").ID != s.ID {
		t.Errorf("again: status %d", status)
	}
}

func TestWhoMayConnectAMailbox(t *testing.T) {
	provider := oauthtest.New(t, "sales@sales.test")
	app := webtest.New(t, webtest.Options{OAuth: map[string]oauth.App{oauth.Google: provider.App(oauth.Google)}})
	rep, manager := app.SignIn(app.Rep), app.SignIn(app.Manager)
	if status, _ := rep.Get("/accounts/oauth/google/start?shared=1"); status != http.StatusForbidden {
		t.Errorf("a rep connects one for everybody: status %d", status)
	}
	if status, _ := rep.Get("/accounts/oauth/yahoo/start"); status != http.StatusNotFound {
		t.Errorf("an unknown provider: status %d", status)
	}
	if status, _ := manager.Get(consent(t, app, manager, "?shared=1")); status != http.StatusSeeOther {
		t.Fatalf("a manager: status %d", status)
	}
	if s := mailboxOf(t, app, "sales@sales.test"); s == nil || s.OwnerID != nil {
		t.Fatalf("the mailbox: %+v", s)
	}
	if status, _ := rep.Get(consent(t, app, rep, "")); status != http.StatusForbidden {
		t.Errorf("a rep takes it over: status %d", status)
	}
	// No is an answer too.
	started := consent(t, app, manager, "")
	state, _ := url.Parse(started)
	if status, _ := manager.Get("/accounts/oauth/google/callback?error=access_denied&state=" + state.Query().Get("state")); status != http.StatusSeeOther {
		t.Errorf("permission not given: status %d", status)
	}
	if status, body := app.Client().Get("/accounts/oauth/google/start"); status != http.StatusOK || !strings.Contains(body, "password") {
		t.Errorf("a stranger: status %d", status)
	}
}

// Mail that is posted to us is stored once, whatever its length; while nobody
// can tell whose secret it is, it is to be delivered again.
func TestPostedMail(t *testing.T) {
	secret, away := "a secret of twenty-four characters", false
	var app *webtest.App
	box := email.New(email.Options{Clock: func() time.Time { return app.Now() }, Sender: func(ctx context.Context, address string) (models.Sender, bool, error) {
		if away {
			return models.Sender{}, false, errors.New("the database is away")
		}
		s, found, err := app.Store.SenderByAddress(ctx, address)
		s.Credentials.Webhook = secret
		return s, found, err
	}})
	t.Cleanup(func() { _ = box.Close() })
	app = webtest.New(t, webtest.Options{Webhooks: map[string]channels.WebhookReceiver{email.MailHook: box}})
	p := app.AddProspect("Dana", "Reyes")
	post := func(content []byte, password string) int {
		t.Helper()
		req, err := http.NewRequest(http.MethodPost, app.URL+"/hooks/mail/sales@example.com", bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("x", password)
		req.Header.Set("Content-Type", "message/rfc822")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	mail := []byte("From: dana.reyes@example.com\r\nTo: sales@example.com\r\nSubject: Hello\r\nMessage-ID: <1@example.com>\r\n\r\nPlease call me.\r\n" + strings.Repeat("A long line of the message.\r\n", 60000))
	away = true
	if status := post(mail, secret); status != http.StatusServiceUnavailable {
		t.Errorf("while the database is away: %d", status)
	}
	away = false
	if status := post(mail, "wrong"); status != http.StatusForbidden {
		t.Errorf("a wrong secret: %d", status)
	}
	for range 2 {
		if status := post(mail, secret); status != http.StatusNoContent {
			t.Errorf("posted: %d", status)
		}
	}
	v, err := app.Store.ViewPerson(context.Background(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Messages) != 1 || v.Messages[0].Class != models.ClassHuman {
		t.Fatalf("%d messages", len(v.Messages))
	}
}

// A sign-in ends on the mailbox's page. Where its organisation has switched
// SMTP off, the mailbox is kept stopped with what helps, and starts once it works.
func TestAMailboxThatMayNotSend(t *testing.T) {
	provider := oauthtest.New(t, "rae@sales.test")
	off := true
	smtp := emailtest.StartSMTP(t, emailtest.SMTPOptions{Security: emailtest.StartTLS, Username: "rae@sales.test", Token: provider.Accepts, Answer: func(at emailtest.Stage, _ emailtest.Received) emailtest.Answer {
		if off && at == emailtest.AtAuth {
			return emailtest.Answer{Code: 535, Enhanced: [3]int{5, 7, 139}, Text: "Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox."}
		}
		return emailtest.Answer{}
	}})
	imap := emailtest.StartIMAP(t, "rae@sales.test", "no password works")
	imap.DemandToken(provider.Accepts)
	at := provider.App(oauth.Google)
	var hosts models.Sender
	smtp.Configure(&hosts)
	imap.Configure(&hosts)
	hosts.Settings.OAuth = oauth.Google
	at.Settings = hosts.Settings
	app := webtest.New(t, webtest.Options{OAuth: map[string]oauth.App{oauth.Google: at}})
	keeper := &oauth.Keeper{Apps: map[string]oauth.App{oauth.Google: at}, Store: app.Store, Clock: app.Now, Client: http.DefaultClient}
	box := email.New(email.Options{Clock: app.Now, RootCAs: emailtest.RootCAs(t), Timeout: 10 * time.Second, Token: keeper.Token})
	t.Cleanup(func() { _ = box.Close() })
	app.Channels.Add(models.ProviderSMTP, box)

	rep := app.SignIn(app.Rep)
	if status, _ := rep.Get(consent(t, app, rep, "")); status != http.StatusSeeOther {
		t.Fatalf("the callback: status %d", status)
	}
	s := mailboxOf(t, app, "rae@sales.test")
	if s == nil || s.State != models.SenderStopped || s.StoppedReason != models.StopUntested {
		t.Fatalf("the mailbox: %+v", s)
	}
	page := "/accounts/" + strconv.FormatInt(s.ID, 10)
	if _, body := rep.Get(page); !strings.Contains(body, "gave its permission, but cannot be used yet") || !strings.Contains(body, "Authenticated SMTP") {
		t.Errorf("the page does not say what helps")
	}
	off = false
	if status, _ := rep.Post(page+"/start", nil); status != http.StatusSeeOther || mailboxOf(t, app, "rae@sales.test").State != models.SenderActive {
		t.Errorf("started again: status %d", status)
	}
	// Signing in where everything works leaves it sending.
	if status, _ := rep.Get(consent(t, app, rep, "")); status != http.StatusSeeOther || mailboxOf(t, app, "rae@sales.test").State != models.SenderActive {
		t.Errorf("signed in again: status %d", status)
	}
	provider.Decline("access_denied", "AADSTS90094: The grant requires admin permissions.")
	if status, _ := rep.Get(consent(t, app, rep, "")); status != http.StatusSeeOther {
		t.Errorf("declined: status %d", status)
	}
	if _, body := rep.Get("/accounts"); !strings.Contains(body, "an administrator of the mailbox’s organisation") && !strings.Contains(body, "an administrator of the mailbox&#39;s organisation") {
		t.Errorf("the page does not say that an administrator must permit it")
	}
}
