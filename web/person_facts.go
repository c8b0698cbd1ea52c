package web

import (
	"slices"
	"strings"
	"time"

	"followup/models"
	"followup/scheduler"
	"followup/store"
)

// personFacts is what stands beside a conversation or a call: how a person
// can be reached and what is known of them.
type personFacts struct {
	Prospect  models.Prospect
	Company   string
	Owner     string
	LocalNow  string
	ZoneError string
	Points    []pointView
	Blocked   []models.Suppression
	Hold      *models.CompanyHold
	Pursuit   *models.Pursuit
	Limit     int
	Discovery *models.Discovery
	Promises  []models.Commitment
	Channels  []option
}

// pointView is a contact point with what permits and forbids it.
type pointView struct {
	models.ContactPoint
	Tries      []tryView
	Permits    []permit
	Suppressed string
	Ask        models.ChannelKind // what they could say yes to; "": there is nothing to ask
}

// tryView is the last use of a contact point on one channel.
type tryView struct {
	Channel, Result string
	When            moment
}

// tries are when a contact point was last used, by channel, and what came of
// it; the newest first.
func tries(t times, v store.PersonView, c models.ContactPoint) []tryView {
	var all []tryView
	seen := map[models.ChannelKind]bool{}
	at := map[string]time.Time{}
	for _, m := range v.Messages { // newest first
		if m.Direction != models.Outbound || m.ToAddress != c.Value || seen[m.Channel] || m.State == models.MessageQueued {
			continue
		}
		seen[m.Channel] = true
		name := strings.ToLower(lookOf(m.Channel).Name)
		at[name] = receivedAt(m)
		all = append(all, tryView{Channel: name, When: t.Ago(receivedAt(m)), Result: strings.ToLower(messageStates[m.State])})
	}
	if called, outcome := lastCallOn(v, c); !called.IsZero() {
		at["call"] = called
		all = append(all, tryView{Channel: "call", When: t.Ago(called), Result: strings.ToLower(outcomeLabel(outcome))})
	}
	if len(all) == 0 && c.LastTriedAt != nil { // longer ago than what the page loads
		all = append(all, tryView{Channel: "tried", When: t.Ago(*c.LastTriedAt), Result: plain(c.LastResult)})
	}
	slices.SortStableFunc(all, func(a, b tryView) int { return at[b.Channel].Compare(at[a.Channel]) })
	return all
}

// lastCallOn is when a number was last called and how that ended.
func lastCallOn(v store.PersonView, c models.ContactPoint) (last time.Time, outcome models.CallOutcome) {
	for _, call := range v.Calls {
		if call.ClosedAt != nil && call.Outcome != "" && call.Prep.Number == c.Value && call.ClosedAt.After(last) {
			last, outcome = *call.ClosedAt, call.Outcome
		}
	}
	// The number that was called may be another than the one planned.
	if said := models.CallOutcome(c.LastResult); c.LastTriedAt != nil && said.Valid() && !c.LastTriedAt.Before(last) {
		return *c.LastTriedAt, said
	}
	return last, outcome
}

// permit says in words which channels a consent opens on a contact point.
type permit struct {
	Text string
	Tone string // "warn": it is not enough for them
}

func (s *site) facts(t times, v store.PersonView) *personFacts {
	f := &personFacts{Prospect: v.Prospect, Owner: v.Owner.Name, LocalNow: t.LocalNow(v.Prospect.Zone), Hold: v.Hold, Pursuit: v.Pursuit, Discovery: v.Discovery, Promises: v.Commitments}
	if v.Company != nil {
		f.Company = v.Company.Name
	}
	if _, err := v.Prospect.Location(); err != nil {
		f.ZoneError = messageOf(err)
	}
	kinds := s.Channels.Kinds()
	slices.Sort(kinds)
	for _, c := range v.Points {
		f.Points = append(f.Points, s.pointView(t, v, c, kinds))
	}
	for _, sup := range v.Suppressions {
		if sup.Scope == models.SuppressPerson || sup.Scope == models.SuppressWorkspace || sup.Scope == models.SuppressCompany {
			f.Blocked = append(f.Blocked, sup)
		}
	}
	for _, k := range kinds {
		f.Channels = append(f.Channels, option{Value: string(k), Label: lookOf(k).Name})
	}
	return f
}

// Facts lets templates hand the embedded facts on as a whole.
func (f *personFacts) Facts() *personFacts { return f }

// pointView says of a contact point what permits and forbids using it. One
// tag stands for all channels that a basis opens.
func (s *site) pointView(t times, v store.PersonView, c models.ContactPoint, kinds []models.ChannelKind) pointView {
	pv := pointView{ContactPoint: c, Tries: tries(t, v, c)}
	var bases []models.ConsentBasis
	open, short, free := map[models.ConsentBasis][]string{}, []string{}, []string{}
	for _, k := range kinds {
		rules, _ := s.Channels.Rules(k)
		if rules.Address != c.Kind {
			continue
		}
		if sup, ok := models.Suppressed(v.Suppressions, v.Prospect, c, k); ok {
			pv.Suppressed = reasonText(sup.Reason)
			continue
		}
		best, _ := models.BestConsent(v.Consents, c, k, t.now)
		name := strings.ToLower(lookOf(k).Name)
		need := scheduler.ConsentNeeded(v.Prospect, v.Points, v.Settings, rules)
		switch {
		case !need.Met(v.Consents, c, k, t.now):
			short = append(short, name)
			if need.Basis.Level() <= models.ConsentOral.Level() && pv.Ask == "" && c.Usable() {
				pv.Ask = k
			}
		case best.Basis.Level() > 0:
			if open[best.Basis] == nil {
				bases = append(bases, best.Basis)
			}
			open[best.Basis] = append(open[best.Basis], name)
		default:
			free = append(free, name)
		}
	}
	for _, b := range bases {
		pv.Permits = append(pv.Permits, permit{Text: strings.ToLower(consentWords[b]) + ": " + strings.Join(open[b], ", ")})
	}
	if len(free) > 0 {
		pv.Permits = append(pv.Permits, permit{Text: "needs no consent: " + strings.Join(free, ", ")})
	}
	if len(short) > 0 {
		pv.Permits = append(pv.Permits, permit{Text: "no consent for " + strings.Join(short, ", "), Tone: "warn"})
	}
	return pv
}
