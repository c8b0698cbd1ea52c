package templates

import (
	"html"
	"net/url"
	"strings"

	"github.com/yuin/goldmark/util"

	htmlrender "github.com/yuin/goldmark/renderer/html"
)

// plain resolves Markdown's backslashes and entities, as its HTML does.
func plain(b []byte) string {
	return string(util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(b))))
}

// unsafeLink tells whether Markdown's HTML leaves the address out.
func unsafeLink(to string) bool { return htmlrender.IsDangerousURL([]byte(to)) }

// linkSchemes are what a value may begin a link with.
var linkSchemes = []string{"https://", "http://", "mailto:", "tel:"}

func isLink(s string) bool {
	for _, scheme := range linkSchemes {
		if len(s) > len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			return true
		}
	}
	return false
}

// fill puts values into segments, each escaped for where it lands. escapeText
// is for text, escape for the rest; in the text part of a message both leave
// it alone.
func fill(segments []segment, values []string, escapeText, escape func(string) string) (string, error) {
	var b strings.Builder
	for _, s := range segments {
		b.WriteString(s.literal)
		if s.value < 0 || s.value >= len(values) {
			continue
		}
		v := values[s.value]
		switch s.context {
		case asText:
			b.WriteString(escapeText(v))
		case asAttr:
			b.WriteString(escape(v))
		case asURLPart:
			b.WriteString(escapePart(v, s.literal))
		case asURLStart:
			if !isLink(v) {
				return "", &Error{Message: "a link's address is the value “" + shorten(v) + "”, which is no address; it must begin with https://"}
			}
			b.WriteString(escape(escapeAddress(v)))
		}
		if b.Len() > maxOutput {
			return "", tooLong()
		}
	}
	return b.String(), nil
}

// escapeAddress keeps an address an address and one word: what could end it
// is percent-encoded.
func escapeAddress(s string) string {
	return addressSigns.Replace(s)
}

var (
	contactSigns = strings.NewReplacer("%40", "@", "%2B", "+")
	addressSigns = strings.NewReplacer(" ", "%20", "\n", "%0A", "\t", "%09", `"`, "%22", "'", "%27", "<", "%3C", ">", "%3E", "`", "%60", "(", "%28", ")", "%29")
)

// escapePart makes a value one word of an address, without the signs that
// divide it. A mail address and a phone number keep the signs they are made of.
func escapePart(v, before string) string {
	part := strings.ReplaceAll(url.QueryEscape(v), "+", "%20")
	if strings.HasSuffix(before, "mailto:") || strings.HasSuffix(before, "tel:") {
		part = contactSigns.Replace(part)
	}
	return part
}

// htmlText escapes text and keeps its line breaks.
func htmlText(s string) string {
	return strings.ReplaceAll(html.EscapeString(s), "\n", "<br>\n")
}

func literally(s string) string { return s }
