package voicemail_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/channeltest"
	"followup/channels/twilioapi"
	"followup/channels/twilioapi/twiliotest"
	"followup/channels/voicemail"
	"followup/models"
)

const (
	ours   = "+15005550006"
	public = "https://followup.example.org"
)

var noon = time.Date(2026, 11, 24, 17, 0, 0, 0, time.UTC)

// theirs is the nth customer's number: Twilio's own range for tests, outside
// the lines reserved for fiction.
func theirs(n int) string { return fmt.Sprintf("+1500555%04d", 1000+n) }

// bench is the channel with a Twilio to talk to and the messages it can look up.
type bench struct {
	*voicemail.Channel
	twilio *twiliotest.Server
	client *twilioapi.Client
	sender models.Sender
	now    time.Time
	rep    *models.User
	sent   map[string]models.Message
}

func newBench(t *testing.T, change func(*voicemail.Options)) *bench {
	t.Helper()
	b := &bench{now: noon, sent: map[string]models.Message{}}
	clock := func() time.Time { return b.now }
	b.twilio = twiliotest.New(t, clock, ours)
	b.sender = b.twilio.Sender(7, ours)
	client, err := twilioapi.NewClient(twilioapi.Options{BaseURL: b.twilio.URL, Workers: 40, Timeout: 2 * time.Second, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	b.client = client
	var allow []string
	for n := range 500 {
		allow = append(allow, theirs(n))
	}
	o := voicemail.Options{
		Client: client, PublicURL: public, Allow: allow, Clock: clock,
		Sender: func(_ context.Context, number string) (models.Sender, bool, error) {
			return b.sender, number == ours, nil
		},
		Script: func(_ context.Context, token string) (models.Message, *models.User, error) {
			m, ok := b.sent[token]
			if !ok {
				return models.Message{}, nil, models.Errorf(models.CodeNotFound, "no message has this token")
			}
			return m, b.rep, nil
		},
	}
	if change != nil {
		change(&o)
	}
	b.Channel = voicemail.New(o)
	return b
}

func (b *bench) message(n int) models.Message {
	return models.Message{
		Direction: models.Outbound, Channel: models.ChannelVoicemail, State: models.MessageQueued, Attempt: 1,
		FromAddress: ours, ToAddress: theirs(n), Text: fmt.Sprintf("Please call me back about week %d at 500 555 0006.", n),
		Token: fmt.Sprintf("tok-%d", n), Provider: models.ProviderTwilio, Sender: &b.sender, CreatedAt: b.now,
	}
}

// call hands a message over and gives the SID of its call.
func (b *bench) call(t *testing.T, m models.Message) string {
	t.Helper()
	b.sent[m.Token] = m
	outcome, err := b.Send(context.Background(), m)
	if err != nil {
		t.Fatal(err)
	}
	return outcome.ProviderID
}

func TestConformance(t *testing.T) {
	b := newBench(t, nil)
	channeltest.Exercise(t, channeltest.Subject{
		Channel: b.Channel, Rules: channels.VoicemailRules, Message: b.message,
		Accepted: func() int { return len(b.twilio.Calls()) },
		Fault:    b.twilio.Provoke(t, b.client),
		Unprovokable: map[channeltest.Fault]string{
			channeltest.OptedOut: "21610 answers texts only; Twilio keeps no opt-outs from calls",
		},
		Reserved: []string{"+12125550100", "+14155550199"},
		Secrets:  []string{twiliotest.AuthToken, "ffffffffffffffffffffffffffffffff"},
		Webhook: func(n int) channeltest.WebhookCase {
			const address = public + voicemail.VoiceHook
			unsigned := twiliotest.InboundCall(address, theirs(n), ours)
			unsigned.Header.Del(twilioapi.SignatureHeader)
			return channeltest.WebhookCase{
				Genuine:  twiliotest.InboundCall(address, theirs(n), ours),
				Forged:   twiliotest.InboundCall(address, theirs(n), ours, twiliotest.SignedWith("0000")),
				Unsigned: unsigned,
			}
		},
	})
}

func TestSendForm(t *testing.T) {
	b := newBench(t, nil)
	sid := b.call(t, b.message(1))
	got := b.twilio.Calls()[0]
	want := url.Values{
		"To": {theirs(1)}, "From": {ours}, "MachineDetection": {"DetectMessageEnd"},
		"Url": {public + "/hooks/twilio/voice?m=tok-1"}, "Method": {"POST"},
		"StatusCallback": {public + "/hooks/twilio/call-status?m=tok-1"}, "StatusCallbackMethod": {"POST"},
		"StatusCallbackEvent": {"initiated", "answered", "completed"},
	}
	if got.Form.Encode() != want.Encode() || got.SID != sid {
		t.Errorf("form = %v\nwant %v", got.Form, want)
	}
}

func TestCheck(t *testing.T) {
	b := newBench(t, nil)
	for name, c := range map[string]struct{ to, text, code string }{
		"not allowed":     {"+15005559999", "hello", "not_allowed"},
		"reserved":        {"+15005550123", "hello", "reserved"},
		"no script":       {theirs(1), "\t", "empty"},
		"3000 characters": {theirs(1), strings.Repeat("é", 3000), ""},
		"3001 characters": {theirs(1), strings.Repeat("é", 3001), "too_long"},
	} {
		err := b.Check(models.Message{ToAddress: c.to, Text: c.text})
		got := ""
		if err != nil {
			got = channels.AsSendError(err).Code
		}
		if got != c.code {
			t.Errorf("%s: %v, want code %q", name, err, c.code)
		}
	}
	// Who answers is known only at an address that Twilio reaches.
	for _, address := range []string{"", "followup.example.org", "://"} {
		private := newBench(t, func(o *voicemail.Options) { o.PublicURL = address })
		err := private.Check(b.message(1))
		if err == nil || channels.AsSendError(err).Class != models.SendConfiguration || !strings.Contains(err.Error(), "public_url") {
			t.Errorf("public URL %q: %v, want a configuration error naming public_url", address, err)
		}
	}
}

func TestSendRefusesBeforeCalling(t *testing.T) {
	b := newBench(t, nil)
	late, nameless := b.message(1), b.message(2)
	late.ValidUntil = &noon
	nameless.Token = ""
	for class, m := range map[models.SendClass]models.Message{models.SendStopped: late, models.SendPermanent: nameless} {
		if _, err := b.Send(context.Background(), m); err == nil || channels.AsSendError(err).Class != class {
			t.Errorf("%v, want %s", err, class)
		}
	}
	if got := len(b.twilio.Calls()); got != 0 {
		t.Errorf("%d calls were made", got)
	}
}

func TestReconcile(t *testing.T) {
	b := newBench(t, nil)
	ctx := context.Background()
	lost := b.message(1)
	b.twilio.Next(twiliotest.AnswerLost)
	if _, err := b.Send(ctx, lost); channels.AsSendError(err).Class != models.SendAmbiguous {
		t.Fatalf("Send: %v", err)
	}
	sid := b.twilio.Calls()[0].SID
	if finding, outcome, err := b.Reconcile(ctx, lost); finding != channels.Found || outcome.ProviderID != sid || err != nil {
		t.Errorf("taken: %s %+v %v, want found %s", finding, outcome, err, sid)
	}
	never := b.message(2)
	if finding, _, err := b.Reconcile(ctx, never); finding != channels.Unknown || err != nil {
		t.Errorf("too early: %s %v, want unknown", finding, err)
	}
	b.now = noon.Add(2 * time.Minute)
	if finding, _, err := b.Reconcile(ctx, never); finding != channels.Absent || err != nil {
		t.Errorf("after the grace: %s %v, want absent", finding, err)
	}
	// Calls have no text: one that another message has is not taken for ours.
	other := newBench(t, func(o *voicemail.Options) {
		o.Known = func(context.Context, string) (bool, error) { return true, nil }
	})
	m := other.message(1)
	other.call(t, m)
	other.now = noon.Add(time.Hour)
	if finding, _, err := other.Reconcile(ctx, m); finding != channels.Absent || err != nil {
		t.Errorf("another's call: %s %v, want absent", finding, err)
	}
}

func TestProbe(t *testing.T) {
	b := newBench(t, nil)
	if err := b.Probe(context.Background(), b.sender); err != nil {
		t.Error(err)
	}
}
