package oauth_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/email"
	"followup/channels/email/emailtest"
	"followup/channels/email/oauth"
	"followup/channels/email/oauth/oauthtest"
	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

const address = "riley@sales.test"

// post is a mailbox without a password: a provider, its mail servers, and what
// the store keeps of it.
type post struct {
	*testing.T
	provider *oauthtest.Server
	smtp     *emailtest.SMTP
	imap     *emailtest.IMAP
	store    *store.Store
	keeper   *oauth.Keeper
	channel  *email.Channel
	sender   models.Sender
	now      time.Time
}

func newPost(t *testing.T) *post {
	p := &post{T: t, provider: oauthtest.New(t, address), store: storetest.SQLite(t), now: storetest.Now}
	p.smtp = emailtest.StartSMTP(t, emailtest.SMTPOptions{Security: emailtest.StartTLS, Username: address, Token: p.provider.Accepts})
	p.imap = emailtest.StartIMAP(t, address, "no password works")
	p.imap.DemandToken(p.provider.Accepts)
	w := storetest.Seed(t, p.store)
	clock := func() time.Time { return p.now }
	p.keeper = &oauth.Keeper{Apps: map[string]oauth.App{oauth.Google: p.provider.App(oauth.Google)}, Store: p.store, Clock: clock, Client: http.DefaultClient}
	p.channel = email.New(email.Options{Clock: clock, RootCAs: emailtest.RootCAs(t), Timeout: 10 * time.Second, Token: p.keeper.Token})
	t.Cleanup(func() { _ = p.channel.Close() })
	p.sender = models.Sender{OwnerID: &w.Rep.ID, Kind: models.SenderMailbox, Provider: models.ProviderSMTP, Address: address, Inbound: models.InboundPoll}
	p.smtp.Configure(&p.sender)
	p.imap.Configure(&p.sender)
	p.connect()
	return p
}

// connect is what a sign-in at the provider ends in.
func (p *post) connect() {
	p.Helper()
	p.sender.Credentials = models.SenderCredentials{Tokens: models.SenderTokens{Refresh: p.provider.Permit()}}
	saved, err := p.store.ConnectSender(p.Context(), p.sender, models.ActorSystem, p.now)
	if err != nil {
		p.Fatal(err)
	}
	p.sender.ID = saved.ID
}

func (p *post) stored() models.Sender {
	p.Helper()
	s, err := p.store.SenderOpened(p.Context(), p.sender.ID)
	if err != nil {
		p.Fatal(err)
	}
	return s
}

func (p *post) send(id string) error {
	s := p.stored()
	_, err := p.channel.Send(p.Context(), models.Message{
		Direction: models.Outbound, Channel: models.ChannelEmail, FromAddress: address, ToAddress: "dana@customer.test", Subject: id, Text: "Hello", Token: id,
		MailID: "<" + id + "@sales.test>", Sender: &s,
	})
	return err
}

// probe signs in at both servers.
func (p *post) probe() error { return p.channel.Probe(p.Context(), p.stored()) }

func (p *post) tasks() (n int) {
	p.Helper()
	all, err := p.store.OpenTasksAfter(p.Context(), 0)
	if err != nil {
		p.Fatal(err)
	}
	for _, task := range all {
		if task.Reason == models.AttentionSender {
			n++
		}
	}
	return n
}

func TestMailByTokens(t *testing.T) {
	p := newPost(t)
	if err := p.send("one"); err != nil {
		t.Fatal(err)
	}
	if err := p.probe(); err != nil {
		t.Fatal(err)
	}
	if n := p.provider.Asked(); n != 1 {
		t.Errorf("%d token requests, want 1", n)
	}
	kept := p.stored().Credentials.Tokens
	if kept.Refresh != "refresh-2" || kept.Access != "access-2" || !kept.Expires.Equal(p.now.Add(time.Hour)) {
		t.Errorf("kept %+v", kept)
	}
	// Five minutes before its end the token is renewed.
	p.now = p.now.Add(55 * time.Minute)
	if err := p.probe(); err != nil || p.provider.Asked() != 2 {
		t.Errorf("%v after %d token requests, want 2", err, p.provider.Asked())
	}
	// The configuration is brought in line at each start; it knows no tokens.
	again := p.sender
	again.Credentials = models.SenderCredentials{Webhook: "whsec_c2VjcmV0"}
	if _, err := p.store.SaveSender(t.Context(), again, models.ActorSystem, p.now); err != nil {
		t.Fatal(err)
	}
	if c := p.stored().Credentials; c.Tokens.Refresh != "refresh-3" || c.Webhook != again.Credentials.Webhook {
		t.Errorf("after a restart: %+v", c)
	}
}

// A mail server may refuse a token before its time: one more is asked for.
func TestATokenThatTheMailServerRefuses(t *testing.T) {
	p := newPost(t)
	if err := p.probe(); err != nil {
		t.Fatal(err)
	}
	p.provider.Expire()
	if err := p.send("one"); err != nil {
		t.Errorf("SMTP: %v", err)
	}
	p.provider.Expire()
	ctx, stop := context.WithCancel(t.Context())
	err := p.channel.Listen(ctx, p.stored(), nil, func(context.Context, string) error { stop(); return nil })
	if err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Errorf("IMAP: %v", err)
	}
	if n := p.provider.Asked(); n != 3 {
		t.Errorf("%d token requests, want 3", n)
	}
}

// A provider that is away stops nobody.
func TestAProviderThatIsAway(t *testing.T) {
	p := newPost(t)
	p.provider.GoAway(true)
	if se := channels.AsSendError(p.send("one")); se.Class != models.SendTransient || se.Code != "oauth" {
		t.Errorf("send: %+v", se)
	}
	if p.stored().State != models.SenderActive || p.tasks() != 0 {
		t.Error("the sender was stopped")
	}
	p.provider.GoAway(false)
	if err := p.send("one"); err != nil {
		t.Error(err)
	}
}

// A permission that was taken back stops the sender, asks a person once, and
// the provider no more; signing in again starts it.
func TestARevokedPermission(t *testing.T) {
	p := newPost(t)
	p.provider.Revoke()
	if err := p.probe(); models.CodeOf(err) != models.CodeInvalid && channels.AsSendError(err).Class != models.SendConfiguration {
		t.Errorf("probe: %v", err)
	}
	if se := channels.AsSendError(p.send("one")); se.Class != models.SendConfiguration || !strings.Contains(se.Detail, "sign in again") {
		t.Errorf("send: %+v", se)
	}
	err := p.channel.Listen(t.Context(), p.stored(), nil, nil)
	if models.CodeOf(err) != models.CodeInvalid || !strings.Contains(err.Error(), "sign in again") {
		t.Errorf("listen: %v", err)
	}
	if s := p.stored(); s.State != models.SenderStopped || s.StoppedReason != models.FailConfig || p.tasks() != 1 {
		t.Errorf("sender %s %s, %d tasks", s.State, s.StoppedReason, p.tasks())
	}
	if n := p.provider.Asked(); n != 1 {
		t.Errorf("%d token requests, want 1: the answer will not change", n)
	}
	p.connect()
	if err := p.send("one"); err != nil || p.stored().State != models.SenderActive || p.tasks() != 0 {
		t.Errorf("after signing in again: %v, %s, %d tasks", err, p.stored().State, p.tasks())
	}
}

func TestSignIn(t *testing.T) {
	for _, provider := range []string{oauth.Google, oauth.Microsoft} {
		t.Run(provider, func(t *testing.T) {
			server := oauthtest.New(t, "Riley@Sales.test")
			app := server.App(provider)
			at := oauth.NewAttempt("http://127.0.0.1:1/accounts/oauth/" + provider + "/callback")
			browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			sent := func() url.Values {
				t.Helper()
				resp, err := browser.Get(app.Address(at))
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				back, err := resp.Location()
				if err != nil {
					t.Fatal(err)
				}
				return back.Query()
			}
			q := sent()
			if q.Get("state") != at.State {
				t.Fatalf("state %q", q.Get("state"))
			}
			stolen := at
			stolen.Verifier = "another browser's"
			if _, err := app.Exchange(t.Context(), browser, stolen, q.Get("code"), storetest.Now); models.CodeOf(err) != models.CodeInvalid {
				t.Errorf("a code without its verifier: %v", err)
			}
			tokens, err := app.Exchange(t.Context(), browser, at, sent().Get("code"), storetest.Now)
			if err != nil || tokens.Address != address || tokens.Refresh == "" || tokens.Access == "" || !tokens.Expires.Equal(storetest.Now.Add(time.Hour)) {
				t.Errorf("%+v, %v", tokens, err)
			}
		})
	}
}
