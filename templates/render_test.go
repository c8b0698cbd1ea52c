package templates

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"followup/models"
)

// sample is everything a template can speak of.
func sample() Data {
	tod := models.DefaultSettings()
	tod.Workspace, tod.PostalAddress = "Northwind", "1 Main Street\nSpringfield, IL 62701"
	return Data{
		Prospect: models.Prospect{FirstName: "Ana", LastName: "Lima", Title: "CFO", Zone: "America/New_York", Locale: "en-US", Country: "US", Region: "NY",
			Custom: map[string]string{"plan": "Pro", "link": "https://example.com/a?b=1&c=2", "both": "prospect's"}},
		Email: "ana@example.com", Phone: "+15555550123",
		Company:      &models.Company{Name: "Lima & Sons", Domain: "example.com", City: "Albany", Region: "NY"},
		Rep:          models.User{Name: "Sam Rivera", Email: "sam@example.com", Phone: "+15555550100", Signature: "Sam Rivera\nNorthwind"},
		Sender:       &models.Sender{Name: "Sam at Northwind", Address: "sam@example.com"},
		Appointment:  &models.Appointment{StartsAt: time.Date(2026, 11, 26, 20, 0, 0, 0, time.UTC), Minutes: 30, Zone: "America/New_York"},
		Commitment:   &models.Commitment{Outcome: "sign the pilot", Value: "$12,000 a year", DueOn: "2026-11-30", Words: "I'll have it signed", CostPerDay: "$33"},
		Discovery:    &models.Discovery{Goal: "close the month in two days", Obstacle: "three spreadsheets", DailyCost: "$400", GoalDate: "2027-01-31"},
		TalkingPoint: &models.TalkingPoint{Text: "you can file it online from January", Kind: "new_policy", Source: "Gazette"},
		Variables:    map[string]string{"both": "enrollment's", "Renewal Date": "2027-03-01"},
		Settings:     tod,
		Unsubscribe:  "https://example.com/u/abc?x=1&y=2",
		BookingLink:  "https://followup.example.com/b/x", RescheduleLink: "https://followup.example.com/b/y",
		Now: time.Date(2026, 11, 21, 15, 0, 0, 0, time.UTC),
	}
}

func TestRender(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{"", ""},
		{"no variables, 100% literal", "no variables, 100% literal"},
		{"Hi {{ prospect.first_name }}!", "Hi Ana!"},
		{"{{prospect.name}} <{{prospect.email}}>, {{ prospect.title }}", "Ana Lima <ana@example.com>, CFO"},
		{"{{ company.name }} in {{ company.city }}", "Lima & Sons in Albany"},
		{"{{ appointment.date }} / {{ appointment.time }} / {{ appointment.weekday }}", "Thursday, November 26 / 3:00 PM EST / Thursday"},
		{"{{ appointment.starts_at }}, {{ appointment.minutes }} min, {{ appointment.zone }}", "Thursday, November 26 at 3:00 PM EST, 30 min, EST"},
		{"{{ commitment.due_on }}; {{ discovery.goal_date }}; {{ today }}", "Monday, November 30; Sunday, January 31, 2027; Saturday, November 21, 2026"},
		{"{{ talking_point.text }} ({{ talking_point.kind }})", "you can file it online from January (new policy)"},
		{"{{ custom.plan }} {{ custom.both }} {{ custom[\"Renewal Date\"] }}", "Pro enrollment's 2027-03-01"},
		{"{{ rep.first_name }} {{ rep.signature }}", "Sam Sam Rivera\nNorthwind"},

		// fallbacks
		{`{{ custom.nothing | default: "there" }}`, "there"},
		{`{{ custom.nothing | default: custom.plan }}`, "Pro"},
		{`{{ custom.nothing | default: custom.none | default: "last" }}`, "last"},
		{`{{ custom.nothing | upcase | default: "x" }}`, "x"},
		{`[{{ custom.nothing | default: "" }}]`, "[]"},
		{`{{ prospect.first_name | default: "there" | upcase }}`, "ANA"},
		{`{{ prospect.first_name | remove: "Ana" | default: "you" }}`, "you"},

		// conditions: what is empty does not hold
		{"{% if custom.nothing %}a{% else %}b{% endif %}", "b"},
		{"{% if company %}{{ company.name }}{% endif %}", "Lima & Sons"},
		{`{% if prospect.title == "CFO" and company.city != "Boston" %}yes{% endif %}`, "yes"},
		{"{% unless custom.nothing %}none{% endunless %}", "none"},
		{`{% case prospect.region %}{% when "CA", "NY" %}coast{% else %}inland{% endcase %}`, "coast"},
		{"{% if appointment.minutes > 20 %}long{% elsif appointment.minutes %}short{% endif %}", "long"},
		{"a{% comment %}{{ whatever }} {% for %}{% endcomment %}b", "ab"},
		{"a {{- prospect.first_name -}} b", "aAnab"},
		{"{% if custom.nothing == blank %}blank{% endif %}", "blank"},

		// filters
		{`{{ prospect.first_name | append: "!" | prepend: "¡" }}`, "¡Ana!"},
		{`{{ discovery.goal | capitalize | truncate: 10 }}`, "Close the…"},
		{`{{ discovery.goal | truncatewords: 2 }}`, "close the…"},
		{`{{ discovery.goal | replace: "month", "year" | first_word }}`, "close"},
		{`{{ appointment.minutes | times: 2 | minus: 1 }} {{ 10 | divided_by: 4 | round: 1 }} {{ prospect.first_name | size }}`, "59 2.5 3"},
		{`{{ custom.link | url_encode }}`, "https%3A%2F%2Fexample.com%2Fa%3Fb%3D1%26c%3D2"},
		{`{{ rep.phone | spoken }} / {{ "+493012345" | spoken }} / {{ "call me" | spoken }}`, "5 5 5, 5 5 5, 0 1 0 0 / plus 4 9 3, 0 1 2, 3 4 5 / call me"},
		{"a\r\n{{ prospect.first_name }}\r\nb", "a\nAna\nb"},
	} {
		got, err := Render(c.source, sample())
		if err != nil || got != c.want {
			t.Errorf("%q:\n got %q, %v\nwant %q", c.source, got, err, c.want)
		}
	}
}

func TestRenderErrors(t *testing.T) {
	empty := Data{Prospect: models.Prospect{FirstName: "  ", Zone: "Nowhere/Else"}, Appointment: &models.Appointment{StartsAt: time.Now(), Zone: "Local"}}
	for _, c := range []struct {
		source       string
		line, column int
		variable     string
		says         string
	}{
		// unfilled
		{"Hi {{ prospect.first_name }}", 1, 4, "prospect.first_name", "default:"},
		{"ä\nö {{ company.name }}", 2, 3, "company.name", "no value"},
		{"{% if prospect %}\n  {{ custom.a | upcase }}{% endif %}", 2, 3, "custom.a", "no value"},
		{"{% if company.name %}{{ company.name }}{% endif %} {{ rep.name }}", 1, 52, "rep.name", "no value"},
		{`{{ custom.a | default: custom.b }}`, 1, 1, "custom.a", "no value"},
		{`{{ "x" | append: custom.b }}`, 1, 1, "custom.b", "no value"},
		{"{{ appointment.time }}", 1, 1, "appointment.time", "no value"},
		{"{{ sender.address }}{{ rep.phone }}", 1, 1, "sender.address", "no value"},
		{`{{ "" }}x{{ "a" | remove: "a" }}`, 1, 10, "", "nothing is left"},

		// does not exist
		{"Hi {{ prospect.frist_name }}", 1, 7, "", "did you mean prospect.first_name?"},
		{"{{ contact.first_name }}", 1, 4, "", "prospect.first_name"},
		{"{{ first_name }}", 1, 4, "", "prospect.first_name"},
		{"{% if prospect.titel %}x{% endif %}", 1, 7, "", "prospect.title"},
		{"{% if a %}{% elsif rep.mail %}{% endif %}", 1, 7, "", "custom.a"},
		{"{{ zebra.stripes }}", 1, 4, "", "variables begin with appointment.…"},
		{"{{ prospect }}", 1, 4, "", "group"},
		{"{{ prospect.name.first }}", 1, 4, "", "has no parts"},
		{"{{ prospect.favourite_colour }}", 1, 4, "", "prospect has country, email, first_name"},
		{"{{ prospect[0] }}", 1, 12, "", "brackets"},
		{"{{ rep.name | upcas }}", 1, 15, "", "did you mean upcase"},
		{"{{ rep.name | truncate }}", 1, 15, "", "| truncate: 40"},
		{"{{ rep.name | mark_value: 0 }}", 1, 15, "", "no filter"},
		{"{{ rep.name | safe }}", 1, 15, "", "no filter"},

		// braces
		{"Hi {{ prospect.first_name }", 1, 4, "", "not closed"},
		{"a\nb {{ prospect.first_name", 2, 3, "", "not closed"},
		{"{% if prospect.name", 1, 1, "", "not closed"},
		{"Hi prospect.first_name }}", 1, 24, "", "has no {{"},
		{"x %} y", 1, 3, "", "has no {%"},
		{"{{ }}", 1, 3, "", "cannot be read"},
		{"{{ prospect.first_name | }}", 1, 24, "", "filter's name"},
		{"{{ prospect. }}", 1, 4, "", "group"},
		{"{{ 'open }}", 1, 4, "", "cannot be read"},
		{"{{ 99999999999999999999999 }}", 1, 4, "", "cannot be read"},
		{"{{ a == b }}", 1, 4, "", "no variable a"},
		{`{{ rep.name == "x" }}`, 1, 13, "", "compares"},
		{"{{ (1..9) }}", 1, 4, "", "parentheses"},

		// blocks
		{"{% if prospect.name %}x", 1, 1, "", "never closed"},
		{"x{% endif %}", 1, 2, "", "closes nothing"},
		{"{% if %}{% endif %}", 1, 1, "", "needs a condition"},
		{"{% if prospect.name %}{% endunless %}", 1, 23, "", "closes nothing"},
		{"{% else %}", 1, 1, "", "inside"},
		{"{% if prospect.name %}{% else if rep.name %}{% endif %}", 1, 31, "", "elsif"},
		{"{% if prospect.name %}{% else %}{% elsif rep.name %}{% endif %}", 1, 33, "", "after {% else %}"},
		{"{% iff prospect.name %}", 1, 1, "", "did you mean if"},

		// what the hardening forbids
		{"{% for i in (1..1000000000) %}x{% endfor %}", 1, 1, "", "not allowed"},
		{"{% tablerow i in (1..9) %}x{% endtablerow %}", 1, 1, "", "not allowed"},
		{"{% assign a = 1 %}", 1, 1, "", "not allowed"},
		{"{% capture a %}x{% endcapture %}", 1, 1, "", "not allowed"},
		{"{% increment a %}", 1, 1, "", "not allowed"},
		{"{% cycle 'a', 'b' %}", 1, 1, "", "not allowed"},
		{"{% include 'secret' %}", 1, 1, "", "not allowed"},
		{"{% render 'secret' %}", 1, 1, "", "not allowed"},
		{"{% raw %}{{ x }}{% endraw %}", 1, 1, "", "not allowed"},
		{"a\x01b", 1, 2, "", "cannot be read"},
		{"a\xffb", 1, 2, "", "cannot be read"},
		{strings.Repeat("x", maxSource+1), 1, 1, "", "32 KB"},

		// sums
		{`{{ "ten" | plus: 1 }}`, 1, 1, "", "not a number"},
		{`x {{ 1 | divided_by: 0 }}`, 1, 3, "", "division by zero"},
		{`{{ "abc" | truncate: "many" }}`, 1, 1, "", "not a number"},
	} {
		got, err := Render(c.source, empty)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%q: got %q, %v; want an *Error", shorten(c.source), got, err)
			continue
		}
		if e.Line != c.line || e.Column != c.column || e.Variable != c.variable || !strings.Contains(e.Message, c.says) {
			t.Errorf("%q:\n got %d:%d %q %s\nwant %d:%d %q … %s", shorten(c.source), e.Line, e.Column, e.Variable, e.Message, c.line, c.column, c.variable, c.says)
		}
	}
}

func TestValuesAreCleaned(t *testing.T) {
	d := sample()
	d.Prospect.FirstName = " A\x00\x01n\x02a\u0085\x7f\xff\r\nB\t "
	got, err := Render("{{ prospect.first_name }}", d)
	if err != nil || got != "Ana\uFFFD\nB" {
		t.Errorf("%q, %v", got, err)
	}
	d.Prospect.FirstName = "{{ rep.email }}{% for %}"
	if got, err := Render("{{ prospect.first_name }}", d); err != nil || got != d.Prospect.FirstName {
		t.Errorf("a value was rendered: %q, %v", got, err)
	}
}

// Nothing a template can say takes much time or memory.
func TestOutputIsBounded(t *testing.T) {
	d := sample()
	d.Prospect.Custom["huge"] = strings.Repeat("x", 100<<10)
	for name, source := range map[string]string{
		"values":       strings.Repeat("{{ custom.huge }}", 4),
		"in a branch":  "{% if custom.huge %}" + strings.Repeat("{{ custom.huge }}", 100) + "{% endif %}",
		"long filters": `{{ custom.huge | append: "x" }}`,
		"many appends": "{{ custom.huge " + strings.Repeat("| append: custom.huge ", 100) + "}}",
		"replace":      `{{ "a" ` + strings.Repeat(`| replace: "a", "aaaaaaaaaa" `, 500) + "}}",
	} {
		_, err := Render(source, d)
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(e.Message, "KB") {
			if name == "replace" && err == nil {
				continue // it stopped growing by itself
			}
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := Render(`{{ "abc" | replace: "", "x" }}`, d); err != nil || got != "abc" {
		t.Errorf("%q, %v", got, err)
	}
	deep := strings.Repeat("{% if prospect.name %}", 700) + "x" + strings.Repeat("{% endif %}", 700)
	if got, err := Render(deep, d); err != nil || got != "x" {
		t.Errorf("deep: %q, %v", got, err)
	}
}

// The library panics where a writer fails; a panic must not end the process.
func TestPanicsBecomeErrors(t *testing.T) {
	err := guard(func() error { panic(errors.New("boom\nstack")) })
	if err == nil || !strings.Contains(err.Error(), "boom") || strings.Contains(err.Error(), "stack") {
		t.Errorf("%v", err)
	}
	if err := guard(func() error { panic("words") }); err == nil || !strings.Contains(err.Error(), "words") {
		t.Errorf("%v", err)
	}
	if err := guard(func() error { panic(errTooLong) }); err == nil || !strings.Contains(err.Error(), "256 KB") {
		t.Errorf("%v", err)
	}
	tmpl, perr := engine().ParseString("{{ 'x' }}")
	if perr != nil {
		t.Fatal(perr)
	}
	err = guard(func() error {
		if err := tmpl.FRender(&limitedWriter{b: make([]byte, maxOutput)}, nil); err != nil {
			return err
		}
		return nil
	})
	if err == nil {
		t.Error("a full writer gave no error")
	}
}

func TestVariablesAreListed(t *testing.T) {
	all := Variables()
	if len(all) < 45 || !slices.IsSorted(all) || !slices.Contains(all, "prospect.first_name") {
		t.Errorf("%v", all)
	}
	d := sample()
	d.Company.Website, d.Company.Country, d.Appointment.Title = "https://example.com", "US", "Call"
	d.Discovery.GoalValue, d.Discovery.StretchGoal, d.Discovery.TriedBefore, d.Discovery.WhyItFailed, d.Discovery.Common = "1", "2", "3", "4", "5"
	for _, name := range all {
		if out, err := Render("{{ "+name+" }}", d); err != nil || out == "" {
			t.Errorf("%s: %q, %v", name, out, err)
		}
	}
}

func TestErrorSaysWhere(t *testing.T) {
	for _, c := range []struct {
		e    Error
		want string
	}{
		{Error{Message: "m"}, "m"},
		{Error{Where: "step a, body", Line: 3, Column: 5, Message: "m"}, "step a, body, line 3, column 5: m"},
		{Error{Line: 3, Message: "m"}, "line 3: m"},
	} {
		if got := c.e.Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestCacheIsBounded(t *testing.T) {
	c := newCache[int](10 * (entryCost + 4))
	for i := range 1000 {
		c.put(fmt.Sprintf("%04d", i), i)
		c.get("0000")
	}
	if c.len() != 10 {
		t.Errorf("%d entries", c.len())
	}
	if _, ok := c.get("0000"); !ok {
		t.Error("what is used most was dropped")
	}
	if _, ok := c.get("0500"); ok {
		t.Error("an old entry was kept")
	}
}

func TestRenderConcurrently(t *testing.T) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			d := sample()
			for i := range 200 {
				d.Prospect.FirstName = fmt.Sprint("n", i)
				source := fmt.Sprintf("%d {{ prospect.first_name }}", rand.IntN(20))
				out, err := Render(source, d)
				if err != nil || !strings.HasSuffix(out, " "+d.Prospect.FirstName) {
					t.Errorf("%q, %v", out, err)
				}
				if _, err := RenderEmail(source, "**"+source+"**", d); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

const benchSource = `Hi {{ prospect.first_name | default: "there" }},

your call with {{ rep.name }} is on {{ appointment.date }} at {{ appointment.time }}.{% if company.name %} Regards to {{ company.name }}.{% endif %}`

func BenchmarkRender(b *testing.B) {
	d := sample()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Render(benchSource, d); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRenderEmail(b *testing.B) {
	d := sample()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := RenderEmail("Hi {{ prospect.first_name }}", benchSource, d); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzRender(f *testing.F) {
	for _, s := range []string{"", benchSource, "{{", "{%", "{{ a | }}", "{% if x %}", "{{ 1..2 }}", "{{ 'a' | append: 'b', }}", "{{\n rep.name \n}}",
		"{%- if rep -%} {{- rep.name -}} {% endif %}", "{% case rep.name %}{% when 'a' or 'b' %}{% endcase %}", "{{ custom['a b'] }}", "{% comment %}{{{% endcomment %}",
		"\x01{{ rep.name }}\x02", "[a]({{ custom.link }})", "qzvx0x {{ rep.name }}"} {
		f.Add(s, "value")
	}
	f.Add("{{ custom.v }}", "<script>[x](javascript:alert(1))\n*a*")
	f.Fuzz(func(t *testing.T, source, value string) {
		d := sample()
		d.Prospect.Custom["v"] = value
		out, err := Render(source, d)
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Line < 1 || e.Column < 1) {
			t.Fatalf("%q: %v", source, err)
		}
		if len(out) > maxOutput || strings.ContainsAny(out, valueStart+valueEnd) {
			t.Fatalf("%q: %d bytes: %q", source, len(out), shorten(out))
		}
		r, err := RenderEmail("s", source, d)
		if err == nil && (strings.Contains(strings.ToLower(r.HTML), "<script") || strings.Contains(strings.ToLower(r.HTML), `href="javascript:`)) {
			t.Fatalf("%q: %s", source, r.HTML)
		}
	})
}
