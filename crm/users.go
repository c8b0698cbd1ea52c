package crm

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"followup/models"
)

// MinPassword is the shortest password taken, in characters (NIST SP 800-63B
// asks for 8 with a second factor, 15 without; 12 stands between).
const MinPassword = 12

// maxPassword bounds the hashing work a sign-in can ask for.
const maxPassword = 1024

// hashParams: OWASP's first choice for argon2id (19 MiB, 2 passes, 1 lane).
var hashParams = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// AddUser creates a user. With an empty password one is generated and
// returned, to be shown once.
func (s *Service) AddUser(ctx context.Context, actor string, u models.User, password string) (models.User, string, error) {
	email, err := normaliseEmail(u.Email)
	if err != nil {
		return u, "", err
	}
	u.Email, u.Name = email, clean(u.Name)
	if u.Name == "" {
		return u, "", models.Invalid("name", "a user needs a name; customers see it under what they send")
	}
	if !u.Role.Valid() {
		return u, "", models.Invalid("role", "%q is no role; use rep, manager or admin", u.Role)
	}
	if u.Zone == "" {
		u.Zone = "America/New_York"
	}
	if _, err := models.LoadZone(u.Zone); err != nil {
		return u, "", err
	}
	if u.Phone != "" {
		if u.Phone, err = normalisePhone(u.Phone, ""); err != nil {
			return u, "", err
		}
	}
	if _, err := s.Store.UserByEmail(ctx, u.Email); err == nil {
		return u, "", models.Errorf(models.CodeConflict, "there is a user with the address %s already", u.Email)
	} else if models.CodeOf(err) != models.CodeNotFound {
		return u, "", err
	}
	shown := ""
	if password == "" {
		password = GeneratePassword()
		shown = password
	}
	if u.PasswordHash, err = hashPassword(password); err != nil {
		return u, "", err
	}
	saved, err := s.Store.SaveUser(ctx, u, actor, s.Clock())
	if err != nil {
		return u, "", fmt.Errorf("adding user %s: %w", u.Email, err)
	}
	return saved, shown, nil
}

// GeneratePassword makes one of 100 bits in groups that can be typed.
func GeneratePassword() string {
	t := strings.ToLower(rand.Text()[:20])
	return t[:5] + "-" + t[5:10] + "-" + t[10:15] + "-" + t[15:]
}

func hashPassword(password string) (string, error) {
	n := utf8.RuneCountInString(password)
	if n < MinPassword {
		return "", models.Invalid("password", "needs at least %d characters; this one has %d", MinPassword, n)
	}
	if len(password) > maxPassword {
		return "", models.Invalid("password", "has at most %d bytes", maxPassword)
	}
	hash, err := argon2id.CreateHash(password, hashParams)
	if err != nil {
		return "", fmt.Errorf("hashing a password: %w", err)
	}
	return hash, nil
}

// errSignIn is one message for every reason, so that nobody learns which
// addresses have an account.
var errSignIn = &models.Error{Code: models.CodeForbidden, Message: "The address and the password do not go together. Try again, or ask an admin for a new password."}

// nobodyHash is checked for unknown addresses, so that they take as long.
var nobodyHash = sync.OnceValue(func() string {
	hash, err := argon2id.CreateHash(rand.Text(), hashParams)
	if err != nil {
		panic("crm: argon2id cannot hash: " + err.Error())
	}
	return hash
})

// Authenticate checks a password with the same effort whether the user is
// known or not; CodeForbidden with one message for every reason.
func (s *Service) Authenticate(ctx context.Context, email, password string) (models.User, error) {
	if len(password) > maxPassword {
		return models.User{}, errSignIn
	}
	u, err := s.Store.UserByEmail(ctx, strings.ToLower(strings.TrimSpace(email)))
	hash := u.PasswordHash
	if err != nil || hash == "" {
		if err != nil && models.CodeOf(err) != models.CodeNotFound {
			return models.User{}, err
		}
		hash = nobodyHash()
	}
	match, hashErr := argon2id.ComparePasswordAndHash(password, hash)
	if hashErr != nil && !errors.Is(hashErr, argon2id.ErrInvalidHash) {
		return models.User{}, fmt.Errorf("checking a password: %w", hashErr)
	}
	if !match || err != nil || u.DisabledAt != nil {
		return models.User{}, errSignIn
	}
	return u, nil
}

// SetPassword replaces a password.
func (s *Service) SetPassword(ctx context.Context, actor string, userID int64, password string) error {
	users, err := s.Store.Users(ctx)
	if err != nil {
		return err
	}
	for _, u := range users {
		if u.ID != userID {
			continue
		}
		if u.PasswordHash, err = hashPassword(password); err != nil {
			return err
		}
		_, err = s.Store.SaveUser(ctx, u, actor, s.Clock())
		return err
	}
	return models.Errorf(models.CodeNotFound, "there is no user %d", userID)
}
