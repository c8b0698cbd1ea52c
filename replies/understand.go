package replies

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"followup/channels"
	"followup/models"
)

// understood is an inbound after parsing and classifying, before anyone knows whom it is from.
type understood struct {
	message models.Message
	verdict models.Verdict
	keys    models.MatchKeys
	// calledAt is when they called; zero for what is written.
	calledAt time.Time
}

// understand reads a stored inbound: bytes of a mail where its channel
// addresses by email, a models.InboundText elsewhere.
func (s *Service) understand(raw models.Raw, now time.Time) (understood, error) {
	rules, ok := s.Channels.Rules(raw.Channel)
	if !ok {
		return understood{}, fmt.Errorf("no channel %q is set up", raw.Channel)
	}
	var u understood
	if rules.Address == models.ContactEmail {
		u = understandMail(raw, now)
	} else {
		var t models.InboundText
		if err := json.Unmarshal(raw.Content, &t); err != nil {
			return understood{}, fmt.Errorf("its content is no text message: %w", err)
		}
		u = understandText(raw, t)
		u.verdict.AnswerWord = s.ownWord(raw, t)
	}
	u.keys.Kind = rules.Address
	received := raw.ReceivedAt
	if received.IsZero() {
		received = now
	}
	if !rules.Written {
		u.calledAt = received
	}
	m := &u.message
	id := raw.ID
	m.InboundID, m.Direction, m.Channel, m.State = &id, models.Inbound, raw.Channel, models.MessageReceived
	m.Provider, m.ProviderID, m.SentAt, m.CreatedAt = raw.Provider, raw.ProviderID, &received, now
	m.Class, m.ClassWhy, m.ReturnDate = u.verdict.Class, limit(cleanText(u.verdict.Why), 500), u.verdict.ReturnDate
	if b := u.verdict.Bounce; b != nil {
		m.ErrorCode, m.ErrorDetail = b.Status, b.Reason
	}
	return u, nil
}

func understandMail(raw models.Raw, now time.Time) understood {
	m, err := Parse(raw.Content)
	r := read(m, now)
	u := understood{verdict: r.verdict()}
	if err != nil {
		u.verdict = models.Verdict{Class: models.ClassOther, Why: err.Error()}
	}
	u.message = models.Message{
		FromAddress: m.From.Email, FromName: limit(m.From.Name, 300), Subject: limit(m.Subject, 1000), Text: m.Text, HTML: m.HTML,
		Visible: r.visible, MailID: m.MessageID, InReplyTo: m.InReplyTo, References: m.References,
	}
	if u.verdict.Class.Engagement() {
		u.message.Media = attachedMedia(m)
	}
	if len(m.To) > 0 {
		u.message.ToAddress, u.message.ToName = m.To[0].Email, limit(m.To[0].Name, 300)
	}
	u.keys = mailKeys(m, u.verdict)
	return u
}

// mailKeys collects what may lead to the person: tokens in the addresses it
// came to and in the ids it answers, the ids themselves, and the sender; for a
// report the recipient it is about and the ids of the message it returns.
func mailKeys(m Mail, v models.Verdict) models.MatchKeys {
	var k models.MatchKeys
	k.From = m.From.Email
	add := func(list []string, s string) []string {
		for _, have := range list {
			if have == s {
				return list
			}
		}
		if s == "" || len(list) >= maxIDs {
			return list
		}
		return append(list, s)
	}
	for _, a := range append(append(append([]Address{}, m.To...), m.Cc...), m.Delivered...) {
		k.To = add(k.To, a.Email)
		if local, _, ok := strings.Cut(a.Email, "@"); ok {
			if _, token, ok := strings.Cut(local, "+"); ok {
				k.Tokens = add(k.Tokens, token)
			}
		}
	}
	ids := append([]string{m.InReplyTo}, reversed(m.References)...)
	report := v.Class == models.ClassBounceHard || v.Class == models.ClassBounceSoft || v.Class == models.ClassComplaint || v.Class == models.ClassReceipt
	if report {
		if id := textMessageID.FindStringSubmatch(m.Text); id != nil {
			ids = append(ids, id[1])
		}
		k.From = "" // the server's
		if v.Class == models.ClassReceipt {
			k.From = m.From.Email
		}
		if v.Bounce != nil {
			k.Failed = v.Bounce.Recipient
		}
	}
	if o := m.Original; o != nil {
		ids = append(ids, o.MessageID)
		// What was forwarded out of a thread failed at its own recipient, not at
		// those of the thread.
		if k.Failed == "" {
			ids = append(ids, reversed(o.References)...)
		}
	}
	for _, id := range ids {
		k.MailIDs = add(k.MailIDs, id)
		if local, _, ok := strings.Cut(strings.Trim(id, "<>"), "@"); ok {
			k.Tokens = add(k.Tokens, local)
		}
	}
	return k
}

func reversed(ids []string) []string {
	out := make([]string, 0, len(ids))
	for i := len(ids) - 1; i >= 0; i-- {
		out = append(out, ids[i])
	}
	return out
}

// ownWord tells whether STOP or HELP in it would be ours to answer: it came in
// writing over a channel whose first message introduces itself, and the
// provider does not answer it.
func (s *Service) ownWord(raw models.Raw, t models.InboundText) bool {
	rules, ok := s.Channels.Rules(raw.Channel)
	if !ok || !rules.Introduces {
		return false
	}
	ch, ok := s.Channels.Find(raw.Channel, raw.Provider)
	if !ok {
		return false
	}
	answers, ok := ch.(channels.WordAnswerer)
	return !ok || !answers.AnswersWord(t)
}

func understandText(raw models.Raw, t models.InboundText) understood {
	t.Body = limit(cleanText(t.Body), maxText)
	from, to := phone(t.From), phone(t.To)
	u := understood{
		verdict: ClassifyText(t),
		message: models.Message{FromAddress: from, ToAddress: to, Text: t.Body, Visible: strings.TrimSpace(t.Body)},
		keys:    models.MatchKeys{From: from, To: []string{to}},
	}
	for _, address := range t.Media[:min(len(t.Media), maxMedia)] {
		u.message.Media = append(u.message.Media, models.Media{URL: cleanText(limit(address, 2000)), Seconds: t.Seconds})
	}
	return u
}

// maxMedia is the most attachments that one text is shown with; providers allow ten.
const maxMedia = 30

// phone leaves the number itself of what providers put around it ("whatsapp:+1…", spaces).
func phone(s string) string {
	s = cleanText(s)
	if i := strings.IndexByte(s, '+'); i > 0 {
		s = s[i:]
	}
	return limit(strings.TrimSpace(s), 320)
}
