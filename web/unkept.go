package web

import (
	"slices"
	"strings"

	"followup/store"
)

// unkept is what somebody typed into the form of a task that was closed
// elsewhere meanwhile: it cannot be recorded there any more, and is not lost.
type unkept struct {
	Why        string
	Lines      []unkeptLine
	ProspectID int64 // 0: there are no notes to keep it in
	Name       string
	Revision   int64
	Notes      string // their notes, with what was typed below
}

type unkeptLine struct{ Label, Text string }

// unkeptLabels are the fields of a task's forms in which people write.
var unkeptLabels = [][2]string{
	{"notes", "Notes"}, {"note", "Note"}, {"objection_words", "What stood in the way"}, {"promise", "What they promised"}, {"promise_date", "By when"},
	{"promise_value", "Worth to them"}, {"promise_words", "In their words"}, {"next_at", "Next time"}, {"reason", "Reason for calling"},
	{"summary", "Where we stood"}, {"changed", "What has changed"}, {"question", "Question"}, {"voicemail", "Voicemail"},
	{"goal", "Their goal"}, {"goal_value", "Worth to them"}, {"goal_date", "By when"}, {"stretch_goal", "Stretch goal"}, {"obstacle", "What is in the way"},
	{"daily_cost", "What flows out per day"}, {"tried_before", "What they tried before"}, {"why_it_failed", "Why that failed"}, {"common", "Common ground"},
}

// unkeptOf compares a form that came too late with what stands recorded, and
// with what the page had filled in by itself; nil where nothing failed.
func unkeptOf(f form, person *store.PersonView, stands ...map[string]string) *unkept {
	if !f.Failed() {
		return nil
	}
	u := &unkept{Why: f.General}
	for _, field := range unkeptLabels {
		typed := f.Get(field[0])
		known := typed == "" || slices.ContainsFunc(stands, func(texts map[string]string) bool { return sameLines(texts[field[0]]) == sameLines(typed) })
		if !known {
			u.Lines = append(u.Lines, unkeptLine{Label: field[1], Text: typed})
		}
	}
	if person != nil && len(u.Lines) > 0 {
		u.ProspectID, u.Name, u.Revision, u.Notes = person.Prospect.ID, person.Prospect.Name(), person.Prospect.Revision, person.Prospect.Notes
		for _, line := range u.Lines {
			u.Notes = strings.TrimLeft(u.Notes+"\n"+line.Label+": "+line.Text, "\n")
		}
	}
	return u
}

// sameLines is a text as it is stored.
func sameLines(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
}

// unkept is what of the form this page can no longer record.
func (p *taskPage) unkept(f form) *unkept {
	if p.View.Task.Live() {
		return nil
	}
	recorded, drafted := map[string]string{"notes": p.View.Task.Notes}, map[string]string{}
	if c := p.Card; c != nil {
		recorded["reason"], recorded["summary"], recorded["changed"], recorded["question"] = c.Card.Reason, c.Card.Summary, c.Card.Changed, c.Card.Question
		recorded["voicemail"], recorded["next_at"] = c.Prep.NotAnswered, c.Card.NextAt
		known := c.Discovery
		if typed := discoveryFrom(f, known.ProspectID); f.Get("discovery_was") == fingerprint(typed) {
			known = typed // as the page showed it
		}
		for i, text := range discoveryTexts(known) {
			recorded[discoveryFields[i]] = text
		}
		drafted["summary"], drafted["reason"], drafted["question"] = c.Draft, afterCalling(c.Prep.TalkingPoint), c.Prep.Question
	}
	if r := p.Review; r != nil {
		d := r.Review
		recorded["notes"], recorded["objection_words"], recorded["next_at"] = d.Notes, d.ObjectionWords, d.NextAt
		recorded["promise"], recorded["promise_date"], recorded["promise_value"], recorded["promise_words"] = d.Promise, string(d.PromiseDate), d.PromiseValue, d.PromiseWords
	}
	return unkeptOf(f, p.View.Person, recorded, drafted)
}
