package web

import (
	"html/template"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// richText is sanitised HTML.
type richText = template.HTML

// inboundPolicy: what a customer's mail may show here. No images: a remote
// one tells its sender that we looked. No styles, forms, ids or classes: they
// could dress up as our own page. Links are followed without a referrer.
var inboundPolicy = mailPolicy()

// mailPolicy is what any mail may show: text, tables and links.
func mailPolicy() *bluemonday.Policy {
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
}

// sanitise makes an inbound's HTML safe to show; "" where nothing is left.
func sanitise(source string) richText {
	if strings.TrimSpace(source) == "" {
		return ""
	}
	return richText(clean(inboundPolicy, source))
}

// clean sanitises and closes what was left open, and nothing else: the policy
// looks at one tag after the other, so that a stray </div> would end our own,
// and an open <table> would swallow the page that follows. What the parser
// made of it is sanitised once more.
func clean(policy *bluemonday.Policy, source string) string {
	within := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
	nodes, err := html.ParseFragment(strings.NewReader(policy.Sanitize(source)), within)
	if err != nil {
		return ""
	}
	var b strings.Builder
	for _, n := range nodes {
		if err := html.Render(&b, n); err != nil {
			return ""
		}
	}
	return policy.Sanitize(b.String())
}
