package sms_test

import (
	"testing"
	"time"

	"followup/channels/twilioapi/twiliotest"
	"followup/models"
)

// Where Twilio cannot reach us what callers left is found in its lists: once it
// is complete, under the id that the webhook names, and nothing else that was
// recorded.
func TestListenVoicemails(t *testing.T) {
	b := newBench(t, quick)
	left := b.twilio.Ring(theirs(1), ours)
	b.twilio.SetCall(left, "in-progress")
	talk := b.twilio.Ring(theirs(2), ours)
	b.twilio.SetCall(talk, "completed", twiliotest.Recording{SID: "RE-talk", Status: "completed", Source: "DialVerb", Seconds: 300})
	missed := b.twilio.Ring(theirs(3), ours) // nobody and nothing answered
	h, err := b.listen(t, "", 6, func(round int) {
		switch round {
		case 1: // the call lasts longer than a listing reaches back
			b.now = noon.Add(20 * time.Minute)
		case 2:
			b.twilio.SetCall(left, "completed", twiliotest.Recording{SID: "RE-left", Status: "processing", Source: "RecordVerb"})
		case 3:
			b.twilio.SetCall(left, "completed", twiliotest.Recording{SID: "RE-left", Status: "completed", Source: "RecordVerb", Seconds: 17})
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	var voicemails, calls int
	for i, raw := range h.raws {
		in := h.texts[i]
		switch in.Kind {
		case models.ChannelCall:
			calls++
		case models.ChannelVoicemail:
			voicemails++
			if raw.ProviderID != "RE-left" || raw.Channel != models.ChannelCall || in.From != theirs(1) || in.To != ours || in.Seconds != 17 ||
				len(in.Media) != 1 || in.Media[0] != "https://api.twilio.com/2010-04-01/Accounts/"+twiliotest.AccountSID+"/Recordings/RE-left" {
				t.Errorf("%+v %+v", raw, in)
			}
		}
	}
	if calls != 3 || voicemails != 1 {
		t.Errorf("%d calls (one of them %s) and %d voicemails, want 3 and 1", calls, missed, voicemails)
	}
	// Once all is known nothing is asked any more.
	asked := b.twilio.Asked()
	if _, err := b.listen(t, h.cursors[len(h.cursors)-1], 5, nil); err != nil {
		t.Fatal(err)
	}
	if again := b.twilio.Asked() - asked; again > 2 {
		t.Errorf("%d more questions for recordings, want one for each completed call", again)
	}
}
