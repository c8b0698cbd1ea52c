package web_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"gopkg.in/yaml.v3"

	"followup/models"
	"followup/scheduler"
	"followup/templates"
	"followup/web/webtest"
)

// fieldsOf is what a browser would send of the form with the id, unless a
// button is pressed: what stands in it and what belongs to it from elsewhere.
func fieldsOf(t *testing.T, page, id string) url.Values {
	t.Helper()
	return fieldsIn(t, page, id)
}

// fieldsOfAll is what all forms of a page hold.
func fieldsOfAll(t *testing.T, page string) url.Values {
	t.Helper()
	return fieldsIn(t, page, "")
}

func fieldsIn(t *testing.T, page, id string) url.Values {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	must(t, err)
	values := url.Values{}
	var walk func(n *html.Node, in bool)
	walk = func(n *html.Node, in bool) {
		a := map[string]string{}
		for _, at := range n.Attr {
			a[at.Key] = at.Val
		}
		in = in || id == "" || n.Type == html.ElementNode && n.Data == "form" && a["id"] == id
		if name := a["name"]; name != "" && (in || a["form"] == id) {
			switch n.Data {
			case "input":
				_, checked := a["checked"]
				switch a["type"] {
				case "checkbox", "radio":
					if value, ok := a["value"]; checked && ok {
						values.Add(name, value)
					} else if checked {
						values.Add(name, "on")
					}
				case "hidden":
					values.Add(name, a["value"])
				default: // one line holds no line break
					values.Add(name, strings.NewReplacer("\r", "", "\n", "").Replace(a["value"]))
				}
			case "textarea":
				text := ""
				if n.FirstChild != nil {
					text = n.FirstChild.Data
				}
				values.Add(name, strings.ReplaceAll(text, "\n", "\r\n"))
			case "select":
				values.Add(name, selectedOf(n))
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, in)
		}
	}
	walk(doc, false)
	return values
}

func selectedOf(n *html.Node) string {
	first, chosen, seen := "", "", false
	for o := range n.Descendants() {
		if o.Data != "option" {
			continue
		}
		value, on := "", false
		for _, at := range o.Attr {
			switch at.Key {
			case "value":
				value = at.Val
			case "selected":
				on = true
			}
		}
		if !seen {
			first, seen = value, true
		}
		if on {
			chosen = value
		}
	}
	if chosen == "" {
		return first
	}
	return chosen
}

// editorDesk is a draft that tests write anew and read back.
type editorDesk struct {
	*testing.T
	app     *webtest.App
	manager *webtest.Client
	key     string
}

func newEditorDesk(t *testing.T, key string) editorDesk {
	app := webtest.New(t, webtest.Options{})
	app.AddProspect("Lee", "Young")
	return editorDesk{t, app, app.SignIn(app.Manager), key}
}

func (d editorDesk) draft() models.Sequence {
	seq, err := d.app.Store.SequenceByKey(d.Context(), d.key)
	if models.CodeOf(err) != models.CodeNotFound {
		must(d.T, err)
	}
	return seq
}

func (d editorDesk) write(source string) {
	d.Helper()
	_, err := d.app.CRM.SaveDraft(d.Context(), d.app.Manager.ID, d.key, d.draft().Revision, source)
	must(d.T, err)
}

func (d editorDesk) fields(step string) url.Values {
	d.Helper()
	status, page := d.manager.Get("/sequences/" + d.key + "/edit?step=" + url.QueryEscape(step))
	if status != 200 {
		d.Fatalf("the editor at %q: %d\n%s", step, status, text(page))
	}
	return fieldsOf(d.T, page, "editor")
}

// strange is everything a person may write in a file and no form would.
const strange = `# Above all.
name: "Strange: yes"
key: strange
description: |
  Two lines
  of what it is for.
on_call: {busy: pause} # beside
steps: # the list
  # The first.
  - channel: call
    key: opening
    question: |-
      What have you set in motion

      since May?
    talking_point: >
      folded text that
      goes on
    answered: "\n  begins with an empty line and ends with spaces   "
  - {key: flow, channel: sms, timing: {after: {hours: 2, minutes: 10}}, body: "one\ntwo"}
  - key: odd # keys are odd
    timing:
      date: {field: "renewal date", days: -2, at: "09:00"}
    channel: last_used
    name: " a name with spaces "
    subject: |
      Two lines of
      a subject
    body: |

      begins with an empty line
    when: {call: answered}
    variants:
      - key: x
        weight: 0
        body: |

          of the variant
      - {key: "y", weight: 1000, name: 'With: colon'}
  - key: at-once
    channel: email
    timing: {after: {}}
    contact: primary
    disabled: false
`

// A form that nobody touched changes not a letter, whatever the file says and
// whichever part of it is open.
func TestUntouchedEditorChangesNothing(t *testing.T) {
	desk := newEditorDesk(t, "strange")
	sources := []string{strange, threeSteps}
	for _, b := range templates.Builtins() {
		sources = append(sources, b.Source)
	}
	sources = append(sources, `key: anchored
name: Anchored
anchor: appointment
steps:
  - {key: a, channel: email, timing: {appointment: {hours: -1, minutes: -30}}, purpose: reminder}
  - {key: b, channel: call, timing: {appointment: {}}, purpose: promised}
  - {key: c, channel: email, timing: {appointment: {business_days: 0, at: "10:00"}}}
`, `key: regular
name: Regular
steps:
  - {key: a, channel: sms, purpose: recurring, timing: {recurring: {cron: "0  9 * * 1"}}, body: B}
`)
	for _, source := range sources {
		if _, err := templates.ParseSequence([]byte(source)); err != nil {
			t.Fatalf("%v\n%s", err, source)
		}
		desk.write(source)
		d, _ := templates.ReadSequence([]byte(source))
		parts := []string{""}
		for _, s := range d.Steps {
			parts = append(parts, s.Key)
		}
		for _, part := range parts {
			for _, path := range []string{"edit", "autosave"} {
				fields := desk.fields(part)
				fields.Set("do", "save")
				if status, page := desk.manager.Post("/sequences/strange/"+path, fields); status != 200 {
					t.Fatalf("%s of %q: %d\n%s", path, part, status, text(page))
				}
				if now := desk.draft().DraftSource; now != source {
					t.Fatalf("%s of %q, which nobody touched, changed the file to\n%s\nfrom\n%s", path, part, now, source)
				}
			}
		}
	}
}

// setting is one value of one key of the schema.
type setting struct {
	at    string // where it stands: "sequence", "step", "variant", "timing.after", …
	name  string
	value any
}

// Everything that a sequence file can say can be said in the editor: each
// value of each key of the schema is read out of the form and written by it.
func TestEditorSetsEverythingOfTheSchema(t *testing.T) {
	desk := newEditorDesk(t, "walk")
	n := 0
	for _, s := range settingsOf(t) {
		if s.name == "key" && s.at != "step" { // the sequence's is its identity, a variant's is given by the button that adds it
			continue
		}
		n++
		want, from, part := documents(t, s)
		desk.write(want)
		fields := desk.fields(part)
		was, _ := templates.ReadSequence([]byte(from))
		asked, _ := templates.ReadSequence([]byte(want))
		if s.name != "key" && !reflect.DeepEqual(was, asked) && len(scheduler.CompareVersions(was, asked)) == 0 {
			t.Errorf("%s, %s: the history does not say that it became %v", s.at, s.name, s.value)
		}
		desk.write(from)
		fields.Set("step", partBefore(part))
		fields.Set("revision", fmt.Sprint(desk.draft().Revision))
		fields.Set("do", "save")
		status, page := desk.manager.Post("/sequences/walk/edit", fields)
		got, _ := templates.ReadSequence([]byte(desk.draft().DraftSource))
		if status != 200 || !reflect.DeepEqual(got, asked) {
			t.Errorf("%s, %s: %v cannot be set (%d): got\n%s\nwant\n%s\n%s", s.at, s.name, s.value, status, desk.draft().DraftSource, want, text(page)[:200])
		}
	}
	if n < 100 {
		t.Errorf("only %d settings were found in the schema", n)
	}
}

// settingsOf reads every value that the schema names, and one of each kind
// that it describes.
func settingsOf(t *testing.T) []setting {
	t.Helper()
	var root map[string]any
	must(t, json.Unmarshal(templates.Schema(), &root))
	defs := root["$defs"].(map[string]any)
	resolve := func(n map[string]any) map[string]any {
		if ref, ok := n["$ref"].(string); ok {
			n = defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
		}
		return n
	}
	var values func(name string, n map[string]any) []any
	values = func(name string, n map[string]any) (all []any) {
		n = resolve(n)
		if enum, ok := n["enum"].([]any); ok {
			return enum
		}
		for _, alternative := range list(n["anyOf"]) {
			all = append(all, values(name, alternative.(map[string]any))...)
		}
		if len(all) > 0 {
			return all
		}
		switch n["type"] {
		case "boolean":
			return []any{true, false}
		case "integer":
			if least, ok := n["minimum"].(float64); ok && least < 0 {
				return []any{3, -3}
			}
			return []any{3}
		case "string":
			return []any{map[string]string{"key": "another-key", "locale": "de-AT", "on": "2026-12-24", "field": "renewal", "cron": "30 8 1 * *", "at": "10:30"}[name]}
		}
		return []any{nil}
	}
	var all []setting
	var object func(at string, n map[string]any)
	object = func(at string, n map[string]any) {
		for name, p := range resolve(n)["properties"].(map[string]any) {
			prop := resolve(p.(map[string]any))
			switch name {
			case "steps":
				object("step", prop["items"].(map[string]any))
			case "variants":
				object("variant", prop["items"].(map[string]any))
			case "timing":
				for kind, rule := range prop["properties"].(map[string]any) {
					object("timing."+kind, rule.(map[string]any))
				}
			case "when":
				object("when", prop)
			case "on_call":
				for _, outcome := range values("", prop["propertyNames"].(map[string]any)) {
					for _, move := range values("", prop["additionalProperties"].(map[string]any)) {
						all = append(all, setting{"sequence", name, map[string]any{outcome.(string): move}})
					}
				}
			default:
				for _, v := range values(name, prop) {
					if v == nil || v == "" {
						v = "Text for {{ prospect.first_name }}:\nof {{ rep.name }}"
						if name == "name" || name == "subject" {
							v = "One line, it's \"quoted\""
						}
					}
					all = append(all, setting{at, name, v})
				}
			}
		}
	}
	object("sequence", root)
	return all
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// documents are a file that says the setting, one that does not, and the part
// of them to be opened.
func documents(t *testing.T, s setting) (want, from, part string) {
	t.Helper()
	first := map[string]any{"key": "first", "channel": "call", "talking_point": "you can see it"}
	plain := map[string]any{"key": "second", "channel": "email", "timing": map[string]any{"after": map[string]any{"hours": 1}}}
	step := map[string]any{"key": "second", "channel": "email", "timing": map[string]any{"after": map[string]any{"hours": 1}}}
	head := map[string]any{"key": "walk", "name": "Walk"}
	before, steps, part := head, []any{first, step}, "second"
	kind, isTiming := strings.CutPrefix(s.at, "timing.")
	switch {
	case s.at == "sequence":
		part, before = "", map[string]any{"key": "walk", "name": "Walk"}
		head[s.name] = s.value
	case isTiming:
		rule := map[string]any{s.name: s.value}
		switch kind {
		case "appointment", "commitment":
			head["anchor"] = kind
		case "date":
			if s.name != "on" && s.name != "field" {
				rule["field"] = "renewal"
			}
		case "recurring": // only the first step recurs
			steps = []any{step, first}
			first["timing"] = map[string]any{"after": map[string]any{"days": 1}}
		}
		step["timing"] = map[string]any{kind: rule}
	case s.at == "when":
		step["when"] = map[string]any{s.name: s.value}
	case s.at == "variant":
		step["variants"] = []any{map[string]any{"key": "a", s.name: s.value}, map[string]any{"key": "b"}}
		plain["variants"] = []any{map[string]any{"key": "a"}, map[string]any{"key": "b"}}
	default:
		step[s.name] = s.value
		if s.name == "key" {
			part = s.value.(string)
		}
	}
	switch s.name {
	case "talking_point", "question", "answered", "not_answered":
		step["channel"], plain["channel"] = "call", "call"
	case "purpose":
		switch s.value {
		case "reminder", "promised":
			head["anchor"] = "appointment"
			step["timing"] = map[string]any{"appointment": map[string]any{"days": -1}}
		case "recurring":
			first["timing"] = map[string]any{"recurring": map[string]any{"cron": "0 9 * * 1"}}
		}
	}
	others := []any{first, plain}
	if len(steps) > 0 && reflect.DeepEqual(steps[0], any(step)) {
		others = []any{plain, first}
	}
	write := func(head map[string]any, steps []any) string {
		doc := map[string]any{"steps": steps}
		for k, v := range head {
			doc[k] = v
		}
		b, err := yaml.Marshal(doc)
		must(t, err)
		if _, err := templates.ParseSequence(b); err != nil {
			t.Fatalf("%s, %s: %v\n%s", s.at, s.name, err, b)
		}
		return string(b)
	}
	return write(head, steps), write(before, others), part
}

// partBefore is the step to post to: it is named before it is renamed.
func partBefore(part string) string {
	if part != "" {
		return "second"
	}
	return ""
}

func templatesRead(source string) (models.Definition, bool) {
	return templates.ReadSequence([]byte(source))
}
