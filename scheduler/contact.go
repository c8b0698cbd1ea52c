package scheduler

import (
	"slices"
	"time"

	"followup/laws"
	"followup/models"
)

// Rules tells what the engine must know of a channel; the registry of
// channels does.
type Rules interface {
	Rules(models.ChannelKind) (models.ChannelRules, bool)
}

// isTask: a call is made by a rep, every other kind is sent.
func isTask(kind models.ChannelKind) bool { return kind == models.ChannelCall }

// speakable: without consent such a channel's script is not played but spoken
// by the rep: a recorded voice needs prior express written consent (FCC
// 22-85), a person calling does not.
func speakable(r models.ChannelRules) bool {
	return r.Spoken && r.Consent.Level() >= models.ConsentWritten.Level()
}

// outlets are the contact points of a person with all that decides which of
// them may be used.
type outlets struct {
	prospect     models.Prospect
	points       []models.ContactPoint
	consents     []models.Consent
	suppressions []models.Suppression
	conversation models.Conversation
	tried        map[int64]bool
	now          time.Time
	// book and country: what the law of where they are asks of a channel.
	book    *laws.Book
	country string
}

// lawful adds what the law asks to the outlets of a person.
func (o outlets) lawful(s models.Settings) outlets {
	o.book = laws.For(s.Rules)
	var numbers []string
	if o.prospect.Country == "" {
		for _, cp := range o.points {
			if cp.Kind == models.ContactPhone {
				numbers = append(numbers, cp.Value)
			}
		}
	}
	o.country = laws.CountryOf(o.prospect, numbers...)
	return o
}

// need is what an automatic message on the channel needs: what the law of
// their country asks, else what the channel does by itself.
func (o outlets) need(r models.ChannelRules) laws.Need {
	if o.book != nil {
		if n, ok := o.book.Need(o.country, r.Kind); ok {
			return n
		}
	}
	return laws.Need{Basis: r.Consent}
}

// pick is a chosen contact point, or the reason why there is none.
type pick struct {
	point  *models.ContactPoint
	why    string
	reason models.Reason // "" where a point was chosen
}

// refusal says why the point may not be used on the channel; "" where it may.
func (o outlets) refusal(cp models.ContactPoint, r models.ChannelRules, automated bool) models.Reason {
	if !cp.Usable() {
		return models.SkipNoContactPoint
	}
	if _, no := models.Suppressed(o.suppressions, o.prospect, cp, r.Kind); no {
		return models.SkipSuppressed
	}
	if automated && cp.Resting(o.now) {
		return models.SkipNoContactPoint
	}
	if automated && !o.need(r).Met(o.consents, cp, r.Kind, o.now) {
		return models.SkipNoConsent
	}
	return ""
}

// ofKind are the points of an address kind in the prospect's order.
func (o outlets) ofKind(kind models.ContactPointKind) []models.ContactPoint {
	var points []models.ContactPoint
	for _, cp := range o.points {
		if cp.Kind == kind {
			points = append(points, cp)
		}
	}
	slices.SortStableFunc(points, func(a, b models.ContactPoint) int { return a.Position - b.Position })
	return points
}

// permitted are the points that may be used on the channel, in order, and
// where there are none the reason.
func (o outlets) permitted(r models.ChannelRules, automated bool) ([]models.ContactPoint, models.Reason) {
	var good []models.ContactPoint
	reason := models.SkipNoContactPoint
	for _, cp := range o.ofKind(r.Address) {
		switch why := o.refusal(cp, r, automated); why {
		case "":
			good = append(good, cp)
		case models.SkipNoContactPoint:
		default:
			// Lacking consent is the mildest and the one a person can mend: it is named before a suppression.
			if reason != models.SkipNoConsent {
				reason = why
			}
		}
	}
	if len(good) > 0 {
		return good, ""
	}
	return nil, reason
}

// choose finds the contact point for an automated touch, falling through to
// the next permitted one where the one asked for may not be used. It says why
// only where it is not the one asked for: the step's own words say the rest.
func (o outlets) choose(choice models.ContactChoice, r models.ChannelRules) pick {
	good, reason := o.permitted(r, true)
	if reason == models.SkipNoConsent && speakable(r) {
		good, reason = o.permitted(r, false) // the gate makes a call task of it
	}
	if reason != "" {
		return pick{reason: reason}
	}
	first := pick{point: &good[0]}
	switch choice {
	case models.ContactPrimary:
		return first
	case models.ContactLastUsed:
		if cp := o.lastUsed(good); cp != nil {
			return pick{point: cp}
		}
		return first
	case models.ContactNextUntried:
		for i := range good {
			if !o.tried[good[i].ID] {
				return pick{point: &good[i]}
			}
		}
		return pick{point: longestRested(good), why: "every one was tried: the one tried longest ago"}
	}
	for i := range good {
		if good[i].Label == models.ContactLabel(choice) {
			return pick{point: &good[i]}
		}
	}
	first.why = "no " + string(choice) + " contact point can be used: the first one that can"
	return first
}

// longestRested is the point of these that was tried longest ago, so that
// going on after all were tried goes round.
func longestRested(points []models.ContactPoint) *models.ContactPoint {
	rested := &points[0]
	for i := range points {
		if cp := &points[i]; rested.LastTriedAt != nil && (cp.LastTriedAt == nil || cp.LastTriedAt.Before(*rested.LastTriedAt)) {
			rested = cp
		}
	}
	return rested
}

// lastUsed is the point of these that the customer used last; nil where they
// used none.
func (o outlets) lastUsed(points []models.ContactPoint) *models.ContactPoint {
	var last *models.ContactPoint
	for i, cp := range points {
		if id := o.conversation.LastContactID; id != nil && *id == cp.ID {
			return &points[i]
		}
		if cp.LastInboundAt != nil && (last == nil || cp.LastInboundAt.After(*last.LastInboundAt)) {
			last = &points[i]
		}
	}
	return last
}

// fallThrough keeps the touch's point where it may be used, else takes the
// next permitted one of the kind.
func (o outlets) fallThrough(id *int64, r models.ChannelRules, automated bool) pick {
	good, reason := o.permitted(r, automated)
	if reason != "" {
		return pick{reason: reason}
	}
	if id == nil {
		return pick{point: &good[0]}
	}
	passed := false
	var next *models.ContactPoint
	for _, cp := range o.ofKind(r.Address) {
		i := slices.IndexFunc(good, func(g models.ContactPoint) bool { return g.ID == cp.ID })
		if cp.ID == *id {
			if i >= 0 {
				return pick{point: &good[i]}
			}
			passed = true
		} else if passed && next == nil && i >= 0 {
			next = &good[i]
		}
	}
	if next == nil {
		next = &good[0]
	}
	return pick{point: next, why: "the one planned may not be used any more: the next permitted one"}
}

// find gives the point with the id.
func (o outlets) find(id *int64) *models.ContactPoint {
	if id == nil {
		return nil
	}
	for i := range o.points {
		if o.points[i].ID == *id {
			return &o.points[i]
		}
	}
	return nil
}

// chooseSender takes the sender used before, for one conversation has one
// voice, else the first that sends, else a stopped one: its touches wait.
// senders come with the rep's own first.
func chooseSender(senders []models.Sender, kind models.SenderKind, before []int64) *models.Sender {
	var first, stopped *models.Sender
	for i := range senders {
		s := &senders[i]
		if s.Kind != kind {
			continue
		}
		if s.State == models.SenderStopped {
			if stopped == nil {
				stopped = s
			}
			continue
		}
		if slices.Contains(before, s.ID) {
			return s
		}
		if first == nil {
			first = s
		}
	}
	if first == nil {
		return stopped
	}
	return first
}
