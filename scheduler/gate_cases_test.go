package scheduler

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"followup/models"
)

// gateCase is one row of testdata/gate_cases.tsv.
type gateCase struct {
	line                                                   int
	source, where, at, how, consent, made, expect, comment string
}

func gateCases(t *testing.T) []gateCase {
	t.Helper()
	data, err := os.ReadFile("testdata/gate_cases.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var cases []gateCase
	header := true
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if header {
			header = false
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 8 {
			t.Fatalf("line %d has %d cells", n, len(f))
		}
		cases = append(cases, gateCase{n, f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]})
	}
	return cases
}

// The rules, typed by hand: what the gate makes of each.
func TestGateCases(t *testing.T) {
	cases := gateCases(t)
	if len(cases) < 400 {
		t.Errorf("%d cases", len(cases))
	}
	for _, c := range cases {
		if c.source == "" {
			t.Errorf("line %d names no source", c.line)
		}
		d, now, loc := c.due(t)
		got := Judge(d, gateAt(now))
		said := string(got.Action)
		if got.Reason != "" {
			said += " " + string(got.Reason)
		}
		if got.Action == models.DecideHold {
			said += " " + got.Until.In(loc).Format("2006-01-02 15:04")
		}
		if said != c.expect {
			t.Errorf("line %d (%s; %s): %s %s %s, consent %s, made %s\n\tgot  %s\n\twant %s\n\t%s", c.line, c.source, c.comment, c.where, c.at, c.how, c.consent, c.made, said, c.expect, got.Detail)
		}
	}
}

// due builds the touch of the row, the instant and the zone in which it is read.
func (c gateCase) due(t *testing.T) (models.Due, time.Time, *time.Location) {
	t.Helper()
	f := strings.Fields(c.where)
	if len(f) != 3 {
		t.Fatalf("line %d: where %q", c.line, c.where)
	}
	country, region, _ := strings.Cut(f[0], "-")
	number := f[1]
	if !strings.HasPrefix(number, "+") {
		number = "+1" + number + "5550123"
	}
	zoneName, unknown := strings.CutPrefix(f[2], "?")
	loc, err := models.LoadZone(zoneName)
	if err != nil {
		loc = time.UTC
	}
	now := c.time(t, c.at, loc)
	d := c.touch(t, now)
	d.Prospect.Country, d.Prospect.Region, d.Prospect.Zone = country, region, zoneName
	if unknown {
		d.Prospect.Zone = ""
	}
	d.ContactPoints = []models.ContactPoint{
		{ID: workMail, ProspectID: 7, Kind: models.ContactEmail, Value: "dana@example.com"},
		{ID: cell, ProspectID: 7, Kind: models.ContactPhone, Value: number, Position: 1},
	}
	c.permit(t, &d, now)
	c.before(t, &d, now, number)
	return d, now, loc
}

func (c gateCase) time(t *testing.T, s string, loc *time.Location) time.Time {
	t.Helper()
	if at, ok := strings.CutSuffix(s, "Z"); ok {
		s, loc = at, time.UTC
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", s, loc)
	if err != nil {
		t.Fatalf("line %d: %v", c.line, err)
	}
	return at.UTC()
}

var caseChannels = map[string]models.ChannelKind{
	"text": models.ChannelSMS, "call": models.ChannelCall, "voicemail": models.ChannelVoicemail, "email": models.ChannelEmail, "booked": models.ChannelCall,
}

// touch is a step's touch, a booked call, or what a person writes.
func (c gateCase) touch(t *testing.T, now time.Time) models.Due {
	t.Helper()
	how := strings.Fields(c.how)
	var d models.Due
	switch how[0] {
	case "booked":
		d = bookedCall(t, now)
	case "answer", "manual":
		d, _ = byHand(t, caseChannels[how[1]])
		d.Touch.Purpose = models.Purpose(how[0])
		wrote := strings.Split(how[2], "-")
		ago, err := time.ParseDuration(wrote[2])
		if err != nil {
			t.Fatal(err)
		}
		at := now.Add(-ago)
		d.Conversation.LastChannel, d.Conversation.LastInboundAt = caseChannels[wrote[1]], &at
		how = how[1:2]
	default:
		purpose := models.PurposeFollowUp
		if len(how) > 1 {
			purpose = models.Purpose(how[1])
		}
		d, _ = dueTouch(t, caseChannels[how[0]], purpose)
	}
	d.Touch.DueAt, d.Touch.PromisedAt, d.Touch.PlannedAt = now, now, now.Add(-1000*time.Hour)
	d.Touch.ContactPointID = ptr(cell)
	if caseChannels[how[0]] == models.ChannelEmail {
		d.Touch.ContactPointID = ptr(workMail)
	}
	return d
}

// permit records the consent of the row.
func (c gateCase) permit(t *testing.T, d *models.Due, now time.Time) {
	t.Helper()
	d.Consents = nil
	basis, given := c.consent, now.Add(-time.Hour)
	var until, withdrawn *time.Time
	channels := []models.ChannelKind{models.ChannelSMS, models.ChannelVoicemail, models.ChannelEmail, models.ChannelCall}
	if b, since, ok := strings.Cut(basis, "@"); ok {
		basis, given = b, c.time(t, since, time.UTC)
	}
	if b, end, ok := strings.Cut(basis, " until "); ok {
		at := c.time(t, end, time.UTC)
		basis, until = b, &at
	}
	if b, ok := strings.CutSuffix(basis, " withdrawn"); ok {
		at := now.Add(-time.Minute)
		basis, withdrawn = b, &at
	}
	if b, ok := strings.CutSuffix(basis, " for email"); ok {
		basis, channels = b, channels[2:3]
	}
	if basis == "none" {
		return
	}
	for _, ch := range channels {
		point := cell
		if ch == models.ChannelEmail {
			point = workMail
		}
		d.Consents = append(d.Consents, models.Consent{ProspectID: 7, ContactPointID: point, Channel: ch, Basis: models.ConsentBasis(basis),
			GivenAt: given, ExpiresAt: until, WithdrawnAt: withdrawn})
	}
}

// before is what was made to them, or what they ordered.
func (c gateCase) before(t *testing.T, d *models.Due, now time.Time, number string) {
	t.Helper()
	for _, made := range strings.Fields(c.made) {
		switch what, rest, _ := strings.Cut(made, "-"); {
		case made == "stop-all":
			d.Suppressions = append(d.Suppressions, models.Suppression{Scope: models.SuppressPerson, ProspectID: ptr(int64(7)), Reason: models.FailOptedOut, CreatedAt: now})
		case made == "stop-before":
			d.Suppressions = append(d.Suppressions, models.Suppression{Scope: models.SuppressPerson, ProspectID: ptr(int64(7)), Reason: models.FailOptedOut, CreatedAt: now.Add(-48 * time.Hour)})
		case made == "stop-text":
			d.Suppressions = append(d.Suppressions, models.Suppression{Scope: models.SuppressAddress, Value: number, Channel: models.ChannelSMS, Reason: models.FailOptedOut})
		case made == "stop-list":
			d.Suppressions = append(d.Suppressions, models.Suppression{Scope: models.SuppressAddress, Value: number, Reason: models.FailDoNotCall, Source: "import"})
		case made == "goodbye":
			at := now.AddDate(0, 0, -3)
			d.Pursuit.GoodbyeAt = &at
		case strings.HasPrefix(made, "follow-ups-"):
			n, err := strconv.Atoi(strings.TrimPrefix(made, "follow-ups-"))
			if err != nil {
				t.Fatal(err)
			}
			d.Pursuit.FollowUps, d.Pursuit.LastCountedOn = n, "2026-01-01"
		default:
			purpose := models.PurposeFollowUp
			if p, channel, ok := strings.Cut(what, ":"); ok {
				purpose, what = models.Purpose(p), channel
			}
			ago, err := time.ParseDuration(rest)
			if err != nil {
				t.Fatalf("line %d: %v", c.line, err)
			}
			d.Recent = append(d.Recent, models.RecentTouch{ProspectID: 7, Channel: caseChannels[what], Purpose: purpose, At: now.Add(-ago)})
		}
	}
}

// What holds a touch is named: the state's rule, and the doubt where they are.
func TestHoldNamesItsRule(t *testing.T) {
	for _, c := range []struct{ where, at, want string }{
		{"US-FL 305 America/New_York", "2026-11-17 20:30", "the hours of US-FL"},
		{"US- 800 America/New_York", "2026-11-17 19:30", "strictest state"},
		{"US-TX 214 ?America/Chicago", "2026-11-17 09:30", "each of the 2 time zones"},
	} {
		row := gateCase{where: c.where, at: c.at, how: "text", consent: "written"}
		d, now, _ := row.due(t)
		if got := Judge(d, gateAt(now)); !strings.Contains(got.Detail, c.want) {
			t.Errorf("%s: %q does not say %q", c.where, got.Detail, c.want)
		}
	}
}
