package web

import (
	"html"
	"net/http"
	"strings"

	"github.com/microcosm-cc/bluemonday"

	"followup/models"
	"followup/store"
)

// picturePolicy is inboundPolicy with pictures, for somebody who asked for them.
var picturePolicy = func() *bluemonday.Policy {
	p := mailPolicy()
	p.AllowAttrs("src", "alt").OnElements("img")
	p.AllowAttrs("width", "height").Matching(bluemonday.Number).OnElements("img")
	return p
}()

// pictured tells whether a mail would load pictures from elsewhere.
func pictured(m models.Message) bool {
	return m.Direction == models.Inbound && strings.Contains(strings.ToLower(m.HTML), "<img")
}

// richShow is a mail with its pictures, on a page of its own that may do
// nothing but load them: whoever opens it was told that the sender learns of it.
func (s *site) richShow(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	m, sender, err := s.Store.MessageWithSender(r.Context(), id)
	if err != nil {
		return err
	}
	if err := s.mayRead(r, m, sender); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; img-src https: http:; sandbox allow-popups allow-popups-to-escape-sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	title := m.Subject
	if title == "" {
		title = "Message"
	}
	_, _ = w.Write([]byte("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>" + html.EscapeString(title) + "</title><main>" + clean(picturePolicy, m.HTML) + "</main></html>"))
	return nil
}

// mayRead refuses a message of somebody whom the user does not see.
func (s *site) mayRead(r *http.Request, m models.Message, sender *models.Sender) error {
	if m.ProspectID == nil {
		if s.mayOpen(r, m, sender) {
			return nil
		}
		return models.Errorf(models.CodeForbidden, "This message came to a colleague’s own account.")
	}
	return s.maySee(r, store.SubjectProspect, *m.ProspectID)
}
