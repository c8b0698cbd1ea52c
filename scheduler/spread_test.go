package scheduler

import (
	"testing"
	"time"

	"followup/models"
)

// Steps that name no time of day are spread, each person's by their own part
// that planning again does not change; exact times, minutes, promises and tasks
// are not moved.
func TestSpread(t *testing.T) {
	now := localAt(t, newYork, "2026-11-23 10:00")
	dueOf := func(id int64, minutes int, step models.Step) time.Time {
		t.Helper()
		in := person(t, sequence(step))
		in.Prospect.ID, in.Enrollment.ProspectID, in.Settings.Caps.SpreadMinutes = id, id, minutes
		return due(t, in, now)
	}
	daily := after("one", models.Timing{Days: 1})
	plain := dueOf(7, 0, daily)
	seen := map[time.Duration]bool{}
	for id := int64(1); id <= 200; id++ {
		at := dueOf(id, 30, daily)
		moved := at.Sub(plain)
		if moved < 0 || moved >= 30*time.Minute {
			t.Fatalf("person %d was moved by %s", id, moved)
		}
		if again := dueOf(id, 30, daily); !again.Equal(at) {
			t.Fatalf("planning again moved person %d from %s to %s", id, at, again)
		}
		seen[moved.Truncate(time.Minute)] = true
	}
	if len(seen) < 25 {
		t.Errorf("200 people share %d minutes of 30", len(seen))
	}
	exact := after("one", models.Timing{Days: 1, At: tod("09:00")})
	soon := after("one", models.Timing{Hours: 2})
	promised := daily
	promised.Purpose = models.PurposePromised
	call := daily
	call.Channel = models.ChannelCall
	for name, step := range map[string]models.Step{"a time of day": exact, "hours": soon, "a promise": promised, "a call": call} {
		if a, b := dueOf(9, 0, step), dueOf(9, 30, step); !a.Equal(b) {
			t.Errorf("%s was moved from %s to %s", name, a, b)
		}
	}
}
