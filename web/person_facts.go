package web

import (
	"slices"
	"strings"

	"followup/models"
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
	Tried      moment
	Permits    []permit
	Suppressed string
	Ask        models.ChannelKind // what they could say yes to; "": there is nothing to ask
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
	pv := pointView{ContactPoint: c}
	if c.LastTriedAt != nil {
		pv.Tried = t.Ago(*c.LastTriedAt)
	}
	var bases []models.ConsentBasis
	open, short := map[models.ConsentBasis][]string{}, []string{}
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
		switch {
		case best.Basis.Level() < rules.Consent.Level():
			short = append(short, name)
			if rules.Consent.Level() <= models.ConsentOral.Level() && pv.Ask == "" && c.Usable() {
				pv.Ask = k
			}
		case best.Basis.Level() > 0:
			if open[best.Basis] == nil {
				bases = append(bases, best.Basis)
			}
			open[best.Basis] = append(open[best.Basis], name)
		}
	}
	for _, b := range bases {
		pv.Permits = append(pv.Permits, permit{Text: strings.ToLower(consentWords[b]) + ": " + strings.Join(open[b], ", ")})
	}
	if len(short) > 0 {
		pv.Permits = append(pv.Permits, permit{Text: "no consent for " + strings.Join(short, ", "), Tone: "warn"})
	}
	return pv
}
