package templates

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"followup/models"
)

// Methods of an invitation (RFC 5546 3.2).
const (
	InviteRequest = "REQUEST"
	InviteCancel  = "CANCEL"
)

// inviteWords name the call in the customer's calendar.
var inviteWords = map[string]struct{ with, comes string }{
	"en": {"Call with %s", "The call comes to %s."},
	"de": {"Gespräch mit %s", "Der Anruf kommt auf %s."},
	"fr": {"Appel avec %s", "L'appel arrivera au %s."},
	"es": {"Llamada con %s", "La llamada llegará al %s."},
}

// Invitation is the calendar object (RFC 5545) that goes with an email about
// the booked call in d: its UID names the appointment and stays, its SEQUENCE
// is the appointment's revision, so that a calendar moves the entry that it
// has. "" where there is no call, or nobody to invite.
func Invitation(method string, d Data, organizer string) string {
	a := d.Appointment
	if a == nil || a.StartsAt.IsZero() || organizer == "" || d.Email == "" {
		return ""
	}
	say, ok := inviteWords[languageOf(d.Prospect.Locale)]
	if !ok {
		say = inviteWords["en"]
	}
	rep := d.Rep.Name
	if rep == "" {
		rep = d.Settings.Company()
	}
	summary := fmt.Sprintf(say.with, rep)
	if a.Title != "" {
		summary += ": " + a.Title
	}
	status, sequence := "CONFIRMED", a.Revision
	if method == InviteCancel {
		// Of two messages about a call a calendar heeds the one with the higher
		// number (RFC 5546 2.1.4); after a cancellation nothing comes any more.
		status, sequence = "CANCELLED", a.Revision+1
	}
	minutes := a.Minutes
	if minutes <= 0 {
		minutes = 30
	}
	var b strings.Builder
	line := func(name, value string) { foldLine(&b, name+":"+value) }
	line("BEGIN", "VCALENDAR")
	line("PRODID", "-//Followup//Booked calls//EN")
	line("VERSION", "2.0")
	line("CALSCALE", "GREGORIAN")
	line("METHOD", method)
	line("BEGIN", "VEVENT")
	line("UID", InviteUID(*a))
	line("SEQUENCE", fmt.Sprint(sequence))
	line("DTSTAMP", icsTime(d.Now))
	line("DTSTART", icsTime(a.StartsAt))
	line("DTEND", icsTime(a.StartsAt.Add(time.Duration(minutes)*time.Minute)))
	line("SUMMARY", icsText(summary))
	if d.Phone != "" {
		line("DESCRIPTION", icsText(fmt.Sprintf(say.comes, d.Phone)))
		line("LOCATION", icsText(d.Phone))
	}
	line(`ORGANIZER;CN=`+icsParam(rep), "mailto:"+organizer)
	line(`ATTENDEE;CN=`+icsParam(d.Prospect.Name())+`;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE`, "mailto:"+d.Email)
	line("STATUS", status)
	line("TRANSP", "OPAQUE")
	line("END", "VEVENT")
	line("END", "VCALENDAR")
	return b.String()
}

// InviteUID names an appointment in the customer's calendar for good: the
// mailbox it is announced from may change, this may not.
func InviteUID(a models.Appointment) string {
	return fmt.Sprintf("call-%d-%d@followup.invalid", a.ID, a.CreatedAt.Unix())
}

func icsTime(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// icsText escapes a value of type TEXT (RFC 5545 3.3.11).
func icsText(s string) string {
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`).Replace(clean(s))
}

// icsParam quotes a parameter's value: it holds no quotes and no line ends
// (RFC 5545 3.2).
func icsParam(s string) string {
	return `"` + strings.Join(strings.Fields(strings.ReplaceAll(clean(s), `"`, "'")), " ") + `"`
}

// foldLine ends a content line after at most 75 octets and goes on with a
// space (RFC 5545 3.1), between letters, not within one.
func foldLine(b *strings.Builder, s string) {
	room := 75
	for len(s) > room {
		cut := room
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		b.WriteString(s[:cut] + "\r\n ")
		s, room = s[cut:], 74
	}
	b.WriteString(s + "\r\n")
}
