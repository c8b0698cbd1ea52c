package twilioapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"

	"followup/channels"
	"followup/models"
)

// maxBody bounds what is read of a request; Twilio's own are a few kilobytes.
const maxBody = 1 << 20

// Receiver reads Twilio's requests to us.
type Receiver struct {
	// PublicURL is where Twilio reaches us, e.g. https://followup.example.org.
	PublicURL string
	// Sender finds ours with the number, with its credentials.
	Sender func(ctx context.Context, number string) (models.Sender, bool, error)
}

// Request is one that verified.
type Request struct {
	Hook  string // the last element of the path: message, status, voice, call-status
	Token string // of our message, from the address we gave; "" for an inbound
	Form  url.Values
	// To and From are the senders with those numbers in the account that
	// signed; nil where the number is not ours.
	To, From *models.Sender
}

// Read verifies and parses the request. Its error is channels.ErrSignature
// unless the body could not be read at all, or the senders could not be looked
// up: then nothing is known of the signature, and Twilio must ask again.
func (rc Receiver) Read(ctx context.Context, r *http.Request) (Request, error) {
	body, form, err := readForm(r)
	if err != nil {
		return Request{}, err
	}
	req := Request{Hook: path.Base(r.URL.Path), Token: r.URL.Query().Get("m"), Form: form}
	to, err := rc.find(ctx, form.Get("To"))
	if err != nil {
		return Request{}, err
	}
	from, err := rc.find(ctx, form.Get("From"))
	if err != nil {
		return Request{}, err
	}
	for _, s := range []*models.Sender{to, from} {
		if s == nil || s.Settings.AccountSID != form.Get("AccountSid") || !genuine(s.Credentials.AuthToken, rc.PublicURL, r, body, form) {
			continue
		}
		req.To, req.From = sameAccount(to, s), sameAccount(from, s)
		return req, nil
	}
	if to == nil && from == nil {
		return Request{}, fmt.Errorf("%w: none of its numbers is a sender here", channels.ErrSignature)
	}
	return Request{}, channels.ErrSignature
}

func (rc Receiver) find(ctx context.Context, number string) (*models.Sender, error) {
	if number == "" || rc.Sender == nil {
		return nil, nil
	}
	s, ok, err := rc.Sender(ctx, number)
	if err != nil {
		return nil, &models.Error{Code: models.CodeUnavailable, Message: "whose number it is cannot be told now; deliver it again", Err: err}
	}
	if !ok {
		return nil, nil
	}
	return &s, nil
}

// sameAccount keeps s where it belongs to the account that signed: a token
// proves nothing about another account's numbers.
func sameAccount(s, signed *models.Sender) *models.Sender {
	if s == nil || s.Settings.AccountSID != signed.Settings.AccountSID {
		return nil
	}
	return s
}

// readForm reads the whole body, which the signature covers, as a form. Of a
// JSON body the top-level strings are its values.
func readForm(r *http.Request) ([]byte, url.Values, error) {
	if r.Body == nil {
		return nil, url.Values{}, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, nil, &models.Error{Code: models.CodeInvalid, Message: "the request could not be read", Err: err}
	}
	if len(body) > maxBody {
		return nil, nil, models.Errorf(models.CodeInvalid, "the request is larger than %d bytes", maxBody)
	}
	if len(body) == 0 && r.PostForm != nil {
		return nil, r.PostForm, nil // something before us parsed it
	}
	if mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); mediaType == "application/json" {
		return body, jsonForm(body), nil
	}
	form, err := url.ParseQuery(string(bytes.TrimSpace(body)))
	if err != nil {
		return nil, nil, &models.Error{Code: models.CodeInvalid, Message: "the request is not a form", Err: err}
	}
	return body, form, nil
}

func jsonForm(body []byte) url.Values {
	form := url.Values{}
	var fields map[string]any
	if json.Unmarshal(body, &fields) != nil {
		return form
	}
	for k, v := range fields {
		if s, ok := v.(string); ok {
			form.Set(k, s)
		}
	}
	return form
}

// Text is a field of an answer that may be absent: "" then.
func Text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
