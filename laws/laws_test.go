package laws

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"followup/models"
)

var update = flag.Bool("update", false, "write the tables of docs/compliance.md anew")

const doc = "../docs/compliance.md"

// tables are the rows as docs/compliance.md shows them.
func tables() string {
	var b strings.Builder
	for _, m := range Matters {
		fmt.Fprintf(&b, "### %s\n\n| Rule | Where | For | Default | Source | Checked | Note |\n|---|---|---|---|---|---|---|\n", strings.ToUpper(string(m[:1]))+string(m[1:]))
		for _, r := range For("").Rows() {
			if r.Matter != m {
				continue
			}
			var channels []string
			for _, ch := range r.Channels {
				channels = append(channels, string(ch))
			}
			country := strings.ReplaceAll(r.Country, ",", " ")
			fmt.Fprintf(&b, "| `%s` | %s %s | %s | %s | %s | %s | %s |\n", r.ID, strings.ReplaceAll(country, "*", "any country"), strings.NewReplacer("*", "", "?", "(state not known)").Replace(r.Region), strings.Join(channels, ", "), r.Default, r.Source, r.Checked, r.Note)
		}
		b.WriteString("\n")
	}
	return strings.ReplaceAll(strings.ReplaceAll(b.String(), "  |", " |"), " |  |", " | |")
}

const (
	begins = "<!-- the tables below are written by: go test ./laws -run TestDocumentation -update -->\n"
	ends   = "<!-- end of the tables -->\n"
)

// Every rule of the data is in the documentation, word for word.
func TestDocumentation(t *testing.T) {
	text, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begins)
	have, after, ok2 := strings.Cut(rest, ends)
	if !ok || !ok2 {
		t.Fatal("docs/compliance.md has lost the marks between which the tables stand")
	}
	want := "\n" + tables()
	if *update {
		if err := os.WriteFile(doc, []byte(before+begins+want+ends+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if have != want {
		t.Error("docs/compliance.md does not show the rules as they are: go test ./laws -run TestDocumentation -update")
	}
}

// Every row names a source and the day it was checked, once, and reads.
func TestRowsAreWhole(t *testing.T) {
	if err := Check(""); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range For("").Rows() {
		if r.Source == "" || seen[r.ID] || !strings.HasPrefix(r.ID, string(r.Matter)+"/") {
			t.Errorf("%+v", r)
		}
		seen[r.ID] = true
		if _, err := models.ParseDate(string(r.Checked)); err != nil {
			t.Errorf("%s: checked %q", r.ID, r.Checked)
		}
		for _, ch := range r.Channels {
			switch ch {
			case models.ChannelEmail, models.ChannelSMS, models.ChannelVoicemail, models.ChannelCall:
			default:
				t.Errorf("%s: no channel %q", r.ID, ch)
			}
		}
	}
	if len(areas()) < 400 {
		t.Errorf("%d area codes", len(areas()))
	}
	for _, cells := range table("regions.tsv", 3) {
		for _, z := range strings.Split(cells[2], ",") {
			if _, err := models.LoadZone(z); err != nil {
				t.Errorf("%v: %v", cells, err)
			}
		}
	}
}

// A workspace's own values hold; wrong ones are refused and do nothing.
func TestOverrides(t *testing.T) {
	own, err := Change("", "hours/US-TX", "Mon-Fri 10:00-18:00")
	if err != nil {
		t.Fatal(err)
	}
	place := PlaceOf("US", "TX", "+12145550123")
	if got := For(own).Week(place, models.ChannelSMS, 0, 0).String(); strings.Contains(got, "Sat") || !strings.Contains(got, "Mon 10:00-18:00") {
		t.Error(got)
	}
	if own, err = Change(own, "caps/US-FL", Off); err != nil || For(own).Limit(PlaceOf("US", "FL", ""), models.ChannelSMS).Most != 0 {
		t.Errorf("%q %v", own, err)
	}
	if back, err := Change(own, "hours/US-TX", ""); err != nil || strings.Contains(back, "US-TX") || !strings.Contains(back, "caps/US-FL = off") {
		t.Errorf("%q %v", back, err)
	}
	for id, value := range map[string]string{"hours/US-TX": "always", "caps/US-FL": "many", "consent/US-email": "yes", "holidays/US-king": "sometimes", "hours/nowhere": "off"} {
		if _, err := Change("", id, value); models.CodeOf(err) != models.CodeInvalid {
			t.Errorf("%s = %s: %v", id, value, err)
		}
	}
	if got := For("hours/US-TX = nonsense").Week(place, models.ChannelSMS, 0, 0).String(); !strings.Contains(got, "Sun 12:00-21:00") {
		t.Errorf("what does not read must leave the law in force: %s", got)
	}
}

func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		country, region, number, want string
		unknown                       bool
	}{
		{"US", "FL", "+12125550123", "US FL NY", false},
		{"us", "ny", "", "US NY", false},
		{"", "", "+13055550123", "US FL", false},
		{"US", "", "+18005550123", "US ", true},
		{"", "", "+18005550123", "US ", true},
		{"", "", "+14165550123", "CA ", false},
		{"CA", "ON", "+13055550123", "CA ", false},
		{"GB", "", "+13055550123", "GB ", false},
		{"PR", "", "+17875550123", "US PR", false},
		{"", "", "+442079460018", " ", false},
		{"US", "", "+442079460018", "US ", true},
	} {
		p := PlaceOf(c.country, c.region, c.number)
		if p.key != c.want || p.Unknown != c.unknown {
			t.Errorf("%s-%s %s: %q %v", c.country, c.region, c.number, p.key, p.Unknown)
		}
	}
}

// Holidays, by the calendar on the wall.
func TestHolidays(t *testing.T) {
	us := PlaceOf("US", "NY", "")
	for day, want := range map[models.Date]bool{
		"2026-01-01": true, "2026-01-19": true, "2026-02-16": true, "2026-05-25": true, "2026-06-19": true, "2026-07-03": true, "2026-07-04": true,
		"2026-09-07": true, "2026-10-12": true, "2026-11-11": true, "2026-11-26": true, "2026-12-25": true, "2027-12-31": true,
		"2026-11-27": false, "2026-07-06": false, "2026-12-24": false, "2026-04-03": false,
	} {
		if got := For("").Holiday(us, day); got != want {
			t.Errorf("%s: %v", day, got)
		}
	}
	// Those of a state, which hold where the state is not known as well.
	for _, c := range []struct {
		state string
		day   models.Date
		want  bool
	}{
		{"UT", "2026-07-24", true}, {"UT", "2026-07-23", false}, {"UT", "2027-07-23", true}, // a Saturday in 2027
		{"PA", "2026-11-03", true}, {"PA", "2026-11-10", false}, {"PA", "2027-11-02", true}, {"PA", "2026-04-03", true}, {"PA", "2026-06-14", true},
		{"RI", "2026-11-03", true}, {"RI", "2026-08-10", true}, {"AL", "2026-02-17", true}, {"NY", "2026-11-03", false},
	} {
		if got := For("").Holiday(PlaceOf("US", c.state, ""), c.day); got != c.want {
			t.Errorf("%s %s: %v", c.state, c.day, got)
		}
		if c.want && !For("").Holiday(PlaceOf("US", "", "+18005550123"), c.day) {
			t.Errorf("%s is none where the state is not known", c.day)
		}
	}
	for year, want := range map[int]string{2024: "03-31", 2025: "04-20", 2026: "04-05", 2027: "03-28", 2038: "04-25"} {
		if got := easter(year).Format("01-02"); got != want {
			t.Errorf("Easter %d on %s", year, got)
		}
	}
}

// Where the state is not known, the hours are within those of every state.
func TestUnknownIsTheStrictest(t *testing.T) {
	b := For("")
	for _, ch := range []models.ChannelKind{models.ChannelCall, models.ChannelSMS, models.ChannelVoicemail} {
		unknown := b.Week(PlaceOf("US", "", "+18005550123"), ch, 0, 0)
		for _, r := range b.Rows() {
			if r.Matter != Hours || r.Country != "US" || len(r.Region) != 2 {
				continue
			}
			state := b.Week(PlaceOf("US", r.Region, ""), ch, 0, 0)
			for at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() == 2026; at = at.Add(30 * time.Minute) {
				if unknown.Permits(at) && !state.Permits(at) {
					t.Fatalf("%s on %s is permitted where the state is not known, and not in %s", ch, at.Format("Mon 2006-01-02 15:04"), r.Region)
				}
			}
		}
	}
}

func TestConsentLapses(t *testing.T) {
	need, ok := For("").Need("CA", models.ChannelEmail)
	if !ok || need.Basis != models.ConsentInquiry {
		t.Fatalf("%+v", need)
	}
	given := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	if end := need.Lapses(models.Consent{Basis: models.ConsentInquiry, GivenAt: given}); !end.Equal(given.AddDate(0, 6, 0)) {
		t.Error(end)
	}
	if end := need.Lapses(models.Consent{Basis: models.ConsentWritten, GivenAt: given}); !end.IsZero() {
		t.Error(end)
	}
}
