package sandbox_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/channeltest"
	"followup/channels/sandbox"
	"followup/models"
)

var noon = time.Date(2026, 11, 24, 17, 0, 0, 0, time.UTC)

// subject is a sandbox channel with a far side that counts and, for one
// message, fails.
func subject(rules models.ChannelRules) channeltest.Subject {
	var taken atomic.Int64
	var fault atomic.Pointer[channels.SendError]
	ch := sandbox.New(rules.Kind, sandbox.Options{
		OnSend: func(models.Message) { taken.Add(1) },
		Faults: func(models.Message) *channels.SendError { return fault.Swap(nil) },
	})
	return channeltest.Subject{
		Channel: ch, Rules: rules,
		Message: func(n int) models.Message {
			to := fmt.Sprintf("prospect%d@example.com", n)
			if rules.Address == models.ContactPhone {
				to = fmt.Sprintf("+1%03d5550123", 200+n)
			}
			return models.Message{Channel: rules.Kind, ToAddress: to, Subject: "Hello", Text: fmt.Sprintf("Text %d", n),
				Token: fmt.Sprintf("tok-%d", n), MailID: fmt.Sprintf("<tok-%d@example.com>", n), Provider: models.ProviderSandbox,
				Sender: &models.Sender{ID: 1, Provider: models.ProviderSandbox}}
		},
		Accepted: func() int { return int(taken.Load()) },
		Fault: func(f channeltest.Fault, _ *models.Message) func() {
			fault.Store(&channels.SendError{Class: f.Class(), Detail: "as asked for",
				InvalidContact: f == channeltest.InvalidContact, OptedOut: f == channeltest.OptedOut})
			return nil
		},
		ReservedWhy: "nothing leaves the sandbox, and the demonstration uses reserved addresses only",
	}
}

func TestConformance(t *testing.T) {
	for _, rules := range []models.ChannelRules{channels.EmailRules, channels.SMSRules, channels.VoicemailRules} {
		t.Run(string(rules.Kind), func(t *testing.T) { channeltest.Exercise(t, subject(rules)) })
	}
}

func TestSend(t *testing.T) {
	s := subject(channels.SMSRules)
	outcome, err := s.Channel.Send(context.Background(), s.Message(1))
	if err != nil || outcome.ProviderID != "sandbox-tok-1" {
		t.Errorf("Send = %+v, %v, want the id sandbox-tok-1", outcome, err)
	}
	finding, _, err := s.Channel.(channels.Reconciler).Reconcile(context.Background(), s.Message(2))
	if finding != channels.Absent || err != nil {
		t.Errorf("what was never sent: %s %v, want absent", finding, err)
	}
}

func TestValidUntil(t *testing.T) {
	ch := sandbox.New(models.ChannelSMS, sandbox.Options{Clock: func() time.Time { return noon }})
	m := subject(channels.SMSRules).Message(1)
	for left, class := range map[time.Duration]models.SendClass{0: models.SendStopped, -time.Hour: models.SendStopped, time.Second: ""} {
		until := noon.Add(left)
		m.ValidUntil = &until
		_, err := ch.Send(context.Background(), m)
		if got := classOf(err); got != class {
			t.Errorf("%s left: %v, want %q", left, err, class)
		}
	}
}

func classOf(err error) models.SendClass {
	if err == nil {
		return ""
	}
	return channels.AsSendError(err).Class
}

func TestCheck(t *testing.T) {
	for kind, cases := range map[models.ChannelKind]map[string]string{
		models.ChannelEmail: {
			"dana@example.com": "", "dana@": "bad_address", "@example.com": "bad_address", "Dana <dana@example.com>": "bad_address",
			"dana@example.com, eve@example.com": "bad_address", " dana@example.com": "bad_address", "": "no_recipient",
		},
		models.ChannelSMS: {
			"+12125550123": "", "2125550123": "bad_address", "+0212555012": "bad_address", "dana@example.com": "bad_address", "\n": "no_recipient",
		},
	} {
		ch := sandbox.New(kind, sandbox.Options{})
		for to, want := range cases {
			err := ch.Check(models.Message{ToAddress: to, Text: "hello"})
			got := ""
			if err != nil {
				got = channels.AsSendError(err).Code
			}
			if got != want {
				t.Errorf("%s to %q: %v, want %q", kind, to, err, want)
			}
		}
	}
	voicemail := sandbox.New(models.ChannelVoicemail, sandbox.Options{})
	for script, want := range map[string]string{"": "empty", " \n": "empty", strings.Repeat("a", 3001): "too_long"} {
		err := voicemail.Check(models.Message{ToAddress: "+12125550123", Text: script})
		if err == nil || channels.AsSendError(err).Code != want {
			t.Errorf("a script of %d characters: %v, want %s", len(script), err, want)
		}
	}
}

func TestNewRefusesCall(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("New made a channel for calls, which nobody sends")
		}
	}()
	sandbox.New(models.ChannelCall, sandbox.Options{})
}
