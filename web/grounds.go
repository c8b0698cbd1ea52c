package web

import (
	"net/http"

	"followup/models"
	"followup/scheduler"
	"followup/store"
)

// groundsPage answers an auditor: why this person got this message.
type groundsPage struct {
	page
	store.MessageGrounds
	Why      scheduler.Grounds
	Left     *moment // when it was handed over; nil: it was not
	By       string  // whoever wrote it by hand
	Purpose  string
	Recorded []recordedConsent
	Against  []recordedOrder
}

type recordedConsent struct {
	models.Consent
	When moment
	Gone *moment // taken back since
}

type recordedOrder struct {
	models.Suppression
	When moment
}

// messageWhy says of a message of ours what planned it, on what consent it
// rested and what time it was there.
func (s *site) messageWhy(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	g, err := s.Store.GroundsOf(r.Context(), id)
	if err != nil {
		return err
	}
	at := g.Message.CreatedAt
	if g.Message.SentAt != nil {
		at = *g.Message.SentAt
	}
	rules, ok := s.Channels.Rules(g.Message.Channel)
	if !ok {
		return models.Errorf(models.CodeNotFound, "This installation does not know the channel %s any more.", g.Message.Channel)
	}
	p := groundsPage{page: s.page(r, "Why this was sent", "prospects"), MessageGrounds: g}
	p.Why = scheduler.GroundsAt(g.Prospect, g.Point, rules, g.Consents, g.Orders, g.Settings, at)
	if g.Message.SentAt != nil {
		left := p.Both(at, g.Prospect.Zone)
		p.Left = &left
	}
	if g.Touch != nil && g.Touch.Purpose.ByHand() {
		p.By = g.Rep.Name
	}
	for _, c := range p.Why.Consents {
		view := recordedConsent{Consent: c, When: p.Ago(c.GivenAt)}
		if c.WithdrawnAt != nil {
			gone := p.Ago(*c.WithdrawnAt)
			view.Gone = &gone
		}
		p.Recorded = append(p.Recorded, view)
	}
	for _, o := range p.Why.Orders {
		p.Against = append(p.Against, recordedOrder{o, p.Ago(o.CreatedAt)})
	}
	return s.show(w, "grounds", p)
}
