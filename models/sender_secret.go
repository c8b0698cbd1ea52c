package models

import "time"

const (
	// SecretNotice is how many days before a secret's end somebody is warned.
	SecretNotice = 14
	// SecretLastNotice is when they are warned again.
	SecretLastNotice = 3
)

// SecretEnds tells on which day, in the workspace's own calendar, the sender's
// secret stops working, and in how many days; ok is false where nobody knows.
func (s Sender) SecretEnds(now time.Time) (days int, ok bool) {
	return s.Settings.SecretExpires.DaysFrom(now)
}

// DaysFrom is in how many days of the workspace's own calendar the date comes;
// ok is false where it is none.
func (d Date) DaysFrom(now time.Time) (days int, ok bool) {
	end, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return 0, false
	}
	today, err := time.Parse(time.DateOnly, now.UTC().Format(time.DateOnly))
	if err != nil {
		return 0, false
	}
	return int(end.Sub(today).Hours() / 24), true
}

// EarlierDate is the first of the two; one that is not given comes last.
func EarlierDate(a, b Date) Date {
	if a == "" || b != "" && b < a {
		return b
	}
	return a
}

// KeepOwn takes over from what was there what no connection speaks of: it was
// set on the account's page and stays when the account is connected anew.
func (s *Sender) KeepOwn(old Sender) {
	set, was := &s.Settings, old.Settings
	if set.Signature == "" {
		set.Signature = was.Signature
	}
	if set.AssigneeID == 0 {
		set.AssigneeID = was.AssigneeID
	}
	if set.CountFrom == "" {
		set.CountFrom = was.CountFrom
	}
	if set.Window.To == 0 {
		set.Window = was.Window
	}
	if s.RampFrom == "" {
		s.RampStart, s.RampStep, s.RampFrom = old.RampStart, old.RampStep, old.RampFrom
	}
	if s.GapSeconds == 0 {
		s.GapSeconds = old.GapSeconds
	}
}

// SameSecret tells whether what opens the sender is unchanged, tokens aside:
// they are renewed by the hour.
func (c SenderCredentials) SameSecret(old SenderCredentials) bool {
	return c.Password == old.Password && c.AuthToken == old.AuthToken && c.APISecret == old.APISecret
}
