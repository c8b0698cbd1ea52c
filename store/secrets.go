package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"fmt"

	"followup/models"
)

// keySize is that of AES-256.
const keySize = 32

// sealVersion leads each sealed secret, so that another scheme can follow.
const sealVersion = 1

// sealSecrets encrypts a sender's credentials into Secrets. The kind and
// address are authenticated with them: a sealed secret that is copied into
// another sender's row does not open there.
func (s *Store) sealSecrets(sender *models.Sender) error {
	if sender.Credentials == (models.SenderCredentials{}) {
		sender.Secrets = nil
		return nil
	}
	plain, err := json.Marshal(sender.Credentials) //nolint:gosec // G117: marshalled to be encrypted, nowhere else
	if err != nil {
		return fmt.Errorf("seal secrets: %w", err)
	}
	sender.Secrets, err = s.seal(plain, sealedFor(*sender))
	return err
}

// seal encrypts; whose it is is authenticated with it.
func (s *Store) seal(plain, owner []byte) ([]byte, error) {
	gcm, err := s.aead()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, gcm.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("seal secrets: %w", err)
	}
	sealed := append([]byte{sealVersion}, nonce...)
	return gcm.Seal(sealed, nonce, plain, owner), nil
}

// openSecrets decrypts Secrets into the sender's credentials.
func (s *Store) openSecrets(sender *models.Sender) error {
	sender.Credentials = models.SenderCredentials{}
	if len(sender.Secrets) == 0 {
		return nil
	}
	gcm, err := s.aead()
	if err != nil {
		return err
	}
	head := 1 + gcm.NonceSize()
	if sender.Secrets[0] != sealVersion || len(sender.Secrets) < head {
		return s.unreadable(*sender, nil)
	}
	plain, err := gcm.Open(nil, sender.Secrets[1:head], sender.Secrets[head:], sealedFor(*sender))
	if err != nil {
		return s.unreadable(*sender, err)
	}
	if err := json.Unmarshal(plain, &sender.Credentials); err != nil {
		return s.unreadable(*sender, err)
	}
	return nil
}

func (s *Store) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(s.key)
	if err != nil {
		return nil, fmt.Errorf("the key for senders' secrets: %w", err)
	}
	return cipher.NewGCM(block)
}

func sealedFor(sender models.Sender) []byte {
	return []byte(string(sender.Kind) + "\x00" + sender.Address)
}

func (s *Store) unreadable(sender models.Sender, err error) error {
	return &models.Error{Code: models.CodeInvalid, Field: "key", Err: err,
		Message: fmt.Sprintf("the secrets of sender %d cannot be opened with the configured key; restore the key or enter the secrets again", sender.ID)}
}
