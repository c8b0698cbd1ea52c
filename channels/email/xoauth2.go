package email

import (
	"context"
	"errors"

	"github.com/emersion/go-imap/v2"

	"followup/channels"
	"followup/models"
)

// Token gives a valid access token for a sender. refused is one that the mail
// server did not take, "" at first: another is wanted. An error with
// models.CodeInvalid needs a person, any other goes away by itself.
type Token func(ctx context.Context, senderID int64, refused string) (string, error)

// secret is what the server is signed in with.
func (o Options) secret(ctx context.Context, srv server, refused string) (string, error) {
	if !srv.oauth {
		return srv.password, nil
	}
	if o.Token == nil {
		return "", models.Invalid("oauth", "%s signs in by OAuth2, which is not set up here", srv.username)
	}
	return o.Token(ctx, srv.account, refused)
}

// xoauth2 is the SASL mechanism of Google and Microsoft.
type xoauth2 struct{ username, token string }

func (x xoauth2) Start() (mechanism string, first []byte, err error) {
	return "XOAUTH2", []byte("user=" + x.username + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next answers the server's words of refusal with nothing; only then does it
// say no.
func (x xoauth2) Next([]byte) ([]byte, error) { return []byte{}, nil }

// tokenRefused: the server did not take the token, so another may do.
func tokenRefused(err error) bool {
	var reply *imap.Error
	if errors.As(err, &reply) {
		return reply.Type == imap.StatusResponseTypeNo
	}
	var refused *channels.SendError
	return errors.As(err, &refused) && refused.Class == models.SendConfiguration && refused.Code != "tls" && refused.Code != "login" && refused.Code != "oauth"
}
