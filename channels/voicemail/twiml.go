package voicemail

import (
	"encoding/xml"
	"net/url"
	"strings"

	"followup/channels"
)

// The few words of TwiML that are spoken here. encoding/xml escapes what they hold.
type (
	response struct {
		XMLName xml.Name `xml:"Response"`
		Verbs   []any
	}
	say struct {
		XMLName  xml.Name `xml:"Say"`
		Voice    string   `xml:"voice,attr,omitempty"`
		Language string   `xml:"language,attr,omitempty"`
		Text     string   `xml:",chardata"`
	}
	play struct {
		XMLName xml.Name `xml:"Play"`
		URL     string   `xml:",chardata"`
	}
	dial struct {
		XMLName  xml.Name `xml:"Dial"`
		CallerID string   `xml:"callerId,attr,omitempty"`
		Timeout  int      `xml:"timeout,attr"`
		Action   string   `xml:"action,attr"`
		Number   string   `xml:"Number"`
	}
	record struct {
		XMLName   xml.Name `xml:"Record"`
		MaxLength int      `xml:"maxLength,attr"`
		Timeout   int      `xml:"timeout,attr"`
		Action    string   `xml:"action,attr"`
	}
	hangup struct {
		XMLName xml.Name `xml:"Hangup"`
	}
)

// ringFor is how many seconds a rep's phone rings: less than most voicemail
// boxes wait, so that a customer is not talked to by the rep's own.
const ringFor = 20

// A customer's message may be recordFor seconds long, and ends after silence.
const (
	recordFor = 180
	silence   = 6
)

func twiml(verbs ...any) channels.Webhook {
	// Marshal fails on types it cannot write only; these it can.
	body, err := xml.Marshal(response{Verbs: verbs})
	if err != nil {
		body = []byte("<Response><Hangup/></Response>")
	}
	return channels.Webhook{Response: append([]byte(xml.Header), body...), ContentType: "text/xml; charset=utf-8"}
}

// speak says a text, or plays it where it is the address of a recording.
func (c *Channel) speak(script string) any {
	script = strings.TrimSpace(script)
	if recording(script) {
		return play{URL: script}
	}
	return say{Voice: c.o.Voice, Language: c.o.Language, Text: script}
}

// recording tells whether the whole script is one https address. Plain http
// is spoken, as anybody on the way could put other words into the recording.
func recording(script string) bool {
	if strings.ContainsAny(script, " \t\r\n") {
		return false
	}
	u, err := url.Parse(script)
	return err == nil && u.Scheme == "https" && u.Host != ""
}

// ring connects the caller with a rep. after is asked for TwiML when the
// rep's leg has ended.
func (c *Channel) ring(number, callerID, after string) dial {
	return dial{CallerID: callerID, Timeout: ringFor, Number: number, Action: c.after(after)}
}

// record takes a message; Twilio asks the address when it has ended, also
// where the caller hangs up.
func (c *Channel) record() record {
	return record{MaxLength: recordFor, Timeout: silence, Action: c.after(afterRecord)}
}

func (c *Channel) after(what string) string {
	return strings.TrimRight(c.o.PublicURL, "/") + VoiceHook + "?after=" + url.QueryEscape(what)
}
