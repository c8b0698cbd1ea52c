package sms_test

import (
	"testing"

	"followup/channels/sms"
	"followup/models"
)

// Twilio answers a message that is one of its words and nothing else; what
// people write around it, it does not understand, and START starts nothing.
func TestAnswersWord(t *testing.T) {
	twilio, own := sms.New(sms.Options{}), sms.New(sms.Options{OwnWords: true})
	for _, c := range []struct {
		text models.InboundText
		want bool
	}{
		{models.InboundText{Body: " stop\n"}, true}, {models.InboundText{Body: "HELP"}, true}, {models.InboundText{Body: "optout"}, true},
		{models.InboundText{Body: "info"}, true}, {models.InboundText{Body: "please stop"}, false}, {models.InboundText{Body: "Stop."}, false},
		{models.InboundText{Body: "no more", OptOutType: "STOP"}, true}, {models.InboundText{Body: "aide"}, false}, {models.InboundText{}, false},
	} {
		if got := twilio.AnswersWord(c.text); got != c.want {
			t.Errorf("%+v: %v", c.text, got)
		}
		if own.AnswersWord(c.text) {
			t.Errorf("%+v is ours to answer where Twilio's handling is off", c.text)
		}
	}
}
