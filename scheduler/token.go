package scheduler

import (
	"crypto/rand"
	"encoding/base32"
	"strings"
)

var tokenText = base32.StdEncoding.WithPadding(base32.NoPadding)

// randomToken is 128 random bits in letters and digits that survive every
// mail system's folding of case.
func randomToken() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails; the program would have crashed (crypto/rand)
	return strings.ToLower(tokenText.EncodeToString(b[:]))
}
