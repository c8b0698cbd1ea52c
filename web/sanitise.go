package web

import (
	"html/template"
	"strings"

	"github.com/microcosm-cc/bluemonday"
)

// richText is sanitised HTML.
type richText = template.HTML

// inboundPolicy: what a customer's mail may show here. No images: a remote
// one tells its sender that we looked. No styles, forms, ids or classes: they
// could dress up as our own page. Links are followed without a referrer.
var inboundPolicy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "div", "span", "b", "strong", "i", "em", "u", "s", "code", "pre", "blockquote", "ul", "ol", "li", "table", "thead", "tbody", "tr", "td", "th", "h1", "h2", "h3", "h4")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(false)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	return p
}()

// sanitise makes an inbound's HTML safe to show; "" where nothing is left.
func sanitise(html string) richText {
	if strings.TrimSpace(html) == "" {
		return ""
	}
	return richText(inboundPolicy.Sanitize(html))
}
