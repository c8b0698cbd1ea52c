package scheduler

import (
	"strings"
	"testing"

	"followup/models"
)

// Who writes is said before the first text and the first commercial email leave
// a real sender: without it they wait and say for what. What somebody waits for
// goes out.
func TestWhoWritesMustBeSaid(t *testing.T) {
	for _, c := range []struct {
		name    string
		channel models.ChannelKind
		purpose models.Purpose
		mend    func(*models.Due)
		held    bool
	}{
		{"the first text of an unnamed workspace", models.ChannelSMS, models.PurposeFollowUp, nil, true},
		{"by hand too", models.ChannelSMS, models.PurposeManual, nil, true},
		{"an answer to their text", models.ChannelSMS, models.PurposeAnswer, nil, false},
		{"a confirmation", models.ChannelSMS, models.PurposeConfirmation, nil, false},
		{"a later text", models.ChannelSMS, models.PurposeFollowUp, func(d *models.Due) {
			d.Reached = []models.Reached{{ProspectID: 7, ContactPointID: cell, Channel: models.ChannelSMS}}
		}, false},
		{"a named workspace", models.ChannelSMS, models.PurposeFollowUp, func(d *models.Due) { d.Settings.Workspace = "Example Works" }, false},
		{"the sandbox reaches nobody", models.ChannelSMS, models.PurposeFollowUp, func(d *models.Due) { d.Sender.Provider = models.ProviderSandbox }, false},
		{"an email without a postal address", models.ChannelEmail, models.PurposeFollowUp, nil, true},
		{"a reminder is not commercial", models.ChannelEmail, models.PurposeReminder, nil, false},
		{"an email with one", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due) { d.Settings.PostalAddress = "1 Example Street" }, false},
	} {
		d, now := dueTouch(t, c.channel, c.purpose)
		if c.purpose.ByHand() {
			d, now = byHand(t, c.channel)
			d.Touch.Purpose, d.Reached = c.purpose, nil
		}
		sender := *d.Sender
		d.Sender, sender.Provider = &sender, models.ProviderTwilio
		if c.mend != nil {
			c.mend(&d)
		}
		got := Permit(d, gateAt(now))
		if held := got.Action == models.DecideHold && got.Reason == models.HoldUnnamed; held != c.held {
			t.Errorf("%s: %s %s (%s)", c.name, got.Action, got.Reason, got.Detail)
		}
		if c.held && !strings.Contains(got.Detail, "Settings") {
			t.Errorf("%s: %q does not say what to do", c.name, got.Detail)
		}
	}
}

// Nobody is written to in the program's own name.
func TestAnUnnamedWorkspaceSignsWithNothing(t *testing.T) {
	d, now := dueTouch(t, models.ChannelSMS, models.PurposeFollowUp)
	if got := Judge(d, gateAt(now)); got.Message == nil || strings.Contains(got.Message.Text, "Followup") || !strings.Contains(got.Message.Text, d.Rep.Name) {
		t.Errorf("%+v", got.Message)
	}
}
