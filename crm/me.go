package crm

import (
	"context"
	"slices"
	"strings"

	"followup/models"
)

// OwnSettings are what users choose for themselves.
type OwnSettings struct {
	Zone      string
	Phone     string
	Signature string
	StandInID int64 // 0: a manager of their team
	Notify    models.NotifyChoice
}

// maxSignature is a page of text.
const maxSignature = 2000

// SetOwn saves a user's own settings.
func (s *Service) SetOwn(ctx context.Context, userID int64, own OwnSettings) error {
	users, err := s.Store.Users(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(users, func(u models.User) bool { return u.ID == userID })
	if i < 0 {
		return models.Errorf(models.CodeNotFound, "There is no such user any more.")
	}
	u := users[i]
	if _, err := models.LoadZone(own.Zone); err != nil {
		return models.Invalid("zone", "%q is no time zone; choose one such as America/New_York", own.Zone)
	}
	u.Zone, u.Notify = own.Zone, own.Notify
	if u.Signature = strings.TrimSpace(own.Signature); len(u.Signature) > maxSignature {
		return models.Invalid("signature", "is longer than %d characters; shorten it", maxSignature)
	}
	if u.StandInID = nil; own.StandInID != 0 {
		if own.StandInID == u.ID || !slices.ContainsFunc(users, func(o models.User) bool { return o.ID == own.StandInID && o.DisabledAt == nil }) {
			return models.Invalid("stand_in", "choose a colleague who may sign in")
		}
		u.StandInID = &own.StandInID
	}
	if err := s.ownPhone(ctx, &u, own.Phone); err != nil {
		return err
	}
	_, err = s.Store.SaveUser(ctx, u, models.UserActor(userID), s.Clock())
	return err
}

// ownPhone takes a number that is not a customer's: what a user is told must
// reach nobody else.
func (s *Service) ownPhone(ctx context.Context, u *models.User, number string) error {
	byText := slices.ContainsFunc(models.NotificationKinds, func(k models.NotificationKind) bool { return u.Notify.Wants(k, models.WayText) })
	u.Phone = ""
	if strings.TrimSpace(number) == "" {
		if byText {
			return models.Invalid("phone", "enter your number to be told by text, or choose another way")
		}
		return nil
	}
	var err error
	if u.Phone, err = normalisePhone(number, "US"); err != nil {
		return models.Invalid("phone", "%q is not a phone number; write it with its country code, such as +1 212 555 0123", number)
	}
	taken, err := s.Store.FindProspects(ctx, []string{u.Phone})
	if err != nil {
		return err
	}
	if len(taken) > 0 {
		return models.Invalid("phone", "this is the number of a prospect; enter your own")
	}
	return nil
}
