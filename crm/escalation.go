package crm

import (
	"context"
	"slices"

	"followup/models"
)

// maxEscalateAfter is a month: longer is never.
const maxEscalateAfter = 31 * 24

// SetEscalation says after how many hours without an answer somebody else is
// asked to see to a customer, and whom; 0 hours: nobody is, 0: a manager of
// the owner's team.
func (s *Service) SetEscalation(ctx context.Context, actor string, hours int, to int64) error {
	if hours < 0 || hours > maxEscalateAfter {
		return models.Invalid("hours", "choose between 1 and %d hours, or 0 for never", maxEscalateAfter)
	}
	if to != 0 {
		users, err := s.Store.Users(ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(users, func(u models.User) bool { return u.ID == to && u.DisabledAt == nil }) {
			return models.Invalid("to", "choose somebody who may sign in")
		}
	}
	set, err := s.Store.Settings(ctx)
	if err != nil {
		return err
	}
	set.EscalateAfter, set.EscalateTo = hours, to
	return s.Store.SaveSettings(ctx, set, actor, s.Clock())
}
