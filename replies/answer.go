package replies

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"followup/channels"
	"followup/models"
)

// AnswerRequest is what the answer box submits.
type AnswerRequest struct {
	ProspectID int64
	UserID     int64
	Body       string
	Subject    string             // email only; "" takes the thread's
	Channel    models.ChannelKind // "": the best of Route
	// ContactPointID is one of several on that channel; 0: the best of them.
	ContactPointID int64
	FormToken      string
	// Undo is how long the answer waits before it leaves.
	Undo time.Duration
	// HourSeen: the writer saw what time it is there and sends it now.
	HourSeen bool
	// WithFiles sends what the user attached to it.
	WithFiles bool
	// Known is the newest answer to them that the writer has seen; nil: whatever
	// others have answered, this one leaves.
	Known *int64
}

// Answer sends a rep's text on the channel the customer used last (or the one
// asked for) through the same dispatch as every touch.
func (s *Service) Answer(ctx context.Context, req AnswerRequest) (models.Touch, Choice, error) {
	body := strings.TrimSpace(strings.ReplaceAll(req.Body, "\r\n", "\n"))
	if body == "" {
		return models.Touch{}, Choice{}, models.Invalid("body", "write something before sending")
	}
	thread, err := s.Store.Thread(ctx, req.ProspectID, threadMessages)
	if err != nil {
		return models.Touch{}, Choice{}, fmt.Errorf("load the conversation with prospect %d: %w", req.ProspectID, err)
	}
	choices, err := s.route(thread)
	if err != nil {
		return models.Touch{}, Choice{}, err
	}
	choice, err := pick(choices, req.Channel, req.ContactPointID)
	if err != nil {
		return models.Touch{}, Choice{}, err
	}
	subject, err := s.subject(thread, choice, req.Subject)
	if err != nil {
		return models.Touch{}, choice, err
	}
	if err := s.check(choice, subject, body); err != nil {
		return models.Touch{}, choice, err
	}
	var files []models.AnswerFile
	if req.WithFiles {
		if files, err = s.Store.DraftFiles(ctx, req.UserID, req.ProspectID); err != nil {
			return models.Touch{}, choice, err
		}
		if err := s.takes(choice, files); err != nil {
			return models.Touch{}, choice, err
		}
	}
	if req.HourSeen && (thread.LastIn == nil || thread.LastIn.Channel != choice.Channel) {
		return models.Touch{}, choice, &models.Error{Code: models.CodeRefused, Field: "hour",
			Message: "outside their hours only an answer on the channel they used may leave; let it wait for their morning"}
	}
	answer := models.NewAnswer{
		Undo: req.Undo, HourSeen: req.HourSeen, Known: req.Known,
		ProspectID: req.ProspectID, UserID: req.UserID, Channel: choice.Channel, ContactPointID: choice.ContactPoint.ID,
		Purpose: models.PurposeManual, Subject: subject, Body: body, Why: choice.Why, FormToken: req.FormToken, AsCall: choice.AsCall, Now: s.Clock(),
	}
	for _, f := range files {
		answer.Files = append(answer.Files, models.Media{File: f.ID, Name: f.Name, Token: f.Token})
	}
	if choice.Sender != nil {
		answer.SenderID = &choice.Sender.ID
	}
	if in := thread.LastIn; in != nil {
		answer.Purpose, answer.ReplyTo = models.PurposeAnswer, &in.ID
	}
	touch, _, err := s.Store.Answer(ctx, answer)
	if err != nil {
		return models.Touch{}, choice, fmt.Errorf("record the answer to prospect %d: %w", req.ProspectID, err)
	}
	if s.Wake != nil {
		s.Wake()
	}
	return touch, choice, nil
}

// pick takes the best way, or the best on the channel and to the contact
// point asked for.
func pick(choices []Choice, kind models.ChannelKind, to int64) (Choice, error) {
	if kind == "" {
		return choices[0], nil
	}
	for _, c := range choices {
		if c.Channel == kind && (to == 0 || c.ContactPoint.ID == to) {
			if c.Why != choices[0].Why {
				c.Why = "Chosen by hand. " + c.Why
			}
			return c, nil
		}
	}
	return Choice{}, &models.Error{Code: models.CodeRefused, Field: "channel",
		Message: "they cannot be answered that way; the best way is: " + choices[0].Why}
}

// subject keeps the thread's; where there is no thread to go on, a person must
// write one: "Re:" before words they never saw would deceive.
func (s *Service) subject(thread models.Thread, c Choice, given string) (string, error) {
	rules, _ := s.Channels.Rules(c.Channel)
	given = strings.Join(strings.Fields(given), " ")
	if !rules.HasSubject {
		return "", nil
	}
	if given != "" {
		return limit(given, 900), nil
	}
	for i := len(thread.Messages) - 1; i >= 0; i-- {
		m := thread.Messages[i]
		if m.Channel != c.Channel || m.Class != "" && !m.Class.Engagement() {
			continue
		}
		base := strings.TrimSpace(m.Subject)
		if _, re, _ := stripPrefixes(fold(base)); re {
			return limit(base, 900), nil
		}
		if base == "" {
			base = "your message"
		}
		return "Re: " + limit(base, 900), nil
	}
	return "", models.Invalid("subject", "write a subject: there is no email thread with %s to continue", thread.Person.Prospect.Name())
}

// check refuses what the channel could never send while the writer still sees the box.
func (s *Service) check(c Choice, subject, body string) error {
	if c.Sender == nil {
		return nil
	}
	ch, ok := s.Channels.Find(c.Channel, c.Sender.Provider)
	if !ok {
		return models.Errorf(models.CodeUnavailable, "the channel %s is not set up for %s", c.Channel, c.Sender.Address)
	}
	err := ch.Check(models.Message{
		Direction: models.Outbound, Channel: c.Channel, FromAddress: c.Sender.Address, FromName: c.Sender.Name, ToAddress: c.ContactPoint.Value,
		Subject: subject, Text: body, Provider: c.Sender.Provider, Sender: c.Sender,
	})
	if err == nil {
		return nil
	}
	var se *channels.SendError
	if errors.As(err, &se) && se.Detail != "" {
		return &models.Error{Code: models.CodeRefused, Field: "body", Message: se.Detail, Err: err}
	}
	return &models.Error{Code: models.CodeRefused, Field: "body", Message: err.Error(), Err: err}
}
