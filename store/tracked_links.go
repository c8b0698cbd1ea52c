package store

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"followup/models"
)

// longestTracked bounds the addresses that are tracked: mail programs cut
// longer ones off.
const longestTracked = 1000

// TrackedLink seals a link of a message: its token says, to this installation
// only, which message it is of and where it leads. So nothing is kept for links
// that nobody opens, and nobody can make one that leads elsewhere. "" where the
// link is not tracked.
func (s *Store) TrackedLink(messageToken, address string) string {
	if len(address) > longestTracked || !leadsOut(address) {
		return ""
	}
	gcm, nonces, err := s.trackedKeys()
	if err != nil {
		return "" // the key is 32 bytes long by construction
	}
	plain := []byte(messageToken + "\n" + address)
	// The nonce follows from the content: the same link has one address, and
	// two different ones never share a nonce.
	m := hmac.New(sha256.New, nonces)
	m.Write(plain)
	nonce := m.Sum(nil)[:gcm.NonceSize()]
	return base64.RawURLEncoding.EncodeToString(gcm.Seal(nonce, nonce, plain, nil))
}

// ReadTrackedLink tells what a token stands for; any that this installation
// did not make, or that was changed, stands for nothing.
func (s *Store) ReadTrackedLink(token string) (messageToken, address string, ok bool) {
	gcm, _, err := s.trackedKeys()
	if err != nil {
		return "", "", false
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) <= gcm.NonceSize() {
		return "", "", false
	}
	plain, err := gcm.Open(nil, raw[:gcm.NonceSize()], raw[gcm.NonceSize():], nil)
	if err != nil {
		return "", "", false
	}
	messageToken, address, ok = strings.Cut(string(plain), "\n")
	return messageToken, address, ok && leadsOut(address)
}

// leadsOut tells whether it is a whole web address.
func leadsOut(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && !strings.ContainsAny(address, "\r\n")
}

func (s *Store) trackedKeys() (gcm cipher.AEAD, nonces []byte, err error) {
	derive := func(name string) []byte {
		m := hmac.New(sha256.New, s.key)
		m.Write([]byte(name))
		return m.Sum(nil)
	}
	block, err := aes.NewCipher(derive("tracked links"))
	if err != nil {
		return nil, nil, err
	}
	gcm, err = cipher.NewGCM(block)
	return gcm, derive("tracked links, nonces"), err
}

// scannedFor is how long after a message left its links are opened by what
// examines mail on the way: that is nobody's doing.
const scannedFor = 30 * time.Second

// LinkOpened notes that somebody opened a link of a message. One of a message
// that is gone, or that has just been sent, notes nothing.
func (s *Store) LinkOpened(ctx context.Context, messageToken, address string, now time.Time) error {
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		m, err := first[models.Message](tx.Select("id", "prospect_id", "sent_at").Where("token = ? AND direction = ?", messageToken, models.Outbound))
		if err != nil || m == nil || m.ProspectID == nil || m.SentAt == nil || now.Sub(*m.SentAt) < scannedFor {
			return err
		}
		row := models.LinkOpen{MessageID: m.ID, ProspectID: *m.ProspectID, URL: address, Opens: 1, FirstAt: now, LastAt: now}
		return tx.Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "message_id"}, {Name: "url"}},
			DoUpdates: clause.Assignments(map[string]any{"opens": gorm.Expr("link_opens.opens + 1"), "last_at": now}),
		}).Create(&row).Error
	})
	if err != nil {
		return fmt.Errorf("note that a link was opened: %w", err)
	}
	return nil
}
