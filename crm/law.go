package crm

import (
	"context"
	"strconv"

	"followup/laws"
	"followup/models"
)

// Sections of the settings that the page of the rules saves.
const (
	SectionLaw  = "law"
	SectionCaps = "caps"
)

// SetLaw puts the workspace's own value in the place of a rule's; "" takes it
// away again, and what is shipped holds.
func (s *Service) SetLaw(ctx context.Context, actor, id, value string) error {
	_, err := s.Store.ChangeSettings(ctx, SectionLaw, actor, s.Clock(), func(set *models.Settings) error {
		rules, err := laws.Change(set.Rules, id, value)
		if err != nil {
			return err
		}
		set.Rules = rules
		return nil
	})
	if err == nil {
		s.wake()
	}
	return err
}

// CapFields are the limits as forms name them, with the most that each takes.
var CapFields = []struct {
	Name string
	Most int
	In   func(*models.Caps) *int
}{
	{"person_day", 50, func(c *models.Caps) *int { return &c.PersonDay }},
	{"person_gap", 7 * 24 * 60, func(c *models.Caps) *int { return &c.PersonGap }},
	{"company_day", 10_000, func(c *models.Caps) *int { return &c.CompanyDay }},
	{"active_per_rep", 100_000, func(c *models.Caps) *int { return &c.ActivePerRep }},
	{"failed_days", 30, func(c *models.Caps) *int { return &c.FailedDays }},
	{"spread", 240, func(c *models.Caps) *int { return &c.SpreadMinutes }},
	{"text_budget", 200_000, func(c *models.Caps) *int { return &c.TextBudget }},
	{"rest_days", 365, func(c *models.Caps) *int { return &c.RestDays }},
}

// SetCaps saves the workspace's own limits; 0 is none.
func (s *Service) SetCaps(ctx context.Context, actor string, get func(string) string) error {
	budget, raised := 0, false
	_, err := s.Store.ChangeSettings(ctx, SectionCaps, actor, s.Clock(), func(set *models.Settings) error {
		budget = set.Caps.TextBudget
		for _, f := range CapFields {
			n, err := strconv.Atoi(get(f.Name))
			if err != nil || n < 0 || n > f.Most {
				return models.Invalid(f.Name, "enter a whole number from 0 (no limit) to %d", f.Most)
			}
			*f.In(&set.Caps) = n
		}
		raised = budget > 0 && (set.Caps.TextBudget == 0 || set.Caps.TextBudget > budget)
		return nil
	})
	if err == nil && raised {
		err = s.Store.ReleaseHeld(ctx, models.HoldBudget, s.Clock())
	}
	if err == nil {
		s.wake()
	}
	return err
}
