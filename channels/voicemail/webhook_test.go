package voicemail_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/twilioapi"
	"followup/channels/twilioapi/twiliotest"
	"followup/channels/voicemail"
	"followup/models"
)

func (b *bench) webhook(t *testing.T, r *http.Request) channels.Webhook {
	t.Helper()
	got, err := b.Webhook(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// spoken is the TwiML without its header; it must be well-formed.
func spoken(t *testing.T, w channels.Webhook) string {
	t.Helper()
	if !strings.HasPrefix(w.ContentType, "text/xml") {
		t.Errorf("content type %q", w.ContentType)
	}
	d := xml.NewDecoder(strings.NewReader(string(w.Response)))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("not XML: %v in %s", err, w.Response)
		}
	}
	return strings.TrimPrefix(string(w.Response), xml.Header)
}

const apology = "<Response><Say>Sorry to disturb you. We meant to leave a message and will try again another time. Goodbye.</Say><Hangup></Hangup></Response>"

// What is heard depends on who answers.
func TestAnswered(t *testing.T) {
	const quiet = "<Response><Hangup></Hangup></Response>"
	for by, want := range map[string]string{
		"machine_end_beep":    "<Response><Say>Call me &lt;now&gt; &amp; here.</Say><Hangup></Hangup></Response>",
		"machine_end_silence": "<Response><Say>Call me &lt;now&gt; &amp; here.</Say><Hangup></Hangup></Response>",
		"machine_end_other":   "<Response><Say>Call me &lt;now&gt; &amp; here.</Say><Hangup></Hangup></Response>",
		"human":               apology,
		"fax":                 quiet,
		"unknown":             quiet,
		"":                    quiet,
		"machine_start":       quiet, // the greeting is still being spoken
	} {
		b := newBench(t, nil)
		m := b.message(1)
		m.Text = "Call me <now> & here."
		sid := b.call(t, m)
		got := b.webhook(t, b.twilio.Answered(t, sid, by))
		if s := spoken(t, got); s != want {
			t.Errorf("%q: %s\nwant %s", by, s, want)
		}
		if len(got.Raws)+len(got.Receipts) != 0 {
			t.Errorf("%q: %+v", by, got)
		}
	}
}

func TestAnsweredRecording(t *testing.T) {
	for script, want := range map[string]string{
		"https://media.example.com/a?b=1&c=2\n": "<Play>https://media.example.com/a?b=1&amp;c=2</Play>",
		"http://media.example.com/a":            "<Say>http://media.example.com/a</Say>",
		"https://media.example.com/a is there":  "<Say>https://media.example.com/a is there</Say>",
		"https://":                              "<Say>https://</Say>",
	} {
		b := newBench(t, nil)
		m := b.message(1)
		m.Text = script
		sid := b.call(t, m)
		if s := spoken(t, b.webhook(t, b.twilio.Answered(t, sid, "machine_end_beep"))); !strings.Contains(s, want) {
			t.Errorf("%q: %s, want %s", script, s, want)
		}
	}
}

func TestAnsweredVoice(t *testing.T) {
	b := newBench(t, func(o *voicemail.Options) { o.Voice, o.Language = "Polly.Joanna", "en-US" })
	sid := b.call(t, b.message(1))
	want := `<Say voice="Polly.Joanna" language="en-US">Please call`
	if s := spoken(t, b.webhook(t, b.twilio.Answered(t, sid, "machine_end_beep"))); !strings.Contains(s, want) {
		t.Errorf("%s, want %s", s, want)
	}
}

// What cannot be said is not said, and is told.
func TestAnsweredWithoutScript(t *testing.T) {
	for code, spoil := range map[string]func(*bench){
		"no_script": func(b *bench) { delete(b.sent, "tok-1") },
		"too_late":  func(b *bench) { b.now = noon.Add(time.Hour) },
	} {
		b := newBench(t, nil)
		m := b.message(1)
		until := noon.Add(time.Hour)
		m.ValidUntil = &until
		sid := b.call(t, m)
		spoil(b)
		got := b.webhook(t, b.twilio.Answered(t, sid, "machine_end_beep"))
		if s := spoken(t, got); s != "<Response><Hangup></Hangup></Response>" {
			t.Errorf("%s: %s", code, s)
		}
		if len(got.Receipts) != 1 || got.Receipts[0].Status != models.MessageFailed || got.Receipts[0].Code != code || got.Receipts[0].Token != "tok-1" {
			t.Errorf("%s: %+v", code, got.Receipts)
		}
	}
}

func TestHumanConnected(t *testing.T) {
	b := newBench(t, func(o *voicemail.Options) { o.OnHuman = voicemail.Connect })
	sid := b.call(t, b.message(1))
	// Nobody to ring.
	if s := spoken(t, b.webhook(t, b.twilio.Answered(t, sid, "human"))); s != apology {
		t.Errorf("without a rep: %s", s)
	}
	b.rep = &models.User{ID: 3, Phone: "+15005558888"}
	want := `<Response><Say>One moment, please.</Say><Dial callerId="` + ours + `" timeout="20" action="` + public +
		`/hooks/twilio/voice?after=voicemail"><Number>+15005558888</Number></Dial></Response>`
	if s := spoken(t, b.webhook(t, b.twilio.Answered(t, sid, "human"))); s != want {
		t.Errorf("with a rep: %s\nwant %s", s, want)
	}
	// The rep did not pick up; the rep did.
	for result, want := range map[string]string{"no-answer": apology, "completed": "<Response><Hangup></Hangup></Response>"} {
		r := twiliotest.Request(public+voicemail.VoiceHook+"?after=voicemail", url.Values{
			"CallSid": {sid}, "From": {ours}, "To": {theirs(1)}, "Direction": {"outbound-api"}, "DialCallStatus": {result}})
		got := b.webhook(t, r)
		if s := spoken(t, got); s != want || len(got.Raws) != 0 {
			t.Errorf("%s: %s, want %s", result, s, want)
		}
	}
}

func TestCallStatus(t *testing.T) {
	for _, c := range []struct {
		status, by string
		want       models.MessageState
		code       string
	}{
		{"queued", "", models.MessageSent, ""},
		{"initiated", "", models.MessageSent, ""},
		{"ringing", "", models.MessageSent, ""},
		{"in-progress", "", models.MessageSent, ""},
		{"completed", "machine_end_beep", models.MessageDelivered, ""},
		{"completed", "machine_end_silence", models.MessageDelivered, ""},
		{"completed", "human", models.MessageDelivered, ""},
		{"completed", "fax", models.MessageFailed, "answered_by_fax"},
		{"completed", "unknown", models.MessageFailed, "answered_by_unknown"},
		{"completed", "", models.MessageFailed, "not_detected"},
		{"busy", "", models.MessageFailed, "busy"},
		{"no-answer", "", models.MessageFailed, "no-answer"},
		{"failed", "", models.MessageFailed, "failed"},
		{"canceled", "", models.MessageFailed, "canceled"},
	} {
		b := newBench(t, nil)
		sid := b.call(t, b.message(1))
		if c.by != "" {
			b.twilio.Answered(t, sid, c.by)
		}
		got := b.webhook(t, b.twilio.CallStatus(t, sid, c.status))
		if len(got.Receipts) != 1 || len(got.Response) != 0 {
			t.Fatalf("%s %s: %+v", c.status, c.by, got)
		}
		r := got.Receipts[0]
		if r.Status != c.want || r.Code != c.code || r.AnsweredBy != c.by || r.Detail == "" ||
			r.Token != "tok-1" || r.ProviderID != sid || !r.At.Equal(noon) || r.Provider != models.ProviderTwilio {
			t.Errorf("%s %s: %+v, want %s %q", c.status, c.by, r, c.want, c.code)
		}
	}
	b := newBench(t, nil)
	sid := b.call(t, b.message(1))
	for name, r := range map[string]*http.Request{
		"a word of the future":     b.twilio.CallStatus(t, sid, "teleported"),
		"the end of a return call": twiliotest.InboundCall(public+voicemail.StatusHook, theirs(1), ours, twiliotest.With("CallStatus", "completed")),
	} {
		if got := b.webhook(t, r); len(got.Receipts)+len(got.Raws) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestInboundCall(t *testing.T) {
	b := newBench(t, nil)
	got := b.webhook(t, twiliotest.InboundCall(public+voicemail.VoiceHook, theirs(1), ours))
	if s := spoken(t, got); !strings.Contains(s, "<Say>Thank you for calling.") || !strings.HasSuffix(s, "<Hangup></Hangup></Response>") {
		t.Errorf("nobody to ring: %s", s)
	}
	raw := got.Raws[0]
	var in models.InboundText
	if err := json.Unmarshal(raw.Content, &in); err != nil {
		t.Fatal(err)
	}
	if raw.Channel != models.ChannelCall || *raw.SenderID != 7 || !strings.HasPrefix(raw.ProviderID, "CA") ||
		in.From != theirs(1) || in.To != ours || in.Kind != models.ChannelCall {
		t.Errorf("raw = %+v, %+v", raw, in)
	}

	ringing := newBench(t, func(o *voicemail.Options) {
		o.Ring = func(_ context.Context, from string, sender models.Sender) (string, bool) {
			return "+15005558888", from == theirs(1) && sender.ID == 7
		}
	})
	want := `<Response><Dial timeout="20" action="` + public + `/hooks/twilio/voice?after=return"><Number>+15005558888</Number></Dial></Response>`
	if s := spoken(t, ringing.webhook(t, twiliotest.InboundCall(public+voicemail.VoiceHook, theirs(1), ours))); s != want {
		t.Errorf("with a rep: %s\nwant %s", s, want)
	}
	// Asked again after the rep's leg: no second inbound.
	for result, want := range map[string]string{"busy": "Thank you for calling.", "completed": "<Response><Hangup>"} {
		r := twiliotest.InboundCall(public+voicemail.VoiceHook+"?after=return", theirs(1), ours, twiliotest.With("DialCallStatus", result))
		if got := ringing.webhook(t, r); len(got.Raws) != 0 || !strings.Contains(spoken(t, got), want) {
			t.Errorf("%s: %+v, want %s", result, got, want)
		}
	}
}

// A caller who reaches nobody may leave a message; it comes as one of its own.
func TestCallersVoicemail(t *testing.T) {
	b := newBench(t, nil)
	got := b.webhook(t, twiliotest.InboundCall(public+voicemail.VoiceHook, theirs(1), ours))
	want := `<Record maxLength="180" timeout="6" action="` + public + `/hooks/twilio/voice?after=recorded"></Record><Hangup></Hangup></Response>`
	if s := spoken(t, got); !strings.Contains(s, "leave a message") || !strings.HasSuffix(s, want) {
		t.Errorf("asked: %s\nwant %s", s, want)
	}
	const sound = "https://api.twilio.com/2010-04-01/Accounts/" + twiliotest.AccountSID + "/Recordings/RE1"
	left := func(pairs ...string) channels.Webhook {
		opts := []twiliotest.Option{}
		for i := 0; i < len(pairs); i += 2 {
			opts = append(opts, twiliotest.With(pairs[i], pairs[i+1]))
		}
		return b.webhook(t, twiliotest.InboundCall(public+voicemail.VoiceHook+"?after=recorded", theirs(1), ours, opts...))
	}
	got = left("RecordingSid", "RE1", "RecordingUrl", sound, "RecordingDuration", "34", "Digits", "hangup")
	if len(got.Raws) != 1 || !strings.Contains(spoken(t, got), "<Hangup>") {
		t.Fatalf("left: %+v", got)
	}
	raw := got.Raws[0]
	var in models.InboundText
	if err := json.Unmarshal(raw.Content, &in); err != nil {
		t.Fatal(err)
	}
	if raw.ProviderID != "RE1" || raw.Channel != models.ChannelCall || *raw.SenderID != 7 || in.Kind != models.ChannelVoicemail ||
		in.Seconds != 34 || len(in.Media) != 1 || in.Media[0] != sound || in.From != theirs(1) {
		t.Errorf("raw %+v, %+v", raw, in)
	}
	if got = left(); len(got.Raws) != 0 || !strings.Contains(spoken(t, got), "<Hangup>") {
		t.Errorf("nothing recorded: %+v", got)
	}
	if got = left("RecordingSid", "RE2", "RecordingUrl", sound, "RecordingDuration", "x"); len(got.Raws) != 1 {
		t.Errorf("a duration that is none: %+v", got)
	}
}

func TestWebhookRefuses(t *testing.T) {
	b := newBench(t, nil)
	nameless := twiliotest.InboundCall(public+voicemail.VoiceHook, theirs(1), ours, twiliotest.With("CallSid", ""))
	outward := twiliotest.InboundCall(public+voicemail.VoiceHook, ours, theirs(1))
	for name, r := range map[string]*http.Request{"no call SID": nameless, "from us to somebody": outward} {
		if _, err := b.Webhook(context.Background(), r); models.CodeOf(err) != models.CodeInvalid {
			t.Errorf("%s: %v, want CodeInvalid", name, err)
		}
	}
}

// FuzzWebhook: whatever a form and a script hold, the answer is XML that
// speaks nothing but the script.
func FuzzWebhook(f *testing.F) {
	f.Add("AnsweredBy=machine_end_beep&CallSid=CA1", "</Say><Dial>+1</Dial>", "voice", true)
	f.Add("AnsweredBy=human&CallSid=CA1", "\x00\xff", "voice", true)
	f.Add("CallStatus=completed&CallSid=CA1", "x", "call-status", true)
	f.Add("CallSid=CA1&From=%2B1", "x", "voice", false)
	f.Fuzz(func(t *testing.T, body, script, hook string, token bool) {
		ch := voicemail.New(voicemail.Options{
			PublicURL: public, Clock: func() time.Time { return noon }, OnHuman: voicemail.Connect,
			Sender: func(context.Context, string) (models.Sender, bool, error) {
				return models.Sender{ID: 7, Settings: models.SenderSettings{AccountSID: twiliotest.AccountSID},
					Credentials: models.SenderCredentials{AuthToken: twiliotest.AuthToken}}, true, nil
			},
			Script: func(context.Context, string) (models.Message, *models.User, error) {
				return models.Message{Text: script}, &models.User{Phone: script}, nil
			},
			Ring: func(_ context.Context, from string, _ models.Sender) (string, bool) { return from, from != "" },
		})
		form, err := url.ParseQuery(body)
		if err != nil {
			form = url.Values{"AnsweredBy": {body}}
		}
		if !form.Has("To") {
			form.Set("To", ours)
		}
		address := public + "/hooks/twilio/" + url.PathEscape(hook)
		if token {
			address += "?m=tok"
		}
		got, err := ch.Webhook(context.Background(), twiliotest.Request(address, form))
		if errors.Is(err, channels.ErrSignature) {
			t.Fatalf("a genuine request: %v (%s)", err, twilioapi.SignatureHeader)
		}
		if err != nil || len(got.Response) == 0 {
			return
		}
		for d := xml.NewDecoder(strings.NewReader(string(got.Response))); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatalf("not XML: %v in %q", err, got.Response)
			}
			if e, ok := token.(xml.StartElement); ok && !strings.Contains(" Response Say Play Dial Number Record Hangup ", " "+e.Name.Local+" ") {
				t.Fatalf("unexpected element %s", e.Name.Local)
			}
		}
	})
}

// The whole way over HTTP, through something like a proxy at the public address.
func TestOverHTTP(t *testing.T) {
	b := newBench(t, nil)
	var receipts []models.Receipt
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, err := b.Webhook(r.Context(), r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		receipts = append(receipts, got.Receipts...)
		_, _ = w.Write(got.Response)
	}))
	defer server.Close()
	sid := b.call(t, b.message(1))
	via := twiliotest.Via(server.URL)
	if a := b.twilio.PostCallStatus(t, sid, "initiated", via); a.Status != http.StatusOK {
		t.Errorf("initiated: %+v", a)
	}
	if a := b.twilio.AnswerCall(t, sid, "machine_end_beep", via); a.Status != http.StatusOK || !strings.Contains(a.Body, "Please call me back") {
		t.Errorf("answered: %+v", a)
	}
	if a := b.twilio.PostCallStatus(t, sid, "completed", via); a.Status != http.StatusOK {
		t.Errorf("completed: %+v", a)
	}
	if a := b.twilio.PostInboundCall(t, public+voicemail.VoiceHook, theirs(1), ours, via, twiliotest.SignedWith("0000")); a.Status != http.StatusForbidden {
		t.Errorf("forged: %+v", a)
	}
	if len(receipts) != 2 || receipts[0].Status != models.MessageSent || receipts[1].Status != models.MessageDelivered || receipts[1].AnsweredBy != "machine_end_beep" {
		t.Errorf("receipts = %+v", receipts)
	}
}
