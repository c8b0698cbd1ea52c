package crm

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"followup/models"
)

const (
	// factorStep and factorSkew: RFC 6238, section 5.2 recommends 30 s and at
	// most one step for a slow hand or clock.
	factorStep    = 30
	factorSkew    = 1
	factorSecret  = 20 // bytes, the length of the hash (RFC 4226, section 4)
	recoveryCodes = 10
)

// StartFactor makes the secret that an authenticator app is shown.
func (s *Service) StartFactor(ctx context.Context, u models.User) error {
	secret := make([]byte, factorSecret)
	rand.Read(secret)
	return s.Store.StartSecondFactor(ctx, u.ID, secret, s.Clock())
}

// ShownFactor is what an app is shown of a secret that is not confirmed: the
// address that a QR code holds, and the secret in groups for typing.
func (s *Service) ShownFactor(ctx context.Context, u models.User, issuer string) (address, typed string, err error) {
	f, secret, err := s.Store.SecondFactor(ctx, u.ID)
	if err != nil || secret == nil || f.On() {
		return "", "", err
	}
	key := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
	q := url.Values{"secret": {key}, "issuer": {issuer}}
	// Authenticators read %20 and not every one reads +.
	query := strings.ReplaceAll(q.Encode(), "+", "%20")
	address = "otpauth://totp/" + url.PathEscape(issuer) + ":" + url.PathEscape(u.Email) + "?" + query
	for i := 0; i < len(key); i += 4 {
		typed += key[i:min(i+4, len(key))] + " "
	}
	return address, strings.TrimSpace(typed), nil
}

// ConfirmFactor turns the second factor on once a code proves that the app has
// the secret. The recovery codes are given once and kept as hashes.
func (s *Service) ConfirmFactor(ctx context.Context, u models.User, code string) ([]string, error) {
	codes, hashes := newRecovery()
	err := s.Store.ConfirmSecondFactor(ctx, u.ID, hashes, models.UserActor(u.ID), s.Clock(), func(secret []byte) (int64, bool) {
		return rightStep(secret, code, s.Clock())
	})
	if err != nil {
		return nil, err
	}
	f, _, err := s.Store.SecondFactor(ctx, u.ID)
	if err != nil || len(f.Recovery) == 0 || f.Recovery[0] != hashes[0] {
		return nil, err // it was on before this click, with codes of its own
	}
	return codes, nil
}

// TryFactor takes a code of the app, or a recovery code.
func (s *Service) TryFactor(ctx context.Context, userID int64, code string) error {
	return s.Store.TrySecondFactor(ctx, userID, s.Clock(), func(secret []byte, recovery []string) (int64, string, bool) {
		if step, ok := rightStep(secret, code, s.Clock()); ok {
			return step, "", true
		}
		hash, found := recoveryHash(code), ""
		for _, h := range recovery {
			if subtle.ConstantTimeCompare([]byte(h), []byte(hash)) == 1 {
				found = h
			}
		}
		return 0, found, found != ""
	})
}

// HasFactor tells whether signing in asks the user for a code.
func (s *Service) HasFactor(ctx context.Context, userID int64) (bool, error) {
	f, _, err := s.Store.SecondFactor(ctx, userID)
	return f.On(), err
}

// RemoveFactor takes it off.
func (s *Service) RemoveFactor(ctx context.Context, actor string, userID int64) error {
	return s.Store.RemoveSecondFactor(ctx, userID, actor, s.Clock())
}

// rightStep finds the time step whose code this is.
func rightStep(secret []byte, code string, now time.Time) (int64, bool) {
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	if len(code) != otp.DigitsSix.Length() {
		return 0, false
	}
	key := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
	at := now.Unix() / factorStep
	for step := at - factorSkew; step <= at+factorSkew; step++ {
		ok, err := hotp.ValidateCustom(code, uint64(step), key, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && ok {
			return step, true
		}
	}
	return 0, false
}

func newRecovery() (codes, hashes []string) {
	for range recoveryCodes {
		t := strings.ToLower(rand.Text()[:16]) // 80 bits: a plain hash needs no salt
		code := fmt.Sprintf("%s-%s-%s-%s", t[:4], t[4:8], t[8:12], t[12:])
		codes, hashes = append(codes, code), append(hashes, recoveryHash(code))
	}
	return codes, hashes
}

func recoveryHash(code string) string {
	code = strings.NewReplacer("-", "", " ", "").Replace(strings.ToLower(code))
	sum := sha256.Sum256([]byte(code))
	return hex.EncodeToString(sum[:])
}
