package templates

import (
	"followup/models"
)

// shape is what a step on a channel is written with.
type shape struct {
	subject, body, scripts bool
}

// shapes by channel. last_used may turn out to be an email, so it has a subject.
var shapes = map[models.ChannelKind]shape{
	models.ChannelEmail:     {subject: true, body: true},
	models.ChannelSMS:       {body: true},
	models.ChannelVoicemail: {body: true},
	models.ChannelCall:      {scripts: true},
	models.ChannelLastUsed:  {subject: true, body: true},
}

// textField is one template of a step.
type textField struct {
	name, text string
}

func textFields(s models.Step) []textField {
	return []textField{{"subject", s.Subject}, {"body", s.Body}, {"talking_point", s.TalkingPoint},
		{"question", s.Question}, {"answered", s.Answered}, {"not_answered", s.NotAnswered}}
}

// check finds what is wrong between the parts, as far as they could be read.
func (f *file) check() {
	seen := map[string]int{}
	callBefore := f.definition.Anchor == models.AnchorAppointment
	goodbye := -1
	for i, s := range f.definition.Steps {
		where := stepName(s.Key, i)
		if first, again := seen[s.Key]; again && s.Key != "" {
			f.failAt(i, "key", where, "step %d has the same key; people in a sequence are found by it, so each step needs its own", first+1)
		} else {
			seen[s.Key] = i
		}
		f.checkShape(i, s, where)
		f.checkTiming(i, s, where)
		f.checkPurpose(i, s, where)
		if goodbye >= 0 {
			f.failAt(i, "key", where, "a step follows the goodbye (step %s); the goodbye is the last one", f.definition.Steps[goodbye].Key)
		}
		if s.Purpose == models.PurposeGoodbye {
			goodbye = i
		}
		if s.When.Call != "" && !callBefore {
			f.failAt(i, "when", where+", when", "no call comes before this step, so its condition never holds; put a call step before it")
		}
		callBefore = callBefore || s.Channel == models.ChannelCall
		f.checkTemplates(i, s, where)
		f.checkVariants(i, s, where)
	}
}

func (f *file) failAt(i int, field, where, format string, args ...any) {
	n := f.nodes[stepNode(i, field)]
	if n == nil {
		n = f.nodes[stepNode(i, "")]
	}
	f.fail(n, where, format, args...)
}

func (f *file) checkShape(i int, s models.Step, where string) {
	sh, known := shapes[s.Channel]
	if !known {
		return // told already
	}
	for _, t := range textFields(s) {
		fits := sh.scripts
		hint := "it belongs to call steps; write the text in body"
		switch t.name {
		case "subject":
			fits, hint = sh.subject, "only emails have one; remove it"
		case "body":
			fits, hint = sh.body, "a call has talking_point, question, answered and not_answered instead"
		}
		if t.text != "" && !fits {
			f.failAt(i, t.name, where+", "+t.name, "a %s step has no %s: %s", s.Channel, t.name, hint)
		}
	}
}

func (f *file) checkTiming(i int, s models.Step, where string) {
	where += ", timing"
	for kind, anchor := range map[models.TimingKind]models.Anchor{
		models.TimingAppointment: models.AnchorAppointment, models.TimingCommitment: models.AnchorCommitment,
	} {
		if s.Timing.Kind == kind && f.definition.Anchor != anchor {
			f.failAt(i, "timing", where, "the step hangs on the %s, but the sequence does not; write anchor: %s at the top", anchor, anchor)
		}
	}
	if s.Timing.Kind == models.TimingRecurring && i > 0 {
		f.failAt(i, "timing", where, "only the first step may recur: it starts the whole sequence over; write the others with after")
	}
	if s.Timing.Kind == models.TimingRecurring && f.definition.Anchor != models.AnchorNone {
		f.failAt(i, "timing", where, "a recurring sequence hangs on nothing; remove anchor: %s", f.definition.Anchor)
	}
}

func (f *file) checkPurpose(i int, s models.Step, where string) {
	where += ", purpose"
	switch s.Purpose {
	case models.PurposeReminder:
		if s.Timing.Kind != models.TimingAppointment && s.Timing.Kind != models.TimingCommitment {
			f.failAt(i, "purpose", where, "a reminder comes before an appointment or a promised date; give it that timing, or remove the purpose")
		}
	case models.PurposePromised:
		if f.definition.Anchor == models.AnchorNone {
			f.failAt(i, "purpose", where, "nothing is promised in a sequence without an anchor; write anchor: appointment or anchor: commitment, or remove the purpose")
		}
	case models.PurposeRecurring:
		if !f.definition.Recurring() {
			f.failAt(i, "purpose", where, "the sequence does not recur; give its first step timing: {recurring: {cron: \"0 9 * * 1\"}}, or remove the purpose")
		}
	}
}

func (f *file) checkTemplates(i int, s models.Step, where string) {
	for _, t := range textFields(s) {
		for _, fault := range analyse(t.text).faults {
			e := *fault
			e.Where = where + ", " + t.name
			e.Line, e.Column = f.place(f.nodes[stepNode(i, t.name)], fault.Line, fault.Column)
			f.errs = append(f.errs, &e)
		}
	}
}

// HasSubject tells whether a step on the channel is written with a subject.
func HasSubject(kind models.ChannelKind) bool { return shapes[kind].subject }

// HasScripts tells whether a step on the channel is written as a call is:
// with a reason, a question and scripts.
func HasScripts(kind models.ChannelKind) bool { return shapes[kind].scripts }
