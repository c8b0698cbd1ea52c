package twilioapi

import (
	"net/http"
	"strconv"
	"time"

	"followup/channels"
	"followup/models"
)

// Code is what one of Twilio's error codes means for us.
type Code struct {
	Class          models.SendClass
	Words          string // what is wrong and, where a person can act, what to do
	InvalidContact bool
	OptedOut       bool
	RetryAfter     time.Duration // where Twilio names no time of its own
}

// codes, from https://www.twilio.com/docs/api/errors. Those from 30000 on
// come in status callbacks, the rest in the answer to the request. A code
// that is not here is permanent for its message and shown, never retried
// blindly.
var codes = map[int]Code{
	// The recipient.
	21610: {Class: models.SendPermanent, OptedOut: true, Words: "the customer has opted out of texts from this number"},
	21211: {Class: models.SendPermanent, InvalidContact: true, Words: "this is not a valid phone number"},
	21217: {Class: models.SendPermanent, InvalidContact: true, Words: "this does not look like a phone number"},
	21614: {Class: models.SendPermanent, InvalidContact: true, Words: "this is not a mobile number, so it cannot take texts"},
	30005: {Class: models.SendPermanent, InvalidContact: true, Words: "the number is unknown or no longer in service"},
	30006: {Class: models.SendPermanent, InvalidContact: true, Words: "the number is a landline or its carrier takes no texts"},

	// The content.
	30007: {Class: models.SendPermanent, Words: "the carrier filtered the message as unwanted; change its text"},
	21617: {Class: models.SendPermanent, Words: "the text is longer than Twilio takes"},
	21602: {Class: models.SendPermanent, Words: "the text is empty"},

	// The sender's set-up: nothing from it goes out until somebody repairs it.
	20003: {Class: models.SendConfiguration, Words: "Twilio refuses the account SID or the auth token; correct them on the sender's page"},
	21222: {Class: models.SendConfiguration, Words: "the account SID holds characters it cannot have; copy it again from the Twilio console"},
	21224: {Class: models.SendConfiguration, Words: "the auth token holds characters it cannot have; copy it again from the Twilio console"},
	21408: {Class: models.SendConfiguration, Words: "the account may not reach this country; allow it under Geo Permissions in the Twilio console"},
	21606: {Class: models.SendConfiguration, Words: "the sender's number cannot send texts in this account"},
	21608: {Class: models.SendConfiguration, Words: "a trial account reaches verified numbers only; upgrade it or verify the number"},
	21703: {Class: models.SendConfiguration, Words: "the messaging service has no numbers"},
	21704: {Class: models.SendConfiguration, Words: "the messaging service has no number that fits"},
	30002: {Class: models.SendConfiguration, Words: "Twilio has suspended the account"},
	30018: {Class: models.SendConfiguration, Words: "the destination demands a registered sender"},
	30032: {Class: models.SendConfiguration, Words: "the toll-free number is not verified"},
	30034: {Class: models.SendConfiguration, Words: "the number is not registered for A2P 10DLC"},

	// For now.
	20429: {Class: models.SendTransient, Words: "too many requests at once"},
	20500: {Class: models.SendTransient, Words: "Twilio had an internal error"},
	20503: {Class: models.SendTransient, Words: "Twilio is not available now"},
	21611: {Class: models.SendTransient, Words: "too many messages from this number wait at Twilio"},
	30001: {Class: models.SendTransient, Words: "the queue at Twilio overflowed"},
	30003: {Class: models.SendTransient, Words: "the phone is switched off or out of reach"},
	30008: {Class: models.SendTransient, Words: "the carrier gave no reason"},
	30017: {Class: models.SendTransient, Words: "the carrier's network is congested"},
	30022: {Class: models.SendTransient, Words: "the carrier's rate for this campaign is reached"},
	30023: {Class: models.SendTransient, RetryAfter: 6 * time.Hour, Words: "the carrier's daily cap for this brand is reached"},
	30027: {Class: models.SendTransient, RetryAfter: 6 * time.Hour, Words: "the carrier's daily cap for this campaign is reached"},
}

// Lookup gives the meaning of a code; false where we know none.
func Lookup(code int) (Code, bool) {
	c, ok := codes[code]
	return c, ok
}

// codeError is the SendError for a refusal with a code of Twilio's.
func codeError(code, status int, message string) *channels.SendError {
	se := &channels.SendError{Class: models.SendPermanent, Code: strconv.Itoa(code), Detail: "Twilio says: " + message}
	known, ok := codes[code]
	switch {
	case ok:
		se.Class, se.Detail, se.RetryAfter = known.Class, known.Words, known.RetryAfter
		se.InvalidContact, se.OptedOut = known.InvalidContact, known.OptedOut
	case status == http.StatusTooManyRequests:
		se.Class = models.SendTransient // 429: not processed, whatever its code
	case status >= 500:
		se.Class = models.SendAmbiguous // it failed while working on it
	}
	return se
}

// Failed fills a receipt's code, words and consequences from the error code
// of a status callback.
func Failed(r *models.Receipt, code string) {
	r.Status, r.Code = models.MessageFailed, code
	n, err := strconv.Atoi(code)
	if err != nil {
		r.Detail = "Twilio gives no reason"
		return
	}
	if known, ok := codes[n]; ok {
		r.Detail, r.InvalidContact, r.OptedOut = known.Words, known.InvalidContact, known.OptedOut
		return
	}
	r.Detail = "not delivered; see https://www.twilio.com/docs/api/errors/" + code
}
