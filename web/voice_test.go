package web_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/sms"
	"followup/channels/twilioapi"
	"followup/channels/twilioapi/twiliotest"
	"followup/channels/voicemail"
	"followup/models"
	"followup/replies"
	"followup/store/storetest"
	"followup/web/webtest"
)

const ourNumber = "+12125550170"

// phones is an application whose telephone is a Twilio account of the test's.
func phones(t *testing.T, dsn string) (*webtest.App, *twiliotest.Server) {
	t.Helper()
	var receiver channels.WebhookReceiver
	through := receiverFunc(func(ctx context.Context, r *http.Request) (channels.Webhook, error) { return receiver.Webhook(ctx, r) })
	app := webtest.New(t, webtest.Options{DSN: dsn, Webhooks: map[string]channels.WebhookReceiver{voicemail.VoiceHook: through}})
	twilio := twiliotest.New(t, app.Now, ourNumber)
	client, err := twilioapi.NewClient(twilioapi.Options{BaseURL: twilio.URL, Clock: app.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	const public = "https://followup.example.com"
	receiver = voicemail.New(voicemail.Options{Client: client, PublicURL: public, Clock: app.Now, Sender: app.Store.SenderByAddress, Ring: app.Store.RepToRing})
	app.Channels.Add(models.ProviderTwilio, sms.New(sms.Options{Client: client, PublicURL: public, Clock: app.Now, Sender: app.Store.SenderByAddress}))
	sender := twilio.Sender(0, ourNumber)
	sender.Inbound = models.InboundPush
	if _, err := app.Store.SaveSender(context.Background(), sender, models.ActorSystem, app.Now()); err != nil {
		t.Fatal(err)
	}
	return app, twilio
}

// A customer calls: their sequence rests, the rep's phone rings, nobody takes
// it, they leave a voicemail, and it is heard on their page, through us.
func TestInboundCall(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { testInboundCall(t, "") })
	if storetest.Off() {
		t.Log("FOLLOWUP_TEST_POSTGRES=off: the PostgreSQL half of this test does not run")
		return
	}
	t.Run("postgres", func(t *testing.T) { testInboundCall(t, webtest.PostgresDSN(t)) })
}

func testInboundCall(t *testing.T, dsn string) {
	app, twilio := phones(t, dsn)
	app.Rep.Phone = "+12125550188"
	rep := app.Rep
	if _, err := app.Store.SaveUser(context.Background(), rep, models.ActorSystem, app.Now()); err != nil {
		t.Fatal(err)
	}
	p := app.AddProspect("Dana", "Reyes")
	app.Enroll(p, "seven-touch-follow-up", nil)
	app.Tick()
	for _, task := range openTasks(t, app) {
		closeCall(t, app, task, models.OutcomeLeftVoicemail)
	}
	app.Advance(time.Hour)
	var theirs string
	for _, cp := range person(t, app, p).Points {
		if cp.Kind == models.ContactPhone {
			theirs = cp.Value
		}
	}
	at := "https://followup.example.com" + voicemail.VoiceHook
	call := func(address string, opts ...twiliotest.Option) string {
		t.Helper()
		r := twiliotest.InboundCall(address, theirs, ourNumber, append(opts, twiliotest.Via(app.URL))...)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("status %d, %v\n%s", res.StatusCode, err, body)
		}
		return string(body)
	}
	if said := call(at); !strings.Contains(said, "<Number>+12125550188</Number>") || !strings.Contains(said, `timeout="20"`) {
		t.Errorf("the rep is not rung: %s", said)
	}
	if said := call(at+"?after=return", twiliotest.With("DialCallStatus", "no-answer")); !strings.Contains(said, "<Record ") {
		t.Errorf("no message is taken: %s", said)
	}
	recording := "/2010-04-01/Accounts/" + twiliotest.AccountSID + "/Recordings/RE1"
	for range 2 { // Twilio may ask twice
		call(at+"?after=recorded", twiliotest.With("RecordingSid", "RE1"), twiliotest.With("RecordingUrl", "https://api.twilio.com"+recording), twiliotest.With("RecordingDuration", "94"))
	}
	v := person(t, app, p)
	if !v.Enrollments[0].Enrollment.PausedFor(models.PauseReplied) || v.Conversation.LastChannel != models.ChannelCall {
		t.Errorf("enrollment %s, conversation %+v", v.Enrollments[0].Enrollment.State, v.Conversation)
	}
	browser := app.SignIn(app.Rep)
	_, body := browser.Get(fmt.Sprintf("/prospects/%d", p.ID))
	for _, want := range []string{"They called us.", "Their voicemail, 1:34", "Returns the voicemail of", "By phone: Dana called today"} {
		if !strings.Contains(text(body), want) {
			t.Errorf("the page has no %q\n%s", want, text(body))
		}
	}
	if strings.Contains(body, "api.twilio.com") {
		t.Error("the page leads to the provider")
	}
	sound := fmt.Sprintf("/messages/%d/media/1", v.Messages[0].ID)
	if !strings.Contains(body, `src="`+sound+`"`) {
		t.Fatalf("no player for %s", sound)
	}
	if status, body := browser.Get(sound); status != http.StatusNotFound || !strings.Contains(text(body), "about a minute after the call") {
		t.Errorf("before it is there: status %d", status)
	}
	for kind, want := range map[string]string{"audio/mpeg": "audio/mpeg inline", "text/html": "application/octet-stream attachment", "image/svg+xml": "application/octet-stream attachment"} {
		twilio.SetAccount(func(a *twiliotest.Account) {
			a.Media = map[string]twiliotest.Content{recording + ".mp3": {Type: kind, Body: "0123456789"}}
		})
		req, err := http.NewRequest(http.MethodGet, app.URL+sound, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Range", "bytes=2-4")
		res, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		part, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		how, _, _ := strings.Cut(res.Header.Get("Content-Disposition"), ";")
		if res.StatusCode != http.StatusPartialContent || string(part) != "234" || res.Header.Get("Content-Type")+" "+how != want ||
			!strings.Contains(res.Header.Get("Content-Security-Policy"), "sandbox") || res.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: status %d, %q, headers %v", kind, res.StatusCode, part, res.Header)
		}
	}
	if status, _ := browser.Get(fmt.Sprintf("/messages/%d/media/2", v.Messages[0].ID)); status != http.StatusNotFound {
		t.Errorf("no second one: status %d", status)
	}
	if status, body := app.Client().Get(sound); status != http.StatusOK || !strings.Contains(body, "sign-in") {
		t.Errorf("a stranger: status %d", status)
	}
	// Fetched and kept, it is there when Twilio has it no more: the first turn
	// comes too early, the next one finds it.
	media := &replies.Media{Store: app.Store, Channels: app.Channels, Log: slog.New(slog.DiscardHandler)}
	for _, there := range []bool{false, true, false} {
		twilio.SetAccount(func(a *twiliotest.Account) {
			a.Media = nil
			if there {
				a.Media = map[string]twiliotest.Content{recording + ".mp3": {Type: "audio/mpeg", Body: "their words"}}
			}
		})
		if err := media.Fetch(t.Context(), app.Now()); err != nil {
			t.Fatal(err)
		}
		app.Advance(time.Minute)
	}
	if status, body := browser.Get(sound); status != http.StatusOK || body != "their words" {
		t.Errorf("kept here: status %d, %q", status, body)
	}
}
