package twilioapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/twilio/twilio-go/client"

	"followup/channels"
	"followup/models"
)

// Where Twilio reaches us, below the public address.
const (
	MessagePath    = "/hooks/twilio/message"
	StatusPath     = "/hooks/twilio/status"
	VoicePath      = "/hooks/twilio/voice"
	CallStatusPath = "/hooks/twilio/call-status"
)

// The two hosts of Twilio's that are asked about an account.
const (
	apiHost       = "api.twilio.com"
	messagingHost = "messaging.twilio.com"
)

// credentials are those that a sender's requests are made with: its API key,
// where it has one, else the account and its token.
func credentials(s *models.Sender) (user, password string) {
	if s.Settings.APIKeySID != "" && s.Credentials.APISecret != "" {
		return s.Settings.APIKeySID, s.Credentials.APISecret
	}
	return s.Settings.AccountSID, s.Credentials.AuthToken
}

// ask makes one request and reads its JSON answer into out. A form makes it a POST.
func (c *Client) ask(ctx context.Context, sender models.Sender, host, path string, form url.Values, out any) error {
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	method, body := http.MethodGet, io.Reader(http.NoBody)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(limited, method, "https://"+host+path, body)
	if err != nil {
		return err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.SetBasicAuth(credentials(&sender))
	x := &exchange{ctx: limited, base: c.transport, target: c.target}
	res, err := x.RoundTrip(req)
	if err != nil {
		return x.classify(ctx, err, c.clock())
	}
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(res.Body)
	if err != nil {
		return x.classify(ctx, err, c.clock())
	}
	if res.StatusCode >= 300 {
		var told client.TwilioRestError
		if json.Unmarshal(content, &told) == nil && told.Code != 0 {
			return x.classify(ctx, &told, c.clock())
		}
		return x.classify(ctx, errors.New(res.Status), c.clock())
	}
	if err := json.Unmarshal(content, out); err != nil {
		return x.classify(ctx, err, c.clock())
	}
	return nil
}

// accountPath is a resource of the sender's account.
func accountPath(sender models.Sender, rest string) string {
	return "/2010-04-01/Accounts/" + url.PathEscape(sender.Settings.AccountSID) + rest
}

// ownedNumber is a number as the account has it.
type ownedNumber struct {
	SID          string `json:"sid"`
	Number       string `json:"phone_number"`
	Name         string `json:"friendly_name"`
	Capabilities struct {
		SMS   bool `json:"sms"`
		MMS   bool `json:"mms"`
		Voice bool `json:"voice"`
	} `json:"capabilities"`
	SMSURL           string `json:"sms_url"`
	VoiceURL         string `json:"voice_url"`
	SMSApplication   string `json:"sms_application_sid"`
	VoiceApplication string `json:"voice_application_sid"`
	Trunk            string `json:"trunk_sid"`
}

type numberPage struct {
	Numbers []ownedNumber `json:"incoming_phone_numbers"`
	Next    string        `json:"next_page_uri"`
}

// number finds the sender's own; nil where the account does not have it.
func (c *Client) number(ctx context.Context, sender models.Sender) (*ownedNumber, error) {
	var page numberPage
	err := c.ask(ctx, sender, apiHost, accountPath(sender, "/IncomingPhoneNumbers.json?PhoneNumber="+url.QueryEscape(sender.Address)), nil, &page)
	for i := range page.Numbers {
		if page.Numbers[i].Number == sender.Address {
			return &page.Numbers[i], err
		}
	}
	return nil, err
}

// maxNumberPages bounds the choice that is offered: 1,000 numbers.
const maxNumberPages = 10

// Numbers lists what the account owns.
func (c *Client) Numbers(ctx context.Context, sender models.Sender) ([]channels.Number, error) {
	if err := complete(sender); err != nil {
		return nil, err
	}
	var all []channels.Number
	path := accountPath(sender, "/IncomingPhoneNumbers.json?PageSize=100")
	for range maxNumberPages {
		var page numberPage
		if err := c.ask(ctx, sender, apiHost, path, nil, &page); err != nil {
			return nil, asked(err)
		}
		for _, n := range page.Numbers {
			all = append(all, channels.Number{Number: n.Number, Name: n.Name, SMS: n.Capabilities.SMS, MMS: n.Capabilities.MMS, Voice: n.Capabilities.Voice})
		}
		if path = page.Next; path == "" {
			break
		}
	}
	return all, nil
}

// complete tells what is missing before Twilio can be asked at all.
func complete(sender models.Sender) error {
	user, password := credentials(&sender)
	switch {
	case !strings.HasPrefix(sender.Settings.AccountSID, "AC"):
		return models.Invalid("account_sid", "the account SID begins with AC; it is on the first page of the Twilio console")
	case strings.HasPrefix(user, "SK") && password == "":
		return models.Invalid("api_secret", "the API key has no secret; Twilio shows it once, when the key is made")
	case password == "":
		return models.Invalid("auth_token", "enter the auth token; it is on the first page of the Twilio console")
	}
	return nil
}

// asked gives a refusal in words that may be shown.
func asked(err error) error {
	var se *channels.SendError
	if !errors.As(err, &se) {
		return err
	}
	code, field := models.CodeUnavailable, ""
	if se.Class == models.SendConfiguration {
		code, field = models.CodeInvalid, "auth_token"
	}
	return &models.Error{Code: code, Field: field, Message: se.Detail, Err: err}
}

// SetHooks tells Twilio where we are: texts to and calls of the sender's
// number come to publicURL from then on.
func (c *Client) SetHooks(ctx context.Context, sender models.Sender, publicURL string) error {
	if publicURL == "" {
		return models.Errorf(models.CodeRefused, "There is no public address at which Twilio could reach this installation. Set public_url in the configuration first; until then what comes in is listed every 15 seconds.")
	}
	n, err := c.number(ctx, sender)
	if err != nil {
		return asked(err)
	}
	if n == nil {
		return notOwned(sender)
	}
	at := strings.TrimRight(publicURL, "/")
	form := url.Values{
		"SmsUrl": {at + MessagePath}, "SmsMethod": {"POST"}, "VoiceUrl": {at + VoicePath}, "VoiceMethod": {"POST"},
		"StatusCallback": {at + CallStatusPath}, "StatusCallbackMethod": {"POST"},
		// Applications and trunks would win over the addresses above.
		"SmsApplicationSid": {""}, "VoiceApplicationSid": {""},
	}
	var changed ownedNumber
	if err := c.ask(ctx, sender, apiHost, accountPath(sender, "/IncomingPhoneNumbers/"+url.PathEscape(n.SID)+".json"), form, &changed); err != nil {
		return asked(err)
	}
	return nil
}

func notOwned(sender models.Sender) error {
	return &models.Error{Code: models.CodeInvalid, Field: "address",
		Message: fmt.Sprintf("the Twilio account does not own the number %s; buy or port it there, or correct the sender's address", sender.Address)}
}
