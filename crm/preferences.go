package crm

import (
	"context"
	"slices"

	"followup/models"
)

// What the customer's page offers, in days.
var (
	RestChoices = []int{0, 30, 90}
	GapChoices  = []int{0, 7, 30}
)

// SavePreferences carries out what a customer chose on their own page.
func (s *Service) SavePreferences(ctx context.Context, c models.Preferences) (models.Person, error) {
	if !slices.Contains(RestChoices, c.RestDays) || !slices.Contains(GapChoices, c.GapDays) {
		return models.Person{}, models.Invalid("preferences", "choose one of the times that are offered")
	}
	c.Now = s.Clock()
	person, err := s.Store.SavePreferences(ctx, c)
	if err == nil {
		s.wake()
	}
	return person, err
}
