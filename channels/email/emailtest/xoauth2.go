package emailtest

import (
	"strings"
)

// xoauth2Server is the SASL mechanism of Google and Microsoft: after its words
// of refusal it waits for an empty answer before it says no.
type xoauth2Server struct {
	username string
	accepts  func(token string) bool
	refusal  error
	done     func() error
	refused  bool
}

func (x *xoauth2Server) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case x.refused:
		return nil, true, x.refusal
	case response == nil:
		return []byte{}, false, nil // no initial response: ask for it
	}
	token, ok := strings.CutPrefix(string(response), "user="+x.username+"\x01auth=Bearer ")
	token, end := strings.CutSuffix(token, "\x01\x01")
	if ok && end && x.accepts(token) {
		return nil, true, x.done()
	}
	x.refused = true
	return []byte(`{"status":"401","schemes":"bearer","scope":"https://mail.google.com/"}`), false, nil
}
