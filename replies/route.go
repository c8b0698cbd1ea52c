package replies

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"followup/models"
)

// Choice is a channel and contact point to answer on, with the reason in words.
type Choice struct {
	Channel      models.ChannelKind
	ContactPoint models.ContactPoint
	Sender       *models.Sender // nil for a call
	Why          string         // "By text: Dana texted on Tuesday 14:05", shown beside the answer box
	AsCall       bool           // the customer called: the answer is a call task
}

// threadMessages is how far back routing looks for what was used before.
const threadMessages = 100

// Route lists the ways to answer a prospect, the best first: the channel and
// contact point of the last human inbound, then what else is usable and not
// suppressed. Empty: there is no way, and the error (CodeRefused) says why.
func (s *Service) Route(ctx context.Context, prospectID int64) ([]Choice, error) {
	thread, err := s.Store.Thread(ctx, prospectID, threadMessages)
	if err != nil {
		return nil, fmt.Errorf("load the conversation with prospect %d: %w", prospectID, err)
	}
	return s.route(thread)
}

func (s *Service) route(thread models.Thread) ([]Choice, error) {
	r := router{s: s, t: thread, now: s.Clock()}
	r.answerWhereTheyAre()
	r.answerByLastWritten()
	r.answerAnyhow()
	if len(r.choices) == 0 {
		return nil, r.refusal()
	}
	return r.choices, nil
}

// router collects the ways to answer, the best first, and why better ones fell out.
type router struct {
	s       *Service
	t       models.Thread
	now     time.Time
	choices []Choice
	fell    []string // in words, each once
	tried   map[string]bool
}

// answerWhereTheyAre: the channel of their last message, at the address it
// came from. A call is answered by a call.
func (r *router) answerWhereTheyAre() {
	in := r.t.LastIn
	if in == nil {
		return
	}
	rules, ok := r.s.Channels.Rules(in.Channel)
	if !ok {
		return
	}
	why := r.theyDid(rules, *in)
	cp := r.contact(in.ContactPointID, in.FromAddress, rules.Address)
	if !rules.Written {
		if call, ok := r.callRules(rules.Address); ok {
			r.add(call, cp, why, nil)
			r.addOthers(call, "their other number")
		}
		return
	}
	r.add(rules, cp, why, in.SenderID)
	r.addOthers(rules, "")
}

// answerByLastWritten: after a call, in writing as they wrote last.
func (r *router) answerByLastWritten() {
	for i := len(r.t.Messages) - 1; i >= 0; i-- {
		m := r.t.Messages[i]
		if m.Direction != models.Inbound || !m.Class.Engagement() {
			continue
		}
		rules, ok := r.s.Channels.Rules(m.Channel)
		if !ok || !rules.Written {
			continue
		}
		r.add(rules, r.contact(m.ContactPointID, m.FromAddress, rules.Address), r.theyDid(rules, m), m.SenderID)
	}
}

// answerAnyhow: every other permitted way, those we have used before first,
// written before spoken.
func (r *router) answerAnyhow() {
	for i := len(r.t.Messages) - 1; i >= 0; i-- {
		m := r.t.Messages[i]
		rules, ok := r.s.Channels.Rules(m.Channel)
		if m.Direction == models.Outbound && ok && rules.Written {
			r.add(rules, r.contact(m.ContactPointID, m.ToAddress, rules.Address), by(rules)+": we wrote to them there", m.SenderID)
		}
	}
	for _, rules := range r.kinds() {
		r.addOthers(rules, "it is another way to reach them")
	}
}

// kinds with their rules in a fixed order: written ones first, those with
// subjects before the rest, then calls. Channels that speak a script answer nobody.
func (r *router) kinds() []models.ChannelRules {
	var all []models.ChannelRules
	for _, k := range r.s.Channels.Kinds() {
		if rules, ok := r.s.Channels.Rules(k); ok && (rules.Written || isCall(rules)) {
			all = append(all, rules)
		}
	}
	rank := func(c models.ChannelRules) int {
		switch {
		case c.Written && c.HasSubject:
			return 0
		case c.Written:
			return 1
		}
		return 2
	}
	slices.SortFunc(all, func(a, b models.ChannelRules) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(string(a.Kind), string(b.Kind))
	})
	return all
}

// isCall: spoken by a person, so without a length that a provider limits.
func isCall(c models.ChannelRules) bool { return c.Spoken && !c.Written && c.MaxLength == 0 }

func (r *router) callRules(address models.ContactPointKind) (models.ChannelRules, bool) {
	for _, c := range r.kinds() {
		if isCall(c) && c.Address == address {
			return c, true
		}
	}
	return models.ChannelRules{}, false
}

// addOthers adds the prospect's other contact points for the channel.
func (r *router) addOthers(rules models.ChannelRules, why string) {
	for i, cp := range r.t.Person.ContactPoints {
		if cp.Kind == rules.Address {
			words := by(rules) + " to " + cp.Value
			if why != "" {
				words += ": " + why
			}
			r.add(rules, &r.t.Person.ContactPoints[i], words, r.t.Person.Conversation.LastSenderID)
		}
	}
}

// add takes a way in, unless it is there or forbidden; then it says why not.
func (r *router) add(rules models.ChannelRules, cp *models.ContactPoint, why string, senderID *int64) {
	if cp == nil {
		return
	}
	key := fmt.Sprint(rules.Kind, "/", cp.ID)
	if r.tried[key] {
		return
	}
	if r.tried == nil {
		r.tried = map[string]bool{}
	}
	r.tried[key] = true
	if not := r.forbidden(rules, *cp); not != "" {
		r.fallThrough(not)
		return
	}
	c := Choice{Channel: rules.Kind, ContactPoint: *cp, Why: why, AsCall: isCall(rules)}
	if !c.AsCall {
		sender, not := r.sender(rules, senderID)
		if sender == nil {
			r.fallThrough(not)
			return
		}
		c.Sender = sender
	}
	if len(r.choices) == 0 && len(r.fell) > 0 {
		c.Why += " (" + strings.Join(r.fell, "; ") + ")"
	}
	r.choices = append(r.choices, c)
}

func (r *router) forbidden(rules models.ChannelRules, cp models.ContactPoint) string {
	if s, ok := models.Suppressed(r.t.Person.Suppressions, r.t.Person.Prospect, cp, rules.Kind); ok {
		return cp.Value + " may not be contacted: " + suppressedBecause(s)
	}
	if !cp.Usable() {
		return cp.Value + " is marked invalid: " + strings.ReplaceAll(string(cp.InvalidReason), "_", " ")
	}
	return ""
}

func (r *router) fallThrough(why string) {
	if why != "" && !slices.Contains(r.fell, why) {
		r.fell = append(r.fell, why)
	}
}

// sender is the one they wrote to, else the owner's, else a shared one; each
// only where it may send and its channel is set up.
func (r *router) sender(rules models.ChannelRules, wanted *int64) (*models.Sender, string) {
	var fits []models.Sender
	stopped := ""
	for _, s := range r.t.Senders {
		if s.Kind != rules.Sender {
			continue
		}
		if _, ok := r.s.Channels.Find(rules.Kind, s.Provider); !ok {
			continue
		}
		if s.State == models.SenderStopped {
			stopped = s.Address
			continue
		}
		if wanted != nil && s.ID == *wanted {
			return &s, ""
		}
		fits = append(fits, s)
	}
	switch {
	case len(fits) > 0:
		return &fits[0], ""
	case stopped != "":
		return nil, "our " + stopped + " is stopped"
	}
	return nil, "nothing is set up to send " + strings.ToLower(by(rules))
}

// contact finds the prospect's contact point by id, else by its value.
func (r *router) contact(id *int64, value string, kind models.ContactPointKind) *models.ContactPoint {
	points := r.t.Person.ContactPoints
	for i, cp := range points {
		if id != nil && cp.ID == *id && cp.Kind == kind {
			return &points[i]
		}
	}
	for i, cp := range points {
		if cp.Value == value && cp.Kind == kind {
			return &points[i]
		}
	}
	return nil
}

func (r *router) refusal() error {
	name := r.t.Person.Prospect.Name()
	if len(r.fell) > 0 {
		return models.Errorf(models.CodeRefused, "There is no way to answer %s: %s.", name, strings.Join(r.fell, "; "))
	}
	return models.Errorf(models.CodeRefused, "There is no way to answer %s: no email address or phone number is known. Add one.", name)
}
