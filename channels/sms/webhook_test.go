package sms_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"followup/channels"
	"followup/channels/channeltest"
	"followup/channels/sms"
	"followup/channels/twilioapi"
	"followup/channels/twilioapi/twiliotest"
	"followup/models"
)

const messageURL = public + sms.MessageHook

func TestInbound(t *testing.T) {
	b := newBench(t, nil)
	r := twiliotest.Inbound(messageURL, theirs(1), ours, "Yes & no <b>",
		twiliotest.WithMedia("https://media.example.com/1", "https://media.example.com/2"), twiliotest.With("OptOutType", "STOP"))
	got, err := b.Webhook(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Response) != `<?xml version="1.0" encoding="UTF-8"?><Response/>` || !strings.HasPrefix(got.ContentType, "text/xml") {
		t.Errorf("answer = %s %q", got.ContentType, got.Response)
	}
	raw := got.Raws[0]
	if raw.Provider != models.ProviderTwilio || !strings.HasPrefix(raw.ProviderID, "SM") || raw.Channel != models.ChannelSMS ||
		raw.SenderID == nil || *raw.SenderID != 7 || !raw.ReceivedAt.Equal(noon) || raw.State != models.RawReceived {
		t.Errorf("raw = %+v", raw)
	}
	var in models.InboundText
	if err := json.Unmarshal(raw.Content, &in); err != nil {
		t.Fatal(err)
	}
	want := models.InboundText{From: theirs(1), To: ours, Body: "Yes & no <b>", OptOutType: "STOP", Kind: models.ChannelSMS,
		Media: []string{"https://media.example.com/1", "https://media.example.com/2"}}
	if !reflect.DeepEqual(in, want) {
		t.Errorf("inbound = %+v\nwant %+v", in, want)
	}
}

// A number of media that is no number, negative or absurd harms nobody.
func TestInboundMediaCount(t *testing.T) {
	b := newBench(t, nil)
	for _, n := range []string{"", "-1", "x", "1000000000", "2"} {
		r := twiliotest.Inbound(messageURL, theirs(1), ours, "hi", twiliotest.With("NumMedia", n), twiliotest.With("MediaUrl0", "https://media.example.com/1"))
		got, err := b.Webhook(context.Background(), r)
		if err != nil || len(got.Raws) != 1 {
			t.Errorf("NumMedia %q: %+v, %v", n, got, err)
		}
	}
}

func TestInboundRefused(t *testing.T) {
	b := newBench(t, nil)
	for name, r := range map[string]*http.Request{
		"no message SID":      twiliotest.Inbound(messageURL, theirs(1), ours, "hi", twiliotest.With("MessageSid", "")),
		"from us to somebody": twiliotest.Inbound(messageURL, ours, theirs(1), "hi"),
	} {
		if got, err := b.Webhook(context.Background(), r); models.CodeOf(err) != models.CodeInvalid {
			t.Errorf("%s: %+v, %v, want CodeInvalid", name, got, err)
		}
	}
	stranger := twiliotest.Inbound(messageURL, theirs(1), theirs(2), "hi")
	if _, err := b.Webhook(context.Background(), stranger); !errors.Is(err, channels.ErrSignature) {
		t.Errorf("a number that is not ours: %v, want ErrSignature", err)
	}
}

func TestStatus(t *testing.T) {
	b := newBench(t, nil)
	outcome, err := b.Send(context.Background(), b.message(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		word  string
		code  int
		state models.MessageState
		want  string // code
	}{
		{"queued", 0, models.MessageSent, ""},
		{"accepted", 0, models.MessageSent, ""},
		{"scheduled", 0, models.MessageSent, ""},
		{"sending", 0, models.MessageSent, ""},
		{"sent", 0, models.MessageSent, ""},
		{"delivered", 0, models.MessageDelivered, ""},
		{"read", 0, models.MessageRead, ""},
		{"undelivered", 30005, models.MessageFailed, "30005"},
		{"failed", 30034, models.MessageFailed, "30034"},
		{"failed", 0, models.MessageFailed, "failed"},
		{"canceled", 0, models.MessageFailed, "canceled"},
	} {
		got, err := b.Webhook(context.Background(), b.twilio.Status(t, outcome.ProviderID, c.word, c.code))
		if err != nil || len(got.Receipts) != 1 || len(got.Raws) != 0 {
			t.Errorf("%s: %+v, %v", c.word, got, err)
			continue
		}
		r := got.Receipts[0]
		if r.Provider != models.ProviderTwilio || r.ProviderID != outcome.ProviderID || r.Token != "tok-1" || !r.At.Equal(noon) ||
			r.Status != c.state || r.Code != c.want || r.Detail == "" || r.InvalidContact != (c.code == 30005) {
			t.Errorf("%s: %+v", c.word, r)
		}
	}
	// A word of the future is taken and says nothing.
	got, err := b.Webhook(context.Background(), b.twilio.Status(t, outcome.ProviderID, "teleported", 0))
	if err != nil || len(got.Receipts) != 0 {
		t.Errorf("an unknown status: %+v, %v", got, err)
	}
}

// FuzzWebhook: whatever a form holds, signed by Twilio or not, it is read or
// refused, and what is read can be decoded again.
func FuzzWebhook(f *testing.F) {
	seeds := []string{"", "MessageSid=SM1&Body=hi", "NumMedia=99&MediaUrl0=x", "Body=%F0%9F%99%82", "a;b", "%zz", "MessageStatus=failed&ErrorCode=x", "To=&To=b"}
	for _, form := range append(seeds, channeltest.Broken(200, seeds...)...) {
		f.Add(form, true, true)
		f.Add(form, false, false)
	}
	f.Fuzz(func(t *testing.T, body string, status, signed bool) {
		ch := sms.New(sms.Options{PublicURL: public, Clock: clock,
			Sender: func(context.Context, string) (models.Sender, bool, error) { return sender, true, nil }})
		address := messageURL
		if status {
			address = public + sms.StatusHook + "?m=tok"
		}
		form, err := url.ParseQuery(body)
		if err != nil {
			form = url.Values{"Body": {body}}
		}
		if !form.Has("To") {
			form.Set("To", ours)
		}
		r := twiliotest.Request(address, form)
		if !signed {
			r.Header.Set(twilioapi.SignatureHeader, body)
		}
		got, err := ch.Webhook(context.Background(), r)
		if !signed && !errors.Is(err, channels.ErrSignature) {
			t.Fatalf("unsigned: %v", err)
		}
		if err != nil && len(got.Raws)+len(got.Receipts) > 0 {
			t.Fatalf("read in spite of %v", err)
		}
		for _, raw := range got.Raws {
			var in models.InboundText
			if err := json.Unmarshal(raw.Content, &in); err != nil || raw.ProviderID == "" {
				t.Fatalf("raw %+v: %v", raw, err)
			}
		}
	})
}
