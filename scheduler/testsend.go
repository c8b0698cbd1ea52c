package scheduler

import (
	"context"
	"strings"
	"time"

	"followup/channels"
	"followup/models"
)

// testSendIn bounds a test: somebody waits before the page.
const testSendIn = time.Minute

// TestSend is a step's text on its way to the one who writes it.
type TestSend struct {
	Input  models.PlanInput // the prospect whose data fills it in
	Def    models.Definition
	Step   string
	User   models.User
	Sender func(models.SenderKind) (models.Sender, bool, error) // opened
}

// SendTest sends what a step would say to a prospect to the user's own
// address, by the same channel and the same rendering. It is no touch: nothing
// of the prospect changes, and it says that it is a test.
func (s *Scheduler) SendTest(ctx context.Context, t TestSend) (to string, err error) {
	steps, _ := s.PreviewDraft(t.Input, t.Def)
	var line models.PlannedStep
	for _, l := range steps {
		if l.StepKey == t.Step && l.Body != "" && line.Body == "" {
			line = l
		}
	}
	if line.Body == "" {
		return "", models.Errorf(models.CodeRefused, "this step has no text for %s: look at the preview for the reason", t.Input.Prospect.Name())
	}
	rules, ok := s.Channels.Rules(line.Channel)
	if !ok || isTask(line.Channel) || line.Kind == models.TouchTask {
		return "", models.Errorf(models.CodeRefused, "nothing is sent for this step: you make the call yourself")
	}
	if to = t.User.Email; rules.Address == models.ContactPhone {
		to = t.User.Phone
	}
	if to == "" {
		return "", models.Errorf(models.CodeRefused, "you have no number of your own; enter it under your settings, then the test can reach you")
	}
	sender, found, err := t.Sender(rules.Sender)
	if err != nil {
		return "", err
	}
	ch, known := s.Channels.Find(line.Channel, sender.Provider)
	if !found || !known {
		return "", models.Errorf(models.CodeRefused, "there is no account to send a %s from; connect one under Accounts", channelWord(line.Channel))
	}
	m := s.testMessage(line, rules, t.User, sender, to)
	if err := ch.Check(m); err != nil {
		return to, models.Errorf(models.CodeRefused, "the test was not sent: %s", channels.AsSendError(err).Detail)
	}
	ctx, cancel := context.WithTimeout(ctx, testSendIn)
	defer cancel()
	if _, err := ch.Send(ctx, m); err != nil {
		se := channels.AsSendError(err)
		return to, models.Errorf(models.CodeRefused, "the test was not sent: %s", orElse(se.Detail, se.Error()))
	}
	return to, nil
}

func (s *Scheduler) testMessage(line models.PlannedStep, rules models.ChannelRules, u models.User, sender models.Sender, to string) models.Message {
	s.engine()
	now := s.clock(time.Time{})
	token := s.NewToken()
	m := models.Message{
		Direction: models.Outbound, Channel: line.Channel, State: models.MessageQueued, Attempt: 1, UserID: &u.ID, SenderID: &sender.ID,
		FromAddress: sender.Address, FromName: sender.Name, ToAddress: to, ToName: u.Name, Token: token, Provider: sender.Provider,
		Text: line.Body, CreatedAt: now, Sender: &sender,
	}
	if rules.HasSubject {
		m.Subject = "[Test] " + line.Subject
	} else {
		m.Text = "[Test] " + line.Body
	}
	if rules.Threads {
		_, domain, _ := strings.Cut(sender.Address, "@")
		m.MailID = "<" + token + "@" + domain + ">"
	}
	return m
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
