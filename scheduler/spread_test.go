package scheduler

import (
	"testing"
	"time"

	"followup/models"
)

// Emails of a sequence are spread, each person's by their own part that planning
// again does not change, from the time of day that the step names; other
// channels where it names none. Minutes, promises, calls and what hangs on a
// call, a promise or a date are not moved.
func TestSpread(t *testing.T) {
	now := localAt(t, newYork, "2026-11-23 10:00")
	dueOf := func(id int64, minutes int, step models.Step) time.Time {
		t.Helper()
		in := person(t, sequence(step))
		in.Prospect.ID, in.Enrollment.ProspectID, in.Settings.Caps.SpreadMinutes = id, id, minutes
		return due(t, in, now)
	}
	daily := after("one", models.Timing{Days: 1})
	named := after("one", models.Timing{BusinessDays: 1, At: tod("09:00")})
	text := daily
	text.Channel = models.ChannelSMS
	for name, step := range map[string]models.Step{"an email": daily, "an email at 09:00": named, "a text": text} {
		plain := dueOf(7, 0, step)
		seen := map[time.Duration]bool{}
		for id := int64(1); id <= 200; id++ {
			at := dueOf(id, 30, step)
			moved := at.Sub(plain)
			if moved < 0 || moved >= 30*time.Minute {
				t.Fatalf("%s to person %d was moved by %s", name, id, moved)
			}
			if again := dueOf(id, 30, step); !again.Equal(at) {
				t.Fatalf("planning again moved person %d from %s to %s", id, at, again)
			}
			seen[moved.Truncate(time.Minute)] = true
		}
		if len(seen) < 25 {
			t.Errorf("%s: 200 people share %d minutes of 30", name, len(seen))
		}
	}
	exact := after("one", models.Timing{Days: 1, At: tod("09:00")})
	exact.Channel = models.ChannelSMS
	reminder := daily
	reminder.Purpose = models.PurposeReminder
	midnight := after("one", models.Timing{Days: 1, At: tod("23:59")})
	soon := after("one", models.Timing{Hours: 2})
	promised := daily
	promised.Purpose = models.PurposePromised
	call := daily
	call.Channel = models.ChannelCall
	for name, step := range map[string]models.Step{"a text at 09:00": exact, "a reminder": reminder, "the last minute of a day": midnight, "hours": soon, "a promise": promised, "a call": call} {
		if a, b := dueOf(9, 0, step), dueOf(9, 30, step); !a.Equal(b) {
			t.Errorf("%s was moved from %s to %s", name, a, b)
		}
	}
}
