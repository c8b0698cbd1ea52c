package replies

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"

	"followup/models"
)

// maxRecipients bounds to how many prospects one message of a user is kept for.
const maxRecipients = 20

// receiveSent takes in what a sender's owner wrote elsewhere, on a phone say.
// What went to nobody we know is none of our business and is not kept. An
// error means that it must be delivered again.
func (s *Service) receiveSent(ctx context.Context, raw models.Raw) (models.Recorded, error) {
	m, ok := s.parseSent(ctx, raw)
	if !ok || raw.SenderID == nil {
		return models.Recorded{}, nil
	}
	people, err := s.Store.SentTo(ctx, models.SentMail{To: sentRecipients(m), Thread: append([]string{m.InReplyTo}, reversed(m.References)...)})
	if err != nil {
		return models.Recorded{}, fmt.Errorf("match a sent message: %w", err)
	}
	var last models.Recorded
	for _, to := range people {
		at := raw.ReceivedAt
		last, err = s.Store.RecordSent(ctx, models.Message{
			ProspectID: &to.ProspectID, ContactPointID: to.ContactPointID, SenderID: raw.SenderID, Channel: raw.Channel,
			FromAddress: m.From.Email, FromName: limit(m.From.Name, 300), ToAddress: to.Address, Subject: limit(m.Subject, 1000),
			Text: m.Text, HTML: m.HTML, Visible: read(m, s.Clock()).visible, MailID: m.MessageID, InReplyTo: m.InReplyTo, References: m.References,
			Provider: raw.Provider, ProviderID: raw.ProviderID, SentAt: &at,
		}, s.Clock())
		if err != nil {
			return models.Recorded{}, fmt.Errorf("record a sent message: %w", err)
		}
	}
	return last, nil
}

// writtenByUs: what came in is from one of our own addresses, e.g. a rep who
// answers from elsewhere with a copy to themselves or to a colleague. That is
// no word of the customer's, though it lies in their thread.
func (s *Service) writtenByUs(ctx context.Context, raw models.Raw, in *understood) (models.Recorded, bool, error) {
	if in.keys.Kind != models.ContactEmail || !in.verdict.Class.Engagement() {
		return models.Recorded{}, false, nil
	}
	own, err := s.Store.OwnSender(ctx, in.message.FromAddress)
	if err != nil || own == nil {
		return models.Recorded{}, false, err
	}
	raw.SenderID = own
	rec, err := s.receiveSent(ctx, raw)
	if err != nil {
		return rec, false, err
	}
	if rec.MessageID != 0 {
		return rec, true, s.Store.FinishRaw(ctx, raw.ID, rec.MessageID, s.Clock())
	}
	// Between ourselves: kept, and nobody is asked about it.
	in.verdict = models.Verdict{Class: models.ClassOther, Why: "written by one of us, to no prospect"}
	in.message.Class, in.message.ClassWhy = in.verdict.Class, in.verdict.Why
	in.keys = models.MatchKeys{Kind: in.keys.Kind}
	return models.Recorded{}, false, nil
}

// parseSent reads the message; false: it says nothing of a person's contact
// with a customer. One that cannot be read must not hold up those behind it.
func (s *Service) parseSent(ctx context.Context, raw models.Raw) (m Mail, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			s.logger().ErrorContext(ctx, "panic while reading a sent message", "message", raw.ProviderID, "panic", p, "stack", string(debug.Stack()))
			ok = false
		}
	}()
	m, err := Parse(raw.Content)
	if err != nil || m.MessageID == "" {
		return m, false
	}
	for _, name := range []string{"X-Microsoft-Original-Message-ID", "X-Google-Original-Message-ID"} {
		if id := strings.TrimSpace(m.Header(name)); strings.HasPrefix(id, "<") {
			m.MessageID = id // ours, where the server has put its own in its place
		}
	}
	// The owner's own vacation replies lie in Sent too (RFC 3834).
	if auto := fold(m.Header("Auto-Submitted")); auto != "" && auto != "no" {
		return m, false
	}
	return m, true
}

func sentRecipients(m Mail) []string {
	var list []string
	for _, a := range append(append([]Address{}, m.To...), m.Cc...) {
		if a.Email != "" && len(list) < maxRecipients {
			list = append(list, a.Email)
		}
	}
	return list
}
