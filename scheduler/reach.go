package scheduler

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"followup/models"
)

// outlets are the prospect's contact points as this enrollment sees them.
func (p *planner) outlets() outlets {
	return outlets{
		prospect: p.in.Prospect, points: p.in.ContactPoints, consents: p.in.Consents,
		suppressions: p.in.Suppressions, conversation: p.in.Conversation, tried: p.tried(), now: p.now,
	}.lawful(p.in.Settings)
}

// tried are the contact points that this enrollment has used, in a recurring
// sequence those of the current occurrence.
func (p *planner) tried() map[int64]bool {
	tried := map[int64]bool{}
	for _, t := range p.in.Touches {
		if t.ContactPointID == nil || (p.def.Recurring() && t.Occurrence != string(p.hist.date)) {
			continue
		}
		switch t.State {
		case models.TouchSent, models.TouchDone, models.TouchFailed, models.TouchUnconfirmed, models.TouchSending, models.TouchOpen:
			tried[*t.ContactPointID] = true
		}
	}
	return tried
}

// channel resolves the step's channel: "last used" is where the customer last
// wrote from (after a call, where they wrote before it), if we can write
// there, else the sequence's default.
func (p *planner) channel(step models.Step) (kind models.ChannelKind, rules models.ChannelRules, why string) {
	kind = step.Channel
	if kind == models.ChannelLastUsed {
		kind = p.def.DefaultChannel
		if kind == "" {
			kind = models.ChannelEmail
		}
		talk := p.in.Conversation
		switch {
		case talk.LastChannel != "" && p.canWrite(talk.LastChannel):
			kind, why = talk.LastChannel, p.usedLast(talk.LastChannel, talk.LastInboundAt)
		case talk.LastWritten != "" && p.canWrite(talk.LastWritten):
			kind, why = talk.LastWritten, p.usedLast(talk.LastWritten, talk.LastWrittenAt)
		}
	}
	rules, _ = p.rules.Rules(kind)
	return kind, rules, why
}

// usedLast says why a flexible step goes there.
func (p *planner) usedLast(kind models.ChannelKind, at *time.Time) string {
	why := "by " + channelWord(kind) + ", which they used last"
	if at == nil || p.loc == nil {
		return why
	}
	return why + " (" + at.In(p.loc).Format("Mon 2 Jan") + ")"
}

// contact is which of their addresses a step asks for. One that goes where
// they last wrote goes to the address or number they wrote from.
func contact(step models.Step) models.ContactChoice {
	if step.Channel == models.ChannelLastUsed && step.Contact == models.ContactPrimary {
		return models.ContactLastUsed
	}
	return step.Contact
}

// canWrite tells whether the customer can be written to on the channel.
func (p *planner) canWrite(kind models.ChannelKind) bool {
	rules, ok := p.rules.Rules(kind)
	if !ok || !rules.Written || chooseSender(p.in.Senders, rules.Sender, nil) == nil {
		return false
	}
	_, reason := p.outlets().permitted(rules, true)
	return reason == ""
}

// outOfReach: nothing from step i on can reach the person, and every valid
// permitted contact point, over all that the sequence's channels can use, was
// tried or none exists. Only then is somebody unreachable.
func (p *planner) outOfReach(out outlets, i int) bool {
	steps := p.def.Steps
	if p.def.Recurring() {
		i = 0
	}
	for _, step := range steps[i:] {
		if step.Disabled {
			continue
		}
		if _, rules, _ := p.channel(step); rules.Kind == "" || out.choose(contact(step), rules).reason == "" {
			return false
		}
	}
	for _, step := range steps {
		_, rules, _ := p.channel(step)
		good, _ := out.permitted(rules, !speakable(rules))
		for _, cp := range good {
			if !out.tried[cp.ID] {
				return false
			}
		}
	}
	return true
}

// permit looks at the hours of calls and texts. An ordinary step is planned
// for its time and waits at the gate; a reminder moves to the nearest
// permitted time before, never after: a late reminder reminds of nothing.
func (p *planner) permit(step models.Step, rules models.ChannelRules, point *models.ContactPoint, m *moment) error {
	if !rules.QuietHours || point == nil {
		return nil
	}
	window, err := QuietHours(p.in.Prospect, point.Value, rules.Kind, p.in.Settings)
	if err != nil {
		return err
	}
	if step.Purpose != models.PurposeReminder || window.Permitted(m.at) {
		return nil
	}
	earlier, ok := window.Latest(m.at)
	if !ok {
		return models.Invalid("zone", "the number may be in so many zones that no hour is permitted in all of them; set the prospect's time zone")
	}
	m.note = "moved earlier from " + p.local(m.at) + ", when " + channelWord(rules.Kind) + "s are not permitted"
	m.at = earlier
	if m.over == "" && earlier.Before(p.now) {
		m.over = "its time, " + p.local(earlier) + ", had passed"
	}
	return nil
}

// why says in words what planned a touch and how its channel and contact
// point were chosen.
func (p *planner) why(step models.Step, kind models.ChannelKind, m moment, parts ...string) string {
	all := []string{DescribeIn(p.def, step)}
	for _, s := range append([]string{m.note}, parts...) {
		if s != "" {
			all = append(all, s)
		}
	}
	return strings.Join(all, "; ")
}

func (p *planner) noContactDetail(reason models.Reason, rules models.ChannelRules) string {
	who := p.in.Prospect.Name()
	switch reason {
	case models.SkipSuppressed:
		return who + " asked not to be contacted by " + channelWord(rules.Kind)
	case models.SkipNoConsent:
		return fmt.Sprintf("no %s of %s has the consent that a %s needs (%s or more)", rules.Address, who, channelWord(rules.Kind), words(string(p.outlets().need(rules).Basis)))
	}
	return "there is no " + string(rules.Address) + " of " + who + " that works"
}

// describeWhat names a step's message: "the text \"reminder\"".
func describeWhat(step models.Step, kind models.ChannelKind) string {
	name := step.Name
	if name == "" {
		name = step.Key
	}
	return fmt.Sprintf("the %s %q", channelWord(kind), name)
}

// reasonOf sorts what stops a plan: an unknown zone, or anything else.
func reasonOf(err error) models.Reason {
	var e *models.Error
	if errors.As(err, &e) && e.Field == "zone" {
		return models.AttentionZone
	}
	return models.AttentionPlan
}
