package sms_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/channeltest"
	"followup/channels/sms"
	"followup/channels/twilioapi"
	"followup/channels/twilioapi/twiliotest"
	"followup/models"
)

const (
	ours   = "+15005550006"
	public = "https://followup.example.org"
)

var noon = time.Date(2026, 11, 24, 17, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

// sender is as twiliotest's account has it.
var sender = models.Sender{ID: 7, Kind: models.SenderPhone, Provider: models.ProviderTwilio, Address: ours,
	Settings: models.SenderSettings{AccountSID: twiliotest.AccountSID}, Credentials: models.SenderCredentials{AuthToken: twiliotest.AuthToken}}

// theirs is the nth customer's number: Twilio's own range for tests, outside
// the lines reserved for fiction.
func theirs(n int) string { return fmt.Sprintf("+1500555%04d", 1000+n) }

// bench is the channel with a Twilio to talk to.
type bench struct {
	*sms.Channel
	twilio *twiliotest.Server
	client *twilioapi.Client
	sender models.Sender
	now    time.Time
}

func newBench(t *testing.T, change func(*sms.Options)) *bench {
	t.Helper()
	b := &bench{now: noon}
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
	o := sms.Options{Client: client, PublicURL: public, Allow: allow, Clock: clock,
		Sender: func(_ context.Context, number string) (models.Sender, bool, error) {
			return b.sender, number == ours, nil
		}}
	if change != nil {
		change(&o)
	}
	b.Channel = sms.New(o)
	return b
}

func (b *bench) message(n int) models.Message {
	return models.Message{
		Direction: models.Outbound, Channel: models.ChannelSMS, State: models.MessageQueued, Attempt: 1,
		FromAddress: ours, ToAddress: theirs(n), Text: fmt.Sprintf("Your figures of week %d are in.", n),
		Token: fmt.Sprintf("tok-%d", n), Provider: models.ProviderTwilio, Sender: &b.sender, CreatedAt: b.now,
	}
}

func TestConformance(t *testing.T) {
	b := newBench(t, nil)
	channeltest.Exercise(t, channeltest.Subject{
		Channel: b.Channel, Rules: channels.SMSRules, Message: b.message,
		Accepted: func() int { return len(b.twilio.Messages()) },
		Fault:    b.twilio.Provoke(t, b.client),
		Reserved: []string{"+12125550100", "+14155550199"},
		Secrets:  []string{twiliotest.AuthToken, "ffffffffffffffffffffffffffffffff"},
		Webhook: func(n int) channeltest.WebhookCase {
			const address = public + sms.MessageHook
			body := fmt.Sprintf("answer %d", n)
			unsigned := twiliotest.Inbound(address, theirs(n), ours, body)
			unsigned.Header.Del(twilioapi.SignatureHeader)
			return channeltest.WebhookCase{
				Genuine:  twiliotest.Inbound(address, theirs(n), ours, body),
				Forged:   twiliotest.Inbound(address, theirs(n), ours, body, twiliotest.SignedWith("0000")),
				Unsigned: unsigned,
			}
		},
	})
}

func TestSendForm(t *testing.T) {
	b := newBench(t, nil)
	m := b.message(1)
	m.Token = "a token/with&signs"
	until := noon.Add(90 * time.Minute)
	m.ValidUntil = &until
	outcome, err := b.Send(context.Background(), m)
	if err != nil {
		t.Fatal(err)
	}
	got := b.twilio.Messages()[0]
	want := url.Values{
		"To": {theirs(1)}, "From": {ours}, "Body": {m.Text}, "ValidityPeriod": {"5400"},
		"StatusCallback": {public + "/hooks/twilio/status?m=a+token%2Fwith%26signs"},
	}
	if got.Form.Encode() != want.Encode() {
		t.Errorf("form = %v\nwant %v", got.Form, want)
	}
	if outcome.ProviderID != got.SID || outcome.Detail != "queued at Twilio, segments: 1 (GSM-7)" {
		t.Errorf("outcome = %+v, want the SID %s", outcome, got.SID)
	}
}

// Without a public address texts go out; nothing is promised to come back.
func TestSendWithoutPublicURL(t *testing.T) {
	b := newBench(t, func(o *sms.Options) { o.PublicURL = "" })
	if _, err := b.Send(context.Background(), b.message(1)); err != nil {
		t.Fatal(err)
	}
	if form := b.twilio.Messages()[0].Form; form.Has("StatusCallback") || form.Has("ValidityPeriod") {
		t.Errorf("form = %v", form)
	}
}

func TestSendValidity(t *testing.T) {
	for name, c := range map[string]struct {
		left time.Duration
		want string // "": not sent
	}{
		"over":             {-time.Second, ""},
		"less than 1 s":    {999 * time.Millisecond, ""},
		"a second":         {time.Second, "1"},
		"ten hours":        {10 * time.Hour, "36000"},
		"more than Twilio": {48 * time.Hour, "36000"},
	} {
		b := newBench(t, nil)
		m := b.message(1)
		until := noon.Add(c.left)
		m.ValidUntil = &until
		_, err := b.Send(context.Background(), m)
		sent := b.twilio.Messages()
		switch {
		case c.want == "":
			if err == nil || channels.AsSendError(err).Class != models.SendStopped || len(sent) != 0 {
				t.Errorf("%s: %v and %d sent, want stopped and none", name, err, len(sent))
			}
		case err != nil || sent[0].Form.Get("ValidityPeriod") != c.want:
			t.Errorf("%s: %v %v, want %s", name, err, sent, c.want)
		}
	}
}

func TestCheck(t *testing.T) {
	b := newBench(t, nil)
	for name, c := range map[string]struct {
		to, text, code string
	}{
		"not allowed":         {"+15005559999", "hello", "not_allowed"},
		"national form":       {"5005551000", "hello", "bad_number"},
		"reserved":            {"+15005550123", "hello", "reserved"},
		"no text":             {theirs(1), " \n", "empty"},
		"1600 characters":     {theirs(1), strings.Repeat("é", 1600), ""},
		"1601 characters":     {theirs(1), strings.Repeat("é", 1601), "too_long"},
		"801 emoji, 2 units":  {theirs(1), strings.Repeat("🙂", 801), "too_long"},
		"nothing said before": {"", "hello", "no_recipient"},
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
	// The error tells an administrator which key to set.
	empty := newBench(t, func(o *sms.Options) { o.Allow = nil })
	if err := empty.Check(b.message(1)); err == nil || !strings.Contains(err.Error(), "phone.allow") {
		t.Errorf("an empty allow-list: %v, want an error naming phone.allow", err)
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
	sid := b.twilio.Messages()[0].SID
	if finding, outcome, err := b.Reconcile(ctx, lost); finding != channels.Found || outcome.ProviderID != sid || err != nil {
		t.Errorf("taken: %s %+v %v, want found %s", finding, outcome, err, sid)
	}
	// The same text to somebody else, another text to the same person.
	for _, m := range []models.Message{b.message(2), {ToAddress: theirs(1), Text: "something else", Sender: &b.sender, CreatedAt: b.now}} {
		m.Text += "!"
		if finding, _, err := b.Reconcile(ctx, m); finding != channels.Unknown || err != nil {
			t.Errorf("too early: %s %v, want unknown", finding, err)
		}
		b.now = noon.Add(2 * time.Minute)
		if finding, _, err := b.Reconcile(ctx, m); finding != channels.Absent || err != nil {
			t.Errorf("after the grace: %s %v, want absent", finding, err)
		}
		b.now = noon
	}
	b.twilio.Down()
	b.client.Close()
	if finding, _, err := b.Reconcile(ctx, lost); finding != channels.Unknown || err == nil {
		t.Errorf("unreachable: %s %v, want unknown and an error", finding, err)
	}
}

// A list of several pages is read to the attempt.
func TestReconcilePages(t *testing.T) {
	b := newBench(t, nil)
	ctx := context.Background()
	for n := range 150 {
		m := b.message(1)
		m.Text = fmt.Sprintf("text %d", n)
		if _, err := b.Send(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	m := b.message(1)
	m.Text = "text 3"
	finding, outcome, err := b.Reconcile(ctx, m)
	if finding != channels.Found || outcome.ProviderID != b.twilio.Messages()[3].SID || err != nil {
		t.Errorf("%s %+v %v", finding, outcome, err)
	}
}

func TestProbe(t *testing.T) {
	b := newBench(t, nil)
	if err := b.Probe(context.Background(), b.sender); err != nil {
		t.Error(err)
	}
}
