package templates

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"followup/models"
)

const shortest = `key: short
name: Short
steps:
  - key: mail
    channel: email
    subject: S
    body: B
`

func TestParseSetsDefaults(t *testing.T) {
	d, err := ParseSequence([]byte(shortest))
	if err != nil {
		t.Fatal(err)
	}
	want := models.Definition{Key: "short", Name: "Short", Locale: "en", DefaultChannel: models.ChannelEmail, CountsAsFollowUp: true,
		OnReply: models.ReplyPause, OnColleagueReply: models.ReplyContinue, OnMeeting: models.ReplyFinish,
		Steps: []models.Step{{Key: "mail", Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp, Timing: models.Timing{Kind: models.TimingAfter}, Subject: "S", Body: "B"}}}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("%+v", d)
	}
}

func TestParseReadsEveryTiming(t *testing.T) {
	nine := models.TimeOfDay(9 * 60)
	for _, c := range []struct {
		anchor, timing string
		want           models.Timing
	}{
		{"none", `{after: {minutes: 10}}`, models.Timing{Kind: models.TimingAfter, Minutes: 10}},
		{"none", `{after: {hours: 2, minutes: 30}}`, models.Timing{Kind: models.TimingAfter, Hours: 2, Minutes: 30}},
		{"none", `{after: {days: 3}}`, models.Timing{Kind: models.TimingAfter, Days: 3}},
		{"none", `{after: {business_days: 2, at: "09:00"}}`, models.Timing{Kind: models.TimingAfter, BusinessDays: 2, At: &nine}},
		{"none", `{after: {business_days: 2, at: 09:00}}`, models.Timing{Kind: models.TimingAfter, BusinessDays: 2, At: &nine}},
		{"appointment", `{appointment: {days: -1, at: "09:00"}}`, models.Timing{Kind: models.TimingAppointment, Days: -1, At: &nine}},
		{"appointment", `{appointment: {minutes: -10}}`, models.Timing{Kind: models.TimingAppointment, Minutes: -10}},
		{"appointment", `{appointment: {}}`, models.Timing{Kind: models.TimingAppointment}},
		{"appointment", `{appointment: }`, models.Timing{Kind: models.TimingAppointment}},
		{"commitment", `{commitment: {days: 0, at: "09:00"}}`, models.Timing{Kind: models.TimingCommitment, At: &nine}},
		{"none", `{date: {on: 2026-12-24, at: "09:00"}}`, models.Timing{Kind: models.TimingDate, On: "2026-12-24", At: &nine}},
		{"none", `{date: {field: renewal_date, days: -7, at: "09:00"}}`, models.Timing{Kind: models.TimingDate, Field: "renewal_date", Days: -7, At: &nine}},
		{"none", `{recurring: {cron: "0 9 * * 1"}}`, models.Timing{Kind: models.TimingRecurring, Cron: "0 9 * * 1"}},
	} {
		source := "key: x\nname: X\nanchor: " + c.anchor + "\nsteps:\n  - key: a\n    channel: sms\n    body: b\n    timing: " + c.timing + "\n"
		d, err := ParseSequence([]byte(source))
		if err != nil || !reflect.DeepEqual(d.Steps[0].Timing, c.want) {
			t.Errorf("%s: %+v, %v", c.timing, d, err)
			continue
		}
		again, err := FormatSequence(d)
		if err != nil {
			t.Fatal(err)
		}
		if d2, err := ParseSequence(again); err != nil || !reflect.DeepEqual(d, d2) {
			t.Errorf("%s is not the same after\n%s%v", c.timing, again, err)
		}
	}
}

// Bad files stand in testdata/bad: each begins with "# line:column words" for
// every error that must be found, in order, and with "# schema: no" where the
// JSON Schema cannot see it.
func TestBadSequences(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	compiledSchema := compileSchema(t)
	for _, path := range files {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		schemaSees := true
		for _, line := range strings.Split(string(source), "\n") {
			if comment, ok := strings.CutPrefix(line, "# "); ok {
				if comment == "schema: no" {
					schemaSees = false
					continue
				}
				want = append(want, comment)
			}
		}
		_, err = ParseSequence(source)
		got := sequenceErrors(t, err)
		ok := len(got) == len(want)
		for i := 0; ok && i < len(got); i++ {
			place, words, _ := strings.Cut(want[i], " ")
			ok = fmt.Sprintf("%d:%d", got[i].Line, got[i].Column) == place && strings.Contains(got[i].Error(), words)
		}
		if !ok {
			var b strings.Builder
			for _, e := range got {
				fmt.Fprintf(&b, "  # %d:%d %s\n", e.Line, e.Column, e.Error())
			}
			t.Errorf("%s: got\n%s", path, b.String())
		}
		if v, readable := yamlValue(source); readable && schemaSees && compiledSchema.Validate(v) == nil {
			t.Errorf("%s: the schema accepts it", path)
		}
	}
}

func sequenceErrors(t *testing.T, err error) (all []*Error) {
	t.Helper()
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Errorf("%v is not joined", err)
		return nil
	}
	for _, e := range joined.Unwrap() {
		var te *Error
		if !errors.As(e, &te) {
			t.Errorf("%v is no *Error", e)
			continue
		}
		all = append(all, te)
	}
	return all
}

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	var doc any
	if err := json.Unmarshal(Schema(), &doc); err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("sequence.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("sequence.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// yamlValue reads YAML as JSON has it: dates are texts.
func yamlValue(source []byte) (any, bool) {
	var n yaml.Node
	if err := yaml.Unmarshal(source, &n); err != nil || len(n.Content) == 0 {
		return nil, false
	}
	return nodeValue(n.Content[0]), true
}

func nodeValue(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = nodeValue(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			list = append(list, nodeValue(c))
		}
		return list
	}
	switch n.Tag {
	case "!!int":
		return json.Number(n.Value)
	case "!!bool":
		return n.Value == "true"
	case "!!null":
		return nil
	}
	return n.Value
}

func TestSchemaAcceptsWhatTheParserAccepts(t *testing.T) {
	s := compileSchema(t)
	sources := []string{shortest}
	for _, b := range Builtins() {
		sources = append(sources, b.Source)
		again, err := FormatSequence(b.Definition)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, string(again))
	}
	for _, source := range sources {
		v, _ := yamlValue([]byte(source))
		if err := s.Validate(v); err != nil {
			t.Errorf("%v\n%s", err, source)
		}
	}
}

// The schema offers every key and word that the parser knows, and no other.
func TestSchemaKnowsTheWords(t *testing.T) {
	var doc struct {
		Properties map[string]any
		Defs       map[string]struct {
			Enum       []string
			Properties map[string]json.RawMessage
		} `json:"$defs"`
	}
	if err := json.Unmarshal(Schema(), &doc); err != nil {
		t.Fatal(err)
	}
	sameKeys(t, "sequence", doc.Properties, sequenceKeys)
	sameKeys(t, "step", doc.Defs["step"].Properties, stepKeys)
	sameKeys(t, "variant", doc.Defs["variant"].Properties, variantKeys)
	sameKeys(t, "timing", doc.Defs["timing"].Properties, timingWords)
	for kind, keys := range timingKeys {
		var rule struct{ Properties map[string]any }
		if err := json.Unmarshal(doc.Defs["timing"].Properties[string(kind)], &rule); err != nil {
			t.Fatal(err)
		}
		sameKeys(t, string(kind), rule.Properties, keys)
	}
	if !reflect.DeepEqual(doc.Defs["outcome"].Enum, outcomeWords()) || !reflect.DeepEqual(doc.Defs["action"].Enum, replyActionWords) {
		t.Errorf("%v", doc.Defs["outcome"].Enum)
	}
	for field, words := range map[string][]string{"channel": channelWords, "purpose": purposeWords, "contact": contactWords} {
		var e struct{ Enum []string }
		if err := json.Unmarshal(doc.Defs["step"].Properties[field], &e); err != nil || !reflect.DeepEqual(e.Enum, words) {
			t.Errorf("%s: %v, want %v", field, e.Enum, words)
		}
	}
}

func sameKeys[V any](t *testing.T, what string, got map[string]V, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d keys in the schema, want %v", what, len(got), want)
	}
	for _, k := range want {
		if _, ok := got[k]; !ok {
			t.Errorf("%s: the schema has no %s", what, k)
		}
	}
}

func FuzzParseSequence(f *testing.F) {
	f.Add([]byte(shortest))
	for _, b := range Builtins() {
		f.Add([]byte(b.Source))
	}
	files, _ := filepath.Glob("testdata/bad/*.yaml")
	for _, path := range files {
		source, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(source)
	}
	for _, s := range []string{"", "a", "- a", "a: [", "\xff", "a: &x [*x]", "%", "key: |\n", "steps: [{}]", "? a\n: b", "<<: {a: b}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		d, err := ParseSequence(source)
		if err != nil {
			for _, e := range sequenceErrors(t, err) {
				if e.Line < 1 || e.Column < 1 || e.Message == "" {
					t.Fatalf("%+v", e)
				}
			}
			return
		}
		Lint(d, source)
		again, err := FormatSequence(d)
		if err != nil {
			t.Fatal(err)
		}
		d2, err := ParseSequence(again)
		if err != nil || !reflect.DeepEqual(d, d2) {
			t.Fatalf("not the same after\n%s\n%v\n%+v\n%+v", again, err, d, d2)
		}
	})
}
