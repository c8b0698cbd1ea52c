package templates

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"followup/models"
)

func lintOne(t *testing.T, s models.Step) []Finding {
	t.Helper()
	s.Key = "one"
	return Lint(models.Definition{Key: "x", Name: "X", Locale: "en", CountsAsFollowUp: true, Steps: []models.Step{s}}, nil)
}

func rulesFound(findings []Finding) (rules []string) {
	for _, f := range findings {
		rules = append(rules, f.Rule)
	}
	return rules
}

func TestClosedQuestions(t *testing.T) {
	closed := []string{
		"Do you use reports?", "Is it a priority?", "Are you the right person?", "Can you talk now?", "Would you consider it?",
		"Have you decided?", "Did you get my email?", "Hi Ana, do you have five minutes?", "Does that make sense?", "Don't you agree?",
		"Could we speak on Tuesday?", "Will it work for you?", "Quick question: are you free?", "If I sent it, would you read it?",
		"So, is this of interest?", "Has your team seen it?", "Interested?", "Any thoughts?", "We meet on Tuesday, right?",
		"That is good. Isn't it?", "Should I call again?", `Hello {{ prospect.first_name | default: "there" }}, are you well?`,
		"Is now a good time?", "*Can you confirm?*",
	}
	for _, q := range closed {
		found := lintOne(t, models.Step{Channel: models.ChannelEmail, Subject: "S", Body: q})
		if !slices.Equal(rulesFound(found), []string{"closed-question"}) || found[0].Severity != SeverityWarning || found[0].Suggestion == "" {
			t.Errorf("%q: %+v", q, found)
		}
	}
	open := []string{
		"What changed since Tuesday?", "How do you use reports?", "Which day suits you?", "When you spoke to Ana, what did she say?",
		"And what would you do?", "Is Tuesday at ten or Thursday at two better for you?", "If you had one wish, what would it be?",
		"Do you see. That was no question.", "You said: “Do you have time?” What came of it?", "Have a good day.", "Can do.",
		"Who in your team would be right, would you say?", "https://example.com/?do you", "Tuesday or Thursday?",
	}
	for _, q := range open {
		if found := lintOne(t, models.Step{Channel: models.ChannelEmail, Subject: "S", Body: q}); len(found) > 0 {
			t.Errorf("%q: %+v", q, found)
		}
	}
}

func TestClosedQuestionsOfOtherLanguages(t *testing.T) {
	for _, c := range []struct {
		locale, text string
		closed       bool
	}{
		{"de", "Haben Sie Zeit?", true}, {"de", "Wann haben Sie Zeit?", false}, {"de", "Passt es Ihnen?", true}, {"de", "Was würden Sie ändern?", false},
		{"fr", "Avez-vous le temps ?", true}, {"fr", "Quand avez-vous le temps ?", false}, {"fr", "Est-ce que cela vous convient ?", true}, {"fr", "Qu'est-ce qui a changé ?", false},
		{"es", "¿Tiene tiempo?", true}, {"es", "¿Cuándo tiene tiempo?", false}, {"es", "Hola, ¿puede hablar?", true}, {"es", "¿Qué ha cambiado?", false},
	} {
		if found := LintText(c.text, c.locale); (len(found) > 0) != c.closed {
			t.Errorf("%s %q: %+v", c.locale, c.text, found)
		}
	}
}

func TestTalkingPoints(t *testing.T) {
	for _, c := range []struct{ text, rule string }{
		{"", "talking-point"},
		{"we have a new release", "you-not-we"},
		{"We’ve added a report", "you-not-we"},
		{"our new feature", "you-not-we"},
		{"I wanted to show you something", "you-not-we"},
		{"that we changed the prices", "you-not-we"},
		{`{{ talking_point.text | default: "our new feature" }}`, "you-not-we"},
		{"you can close the month two days earlier", ""},
		{"your invoices go out by themselves", ""},
		{"Wellington opens an office next to yours", ""},
		{"industry news that changes your costs", ""},
	} {
		found := rulesFound(lintOne(t, models.Step{Channel: models.ChannelCall, TalkingPoint: c.text}))
		if c.rule == "" && len(found) > 0 || c.rule != "" && !slices.Equal(found, []string{c.rule}) {
			t.Errorf("%q: %v, want %q", c.text, found, c.rule)
		}
	}
}

func TestVoicemails(t *testing.T) {
	for _, c := range []struct {
		text  string
		rules []string
	}{
		{"Hello, it is Sam. Call me back at {{ rep.phone | default: sender.address }}.", nil},
		{"Please give me a call: 555 555 0100. Again: 555 555 0100.", nil},
		{"You can reach me at (555) 555-0100.", nil},
		{"Call {{ sender.address }} when you have your number.", nil},
		{"I'll email you the plan. Return my call at 555-555-0100.", nil},
		{"I will call back on Thursday. My number is 555-555-0100.", []string{"one-request"}},
		{"My number is 555-555-0100.", []string{"one-request"}},
		{"Call me back soon.", []string{"say-the-number"}},
		{"Call me at 555-555-0100 or email me.", []string{"one-request"}},
		{"Call me at 555-555-0100. Visit our website, too.", []string{"one-request"}},
		{"Call me at 555-555-0100 and let me know. Take a look at the plan.", []string{"one-request", "one-request"}},
		{"Call me at extension 12.", []string{"say-the-number"}},
		{"", []string{"empty-body"}},
	} {
		found := rulesFound(lintOne(t, models.Step{Channel: models.ChannelVoicemail, Body: c.text}))
		if !slices.Equal(found, c.rules) {
			t.Errorf("%q: %v, want %v", c.text, found, c.rules)
		}
	}
}

func TestStepRules(t *testing.T) {
	for _, c := range []struct {
		name  string
		step  models.Step
		rules []string
	}{
		{"email without a subject", models.Step{Channel: models.ChannelEmail, Body: "Text."}, []string{"subject"}},
		{"email without a body", models.Step{Channel: models.ChannelEmail, Subject: "S"}, []string{"empty-body"}},
		{"last used without a subject", models.Step{Channel: models.ChannelLastUsed, Body: "Text."}, []string{"subject"}},
		{"short text", models.Step{Channel: models.ChannelSMS, Body: strings.Repeat("ten chars ", 30)}, nil},
		{"long text", models.Step{Channel: models.ChannelSMS, Body: strings.Repeat("ten chars ", 31)}, []string{"long-text"}},
		{"long text of rare letters", models.Step{Channel: models.ChannelSMS, Body: strings.Repeat("“ten chars", 15)}, []string{"long-text"}},
		{"unknown variable", models.Step{Channel: models.ChannelSMS, Body: "Hi {{ prospect.frist_name }}"}, []string{"template"}},
		{"unknown variable in a condition", models.Step{Channel: models.ChannelSMS, Body: "Hi {% if prospect.nam %}x{% endif %}"}, []string{"template"}},
		{"no fallback", models.Step{Channel: models.ChannelSMS, Body: "Hi {{ prospect.first_name }}"}, []string{"fallback"}},
		{"a condition is a fallback", models.Step{Channel: models.ChannelSMS, Body: "{% if company.name %}{{ company.name }}{% endif %}"}, nil},
		{"disabled", models.Step{Channel: models.ChannelEmail, Disabled: true}, nil},
	} {
		if found := rulesFound(lintOne(t, c.step)); !slices.Equal(found, c.rules) {
			t.Errorf("%s: %v, want %v", c.name, found, c.rules)
		}
	}
}

func TestSequenceRules(t *testing.T) {
	d := models.Definition{Key: "x", Name: "X", Locale: "en", CountsAsFollowUp: true}
	for i := range 9 {
		d.Steps = append(d.Steps, models.Step{Key: fmt.Sprint(i), Channel: models.ChannelCall, Purpose: models.PurposeFollowUp, TalkingPoint: fmt.Sprintf("you gain %d", min(i, 7))})
	}
	found := Lint(d, nil)
	if !slices.Equal(rulesFound(found), []string{"follow-up-limit", "same-reason"}) && !slices.Equal(rulesFound(found), []string{"same-reason", "follow-up-limit"}) {
		t.Errorf("%+v", found)
	}
}

func TestFindingsHavePlaces(t *testing.T) {
	source := `key: x
name: X
steps:
  - key: mail
    channel: email
    subject: 'Just checking in'
    body: |
      First line.

      I was touching base with {{ prospect.nam }}.
  - key: ring
    channel: call
    timing: {after: {days: 1}}
`
	d := models.Definition{Key: "x", Name: "X", Locale: "en", Steps: []models.Step{
		{Key: "mail", Channel: models.ChannelEmail, Subject: "Just checking in", Body: "First line.\n\nI was touching base with {{ prospect.nam }}."},
		{Key: "ring", Channel: models.ChannelCall},
	}}
	var got []string
	for _, f := range Lint(d, []byte(source)) {
		got = append(got, fmt.Sprintf("%d:%d %s %s/%s %q", f.Line, f.Column, f.Rule, f.Step, f.Field, f.Text))
	}
	want := []string{
		`6:15 checking-in mail/subject "Just checking in"`,
		`10:13 touching-base mail/body "touching base"`,
		`10:35 template mail/body ""`,
		`11:5 talking-point ring/talking_point ""`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What a person writes is theirs: it is told, never refused.
func TestLintTextOnlyWarns(t *testing.T) {
	found := LintText("Hi Ana,\njust checking in. Do you have time?\n\nOn Monday you wrote:\n> just touching base\n", "en-US")
	if len(found) != 2 || found[0].Line != 2 || found[0].Column != 1 || found[1].Rule != "closed-question" {
		t.Errorf("%+v", found)
	}
	for _, f := range found {
		if f.Severity != SeverityWarning {
			t.Errorf("%+v", f)
		}
	}
	if found := LintText("Braces {{ here are just text.", ""); len(found) != 0 {
		t.Errorf("%+v", found)
	}
}
