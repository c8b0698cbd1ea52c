package channels

import (
	"time"

	"followup/models"
)

// FilePath is where a provider fetches what leaves with a message: the web
// package serves it under the file's token.
const FilePath = "/f/"

// callPace: Twilio makes one call a second for all numbers of an account and
// keeps the rest for up to a day.
const callPace = time.Second

// What the engine knows of each kind, whoever carries it. The sandbox answers
// with the same rules as the real channel.
var (
	EmailRules = models.ChannelRules{
		Kind: models.ChannelEmail, Address: models.ContactEmail, Sender: models.SenderMailbox,
		Consent: models.ConsentNone, HasSubject: true, Threads: true, Written: true,
		Files: models.FileRules{Count: 10, Bytes: 15 << 20},
	}
	// SMSRules: 1600 characters is Twilio's limit for Body; texts obey the
	// calling hours (47 CFR 64.1200(c)(1),(e)) and need consent by default.
	SMSRules = models.ChannelRules{
		Kind: models.ChannelSMS, Address: models.ContactPhone, Sender: models.SenderPhone,
		QuietHours: true, Consent: models.ConsentInquiry, MaxLength: 1600, Written: true, Introduces: true, Segmented: true,
		// Ten media and 5 MB a message, of the types that Twilio carries unchanged.
		Files: models.FileRules{Count: 10, Bytes: 5 << 20, Types: "image/jpeg image/png image/gif"},
	}
	// VoicemailRules: a dropped voicemail is a prerecorded-voice call, which
	// needs prior express written consent (FCC 22-85). 4000 characters is
	// Twilio's limit for Twiml, markup included.
	VoicemailRules = models.ChannelRules{
		Kind: models.ChannelVoicemail, Address: models.ContactPhone, Sender: models.SenderPhone,
		QuietHours: true, Consent: models.ConsentWritten, Spoken: true, MaxLength: 3000, PerAccount: callPace,
	}
	CallRules = models.ChannelRules{
		Kind: models.ChannelCall, Address: models.ContactPhone, Sender: models.SenderPhone,
		QuietHours: true, Spoken: true, PerAccount: callPace,
	}
)
