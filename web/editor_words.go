package web

import (
	"strconv"
	"strings"

	"followup/models"
	"followup/templates"
)

// editorWords are the choices of the editor's lists, in words.
func editorWords(list string) []option {
	o := func(pairs ...string) (out []option) {
		for i := 0; i+1 < len(pairs); i += 2 {
			out = append(out, option{Value: pairs[i], Label: pairs[i+1]})
		}
		return out
	}
	switch list {
	case "timing":
		return o("after", "the step before", "appointment", "the booked call", "commitment", "the promised date", "date", "a date", "recurring", "a rhythm")
	case "unit":
		return o("minutes", "minutes", "hours", "hours", "days", "days", "business_days", "business days")
	case "side":
		return o("before", "before it", "after", "after it")
	case "channel":
		return o("email", "Email", "sms", "Text", "voicemail", "Voicemail", "call", "Call by the rep", "last_used", "Channel they used last")
	case "default_channel":
		return o("email", "Email", "sms", "Text")
	case "contact":
		return o("", "their first that works", "last_used", "where they last wrote from", "next_untried", "the next one not tried yet", "work", "work", "home", "home", "cell", "cell phone", "other", "other")
	case "purpose":
		return o("follow_up", "Follow-up", "goodbye", "Goodbye: the last one, leaves the door open", "reminder", "Reminder: moves earlier, never later", "promised", "Promised", "recurring", "Regular customer")
	case "when":
		all := o("", "always", "answered", "the last call was answered", "unanswered", "the last call was not answered")
		for _, c := range models.CallOutcomes {
			all = append(all, option{Value: string(c), Label: "the last call ended as " + strings.ToLower(outcomeLabel(c))})
		}
		return all
	case "anchor":
		return o("none", "nothing", "appointment", "a booked call", "commitment", "a promised date")
	case "reply":
		return o("pause", "pauses it", "finish", "ends it", "continue", "changes nothing")
	case "call":
		return o("", "as usual", "advance", "the next step follows", "pause", "it pauses", "finish", "it ends")
	}
	return nil
}

// callMove is what the sequence says of an outcome; "" where it says nothing.
func callMove(d models.Definition, o models.CallOutcome) string { return string(d.OnCall[o]) }

var stepFieldWords = map[string]string{"subject": "Subject", "body": "Text", "talking_point": "The reason I’m calling is", "question": "Question",
	"answered": "If they answer", "not_answered": "If nobody answers", "key": "The step", "timing": "When",
	"when": "Only if", "channel": "By", "contact": "To", "name": "Name", "disabled": "Switched off", "variants": "Variants", "weight": "Weight",
	"description": "What it is for", "locale": "Language of the texts", "anchor": "Its dates hang on", "default_channel": "Channel last used", "on_call": "After a call",
	"counts_as_follow_up": "Counts towards the limit", "OnReply": "An answer of theirs", "OnColleagueReply": "A colleague’s answer", "OnMeeting": "A booked meeting"}

func fieldWord(field string) string { return wordOr(stepFieldWords[field], field) }

// editorField names the editor's field of a finding: a variant's are numbered.
func editorField(f templates.Finding, step models.Step) string {
	if f.Variant == "" {
		return f.Field
	}
	for i, v := range step.Variants {
		if v.Key == f.Variant {
			return "v" + strconv.Itoa(i) + "_" + f.Field
		}
	}
	return ""
}

// rewriting is a suggestion that can take the place of the words at fault.
type rewriting struct{ In, Old, New string }

// rewriteOf takes the words out of a suggestion that quotes them; nil where
// it only says what to do.
func rewriteOf(f findingView) *rewriting {
	_, rest, ok := strings.Cut(f.Suggestion, "“")
	quoted, _, closed := strings.Cut(rest, "”")
	if !ok || !closed || f.Text == "" || f.In == "" {
		return nil
	}
	return &rewriting{In: f.In, Old: f.Text, New: quoted}
}
