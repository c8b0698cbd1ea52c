package crm

import (
	"context"
	"slices"
	"time"

	"followup/models"
)

// PauseEnrollment rests it until a time or, with nil, until a person resumes it.
func (s *Service) PauseEnrollment(ctx context.Context, actor string, id int64, until *time.Time) error {
	if until != nil && !until.After(s.Clock()) {
		return models.Invalid("until", "the pause would end in the past; choose a later time or none")
	}
	return s.Store.PauseEnrollment(ctx, id, until, actor, s.Clock())
}

// ResumeEnrollment lifts every pause; what was frozen runs on from now.
func (s *Service) ResumeEnrollment(ctx context.Context, actor string, id int64) error {
	if err := s.Store.ResumeEnrollment(ctx, id, actor, s.Clock()); err != nil {
		return err
	}
	s.wake()
	return nil
}

// outcomesByHand are the ends a person may give; the others are the engine's.
var outcomesByHand = []models.EnrollmentOutcome{
	models.FinishReplied, models.FinishMeetingBooked, models.FinishWon, models.FinishLost, models.FinishRemoved,
}

// OutcomesByHand lists the ends a person may give, in the order they are offered.
func OutcomesByHand() []models.EnrollmentOutcome { return slices.Clone(outcomesByHand) }

// FinishEnrollment ends it with an outcome that a person may give.
func (s *Service) FinishEnrollment(ctx context.Context, actor string, id int64, outcome models.EnrollmentOutcome) error {
	if !slices.Contains(outcomesByHand, outcome) {
		return models.Invalid("outcome", "%q is no outcome a person gives; choose one of %v", outcome, outcomesByHand)
	}
	return s.Store.FinishEnrollment(ctx, id, outcome, actor, s.Clock())
}

// RecordCommitment notes what the prospect promised.
func (s *Service) RecordCommitment(ctx context.Context, actor string, c models.Commitment) (models.Commitment, error) {
	c.Outcome = clean(c.Outcome)
	if c.Outcome == "" {
		return c, models.Invalid("outcome", "say what they promised to do")
	}
	if _, err := models.ParseDate(string(c.DueOn)); err != nil {
		return c, models.Invalid("due_on", "%q is not a date; a commitment has the day it is due, such as 2026-11-26", c.DueOn)
	}
	now := s.Clock()
	c.State, c.CreatedAt, c.UpdatedAt = models.CommitmentOpen, now, now
	return s.Store.RecordCommitment(ctx, c, actor)
}

// CloseCommitment notes that it was kept or broken; broken ones say why.
func (s *Service) CloseCommitment(ctx context.Context, actor string, id int64, state models.CommitmentState, cause string) error {
	if state != models.CommitmentKept && state != models.CommitmentBroken {
		return models.Invalid("state", "a commitment is kept or broken, not %q", state)
	}
	return s.Store.CloseCommitment(ctx, id, state, clean(cause), actor, s.Clock())
}
