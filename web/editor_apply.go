package web

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"followup/models"
	"followup/templates"
)

// applyEditor puts the form into the source: the fields of the open step, or
// of the sequence itself, and then what the button asks for. It gives the step
// that is to be open afterwards. stale: the source is what somebody else made
// of what the form began with.
func applyEditor(f *form, source string, stale bool) (edited, open string, err error) {
	open = f.Get("step")
	out, err := templates.EditSequence([]byte(source), func(d *models.Definition) {
		i := d.Index(open)
		do, key, _ := strings.Cut(f.Get("do"), ":")
		switch {
		case f.Get("part") == "sequence" && stale:
			layHead(f, d)
		case f.Get("part") == "sequence":
			readHead(f, d)
		case open != "" && stale:
			layStep(f, d, open)
		case i >= 0:
			readStep(f, &d.Steps[i])
			if again := d.Index(d.Steps[i].Key); again != i || slices.ContainsFunc(d.Steps[i+1:], func(s models.Step) bool { return s.Key == d.Steps[i].Key }) {
				f.Errors["step_key"] = "Another step has this key; each needs its own."
				d.Steps[i].Key = open
			}
			if key == open {
				key = d.Steps[i].Key
			}
			open = d.Steps[i].Key
		}
		if to := act(f, d, do, key, d.Index(open)); to != "" {
			open = to
		}
		if do == "sequence" {
			open = ""
		}
	})
	if errors.Is(err, templates.ErrUnreadable) {
		return source, open, models.Errorf(models.CodeConflict, "the draft cannot be read as steps any more; open it as YAML and mend it")
	}
	return string(out), open, err
}

// act carries out a button; it gives the step to open, "" for the same.
func act(f *form, d *models.Definition, do, key string, at int) string {
	i := d.Index(key)
	switch do {
	case "open":
		return key
	case "up", "down":
		to := i - 1
		if do == "down" {
			to = i + 1
		}
		if i >= 0 && to >= 0 && to < len(d.Steps) {
			d.Steps[i], d.Steps[to] = d.Steps[to], d.Steps[i]
		}
		return key
	case "move": // dragged: move:key:place
		name, place, _ := strings.Cut(key, ":")
		moveStep(d, name, place)
	case "toggle":
		if i >= 0 {
			d.Steps[i].Disabled = !d.Steps[i].Disabled
		}
	case "delete":
		if len(d.Steps) == 1 {
			f.General = "A sequence has at least one step; change this one, or archive the sequence."
			return ""
		}
		if i >= 0 {
			d.Steps = slices.Delete(d.Steps, i, i+1)
			return d.Steps[min(i, len(d.Steps)-1)].Key
		}
	case "add":
		s := freshStep(*d, models.ChannelKind(f.Get("add_channel")))
		to := len(d.Steps)
		if i >= 0 {
			to = i + 1
		}
		if to > 0 && d.Steps[to-1].Purpose == models.PurposeGoodbye {
			to-- // the goodbye stays the last
		}
		d.Steps = slices.Insert(d.Steps, to, s)
		return s.Key
	case "variant", "drop", "keep":
		if at >= 0 {
			actVariant(f, &d.Steps[at], do, key)
		}
	}
	return ""
}

// moveStep takes a step to a place, counted from 0.
func moveStep(d *models.Definition, key, place string) {
	i := d.Index(key)
	var to int
	if _, err := fmt.Sscanf(place, "%d", &to); err != nil || i < 0 || to < 0 || to >= len(d.Steps) {
		return
	}
	s := d.Steps[i]
	d.Steps = slices.Insert(slices.Delete(d.Steps, i, i+1), to, s)
}

// freshStep is a new step with a key that is free.
func freshStep(d models.Definition, channel models.ChannelKind) models.Step {
	s := models.Step{Channel: channel, Purpose: models.PurposeFollowUp, Timing: models.Timing{Kind: models.TimingAfter, BusinessDays: 2}}
	if s.Channel == "" {
		s.Channel = models.ChannelEmail
	}
	nine := models.TimeOfDay(9 * 60)
	s.Timing.At = &nine
	name := strings.ReplaceAll(string(s.Channel), "_", "-")
	for n := len(d.Steps) + 1; s.Key == "" || d.Index(s.Key) >= 0; n++ {
		s.Key = fmt.Sprintf("%s-%d", name, n)
	}
	return s
}

const mostVariants = 6

// actVariant adds, removes or keeps a wording of the open step.
func actVariant(f *form, s *models.Step, do, key string) {
	switch do {
	case "variant":
		if len(s.Variants) >= mostVariants {
			f.General = "A step has at most 6 variants; more never get enough people to tell them apart."
			return
		}
		if len(s.Variants) == 0 {
			s.Variants = append(s.Variants, models.Variant{Key: "a", Name: "As it was", Weight: 1})
		}
		for _, letter := range "abcdefghij" {
			if _, taken := s.Variant(string(letter)); !taken {
				v := models.Variant{Key: string(letter), Weight: 1, Subject: s.Subject, Body: s.Body, TalkingPoint: s.TalkingPoint, Question: s.Question, Answered: s.Answered, NotAnswered: s.NotAnswered}
				s.Variants = append(s.Variants, v)
				return
			}
		}
	case "drop":
		s.Variants = slices.DeleteFunc(s.Variants, func(v models.Variant) bool { return v.Key == key })
		if len(s.Variants) == 1 { // one alone is no trial
			*s = s.With(s.Variants[0].Key)
		}
	case "keep":
		*s = s.With(key)
	}
	if len(s.Variants) == 0 {
		s.Variants = nil
	}
}
