package templates

import (
	"fmt"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"

	"followup/models"
)

var (
	sequenceKeys = []string{"key", "name", "description", "locale", "anchor", "default_channel", "counts_as_follow_up",
		"on_reply", "on_colleague_reply", "on_meeting", "on_call", "steps"}
	stepKeys = []string{"key", "name", "channel", "purpose", "timing", "when", "contact", "subject", "body",
		"talking_point", "question", "answered", "not_answered", "disabled", "variants"}
	variantKeys = []string{"key", "name", "weight", "subject", "body", "talking_point", "question", "answered", "not_answered"}

	anchorWords      = []string{"none", string(models.AnchorAppointment), string(models.AnchorCommitment)}
	replyActionWords = []string{string(models.ReplyPause), string(models.ReplyFinish), string(models.ReplyContinue)}
	callMoveWords    = []string{string(models.MoveAdvance), string(models.MovePause), string(models.MoveFinish)}
	channelWords     = []string{string(models.ChannelEmail), string(models.ChannelSMS), string(models.ChannelVoicemail),
		string(models.ChannelCall), string(models.ChannelLastUsed)}
	// defaultChannelWords are channels a message can always go by.
	defaultChannelWords = []string{string(models.ChannelEmail), string(models.ChannelSMS)}
	// purposeWords are a step's; answers and confirmations are not planned.
	purposeWords = []string{string(models.PurposeFollowUp), string(models.PurposeGoodbye), string(models.PurposeReminder),
		string(models.PurposePromised), string(models.PurposeRecurring)}
	contactWords = []string{"primary", string(models.ContactLastUsed), string(models.ContactNextUntried), string(models.ContactWork),
		string(models.ContactHome), string(models.ContactCell), string(models.ContactOther)}
)

func outcomeWords() (words []string) {
	for _, o := range models.CallOutcomes {
		words = append(words, string(o))
	}
	return words
}

func conditionWords() []string { return append([]string{"answered", "unanswered"}, outcomeWords()...) }

var (
	keyPattern    = regexp.MustCompile(`^[a-z0-9]+([-_][a-z0-9]+)*$`)
	localePattern = regexp.MustCompile(`^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$`)
)

// ValidKey tells whether a sequence or a step may have the key.
func ValidKey(key string) bool { return keyPattern.MatchString(key) && len(key) <= maxKey }

const (
	maxSteps = 100
	maxKey   = 64
)

func (f *file) sequence(n *yaml.Node) {
	m := f.mapping(n, "", sequenceKeys)
	for k, v := range m {
		f.nodes[k] = v
	}
	d := &f.definition
	d.Key = f.key(m["key"], n, "key")
	d.Name = f.required(m["name"], n, "name")
	d.Description = f.str(m["description"], "description")
	d.Locale = or(f.str(m["locale"], "locale"), "en")
	if !localePattern.MatchString(d.Locale) {
		f.fail(m["locale"], "locale", "%q is no language tag; write it as en or en-US", shorten(d.Locale))
	}
	if a := f.word(m["anchor"], "anchor", anchorWords); a != "none" {
		d.Anchor = models.Anchor(a)
	}
	d.DefaultChannel = models.ChannelKind(or(f.word(m["default_channel"], "default_channel", defaultChannelWords), string(models.ChannelEmail)))
	d.CountsAsFollowUp = f.boolean(m["counts_as_follow_up"], "counts_as_follow_up", true)
	d.OnReply = f.action(m["on_reply"], "on_reply", models.ReplyPause)
	d.OnColleagueReply = f.action(m["on_colleague_reply"], "on_colleague_reply", models.ReplyContinue)
	d.OnMeeting = f.action(m["on_meeting"], "on_meeting", models.ReplyFinish)
	if oc := m["on_call"]; oc != nil {
		d.OnCall = f.onCall(oc)
	}
	f.steps(m["steps"], n)
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

func (f *file) action(n *yaml.Node, where string, missing models.ReplyAction) models.ReplyAction {
	return models.ReplyAction(or(f.word(n, where, replyActionWords), string(missing)))
}

func (f *file) onCall(n *yaml.Node) map[models.CallOutcome]models.CallMove {
	moves := map[models.CallOutcome]models.CallMove{}
	for outcome, move := range f.mapping(n, "on_call", outcomeWords()) {
		w := f.word(move, "on_call, "+outcome, callMoveWords)
		if w == "" && move.Value == "" {
			f.fail(move, "on_call, "+outcome, "say what happens: advance, pause or finish")
		}
		moves[models.CallOutcome(outcome)] = models.CallMove(w)
	}
	if len(moves) == 0 {
		return nil
	}
	return moves
}

func (f *file) required(n, parent *yaml.Node, where string) string {
	s := f.str(n, where)
	if s == "" {
		if n == nil {
			n = parent
		}
		f.fail(n, where, "this is missing; every sequence and step has one")
	}
	return s
}

func (f *file) key(n, parent *yaml.Node, where string) string {
	s := f.required(n, parent, where)
	if s != "" && (!keyPattern.MatchString(s) || len(s) > maxKey) {
		f.fail(n, where, "%q is no key; use up to %d small letters, digits and hyphens, such as day-before-reminder", shorten(s), maxKey)
	}
	return s
}

func (f *file) steps(n, parent *yaml.Node) {
	if n == nil || n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		if n == nil {
			n = parent
		}
		f.fail(n, "steps", "a sequence needs at least one step; write them as a list, each beginning with - key: …")
		return
	}
	if !f.plainNode(n, "steps") {
		return
	}
	if len(n.Content) > maxSteps {
		f.fail(n.Content[maxSteps], "steps", "a sequence has at most %d steps", maxSteps)
		return
	}
	for i, sn := range n.Content {
		f.nodes[stepNode(i, "")] = sn
		f.definition.Steps = append(f.definition.Steps, f.step(i, sn))
	}
}

func stepNode(i int, field string) string {
	if field == "" {
		return fmt.Sprintf("step/%d", i)
	}
	return fmt.Sprintf("step/%d/%s", i, field)
}

// stepName is how errors call a step.
func stepName(key string, i int) string {
	if key == "" {
		return fmt.Sprintf("step %d", i+1)
	}
	return "step " + key
}

func (f *file) step(i int, n *yaml.Node) models.Step {
	where := stepName("", i)
	if n.Kind == yaml.MappingNode {
		for k := 0; k+1 < len(n.Content); k += 2 {
			if n.Content[k].Value == "key" && n.Content[k+1].Value != "" {
				where = stepName(shorten(n.Content[k+1].Value), i)
			}
		}
	}
	m := f.mapping(n, where, stepKeys)
	for k, v := range m {
		f.nodes[stepNode(i, k)] = v
	}
	in := func(field string) string { return where + ", " + field }
	s := models.Step{
		Key:          f.key(m["key"], n, in("key")),
		Name:         f.str(m["name"], in("name")),
		Channel:      models.ChannelKind(f.word(m["channel"], in("channel"), channelWords)),
		Purpose:      models.Purpose(or(f.word(m["purpose"], in("purpose"), purposeWords), string(models.PurposeFollowUp))),
		Subject:      f.str(m["subject"], in("subject")),
		Body:         f.str(m["body"], in("body")),
		TalkingPoint: f.str(m["talking_point"], in("talking_point")),
		Question:     f.str(m["question"], in("question")),
		Answered:     f.str(m["answered"], in("answered")),
		NotAnswered:  f.str(m["not_answered"], in("not_answered")),
		Disabled:     f.boolean(m["disabled"], in("disabled"), false),
	}
	if c := m["channel"]; c == nil || c.Value == "" && c.Kind == yaml.ScalarNode {
		f.fail(n, in("channel"), "this is missing; it is one of %s", strings.Join(channelWords, ", "))
	}
	if c := f.word(m["contact"], in("contact"), contactWords); c != "primary" {
		s.Contact = models.ContactChoice(c)
	}
	if w := m["when"]; w != nil {
		s.When.Call = f.word(f.mapping(w, in("when"), []string{"call"})["call"], in("when"), conditionWords())
	}
	s.Timing = f.timing(m["timing"], n, in("timing"), i)
	s.Variants = f.variants(i, m["variants"], in("variants"))
	return s
}
