package scheduler

import (
	"testing"
	"time"

	"followup/models"
)

// Steps are described as a manager would say them.
func TestDescribe(t *testing.T) {
	nine := tod("09:00")
	for _, c := range []struct {
		step models.Step
		want string
	}{
		{models.Step{Channel: models.ChannelEmail, Timing: models.Timing{Kind: models.TimingAppointment, Days: -1, At: nine}}, "Day before the call, 09:00 their time: email"},
		{models.Step{Channel: models.ChannelCall, Timing: models.Timing{Kind: models.TimingAppointment}}, "At the booked minute: call"},
		{models.Step{Channel: models.ChannelSMS, Timing: models.Timing{Kind: models.TimingAfter, Minutes: 10}, When: models.Condition{Call: "unanswered"}}, "10 minutes after the previous step: text, if the call was not answered"},
		{models.Step{Channel: models.ChannelVoicemail, Timing: models.Timing{Kind: models.TimingAfter}}, "At once: voicemail"},
		{models.Step{Channel: models.ChannelEmail, Timing: models.Timing{Kind: models.TimingAfter, BusinessDays: 2, At: nine}}, "2 business days after the previous step, 09:00 their time: email"},
		{models.Step{Channel: models.ChannelEmail, Timing: models.Timing{Kind: models.TimingAfter, At: nine}}, "At the next 09:00 their time: email"},
		{models.Step{Channel: models.ChannelSMS, Timing: models.Timing{Kind: models.TimingAppointment, Hours: -2}}, "2 hours before the call: text"},
		{models.Step{Channel: models.ChannelCall, Timing: models.Timing{Kind: models.TimingCommitment}}, "On the promised date: call"},
		{models.Step{Channel: models.ChannelEmail, Timing: models.Timing{Kind: models.TimingDate, Field: "renewal", Days: -7}}, "7 days before the date in renewal: email"},
		{models.Step{Channel: models.ChannelLastUsed, Contact: models.ContactLastUsed, Timing: models.Timing{Kind: models.TimingRecurring, Cron: "0 9 * * 1"}}, "Every Monday, 09:00 their time: message on the channel last used to where they last wrote from"},
		{models.Step{Channel: models.ChannelEmail, Disabled: true, Timing: models.Timing{Kind: models.TimingAfter, Days: 1}}, "1 day after the previous step: email (switched off)"},
	} {
		if got := Describe(c.step); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestDescribeDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Minute: "1 minute", 40 * time.Minute: "40 minutes", time.Hour: "1 hour", 125 * time.Minute: "2 hours and 5 minutes",
		29 * time.Hour: "29 hours", 10*time.Hour + 20*time.Minute: "10 hours", 72 * time.Hour: "3 days",
	} {
		if got := describeDuration(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}

// Every reason of the vocabulary has words of its own or reads as words.
func TestDescribeReason(t *testing.T) {
	for r, want := range map[models.Reason]string{
		models.SkipMomentPassed: "left out: its moment had passed",
		"something_new":         "something new",
	} {
		if got := DescribeReason(r); got != want {
			t.Errorf("%s: %q", r, got)
		}
	}
}
