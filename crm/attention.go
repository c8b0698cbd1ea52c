package crm

import (
	"context"
	"time"

	"followup/models"
)

// AttentionStore is what resolving needs of the database.
type AttentionStore interface {
	// ResolveUnconfirmed carries out what a person decided of a sender's
	// hand-overs whose fate is unknown, all of them where none is named.
	ResolveUnconfirmed(ctx context.Context, senderID int64, touches []int64, how models.Resolution, by string, now time.Time) (int, error)
	DismissImport(ctx context.Context, id int64, by string, now time.Time) error
	// LeaveStepOut lets a sequence go on behind the step that a task is about.
	LeaveStepOut(ctx context.Context, taskID int64, by string, now time.Time) error
}

// Resolve decides of a sender's hand-overs whose fate is unknown.
func (s *Service) Resolve(ctx context.Context, actor string, senderID int64, touches []int64, how models.Resolution) (int, error) {
	if !how.Valid() {
		return 0, models.Invalid("do", "say whether they were sent, are to be sent again, or are set aside")
	}
	n, err := s.Store.ResolveUnconfirmed(ctx, senderID, touches, how, actor, s.Clock())
	s.wake()
	return n, err
}

// DismissImport sets the refused rows of an import aside.
func (s *Service) DismissImport(ctx context.Context, actor string, id int64) error {
	return s.Store.DismissImport(ctx, id, actor, s.Clock())
}

// LeaveStepOut lets a sequence go on behind the step that a task is about.
func (s *Service) LeaveStepOut(ctx context.Context, actor string, taskID int64) error {
	err := s.Store.LeaveStepOut(ctx, taskID, actor, s.Clock())
	s.wake()
	return err
}
