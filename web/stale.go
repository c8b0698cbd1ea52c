package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"followup/models"
	"followup/store"
)

// seenOf marks what a form shows, so that saving it can tell whether that has
// changed since.
func seenOf(shown ...any) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%#v", shown))
	return hex.EncodeToString(sum[:6])
}

// stale refuses a form that was opened before somebody else saved: what was
// typed stays, now says what stands there. The page as it is shown then may be
// saved: its author knows.
func (f *form) stale(seen, now string) bool {
	if was := f.Get("seen"); was == "" || was == seen {
		return false
	}
	f.General = "This was changed after you opened the page. " + now + " Below is what you entered: save again to put it in its place."
	return true
}

// whole notes which fields are no whole numbers; empty is none.
func (f *form) whole(names ...string) bool {
	for _, name := range names {
		if text := f.Get(name); text != "" {
			if _, err := strconv.Atoi(text); err != nil {
				f.Errors[name] = "write a whole number"
			}
		}
	}
	return len(f.Errors) == 0
}

func limitsSeen(x models.Sender) string {
	return seenOf(x.Name, x.RatePerMinute, x.DailyCap, x.GapSeconds, x.RampStart, x.RampStep, x.RampFrom, x.Settings.SecretExpires, ownerValue(x.OwnerID))
}

func limitsNow(x models.Sender) string {
	now := fmt.Sprintf("It says now: %s, %d a minute, %d a day, %d s between two", x.Name, x.RatePerMinute, x.DailyCap, x.GapSeconds)
	if x.RampStart > 0 {
		now += fmt.Sprintf(", %d on the first day and %d more each day", x.RampStart, x.RampStep)
	}
	return now + "."
}

func deskSeen(x models.Sender) string {
	w := x.Settings.Window
	return seenOf(x.Settings.Signature, x.Settings.AssigneeID, w.Zone, w.From, w.To, w.Days)
}

func deskNow(x models.Sender) string {
	now := "It sends follow-ups " + x.Settings.Window.String() + " now."
	if x.Settings.Signature != "" {
		now += " Its signature: " + strconv.Quote(x.Settings.Signature) + "."
	}
	return now
}

func memberSeen(u models.User) string { return seenOf(u.Name, u.Role, u.Zone, ownerValue(u.TeamID)) }

func teamSeen(u models.User) string { return seenOf(ownerValue(u.TeamID)) }

// TeamSeen marks the team that the page shows.
func (p memberPage) TeamSeen() string { return teamSeen(p.Member) }

func memberNow(u models.User) string {
	return fmt.Sprintf("It says now: %s, %s, %s.", u.Name, u.Role, u.Zone)
}

// Seen marks a section of the settings.
func (p settingsPage) Seen(section string) string { return sectionSeen(p.Set, section) }

func sectionSeen(set models.Settings, section string) string {
	return seenOf(section, set.Changed[section].At.UTC())
}

// spaced makes words of a name of the program's: "FollowUpLimit" is "follow up limit".
func spaced(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// sectionNow says who saved a section last and what they changed.
func sectionNow(events []store.AuditRow, who names, section string) string {
	for _, row := range events {
		if row.Event.Code != section {
			continue
		}
		var changes []string
		for _, key := range slices.Sorted(maps.Keys(row.Event.Data)) {
			changes = append(changes, sentence(plain(spaced(key)))+": "+row.Event.Data[key])
		}
		return who.Actor(row.Event.Actor) + " saved: " + strings.Join(changes, ", ") + "."
	}
	return ""
}
