package web

import (
	"html"
	"net/http"
	"strings"

	"github.com/microcosm-cc/bluemonday"

	"followup/models"
)

// picturePolicy is inboundPolicy with pictures, for somebody who asked for them.
var picturePolicy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "div", "span", "b", "strong", "i", "em", "u", "s", "code", "pre", "blockquote", "ul", "ol", "li", "table", "thead", "tbody", "tr", "td", "th", "h1", "h2", "h3", "h4")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("src", "alt").OnElements("img")
	p.AllowAttrs("width", "height").Matching(bluemonday.Number).OnElements("img")
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(false)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
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
	sees, err := s.seenBy(r)
	if err != nil {
		return err
	}
	person, err := s.Store.Person(r.Context(), *m.ProspectID)
	if err != nil {
		return err
	}
	may, err := s.Store.MaySee(r.Context(), sees, person.Prospect)
	if err == nil && !may {
		err = models.Errorf(models.CodeForbidden, "This message is of a colleague’s customer.")
	}
	return err
}
