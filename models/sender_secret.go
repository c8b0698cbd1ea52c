package models

import "time"

// SecretNotice is how many days before a secret's end somebody is warned.
const SecretNotice = 14

// SecretEnds tells on which day, in the workspace's own calendar, the sender's
// secret stops working, and in how many days; ok is false where nobody knows.
func (s Sender) SecretEnds(now time.Time) (days int, ok bool) {
	end, err := time.Parse(time.DateOnly, string(s.Settings.SecretExpires))
	if err != nil {
		return 0, false
	}
	today, err := time.Parse(time.DateOnly, now.UTC().Format(time.DateOnly))
	if err != nil {
		return 0, false
	}
	return int(end.Sub(today).Hours() / 24), true
}
