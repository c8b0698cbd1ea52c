package simulate

import (
	"slices"
	"strings"
	"time"

	"followup/models"
)

// model is what people did, as they know it themselves. The judge holds the
// engine to it; nothing in it is read from the engine's own conclusions.
type model struct {
	enrolled map[int64]*enrolled
	of       map[int64][]*enrolled // by prospect
	orders   map[int64][]*order    // by prospect
	wide     []*order              // of addresses, domains and companies
	paused   bool                  // everything automatic
	calls    map[int64]*promise    // booked calls, by appointment
	pursuits map[int64]*pursuit
	arriving map[string]arrival // inbounds under way, by the provider's id
	lastIn   map[int64]map[models.ChannelKind]time.Time
	words    map[int64]*word // the last opt-out by text of each
	// through are the orders after which they wrote all the same: a person may
	// answer them there by hand.
	through map[int64]map[models.ChannelKind]map[*order]bool
	reviews map[int64]map[int64]bool // by prospect: calls talked on whose review is missing
	count   int                      // enrollments that were granted
}

// enrolled is one enrollment and why it may not send.
type enrolled struct {
	id      int64
	p       *person
	course  *course
	ended   string    // by whom, where a person or a customer ended it
	spoke   string    // the customer spoke with us; until a person resumes it
	manual  bool      // a person paused it
	until   time.Time // of manual; zero: until resumed
	away    time.Time // out of office until
	moved   bool      // to another version
	rezoned bool
	// promised is the day that the customer named, where the sequence hangs on one.
	promised models.Date
}

// order is an order not to contact.
type order struct {
	id      int64 // in our database, where a person gave it
	p       *person
	scope   models.SuppressionScope
	value   string
	company int64
	channel models.ChannelKind
	source  string
}

// promise is a booked call.
type promise struct {
	id       int64
	p        *person
	at       time.Time
	open     bool
	canceled bool // by a person, who told the customer
	enrolled *enrolled
}

// pursuit counts the local days with follow-ups since the last sign of interest.
type pursuit struct {
	days    map[models.Date]bool
	goodbye bool
	parted  time.Time // when it was said
}

type arrival struct {
	p    *person
	said wish
}

func newModel() model {
	return model{
		enrolled: map[int64]*enrolled{}, of: map[int64][]*enrolled{}, orders: map[int64][]*order{}, calls: map[int64]*promise{},
		pursuits: map[int64]*pursuit{}, arriving: map[string]arrival{}, lastIn: map[int64]map[models.ChannelKind]time.Time{}, words: map[int64]*word{}, through: map[int64]map[models.ChannelKind]map[*order]bool{},
		reviews: map[int64]map[int64]bool{},
	}
}

func (m *model) pursuit(p *person) *pursuit {
	if m.pursuits[p.id] == nil {
		m.interest(p)
	}
	return m.pursuits[p.id]
}

// interest begins the count anew.
func (m *model) interest(p *person) { m.pursuits[p.id] = &pursuit{days: map[models.Date]bool{}} }

// forbidden tells whether an order covers the address on the channel.
func (m *model) forbidden(p *person, to string, ch models.ChannelKind, but map[*order]bool) (string, bool) {
	for _, o := range m.orders[p.id] {
		if but[o] {
			continue
		}
		if o.channel == "" || o.channel == ch {
			return "they asked for it (" + o.source + ")", true
		}
	}
	for _, o := range m.wide {
		if but[o] || o.channel != "" && o.channel != ch {
			continue
		}
		switch o.scope {
		case models.SuppressAddress:
			if o.value == to {
				return "the address is closed (" + o.source + ")", true
			}
		case models.SuppressDomain:
			if strings.HasSuffix(to, "@"+o.value) {
				return "the domain is closed", true
			}
		case models.SuppressCompany:
			if o.company == p.company {
				return "the company is closed", true
			}
		}
	}
	return "", false
}

// stopped says why an automatic message may not begin.
func (m *model) stopped(h *handed, now time.Time) (string, bool) {
	var answered map[*order]bool
	if h.purpose.Keyword() {
		return m.outOfTurn(h, now)
	}
	if h.purpose == models.PurposeAnswer {
		answered = m.through[h.p.id][h.channel]
	}
	if why, no := m.forbidden(h.p, h.to, h.channel, answered); no {
		return why, true
	}
	if h.byHand {
		return "", false
	}
	if m.paused {
		return "everything automatic is paused", true
	}
	follows := h.purpose == models.PurposeFollowUp || h.purpose == models.PurposeGoodbye || h.purpose == models.PurposeRecurring
	if follows && len(m.reviews[h.p.id]) > 0 {
		return "the review of a call with them is not written", true
	}
	e := m.enrolled[h.enrollment]
	switch {
	case e == nil:
		return "", false
	case e.ended != "":
		return "the enrollment was ended: " + e.ended, true
	case e.spoke != "":
		return e.spoke, true
	case e.manual && (e.until.IsZero() || now.Before(e.until)):
		return "a person paused the enrollment", true
	case now.Before(e.away):
		return "they are out of office until " + e.away.Format(time.RFC3339), true
	}
	return "", false
}

// recorded is what a customer's message changes, at the moment it commits.
func (m *model) recorded(w *world, rec models.InboundRecord) {
	var id string
	if err := w.db.QueryRowContext(w.ctx, `SELECT provider_id FROM inbounds WHERE id = ?`, rec.RawID).Scan(&id); err != nil {
		w.fail(err)
		return
	}
	in, ok := m.arriving[id]
	if !ok {
		return
	}
	p := in.p
	if rec.Match.ProspectID == nil || *rec.Match.ProspectID != p.id {
		w.broke(p, "a customer's message is theirs", "their message (%s) was attributed to %v", in.said, deref(rec.Match.ProspectID))
		return
	}
	switch in.said {
	case saysSomething, callsBack:
		m.spoke(w, p, "they answered")
		m.wroteAllTheSame(p, rec.Message.Channel)
	case saysStop:
		m.stop(w, p, rec.Message.FromAddress)
		if rec.Message.Channel == models.ChannelSMS {
			m.said(p, rec.Message.FromAddress, w.now)
		}
	case saysStart:
		m.start(w, p, rec.Message.FromAddress, rec.Message.Channel)
	case isAway:
		until := w.backFrom(p, rec.Message.ReturnDate, rec.Verdict.ReturnDate)
		for _, e := range m.of[p.id] {
			if until.After(w.now) {
				e.away = until
			}
		}
		return
	case bounces, bouncesSoftly:
		return
	case complains:
		m.complained(p, rec.Message.Channel)
		return
	}
	if m.lastIn[p.id] == nil {
		m.lastIn[p.id] = map[models.ChannelKind]time.Time{}
	}
	m.lastIn[p.id][rec.Message.Channel] = w.now
}

// wroteAllTheSame: what they ordered before does not stop an answer by hand.
func (m *model) wroteAllTheSame(p *person, ch models.ChannelKind) {
	if m.through[p.id] == nil {
		m.through[p.id] = map[models.ChannelKind]map[*order]bool{}
	}
	seen := map[*order]bool{}
	for _, o := range append(slices.Clone(m.orders[p.id]), m.wide...) {
		seen[o] = true
	}
	m.through[p.id][ch] = seen
}

// backFrom is when somebody's rest ends: the morning after the day of the
// return that they named.
func (w *world) backFrom(p *person, dates ...models.Date) time.Time {
	loc := p.zone
	if p.unknown {
		loc = time.UTC
	}
	local := w.now.In(loc)
	day := time.Date(local.Year(), local.Month(), local.Day()+7, 9, 0, 0, 0, loc)
	for _, d := range dates {
		if d == "" {
			continue
		}
		back, err := time.Parse(time.DateOnly, string(d))
		w.fail(err)
		day = time.Date(back.Year(), back.Month(), back.Day()+1, 9, 0, 0, 0, loc)
		break
	}
	if last := time.Date(local.Year(), local.Month(), local.Day()+60, 9, 0, 0, 0, loc); day.After(last) {
		day = last
	}
	return day
}

// spoke: a person answered; nothing automatic until a person has looked.
func (m *model) spoke(w *world, p *person, how string) {
	m.interest(p)
	for _, e := range m.of[p.id] {
		e.away = time.Time{}
		if w.definitionOf(e).OnReply != models.ReplyContinue {
			e.spoke = how
		}
	}
	for _, q := range w.companies[p.company] {
		if q == p {
			continue
		}
		for _, e := range m.of[q.id] {
			if on := w.definitionOf(e).OnColleagueReply; on == models.ReplyPause || on == models.ReplyFinish {
				if w.liveInDatabase(e) {
					e.spoke = "a colleague answered"
				}
			}
		}
	}
}

// stop: nothing more, on any channel.
func (m *model) stop(w *world, p *person, from string) {
	p.left = true
	m.interest(p)
	m.orders[p.id] = append(m.orders[p.id], &order{p: p, scope: models.SuppressPerson, source: "reply"})
	m.wide = append(m.wide, &order{p: p, scope: models.SuppressAddress, value: from, source: "reply"})
	m.end(p, "they asked us to stop")
	m.withdraw(p)
}

func (m *model) end(p *person, why string) {
	for _, e := range m.of[p.id] {
		if e.ended == "" {
			e.ended = why
		}
	}
}

// withdraw: the booked calls do not take place.
func (m *model) withdraw(p *person) {
	for _, c := range m.calls {
		if c.p == p {
			c.open = false
		}
	}
}

// start takes back what their own words ordered, on the channel they used.
func (m *model) start(w *world, p *person, from string, ch models.ChannelKind) {
	m.interest(p)
	gone := func(o *order) bool {
		return (o.source == "reply" || o.source == "provider") && (o.channel == "" || o.channel == ch) && (o.p == p || o.value == from)
	}
	m.orders[p.id] = slices.DeleteFunc(m.orders[p.id], gone)
	m.wide = slices.DeleteFunc(m.wide, func(o *order) bool { return o.scope == models.SuppressAddress && o.value == from && gone(o) })
	p.left = len(m.orders[p.id]) > 0
}

// providerOptOut: the provider says that the number has opted out, and we
// have recorded it.
func (m *model) providerOptOut(w *world, p *person, to string) {
	m.wide = append(m.wide, &order{p: p, scope: models.SuppressAddress, value: to, source: "provider"})
	w.note("provider", p, "says that %s has opted out", to)
}

// spokeByPhone is what an answered call changes.
func (m *model) spokeByPhone(w *world, p *person, t task, outcome models.CallOutcome) {
	if outcome.Answered() {
		m.interest(p)
	}
	if outcome.Answered() && outcome != models.OutcomeDoNotCall {
		if m.reviews[p.id] == nil {
			m.reviews[p.id] = map[int64]bool{}
		}
		m.reviews[p.id][t.id] = true
	}
	if !outcome.Answered() {
		return
	}
	for _, e := range m.of[p.id] {
		own := t.enrollment == e.id || t.appointment != 0 && w.anchoredOn(e, t.appointment)
		if own && w.definitionOf(e).MoveOn(outcome) == models.MoveAdvance && outcome != models.OutcomeDoNotCall {
			continue
		}
		e.away = time.Time{}
		e.spoke = "they spoke with us: " + string(outcome)
	}
	if outcome == models.OutcomeNotInterested || outcome == models.OutcomeDoNotCall {
		m.withdraw(p)
	}
}

func deref(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}
