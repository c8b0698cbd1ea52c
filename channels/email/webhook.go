package email

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"followup/channels"
	"followup/models"
)

// MailHook is where mail services post what came in for a sender, named by its
// address. The body is the message itself, a form that holds it, or JSON.
const MailHook = "/hooks/mail/{sender}"

const (
	// MailHookBytes is the most that one request may hold.
	MailHookBytes = 30 << 20
	// replayWindow is how old a signed request may be, or how far ahead its clock.
	replayWindow = 5 * time.Minute
	// hooksAtOnce bounds the memory of requests that are not verified yet.
	hooksAtOnce = 4
	// secretPrefix marks a secret in the form of Standard Webhooks.
	secretPrefix = "whsec_"
)

// SenderByAddress finds the sender with an address, with its credentials. An
// error says that nobody can tell at the moment.
type SenderByAddress func(ctx context.Context, address string) (models.Sender, bool, error)

var _ channels.WebhookReceiver = (*Channel)(nil)

// Webhook implements channels.WebhookReceiver. Whoever posts proves it by the
// sender's own secret: a signature over id, time and body (Standard Webhooks),
// or, where a mail service cannot sign, HTTP Basic.
func (c *Channel) Webhook(ctx context.Context, r *http.Request) (channels.Webhook, error) {
	if c.options.Sender == nil {
		return channels.Webhook{}, channels.ErrSignature
	}
	select {
	case c.hooks <- struct{}{}:
		defer func() { <-c.hooks }()
	default:
		return channels.Webhook{}, models.Errorf(models.CodeUnavailable, "too many deliveries at once; deliver it again")
	}
	sender, found, err := c.options.Sender(ctx, strings.ToLower(r.PathValue("sender")))
	if err != nil {
		return channels.Webhook{}, &models.Error{Code: models.CodeUnavailable, Err: err, Message: "nobody can tell at the moment whose secret it is; deliver it again"}
	}
	secret := sender.Credentials.Webhook
	if !found || sender.Kind != models.SenderMailbox || secret == "" {
		return channels.Webhook{}, channels.ErrSignature
	}
	body, err := c.proved(r, secret)
	if err != nil {
		return channels.Webhook{}, err
	}
	content, err := c.mailIn(r.Header.Get("Content-Type"), body)
	if err != nil {
		return channels.Webhook{}, err
	}
	return channels.Webhook{Raws: []models.Raw{c.posted(sender, content)}}, nil
}

// proved reads the body once it is known who posts it, or in order to know it.
func (c *Channel) proved(r *http.Request, secret string) ([]byte, error) {
	read := func() ([]byte, error) { return io.ReadAll(http.MaxBytesReader(nil, r.Body, MailHookBytes)) }
	if _, password, ok := r.BasicAuth(); ok {
		if subtle.ConstantTimeCompare([]byte(password), []byte(secret)) != 1 {
			return nil, channels.ErrSignature
		}
		return read()
	}
	id, stamp, signatures := r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp"), r.Header.Get("Webhook-Signature")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || signatures == "" || c.options.Clock().Sub(time.Unix(seconds, 0)).Abs() > replayWindow {
		return nil, channels.ErrSignature
	}
	body, err := read()
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, hookKey(secret))
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(body)
	want := mac.Sum(nil)
	for one := range strings.FieldsSeq(signatures) { // several while a secret is being changed
		version, value, _ := strings.Cut(one, ",")
		given, err := base64.StdEncoding.DecodeString(value)
		if version == "v1" && err == nil && hmac.Equal(given, want) {
			return body, nil
		}
	}
	return nil, channels.ErrSignature
}

// hookKey: a secret with the prefix is base64, any other is taken as it is.
func hookKey(secret string) []byte {
	if coded, ok := strings.CutPrefix(secret, secretPrefix); ok {
		if key, err := base64.StdEncoding.DecodeString(coded); err == nil {
			return key
		}
	}
	return []byte(secret)
}

// mailIn finds the message in a request.
func (c *Channel) mailIn(contentType string, body []byte) ([]byte, error) {
	kind, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = ""
	}
	switch kind {
	case "application/json":
		return c.mailInJSON(body)
	case "multipart/form-data":
		return mailInForm(body, parameters["boundary"])
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, models.Invalid("body", "the request holds no message")
	}
	return body, nil
}

// formFields are what mail services call the field with the whole message.
var formFields = map[string]bool{"email": true, "body-mime": true, "message": true, "raw": true, "mime": true}

func mailInForm(body []byte, boundary string) ([]byte, error) {
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, models.Invalid("body", "the form has no field with the whole message; switch on raw MIME at the mail service")
		}
		if err != nil {
			return nil, models.Invalid("body", "the form cannot be read: %v", err)
		}
		if formFields[part.FormName()] {
			content, err := io.ReadAll(part)
			// A form without its end holds a message all the same: refused, it would be lost.
			if err != nil && (len(content) == 0 || !errors.Is(err, io.ErrUnexpectedEOF)) {
				return nil, models.Invalid("body", "the form's message cannot be read: %v", err)
			}
			return content, nil
		}
	}
}

// postedMail is a message in JSON: whole, in base64, or in its parts.
type postedMail struct {
	Raw        []byte   `json:"raw"`
	MessageID  string   `json:"message_id"`
	From       string   `json:"from"`
	To         []string `json:"to"`
	Subject    string   `json:"subject"`
	Text       string   `json:"text"`
	HTML       string   `json:"html"`
	InReplyTo  string   `json:"in_reply_to"`
	References []string `json:"references"`
}

func (c *Channel) mailInJSON(body []byte) ([]byte, error) {
	var m postedMail
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, models.Invalid("body", "the JSON cannot be read: %v", err)
	}
	if len(m.Raw) > 0 {
		return m.Raw, nil
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := msg.From(m.From); err != nil {
		return nil, models.Invalid("from", "%q is not an address", m.From)
	}
	if err := msg.To(m.To...); err != nil {
		return nil, models.Invalid("to", "%q are not addresses", m.To)
	}
	id, ok := cleanMailID(m.MessageID)
	if !ok { // the same request is the same message
		digest := sha256.Sum256(body)
		id = "<" + hex.EncodeToString(digest[:16]) + "@webhook.invalid>"
	}
	msg.SetGenHeader(gomail.HeaderMessageID, id)
	msg.SetDateWithValue(c.options.Clock())
	msg.Subject(oneLine(m.Subject))
	c.composer.thread(msg, models.Message{InReplyTo: m.InReplyTo, References: m.References})
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if strings.TrimSpace(m.HTML) != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	var content bytes.Buffer
	if _, err := msg.WriteTo(&content); err != nil {
		return nil, models.Invalid("body", "no message can be made of it: %v", err)
	}
	return content.Bytes(), nil
}

// posted names the message as the listener does, so that one which also lies
// in the mailbox is the same.
func (c *Channel) posted(sender models.Sender, content []byte) models.Raw {
	header, _, _ := bytes.Cut(bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	var m incoming
	m.identify(header)
	if m.id == "" {
		digest := sha256.Sum256(content)
		m.id = "sha256:" + hex.EncodeToString(digest[:])
	}
	now := c.options.Clock()
	return models.Raw{
		Provider: models.ProviderSMTP, ProviderID: rawID(sender, m.id), Channel: models.ChannelEmail, SenderID: &sender.ID,
		Content: content, State: models.RawReceived, ReceivedAt: now, UpdatedAt: now,
	}
}

// rawID is the same for a message however it reaches us.
func rawID(sender models.Sender, id string) string {
	return strings.ToLower(sender.Address) + " " + id
}
