package scheduler

import (
	"slices"
	"strings"

	"followup/models"
)

// StepChange is what became of one step, or of the sequence itself, between
// two versions.
type StepChange struct {
	Step string // its key; "" for the sequence itself
	Name string
	Kind string // "added", "removed", "moved", "changed"
	// Parts are what differs, each in words or in its text.
	Parts []PartChange
}

// PartChange is one part that differs.
type PartChange struct {
	Label    string
	Old, New string
	Text     bool // a text that is sent or said, to be compared line by line
}

// CompareVersions says in plain language, step by step, what differs.
func CompareVersions(old, now models.Definition) []StepChange {
	var changes []StepChange
	if parts := headParts(old, now); len(parts) > 0 {
		changes = append(changes, StepChange{Name: "The sequence itself", Kind: "changed", Parts: parts})
	}
	moved := movedSteps(old, now)
	for _, s := range now.Steps {
		was, ok := old.Step(s.Key)
		if !ok {
			changes = append(changes, StepChange{Step: s.Key, Name: Describe(s), Kind: "added", Parts: stepParts(models.Step{}, s)})
			continue
		}
		c := StepChange{Step: s.Key, Name: Describe(s), Kind: "changed", Parts: stepParts(was, s)}
		if moved[s.Key] {
			c.Kind = "moved"
			c.Parts = append([]PartChange{{Label: "Comes after", Old: stepBefore(old, s.Key), New: stepBefore(now, s.Key)}}, c.Parts...)
		}
		if len(c.Parts) > 0 {
			changes = append(changes, c)
		}
	}
	for _, s := range old.Steps {
		if now.Index(s.Key) < 0 {
			changes = append(changes, StepChange{Step: s.Key, Name: Describe(s), Kind: "removed"})
		}
	}
	return changes
}

func headParts(old, now models.Definition) []PartChange {
	return differing([]PartChange{
		{Label: "Name", Old: old.Name, New: now.Name},
		{Label: "Description", Old: old.Description, New: now.Description},
		{Label: "Language", Old: old.Locale, New: now.Locale},
		{Label: "Hangs on", Old: anchorWord(old.Anchor), New: anchorWord(now.Anchor)},
		{Label: "First channel", Old: channelWord(old.DefaultChannel), New: channelWord(now.DefaultChannel)},
		{Label: "Counts towards the follow-up limit", Old: yesNo(old.CountsAsFollowUp), New: yesNo(now.CountsAsFollowUp)},
		{Label: "An answer", Old: string(old.OnReply), New: string(now.OnReply)},
		{Label: "A colleague’s answer", Old: string(old.OnColleagueReply), New: string(now.OnColleagueReply)},
		{Label: "A booked meeting", Old: string(old.OnMeeting), New: string(now.OnMeeting)},
		{Label: "After a call", Old: callMoves(old), New: callMoves(now)},
	})
}

func stepParts(old, now models.Step) []PartChange {
	parts := []PartChange{
		{Label: "When and how", Old: describeOr(old), New: Describe(now)},
		{Label: "Name", Old: old.Name, New: now.Name},
		{Label: "Purpose", Old: words(string(old.Purpose)), New: words(string(now.Purpose))},
	}
	parts = append(parts, textParts("", textsOf(old), textsOf(now))...)
	for _, v := range now.Variants {
		was, _ := old.Variant(v.Key)
		parts = append(parts, PartChange{Label: "Variant " + v.Key + ", name", Old: was.Name, New: v.Name},
			PartChange{Label: "Variant " + v.Key + ", share", Old: share(old, was), New: share(now, v)})
		parts = append(parts, textParts("Variant "+v.Key+", ", textsOf(old.With(v.Key)), textsOf(now.With(v.Key)))...)
	}
	for _, v := range old.Variants {
		if _, ok := now.Variant(v.Key); !ok {
			parts = append(parts, PartChange{Label: "Variant " + v.Key, Old: share(old, v), New: "removed"})
		}
	}
	return differing(parts)
}

func textsOf(s models.Step) [6]string {
	return [6]string{s.Subject, s.Body, s.TalkingPoint, s.Question, s.Answered, s.NotAnswered}
}

var textLabels = [6]string{"Subject", "Text", "The reason I’m calling is", "Question", "If they answer", "If nobody answers"}

func textParts(prefix string, old, now [6]string) []PartChange {
	parts := make([]PartChange, len(textLabels))
	for i, label := range textLabels {
		parts[i] = PartChange{Label: prefix + lowerFirst(label, prefix != ""), Old: old[i], New: now[i], Text: true}
	}
	return parts
}

func lowerFirst(s string, lower bool) string {
	if lower {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}

func differing(parts []PartChange) []PartChange {
	return slices.DeleteFunc(parts, func(p PartChange) bool { return p.Old == p.New })
}

func describeOr(s models.Step) string {
	if s.Key == "" {
		return ""
	}
	return Describe(s)
}

// share is a variant's part of the people, in words.
func share(s models.Step, v models.Variant) string {
	if v.Key == "" {
		return ""
	}
	total := 0
	for _, o := range s.Variants {
		total += o.Weight
	}
	return plural(v.Weight, "part") + " of " + plural(total, "part")
}

// movedSteps are those whose order changed: the fewest whose moving explains it.
func movedSteps(old, now models.Definition) map[string]bool {
	var common []int // places in the old order, in the new order
	var keys []string
	for _, s := range now.Steps {
		if i := old.Index(s.Key); i >= 0 {
			common, keys = append(common, i), append(keys, s.Key)
		}
	}
	// The longest run that is still in order stands; the others moved.
	best, from := make([]int, len(common)), make([]int, len(common))
	end := -1
	for i := range common {
		best[i], from[i] = 1, -1
		for j := range i {
			if common[j] < common[i] && best[j]+1 > best[i] {
				best[i], from[i] = best[j]+1, j
			}
		}
		if end < 0 || best[i] > best[end] {
			end = i
		}
	}
	moved := map[string]bool{}
	for _, k := range keys {
		moved[k] = true
	}
	for i := end; i >= 0; i = from[i] {
		delete(moved, keys[i])
	}
	return moved
}

func stepBefore(d models.Definition, key string) string {
	if i := d.Index(key); i > 0 {
		return d.Steps[i-1].Key
	}
	return "nothing: it is the first"
}

func anchorWord(a models.Anchor) string {
	switch a {
	case models.AnchorAppointment:
		return "a booked call"
	case models.AnchorCommitment:
		return "a promised date"
	}
	return "nothing"
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func callMoves(d models.Definition) string {
	var all []string
	for _, o := range models.CallOutcomes {
		if m, ok := d.OnCall[o]; ok {
			all = append(all, words(string(o))+": "+string(m))
		}
	}
	return strings.Join(all, ", ")
}
