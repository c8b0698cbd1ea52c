package scheduler

import (
	"testing"

	"followup/models"
)

// Before enrolling it is said which steps cannot come as they are written.
func TestLacks(t *testing.T) {
	in := person(t, models.Definition{Key: "test", Name: "Test", Steps: []models.Step{
		{Key: "mail", Channel: models.ChannelEmail, Subject: "s", Body: "b"},
		{Key: "text", Name: "A text", Channel: models.ChannelSMS, Body: "b"},
		{Key: "drop", Channel: models.ChannelVoicemail, Body: "b"},
		{Key: "off", Channel: models.ChannelSMS, Body: "b", Disabled: true},
	}})
	s := &Scheduler{Channels: registry()}
	look := func() models.Lacking {
		return s.lacking(newPlanner(in, in.Enrollment.StartedAt, testCalendar, registry()))
	}
	if l := look(); len(l.Steps) != 0 {
		t.Errorf("nothing is lacking: %+v", l)
	}
	in.Consents = nil
	l := look()
	if len(l.Steps) != 2 || l.Name != "Dana Example" {
		t.Fatalf("%+v", l)
	}
	if text := l.Steps[0]; text.Step != "A text" || text.Reason != models.SkipNoConsent || text.Needs != models.ConsentInquiry || text.Spoken || text.Why == "" {
		t.Errorf("%+v", text)
	}
	if drop := l.Steps[1]; drop.Needs != models.ConsentWritten || !drop.Spoken {
		t.Errorf("%+v", drop)
	}
	in.Prospect.Country = "DE"
	if l = look(); len(l.Steps) != 3 || l.Steps[0].StepKey != "mail" {
		t.Errorf("email to Germany needs a basis: %+v", l)
	}
}
