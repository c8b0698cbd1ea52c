package crm

import (
	"context"
	"unicode/utf8"

	"followup/models"
)

// SetPhone keeps the number on which a user is rung when a customer calls; "": none.
func (s *Service) SetPhone(ctx context.Context, actor string, userID int64, number string) error {
	users, err := s.Store.Users(ctx)
	if err != nil {
		return err
	}
	for _, u := range users {
		if u.ID != userID {
			continue
		}
		u.Phone = ""
		if number != "" {
			if u.Phone, err = normalisePhone(number, "US"); err != nil {
				return models.Invalid("phone", "%q is not a phone number; write it with its country code, such as +1 212 555 0123", number)
			}
		}
		_, err := s.Store.SaveUser(ctx, u, actor, s.Clock())
		return err
	}
	return models.Errorf(models.CodeNotFound, "There is no such user any more.")
}

// SetIdentity keeps who writes: the company, where one is given, which the
// first text to each person names, and the address that every commercial email
// carries. What waited for that goes on.
func (s *Service) SetIdentity(ctx context.Context, actor, company, address string) error {
	set, err := s.Store.Settings(ctx)
	if err != nil {
		return err
	}
	if company = clean(company); company != "" {
		if set.Workspace = company; set.Company() == "" || utf8.RuneCountInString(company) > maxTeamName {
			return models.Invalid("workspace", "give it the name of your company, of at most %d characters", maxTeamName)
		}
	}
	if set.PostalAddress = clean(address); set.PostalAddress == "" {
		return models.Invalid("postal_address", "enter the address; commercial email must carry one (15 U.S.C. 7704(a)(5))")
	}
	if err := s.Store.SaveSettings(ctx, set, actor, s.Clock()); err != nil {
		return err
	}
	return s.Store.ReleaseHeld(ctx, models.HoldUnnamed, s.Clock())
}
