// Package channeltest is the conformance suite of channels: what the engine
// relies on, whoever carries the message. Every channel passes Exercise, the
// sandbox too.
package channeltest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"followup/channels"
	"followup/models"
)

// Fault is a way in which a hand-over fails.
type Fault string

const (
	// Permanent: the far side refuses this one message for good.
	Permanent Fault = "permanent"
	// InvalidContact: the far side says that this address can never work.
	InvalidContact Fault = "invalid contact"
	// OptedOut: the far side has an opt-out from this address.
	OptedOut Fault = "opted out"
	// Transient: the far side refuses for now, and has taken nothing.
	Transient Fault = "transient"
	// Unreachable: nothing listens where the far side should be.
	Unreachable Fault = "unreachable"
	// Configuration: nothing from this sender can go out, e.g. the password is wrong.
	Configuration Fault = "configuration"
	// Lost: the far side takes the message and the connection breaks before its answer.
	Lost Fault = "answer lost"
	// Silent: the far side takes the message and never answers.
	Silent Fault = "no answer"
)

// Faults are all of them, in the order in which they are provoked.
var Faults = []Fault{Permanent, InvalidContact, OptedOut, Transient, Unreachable, Configuration, Lost, Silent}

// Class is how a channel must report the fault.
func (f Fault) Class() models.SendClass {
	switch f {
	case Transient, Unreachable:
		return models.SendTransient
	case Configuration:
		return models.SendConfiguration
	case Lost, Silent:
		return models.SendAmbiguous
	}
	return models.SendPermanent
}

// taken tells whether the far side has the message in spite of the fault.
func (f Fault) taken() bool { return f == Lost || f == Silent }

// Subject is one channel under test with the far side it talks to.
type Subject struct {
	Channel channels.Channel
	// Rules the channel must answer with, normally those of package channels.
	Rules models.ChannelRules
	// Message makes the nth message: complete, sendable, with its sender, and
	// different from every other in address or text, token and MailID.
	Message func(n int) models.Message
	// Accepted counts what the far side has taken so far.
	Accepted func() int
	// Fault makes the next hand-over, and only that, fail in this way. It may
	// change the message's sender, e.g. give it a wrong password. repair is
	// called after the hand-over.
	Fault func(f Fault, m *models.Message) (repair func())
	// Unprovokable lists the faults the far side cannot be brought to show, each with the reason.
	Unprovokable map[Fault]string
	// Reserved are addresses that Check must refuse; where the channel takes
	// them, ReservedWhy says why.
	Reserved    []string
	ReservedWhy string
	// Secrets must appear in no error.
	Secrets []string
	// Webhook makes the provider's request that brings the nth inbound
	// message; the same n again is a repeated delivery. It is required where
	// the channel is a WebhookReceiver.
	Webhook func(n int) WebhookCase
}

// Exercise runs the suite.
func Exercise(t *testing.T, s Subject) {
	t.Helper()
	s.complete(t)
	t.Run("rules", s.rules)
	t.Run("check", s.check)
	t.Run("accepted", s.accepted)
	t.Run("concurrent", s.concurrent)
	t.Run("cancelled", s.cancelled)
	t.Run("faults", s.faults)
	t.Run("webhooks", s.webhooks)
}

// complete fails where the subject leaves something out without saying why.
func (s Subject) complete(t *testing.T) {
	t.Helper()
	if s.Channel == nil || s.Message == nil || s.Accepted == nil {
		t.Fatal("the subject needs Channel, Message and Accepted")
	}
	if len(s.Reserved) == 0 && s.ReservedWhy == "" {
		t.Error("the subject gives no reserved addresses and no reason in ReservedWhy")
	}
	if _, receives := s.Channel.(channels.WebhookReceiver); receives && s.Webhook == nil {
		t.Error("the channel receives webhooks; the subject must make some")
	}
	for f, why := range s.Unprovokable {
		if strings.TrimSpace(why) == "" {
			t.Errorf("the fault %q is listed as unprovokable without a reason", f)
		}
	}
}

func (s Subject) rules(t *testing.T) {
	rules := s.Channel.Rules()
	if rules != s.Rules {
		t.Errorf("Rules() = %+v, want %+v", rules, s.Rules)
	}
	if s.Channel.Kind() != rules.Kind {
		t.Errorf("Kind() = %q but Rules().Kind = %q", s.Channel.Kind(), rules.Kind)
	}
	if rules.Address == "" || rules.Sender == "" {
		t.Errorf("the rules name no kind of contact point or of sender: %+v", rules)
	}
}

func (s Subject) check(t *testing.T) {
	if err := s.Channel.Check(s.Message(1)); err != nil {
		t.Fatalf("Check refuses a good message: %v", err)
	}
	refused := map[string]func(*models.Message){
		"no recipient":      func(m *models.Message) { m.ToAddress = "" },
		"a blank recipient": func(m *models.Message) { m.ToAddress = "  " },
		"no address at all": func(m *models.Message) { m.ToAddress = "nobody" },
		"two lines":         func(m *models.Message) { m.ToAddress += "\r\nX: y" },
	}
	for _, address := range s.Reserved {
		refused["the reserved "+address] = func(m *models.Message) { m.ToAddress = address }
	}
	if limit := s.Rules.MaxLength; limit > 0 {
		refused["a body over the limit"] = func(m *models.Message) { m.Text = strings.Repeat("a", limit+1) }
		m := s.Message(2)
		m.Text = strings.Repeat("a", limit)
		if err := s.Channel.Check(m); err != nil {
			t.Errorf("Check refuses a body of exactly %d characters: %v", limit, err)
		}
	}
	for name, spoil := range refused {
		t.Run(name, func(t *testing.T) {
			m := s.Message(3)
			spoil(&m)
			var se *channels.SendError
			if err := s.Channel.Check(m); !errors.As(err, &se) {
				t.Fatalf("Check = %v (%T), want a *SendError", err, err)
			}
			if se.Class != models.SendPermanent || se.Detail == "" {
				t.Errorf("Check = %+v, want class permanent and a detail that says what is wrong", se)
			}
			// The last gate: what Check refuses never leaves, whoever forgot to ask.
			before := s.Accepted()
			if _, err := s.Channel.Send(context.Background(), m); err == nil {
				t.Error("Send took what Check refuses")
			}
			if got := s.Accepted(); got != before {
				t.Errorf("the far side has %d messages, had %d", got, before)
			}
		})
	}
}
