package crm

import (
	"context"
	"time"
	"unicode/utf8"

	"followup/models"
)

// TeamStore is what the people who work here need of the database.
type TeamStore interface {
	SaveTeam(ctx context.Context, t models.Team, by string, now time.Time) (models.Team, error)
	ChangeUser(ctx context.Context, id int64, code, by string, now time.Time, change func(*models.User) error) (models.User, error)
	// IssueUserToken makes a link's secret; earlier ones stop working.
	IssueUserToken(ctx context.Context, kind models.UserTokenKind, userID int64, by string, now time.Time) (string, error)
	// SpendUserToken sets the password that a link is for, once.
	SpendUserToken(ctx context.Context, secret, passwordHash string, now time.Time, change func(*models.User)) (models.User, error)
	EndOneSignIn(ctx context.Context, userID int64, id, by string, now time.Time) error
	// RemoveTeam moves its people to another team; nil: to none.
	RemoveTeam(ctx context.Context, id int64, into *int64, by string, now time.Time) (moved int64, err error)
	EndSignIns(ctx context.Context, userID int64, keep, by string, now time.Time) error
	StartLeave(ctx context.Context, l models.Leave, now time.Time) (models.Leave, error)
	EndLeave(ctx context.Context, id int64, by string, now time.Time) error
	ApplyLeaves(ctx context.Context, now time.Time) error
	// BeginHandover closes a user's account and notes who takes over.
	BeginHandover(ctx context.Context, userID, to int64, by string, now time.Time) (models.Handover, error)
	// ContinueHandovers gives on the next batch of work; false: none is running.
	ContinueHandovers(ctx context.Context, now time.Time) (more bool, err error)
	// Handover is the newest one of somebody's; nil where there was none.
	Handover(ctx context.Context, userID int64) (*models.Handover, error)

	SecondFactor(ctx context.Context, userID int64) (models.SecondFactor, []byte, error)
	StartSecondFactor(ctx context.Context, userID int64, secret []byte, now time.Time) error
	ConfirmSecondFactor(ctx context.Context, userID int64, recovery []string, by string, now time.Time, judge func(secret []byte) (step int64, ok bool)) error
	TrySecondFactor(ctx context.Context, userID int64, now time.Time, judge func(secret []byte, recovery []string) (step int64, used string, ok bool)) error
	RemoveSecondFactor(ctx context.Context, userID int64, by string, now time.Time) error

	ReleaseHeld(ctx context.Context, reason models.Reason, now time.Time) error
	ChangeSettings(ctx context.Context, section, by string, now time.Time, change func(*models.Settings) error) (models.Settings, error)
}

// Invite adds a user without a password and gives the secret of the link by
// which they join.
func (s *Service) Invite(ctx context.Context, actor string, u models.User) (models.User, string, error) {
	u, err := s.checkUser(ctx, u)
	if err != nil {
		return u, "", err
	}
	saved, err := s.Store.SaveUser(ctx, u, actor, s.Clock())
	if err != nil {
		return u, "", err
	}
	secret, err := s.Store.IssueUserToken(ctx, models.TokenInvitation, saved.ID, actor, s.Clock())
	return saved, secret, err
}

// checkUser normalises what was entered of a new user.
func (s *Service) checkUser(ctx context.Context, u models.User) (models.User, error) {
	email, err := normaliseEmail(u.Email)
	if err != nil {
		return u, err
	}
	u.Email, u.Name = email, clean(u.Name)
	if u.Name == "" {
		return u, models.Invalid("name", "a user needs a name; customers see it under what they send")
	}
	if !u.Role.Valid() {
		return u, models.Invalid("role", "%q is no role; use rep, manager or admin", u.Role)
	}
	if u.Zone == "" {
		u.Zone = "America/New_York"
	}
	if _, err := models.LoadZone(u.Zone); err != nil {
		return u, err
	}
	if _, err := s.Store.UserByEmail(ctx, u.Email); err == nil {
		return u, models.Invalid("email", "there is a user with the address %s already", u.Email)
	} else if models.CodeOf(err) != models.CodeNotFound {
		return u, err
	}
	return u, nil
}

// PasswordLink gives the secret of a link that sets a new password, or for
// somebody who has not joined yet of a new invitation.
func (s *Service) PasswordLink(ctx context.Context, actor string, u models.User) (string, error) {
	kind := models.TokenReset
	if u.PasswordHash == "" {
		kind = models.TokenInvitation
	}
	return s.Store.IssueUserToken(ctx, kind, u.ID, actor, s.Clock())
}

// UseLink sets the password that a link is for. name is what somebody who
// joins says of themselves; "" keeps it.
func (s *Service) UseLink(ctx context.Context, secret, name, password string) (models.User, error) {
	hash, err := hashPassword(password)
	if err != nil {
		return models.User{}, err
	}
	return s.Store.SpendUserToken(ctx, secret, hash, s.Clock(), func(u *models.User) {
		if name = clean(name); name != "" {
			u.Name = name
		}
	})
}

// ChangePassword sets a user's own; their other sessions end.
func (s *Service) ChangePassword(ctx context.Context, u models.User, old, password, keep string) error {
	if _, err := s.Authenticate(ctx, u.Email, old); err != nil {
		if models.CodeOf(err) == models.CodeForbidden {
			return models.Invalid("old", "this is not your password")
		}
		return err
	}
	hash, err := hashPassword(password)
	if err != nil {
		return err
	}
	actor := models.UserActor(u.ID)
	if _, err := s.Store.ChangeUser(ctx, u.ID, "password", actor, s.Clock(), func(u *models.User) error {
		u.PasswordHash = hash
		return nil
	}); err != nil {
		return err
	}
	return s.Store.EndSignIns(ctx, u.ID, keep, actor, s.Clock())
}

// maxTeamName bounds a name, in characters.
const maxTeamName = 60

// SaveTeam makes a team or renames one.
func (s *Service) SaveTeam(ctx context.Context, actor string, id int64, name string) (models.Team, error) {
	name = clean(name)
	if name == "" || utf8.RuneCountInString(name) > maxTeamName {
		return models.Team{}, models.Invalid("team_name", "give the team a name of at most %d characters", maxTeamName)
	}
	return s.Store.SaveTeam(ctx, models.Team{ID: id, Name: name}, actor, s.Clock())
}

// RemoveTeam dissolves a team; its people go into another one, or into none.
func (s *Service) RemoveTeam(ctx context.Context, actor string, id int64, into *int64) (moved int64, err error) {
	return s.Store.RemoveTeam(ctx, id, into, actor, s.Clock())
}

// UserInput is what an admin changes of somebody.
type UserInput struct {
	Name   string
	Role   models.Role
	Zone   string
	TeamID *int64
}

// ChangeUser changes somebody's name, role, zone and team. The last admin
// stays one.
func (s *Service) ChangeUser(ctx context.Context, actor string, id int64, in UserInput) (models.User, error) {
	in.Name = clean(in.Name)
	switch {
	case in.Name == "":
		return models.User{}, models.Invalid("name", "a user needs a name; customers see it under what they send")
	case !in.Role.Valid():
		return models.User{}, models.Invalid("role", "%q is no role; use rep, manager or admin", in.Role)
	}
	if _, err := models.LoadZone(in.Zone); err != nil || in.Zone == "" {
		return models.User{}, models.Invalid("zone", "%q is no time zone; write it as America/New_York", in.Zone)
	}
	return s.Store.ChangeUser(ctx, id, "details", actor, s.Clock(), func(u *models.User) error {
		u.Name, u.Role, u.Zone, u.TeamID = in.Name, in.Role, in.Zone, in.TeamID
		return nil
	})
}

// TeamOf puts somebody into a team; nil: into none.
func (s *Service) TeamOf(ctx context.Context, actor string, id int64, team *int64) (models.User, error) {
	return s.Store.ChangeUser(ctx, id, "team", actor, s.Clock(), func(u *models.User) error {
		u.TeamID = team
		return nil
	})
}

// TakeBack lets somebody who left sign in again, by a new link.
func (s *Service) TakeBack(ctx context.Context, actor string, id int64) (models.User, string, error) {
	if h, err := s.Store.Handover(ctx, id); err != nil {
		return models.User{}, "", err
	} else if h != nil && h.Running() {
		return models.User{}, "", models.Errorf(models.CodeConflict, "their work is still being handed over; let them in again when it is through")
	}
	u, err := s.Store.ChangeUser(ctx, id, "back", actor, s.Clock(), func(u *models.User) error {
		u.DisabledAt, u.PasswordHash = nil, ""
		return nil
	})
	if err != nil {
		return u, "", err
	}
	secret, err := s.Store.IssueUserToken(ctx, models.TokenInvitation, id, actor, s.Clock())
	return u, secret, err
}

// SignOutOne ends one of a user's sessions.
func (s *Service) SignOutOne(ctx context.Context, actor string, id int64, signIn string) error {
	return s.Store.EndOneSignIn(ctx, id, signIn, actor, s.Clock())
}

// SignOutEverywhere ends a user's sessions, except the one kept.
func (s *Service) SignOutEverywhere(ctx context.Context, actor string, id int64, keep string) error {
	return s.Store.EndSignIns(ctx, id, keep, actor, s.Clock())
}

// maxLeave is a year: who is away for longer has left.
const maxLeave = 366 * 24 * time.Hour

// GoOnLeave notes that somebody will be away from one day to another, both
// included, in their own zone; what begins today begins at once.
func (s *Service) GoOnLeave(ctx context.Context, actor string, u models.User, from, to string, standIn *int64, rests bool) (models.Leave, error) {
	loc, err := models.LoadZone(u.Zone)
	if err != nil {
		loc = time.UTC
	}
	first, err := models.ParseDate(from)
	if err != nil {
		return models.Leave{}, models.Invalid("from", "choose the first day away")
	}
	last, err := models.ParseDate(to)
	if err != nil || last < first {
		return models.Leave{}, models.Invalid("to", "choose the last day away; it does not come before the first")
	}
	now := s.Clock()
	l := models.Leave{UserID: u.ID, StandInID: standIn, StartsAt: first.At(0, loc).UTC(), EndsAt: last.AddDays(1).At(0, loc).UTC(), Rests: rests, CreatedBy: actor}
	switch {
	case !l.EndsAt.After(now):
		return l, models.Invalid("to", "that time is over already")
	case l.EndsAt.Sub(l.StartsAt) > maxLeave:
		return l, models.Invalid("to", "that is more than a year; where somebody leaves for good, say so below")
	case standIn != nil && *standIn == u.ID:
		return l, models.Invalid("stand_in", "choose somebody else")
	case u.DisabledAt != nil:
		return l, models.Invalid("from", "%s has left", u.Name)
	}
	if standIn != nil {
		if err := s.here(ctx, *standIn, "stand_in"); err != nil {
			return l, err
		}
	}
	if l, err = s.Store.StartLeave(ctx, l, now); err != nil {
		return l, err
	}
	if err := s.Store.ApplyLeaves(ctx, now); err != nil {
		return l, err
	}
	s.wake()
	return l, nil
}

// EndLeave brings somebody back early.
func (s *Service) EndLeave(ctx context.Context, actor string, id int64) error {
	if err := s.Store.EndLeave(ctx, id, actor, s.Clock()); err != nil {
		return err
	}
	s.wake()
	return nil
}

// LeaveForGood closes an account at once and gives everything to somebody
// else: the first batches before the page answers, so that for most it is
// done by then, the others in the background.
func (s *Service) LeaveForGood(ctx context.Context, actor string, id, to int64) (models.Handover, error) {
	if err := s.here(ctx, to, "to"); err != nil {
		return models.Handover{}, err
	}
	h, err := s.Store.BeginHandover(ctx, id, to, actor, s.Clock())
	if err != nil {
		return h, err
	}
	for range inlineBatches {
		if more, err := s.Store.ContinueHandovers(ctx, s.Clock()); err != nil || !more {
			break // what is left is the background's; the account is closed
		}
	}
	s.wake()
	if now, err := s.Store.Handover(ctx, id); err == nil && now != nil {
		h = *now
	}
	return h, nil
}

// ContinueHandovers carries on what is being handed over.
func (s *Service) ContinueHandovers(ctx context.Context, _ time.Time) error {
	any := false
	for ctx.Err() == nil {
		more, err := s.Store.ContinueHandovers(ctx, s.Clock())
		if err != nil {
			return err
		}
		if !more {
			break
		}
		any = true
	}
	if any {
		s.wake()
	}
	return nil
}

func (s *Service) here(ctx context.Context, id int64, field string) error {
	users, err := s.Store.Users(ctx)
	if err != nil {
		return err
	}
	for _, u := range users {
		if u.ID == id && u.DisabledAt == nil {
			return nil
		}
	}
	return models.Invalid(field, "choose somebody who is here")
}
