package web

import (
	"net/http"

	"followup/models"
)

type unsubscribePage struct {
	page
	Token   string
	Address string
	Done    bool
}

// unsubscribeShow is what a link in a message opens. It changes nothing:
// link scanners follow every GET (RFC 8058, section 1).
func (s *site) unsubscribeShow(w http.ResponseWriter, r *http.Request) error {
	m, err := s.Store.ViewMessageByToken(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	p := unsubscribePage{page: s.bare(r, "Unsubscribe"), Token: m.Token, Address: m.ToAddress}
	return s.show(w, "unsubscribe", p)
}

// unsubscribe carries it out: by the page's button, or by a mail reader's
// one click (RFC 8058), which comes without cookies and may not be redirected.
func (s *site) unsubscribe(w http.ResponseWriter, r *http.Request) error {
	m, err := s.Store.ViewMessageByToken(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	sup := models.Suppression{
		Scope: models.SuppressAddress, ProspectID: m.ProspectID, Value: m.ToAddress, Channel: m.Channel,
		Reason: models.FailOptedOut, Source: "unsubscribe", MessageID: &m.ID, By: models.ActorCustomer,
	}
	if _, err := s.CRM.Suppress(r.Context(), models.ActorCustomer, sup); err != nil {
		return err
	}
	p := unsubscribePage{page: s.bare(r, "Unsubscribed"), Token: m.Token, Address: m.ToAddress, Done: true}
	return s.show(w, "unsubscribe", p)
}
