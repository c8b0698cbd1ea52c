package voicemail_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/twilioapi/twiliotest"
	"followup/channels/voicemail"
	"followup/models"
)

// dials is what the channel tells of calls between a rep and a prospect.
type dials struct {
	dial models.Dial
	told []string
}

func (d *dials) DialByToken(_ context.Context, token string) (models.Dial, models.Prospect, error) {
	if token != d.dial.Token {
		return models.Dial{}, models.Prospect{}, models.Errorf(models.CodeNotFound, "no call has this token")
	}
	return d.dial, models.Prospect{FirstName: "Dana", LastName: "Reyes"}, nil
}

func (d *dials) DialProgress(_ context.Context, token string, state models.DialState, providerID, detail string, seconds int, _ time.Time) error {
	line := string(state)
	if detail != "" {
		line += " " + detail
	}
	if seconds > 0 {
		line += " " + (time.Duration(seconds) * time.Second).String()
	}
	if token != d.dial.Token || providerID == "" {
		line += " of nobody's"
	}
	d.told = append(d.told, line)
	d.dial.State = state
	return nil
}

func newBridge(t *testing.T) (*bench, *dials) {
	d := &dials{dial: models.Dial{Token: "tok", Number: theirs(1), State: models.DialAsked}}
	return newBench(t, func(o *voicemail.Options) { o.Dials = d }), d
}

func (b *bench) ring() channels.Ring {
	return channels.Ring{Sender: b.sender, RepNumber: theirs(2), Number: theirs(1), Token: "tok"}
}

// The rep's phone rings, a key is pressed, the prospect's phone rings, and
// what became of it is told.
func TestConnect(t *testing.T) {
	b, d := newBridge(t)
	out, err := b.Connect(t.Context(), b.ring())
	if err != nil || out.ProviderID == "" {
		t.Fatalf("%+v, %v", out, err)
	}
	calls := b.twilio.Calls()
	if len(calls) != 1 || calls[0].To != theirs(2) || calls[0].From != ours || strings.Contains(calls[0].Form.Encode(), url.QueryEscape(theirs(1))) {
		t.Fatalf("calls = %+v", calls)
	}
	b.webhook(t, b.twilio.CallStatus(t, out.ProviderID, "initiated"))
	asked := spoken(t, b.webhook(t, b.twilio.Answered(t, out.ProviderID, "")))
	if want := `<Gather numDigits="1" timeout="15" action="` + public + `/hooks/twilio/voice?d=tok&amp;step=go"><Say>Press any key to call Dana Reyes.</Say></Gather><Hangup></Hangup>`; !strings.Contains(asked, want) {
		t.Errorf("the rep hears %s\nwant %s", asked, want)
	}
	form := func(more ...string) url.Values {
		v := url.Values{"CallSid": {out.ProviderID}, "From": {ours}, "To": {theirs(2)}}
		for i := 0; i < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	step := func(step string, f url.Values) string {
		return spoken(t, b.webhook(t, twiliotest.Request(public+voicemail.VoiceHook+"?d=tok&step="+step, f)))
	}
	if s, want := step("go", form("Digits", "5")), `<Dial callerId="`+ours+`" timeout="45" action="`+public+`/hooks/twilio/voice?d=tok&amp;step=after"><Number>`+theirs(1)+`</Number></Dial>`; !strings.Contains(s, want) {
		t.Errorf("then %s\nwant %s", s, want)
	}
	if s := step("after", form("DialCallStatus", "completed", "DialCallDuration", "192")); !strings.Contains(s, "<Hangup>") {
		t.Errorf("at the end %s", s)
	}
	if got, want := strings.Join(d.told, "; "), "ringing; talking; ended 3m12s"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
	// Twilio asks again after it is over: nobody is rung.
	if s := step("go", form("Digits", "5")); strings.Contains(s, "<Dial") {
		t.Errorf("rung again: %s", s)
	}
}

// What keeps the call from being made is said; what nobody knows is ambiguous.
func TestConnectRefused(t *testing.T) {
	b, d := newBridge(t)
	stranger := b.ring()
	stranger.Number = "+15005559999"
	for _, c := range []struct {
		name  string
		ring  channels.Ring
		fault *twiliotest.Fault
		class models.SendClass
	}{
		{"not on the list", stranger, nil, models.SendPermanent},
		{"busy provider", b.ring(), &twiliotest.Fault{Status: 429, Code: 20429, Message: "Too many requests"}, models.SendTransient},
	} {
		if c.fault != nil {
			b.twilio.Next(*c.fault)
		}
		_, err := b.Connect(t.Context(), c.ring)
		var se *channels.SendError
		if !errors.As(err, &se) || se.Class != c.class {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if n := len(b.twilio.Calls()); n != 0 {
		t.Errorf("%d calls were made", n)
	}
	// The rep's own phone is busy.
	out, err := b.Connect(t.Context(), b.ring())
	if err != nil {
		t.Fatal(err)
	}
	b.webhook(t, b.twilio.CallStatus(t, out.ProviderID, "busy"))
	if len(d.told) != 1 || d.told[0] != "failed your own phone: the line was busy" {
		t.Errorf("told %q", d.told)
	}
	// A request that Twilio did not sign does nothing.
	forged := twiliotest.Request(public+voicemail.VoiceHook+"?d=tok&step=go", url.Values{"CallSid": {"CA1"}, "From": {ours}, "To": {theirs(2)}}, twiliotest.SignedWith("guess"))
	if _, err := b.Webhook(t.Context(), forged); !errors.Is(err, channels.ErrSignature) {
		t.Errorf("a forged request: %v", err)
	}
}

// Whoever presses the key when the prospect's hours are over rings nobody.
func TestConnectTooLate(t *testing.T) {
	b, d := newBridge(t)
	out, err := b.Connect(t.Context(), b.ring())
	if err != nil {
		t.Fatal(err)
	}
	press := func() string {
		return spoken(t, b.webhook(t, twiliotest.Request(public+voicemail.VoiceHook+"?d=tok&step=go",
			url.Values{"CallSid": {out.ProviderID}, "From": {ours}, "To": {theirs(2)}, "Digits": {"5"}})))
	}
	over := noon
	d.dial.ValidUntil = &over
	if s := press(); strings.Contains(s, "<Dial") || !strings.Contains(s, "too late") {
		t.Errorf("the rep hears %s", s)
	}
	if len(d.told) != 1 || d.told[0] != "failed their hours were over before you pressed a key" {
		t.Errorf("told %q", d.told)
	}
	d.dial.State = models.DialRinging
	later := noon.Add(time.Minute)
	d.dial.ValidUntil = &later
	if s := press(); !strings.Contains(s, "<Dial") {
		t.Errorf("a minute before the end the rep hears %s", s)
	}
}
