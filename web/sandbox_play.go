package web

import (
	"net/http"
	"time"

	"followup/channels/sandbox"
	"followup/models"
	"followup/store"
)

// play builds what a customer sends back; body is what was typed.
type play struct {
	Kind  models.ContactPointKind // which of our messages it answers
	Typed bool                    // it needs a text
	Done  string
	Build func(sent models.Message, body string, at time.Time) models.Raw
}

// backInDays is when a played customer returns to the office.
const backInDays = 4

var plays = map[string]play{
	"text": {Kind: models.ContactPhone, Typed: true, Done: "Their text arrived.", Build: func(sent models.Message, body string, at time.Time) models.Raw {
		return sandbox.TextReply(sent, "", body, at)
	}},
	"stop": {Kind: models.ContactPhone, Done: "They texted STOP.", Build: func(sent models.Message, _ string, at time.Time) models.Raw {
		return sandbox.TextReply(sent, "", "STOP", at)
	}},
	"call": {Kind: models.ContactPhone, Done: "They called back.", Build: func(sent models.Message, _ string, at time.Time) models.Raw {
		return sandbox.InboundCall(sent, "", at)
	}},
	"email": {Kind: models.ContactEmail, Typed: true, Done: "Their email arrived.", Build: func(sent models.Message, body string, at time.Time) models.Raw {
		return sandbox.EmailReply(sent, "", body, at)
	}},
	"away": {Kind: models.ContactEmail, Done: "Their out-of-office reply arrived.", Build: func(sent models.Message, _ string, at time.Time) models.Raw {
		back := at.AddDate(0, 0, backInDays)
		return sandbox.EmailReply(sent, "", "Thank you for your message. I am out of the office and will be back on "+back.Format("January 2, 2006")+".", at, sandbox.OutOfOffice())
	}},
	"bounce": {Kind: models.ContactEmail, Done: "Their mail server reported that the address does not exist.", Build: func(sent models.Message, _ string, at time.Time) models.Raw {
		return sandbox.Bounce(sent, "5.1.1", "The email account that you tried to reach does not exist.", at)
	}},
	"unsubscribe": {Kind: models.ContactEmail, Done: "They asked by email to be taken off.", Build: func(sent models.Message, _ string, at time.Time) models.Raw {
		return sandbox.EmailReply(sent, "", "Please unsubscribe me.", at)
	}},
}

// sandboxPlay lets the customer do something.
func (s *site) sandboxPlay(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	p, ok := plays[f.Get("play")]
	if !ok {
		return models.Invalid("play", "choose what the customer does")
	}
	v, err := s.Store.ViewSandboxThread(r.Context(), id)
	if err != nil {
		return err
	}
	body := f.Get("body")
	if p.Typed && body == "" {
		f.Errors[f.Get("play")] = "Write what they say."
		return s.renderSandbox(w, r, id, http.StatusUnprocessableEntity, f)
	}
	sent, err := s.answered(v, p.Kind)
	if err != nil {
		if err := f.take(err); err != nil {
			return err
		}
		return s.renderSandbox(w, r, id, http.StatusUnprocessableEntity, f)
	}
	if _, err := s.Replies.Receive(r.Context(), p.Build(sent, body, s.Clock())); err != nil {
		return err
	}
	s.Scheduler.Wake()
	s.flash(r, p.Done)
	return redirect(w, r, idPath("/sandbox/", id))
}

// answered is the message of ours that the customer answers: the last one to
// an address of that kind. Where there is none they write first, to the first
// sender of the sandbox that has such an address.
func (s *site) answered(v store.SandboxThread, kind models.ContactPointKind) (models.Message, error) {
	for i := len(v.Messages) - 1; i >= 0; i-- {
		m := v.Messages[i]
		rules, ok := s.Channels.Rules(m.Channel)
		if ok && m.Direction == models.Outbound && rules.Address == kind && m.Provider == models.ProviderSandbox {
			return m, nil
		}
	}
	wants := models.SenderPhone
	if kind == models.ContactEmail {
		wants = models.SenderMailbox
	}
	for _, sender := range v.Senders {
		if sender.Kind != wants {
			continue
		}
		for _, c := range v.Points {
			if c.Kind == kind {
				return models.Message{FromAddress: sender.Address, ToAddress: c.Value, ToName: v.Prospect.Name(), SenderID: &sender.ID, Provider: models.ProviderSandbox}, nil
			}
		}
	}
	return models.Message{}, models.Errorf(models.CodeInvalid, "They have no %s, or there is nothing of ours they could write to.", kind)
}
