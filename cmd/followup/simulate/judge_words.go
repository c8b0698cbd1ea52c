package simulate

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"followup/models"
)

// word is an opt-out by text. One message may confirm it, soon, to where it
// came from (47 CFR 64.1200(a)(12)).
type word struct {
	from      string
	at        time.Time
	forbids   map[*order]bool // what they had ordered when the word was read, itself included
	confirmed bool
}

// confirmedWithin is how long after the word the confirmation may come.
const confirmedWithin = 5 * time.Minute

// said notes the word once it is recorded.
func (m *model) said(p *person, from string, now time.Time) {
	forbids := map[*order]bool{}
	for _, o := range append(slices.Clone(m.orders[p.id]), m.wide...) {
		forbids[o] = true
	}
	m.words[p.id] = &word{from: from, at: now, forbids: forbids}
}

// outOfTurn says why an answer to a word may not begin.
func (m *model) outOfTurn(h *handed, now time.Time) (string, bool) {
	w := m.words[h.p.id]
	switch {
	case w == nil || h.channel != models.ChannelSMS || h.to != w.from:
		return "nobody asked for it there", true
	case w.confirmed:
		return "it was confirmed before", true
	case now.Sub(w.at) > confirmedWithin:
		return fmt.Sprintf("they asked at %s", w.at.Format(time.RFC3339)), true
	}
	// Asking again, before it has gone out, is no objection to being told that it was heard.
	heard := maps.Clone(w.forbids)
	for _, o := range append(slices.Clone(m.orders[h.p.id]), m.wide...) {
		if o.source == "reply" {
			heard[o] = true
		}
	}
	return m.forbidden(h.p, h.to, h.channel, heard)
}
