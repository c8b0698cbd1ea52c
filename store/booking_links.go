package store

import (
	"crypto/aes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"

	"followup/models"
)

// A booking link's token names rows and is readable by this installation only:
// one AES block of their ids, and the beginning of a MAC over it. It needs no
// table, so that a preview makes none.
const (
	linkOfProspect    = 1
	linkOfAppointment = 2
	linkMAC           = 8
)

func (s *Store) linkKeys() (secret, proof []byte) {
	derive := func(name string) []byte {
		m := hmac.New(sha256.New, s.key)
		m.Write([]byte(name))
		return m.Sum(nil)
	}
	return derive("booking links"), derive("booking links, proof")
}

// BookingLink makes the token of a link.
func (s *Store) BookingLink(t models.BookingToken) string {
	var plain [aes.BlockSize]byte
	kind, second := uint64(linkOfProspect), t.ProspectID
	if t.AppointmentID != 0 {
		kind, second = linkOfAppointment, t.AppointmentID
	}
	binary.BigEndian.PutUint64(plain[:8], kind<<56|uint64(t.RepID))
	binary.BigEndian.PutUint64(plain[8:], uint64(second))
	secret, proof := s.linkKeys()
	block, err := aes.NewCipher(secret)
	if err != nil {
		return "" // the key is 32 bytes long by construction
	}
	sealed := make([]byte, aes.BlockSize, aes.BlockSize+linkMAC)
	block.Encrypt(sealed, plain[:])
	return base64.RawURLEncoding.EncodeToString(append(sealed, proofOf(proof, sealed)...))
}

func proofOf(key, sealed []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write(sealed)
	return m.Sum(nil)[:linkMAC]
}

// ReadBookingLink tells what a token stands for; any that this installation
// did not make stands for nothing.
func (s *Store) ReadBookingLink(token string) (models.BookingToken, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != aes.BlockSize+linkMAC {
		return models.BookingToken{}, false
	}
	secret, proof := s.linkKeys()
	sealed := raw[:aes.BlockSize]
	if !hmac.Equal(raw[aes.BlockSize:], proofOf(proof, sealed)) {
		return models.BookingToken{}, false
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return models.BookingToken{}, false
	}
	var plain [aes.BlockSize]byte
	block.Decrypt(plain[:], sealed)
	first, second := binary.BigEndian.Uint64(plain[:8]), int64(binary.BigEndian.Uint64(plain[8:]))
	t := models.BookingToken{RepID: int64(first &^ (0xff << 56))}
	switch first >> 56 {
	case linkOfProspect:
		t.ProspectID = second
	case linkOfAppointment:
		t.AppointmentID = second
	default:
		return models.BookingToken{}, false
	}
	return t, true
}
