package scheduler

import (
	"strings"
	"testing"
	"time"

	"followup/models"
)

// What announces, reminds of or calls off a booked call brings it into the
// customer's calendar; nothing else does.
func TestInvitationGoesWithTheCall(t *testing.T) {
	for name, c := range map[string]struct {
		purpose models.Purpose
		channel models.ChannelKind
		state   models.AppointmentState
		want    string
	}{
		"confirmation":   {models.PurposeConfirmation, models.ChannelEmail, models.AppointmentBooked, "REQUEST"},
		"reminder":       {models.PurposeReminder, models.ChannelEmail, models.AppointmentBooked, "REQUEST"},
		"cancellation":   {models.PurposeConfirmation, models.ChannelEmail, models.AppointmentCanceled, "CANCEL"},
		"a call held":    {models.PurposeConfirmation, models.ChannelEmail, models.AppointmentHeld, ""},
		"a follow-up":    {models.PurposeFollowUp, models.ChannelEmail, models.AppointmentBooked, ""},
		"a text message": {models.PurposeReminder, models.ChannelSMS, models.AppointmentBooked, ""},
	} {
		d, now := dueTouch(t, c.channel, c.purpose)
		d.Touch.Draft = &models.Draft{Subject: "Your call", Body: "Thursday"}
		d.Appointment = &models.Appointment{ID: 7, Revision: 2, StartsAt: now.Add(48 * time.Hour), Minutes: 30, State: c.state, CreatedAt: now}
		g := gateAt(now)
		g.PublicURL, g.BookingLink = "https://followup.example.com", func(b models.BookingToken) string { return "x" }
		got := Judge(d, g)
		if got.Message == nil {
			t.Errorf("%s: %s, %s", name, got.Action, got.Detail)
			continue
		}
		if got.Message.CalendarMethod != c.want || (c.want != "") != strings.Contains(got.Message.Calendar, "METHOD:"+c.want+"\r\n") {
			t.Errorf("%s: the method is %q, want %q\n%s", name, got.Message.CalendarMethod, c.want, got.Message.Calendar)
		}
		sequence := map[string]string{"REQUEST": "SEQUENCE:2\r\n", "CANCEL": "SEQUENCE:3\r\n"}[c.want]
		if c.want != "" && !strings.Contains(got.Message.Calendar, sequence) {
			t.Errorf("%s: the sequence is not the revision\n%s", name, got.Message.Calendar)
		}
	}
}
