package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/sms"
	"followup/models"
	"followup/web/webtest"
)

// Opening an unsubscribe link does nothing; the button, or a mail reader's
// one click without any cookie, does.
func TestUnsubscribe(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Dana", "Reyes")
	at := app.Now().Add(50 * time.Hour)
	app.Enroll(p, "booked-call-back", &at)
	app.Tick()
	app.Advance(time.Minute)
	v, err := app.Store.ViewPerson(context.Background(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	token := ""
	for _, m := range v.Messages {
		if m.Direction == models.Outbound && m.Channel == models.ChannelEmail {
			token = m.Token
		}
	}
	if token == "" {
		t.Fatal("no email was sent")
	}
	scanner := app.Client()
	for range 3 {
		status, body := scanner.Get("/u/" + token)
		if status != http.StatusOK || !strings.Contains(body, "dana.reyes@example.com") {
			t.Fatalf("the page: status %d\n%s", status, text(body))
		}
	}
	if n := suppressions(t, app, p); n != 0 {
		t.Fatalf("a GET unsubscribed: %d", n)
	}
	reader := app.Client()
	reader.CheckRedirect = func(*http.Request, []*http.Request) error { return errors.New("RFC 8058 permits no redirect") }
	for range 2 {
		status, body := reader.Send("/u/"+token, form("List-Unsubscribe", "One-Click"), map[string]string{"Origin": "https://mail.example.org", "Sec-Fetch-Site": "cross-site"})
		if status != http.StatusOK || !strings.Contains(body, "You are unsubscribed") {
			t.Fatalf("one click: status %d\n%s", status, text(body))
		}
	}
	if n := suppressions(t, app, p); n == 0 {
		t.Error("the one click did nothing")
	}
	if status, _ := reader.Send("/u/guess", form("List-Unsubscribe", "One-Click"), nil); status != http.StatusNotFound {
		t.Errorf("a guessed token: status %d", status)
	}
}

func suppressions(t *testing.T, app *webtest.App, p models.Prospect) int {
	t.Helper()
	v, err := app.Store.ViewPerson(context.Background(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	return len(v.Suppressions)
}

// hook stands at a provider's place: it checks a word instead of a signature.
type hook struct{ app func() *webtest.App }

func (h hook) Webhook(_ context.Context, r *http.Request) (channels.Webhook, error) {
	if r.Header.Get("X-Word") != "open sesame" && r.URL.Query().Get("word") != "open sesame" {
		return channels.Webhook{}, channels.ErrSignature
	}
	body := r.FormValue("Body")
	return channels.Webhook{
		Raws: []models.Raw{{Provider: models.ProviderTwilio, ProviderID: r.FormValue("Sid"), Channel: models.ChannelSMS, State: models.RawReceived, ReceivedAt: h.app().Now(),
			Content: fmt.Appendf(nil, `{"from":%q,"to":"+12125550100","body":%q,"kind":"sms"}`, r.FormValue("From"), body)}},
		Response: []byte("<Response/>"), ContentType: "text/xml",
	}, nil
}

func TestWebhook(t *testing.T) {
	var app *webtest.App
	app = webtest.New(t, webtest.Options{Webhooks: map[string]channels.WebhookReceiver{"/hooks/test/messages": hook{func() *webtest.App { return app }}}})
	p := app.AddProspect("Dana", "Reyes")
	v, err := app.Store.ViewPerson(context.Background(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	number := v.Points[1].Value
	post := func(word, sid string) (int, string) {
		return app.Client().Send("/hooks/test/messages", form("Sid", sid, "From", number, "Body", "Yes, Friday"), map[string]string{"X-Word": word, "Origin": "https://provider.example.org"})
	}
	if status, _ := post("guess", "SM1"); status != http.StatusForbidden {
		t.Errorf("a bad signature: status %d", status)
	}
	for range 2 { // the provider repeats itself
		if status, body := post("open sesame", "SM2"); status != http.StatusOK || body != "<Response/>" {
			t.Errorf("status %d, %q", status, body)
		}
	}
	if v, err = app.Store.ViewPerson(context.Background(), p.ID); err != nil {
		t.Fatal(err)
	}
	if len(v.Messages) != 1 || v.Messages[0].Visible != "Yes, Friday" && v.Messages[0].Text != "Yes, Friday" {
		t.Errorf("messages: %+v", v.Messages)
	}
	if _, body := app.SignIn(app.Rep).Get("/scheduler"); !strings.Contains(body, "Refused webhooks") {
		t.Error("the refused request is not counted")
	}
}

// While the database is away nobody can tell whose signature it is, nor store
// what it says: the provider is asked to come again, not sent away.
func TestWebhookWhileTheDatabaseIsAway(t *testing.T) {
	for name, receiver := range map[string]func(*webtest.App) channels.WebhookReceiver{
		"looking up the sender": func(app *webtest.App) channels.WebhookReceiver {
			return sms.New(sms.Options{PublicURL: "https://followup.example.org", Clock: app.Now, Sender: app.Store.SenderByAddress})
		},
		"storing": func(app *webtest.App) channels.WebhookReceiver { return hook{func() *webtest.App { return app }} },
	} {
		t.Run(name, func(t *testing.T) {
			var app *webtest.App
			app = webtest.New(t, webtest.Options{Webhooks: map[string]channels.WebhookReceiver{
				"/hooks/test/messages": receiverFunc(func(ctx context.Context, r *http.Request) (channels.Webhook, error) {
					return receiver(app).Webhook(ctx, r)
				}),
			}})
			if err := app.Store.Close(); err != nil {
				t.Fatal(err)
			}
			res, err := app.Client().PostForm(app.URL+"/hooks/test/messages?word=open+sesame",
				form("MessageSid", "SM1", "Sid", "SM1", "From", "+12125550123", "To", "+12125550100", "Body", "STOP"))
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
				t.Errorf("status %d, Retry-After %q", res.StatusCode, res.Header.Get("Retry-After"))
			}
		})
	}
}

type receiverFunc func(context.Context, *http.Request) (channels.Webhook, error)

func (f receiverFunc) Webhook(ctx context.Context, r *http.Request) (channels.Webhook, error) {
	return f(ctx, r)
}

func TestHealth(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	if status, body := app.Client().Get("/healthz"); status != http.StatusOK || !strings.Contains(body, `"ok":true`) {
		t.Errorf("while it runs: status %d %s", status, body)
	}
	if status, _ := app.Client().Get("/readyz"); status != http.StatusOK {
		t.Errorf("readyz: status %d", status)
	}
	rep := app.SignIn(app.Rep)
	app.Stall(31 * time.Second)
	if status, body := app.Client().Get("/healthz"); status != http.StatusServiceUnavailable || !strings.Contains(body, `"scheduler":"stopped"`) {
		t.Errorf("after 31 s without a tick: status %d %s", status, body)
	}
	if status, body := app.Client().Get("/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, `"scheduler":"stopped"`) {
		t.Errorf("readyz after 31 s without a tick: status %d %s", status, body)
	}
	if _, body := rep.Get("/prospects"); !strings.Contains(body, "nothing is sent") {
		t.Error("no alarm on the pages")
	}
	app.Tick()
	app.Stall(4 * time.Second) // the report may be kept for three
	if status, body := app.Client().Get("/readyz"); status != http.StatusOK {
		t.Errorf("readyz once it ticks again: status %d %s", status, body)
	}
	// Another replica's ticks do not hide that this one stands still.
	app.Stall(31 * time.Second)
	if err := app.Store.Heartbeat(t.Context(), "another", app.Now(), time.Millisecond); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, body := app.Client().Get(path); status != http.StatusServiceUnavailable {
			t.Errorf("%s while only another replica ticks: status %d %s", path, status, body)
		}
	}
}
