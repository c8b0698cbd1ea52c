package templates

import (
	"errors"
	"html"
	"regexp"
	"strings"
)

// RenderEmail renders subject and Markdown body to text and HTML, with the
// values escaped, and appends postal address and unsubscribe link where set.
func RenderEmail(subject, body string, d Data) (Rendered, error) {
	s := newScope(&d)
	line, err := renderSubject(subject, s)
	if err != nil {
		return Rendered{}, at("subject", err)
	}
	text, page, err := renderBody(body, s)
	if err != nil {
		return Rendered{}, at("body", err)
	}
	foot := footerOf(body, s)
	return Rendered{Subject: line, Text: text + foot.text(), HTML: wrap(page+foot.html(), s.locale.language)}, nil
}

// at says where an error is, unless it says so itself.
func at(where string, err error) error {
	var e *Error
	if errors.As(err, &e) && e.Where == "" {
		placed := *e
		placed.Where = where
		return &placed
	}
	return err
}

// renderSubject makes one line of it: a line break in a header ends the header.
func renderSubject(subject string, s *scope) (string, error) {
	c, err := compile(subject)
	if err != nil {
		return "", err
	}
	out, err := c.run(s)
	if err != nil {
		return "", err
	}
	return strings.Join(strings.Fields(unmark.Replace(out)), " "), nil
}

func renderBody(body string, s *scope) (text, page string, err error) {
	c, err := compile(body)
	if err != nil {
		return "", "", err
	}
	marked, err := c.run(s)
	if err != nil {
		return "", "", err
	}
	source, standIn, values := takeValues(marked)
	var sk *skeleton
	err = guard(func() (err error) {
		sk, err = compileSkeleton(source, standIn)
		return err
	})
	if err != nil {
		return "", "", err
	}
	if page, err = fill(sk.html, values, htmlText, html.EscapeString); err != nil {
		return "", "", err
	}
	text, err = fill(sk.text, values, literally, literally)
	return text, page, err
}

// footer is what the law wants under a commercial email: CAN-SPAM's postal
// address (15 U.S.C. 7704(a)(5)) and a way to opt out.
type footer struct {
	address, label, link string
}

// unsubscribeLabels by language.
var unsubscribeLabels = map[string]string{
	"en": "Unsubscribe", "de": "Abmelden", "fr": "Se désabonner", "es": "Darse de baja",
	"it": "Annulla l'iscrizione", "nl": "Afmelden", "pt": "Cancelar inscrição",
}

// footerOf leaves out what the body prints itself.
func footerOf(body string, s *scope) footer {
	f := footer{label: unsubscribeLabels[s.locale.language]}
	if !strings.Contains(body, "workspace.postal_address") {
		f.address = clean(s.Settings.PostalAddress)
	}
	if link := clean(s.Unsubscribe); isLink(link) && !strings.Contains(body, "unsubscribe_url") {
		f.link = escapeAddress(link)
	}
	return f
}

// text begins with the line by which mail programs know a footer (RFC 3676 4.3).
func (f footer) text() string {
	if f.address == "" && f.link == "" {
		return "\n"
	}
	var b strings.Builder
	b.WriteString("\n\n-- \n")
	if f.address != "" {
		b.WriteString(f.address + "\n")
	}
	if f.link != "" {
		b.WriteString(f.label + ": " + f.link + "\n")
	}
	return b.String()
}

func (f footer) html() string {
	if f.address == "" && f.link == "" {
		return ""
	}
	var b strings.Builder
	b.WriteString(`<p style="margin:32px 0 0;padding-top:12px;border-top:1px solid #e2e2e2;font-size:12px;line-height:1.5;color:#6b6b6b">`)
	if f.address != "" {
		b.WriteString(htmlText(f.address))
	}
	if f.link != "" {
		if f.address != "" {
			b.WriteString("<br>\n")
		}
		b.WriteString(`<a href="` + html.EscapeString(f.link) + `" style="color:#6b6b6b">` + html.EscapeString(f.label) + `</a>`)
	}
	b.WriteString("</p>\n")
	return b.String()
}

// wrap makes a page of it that reads like a letter: mail programs drop style
// sheets, so the few styles are inline.
func wrap(content, language string) string {
	lang := ""
	if language != "" {
		lang = ` lang="` + language + `"`
	}
	return "<!DOCTYPE html>\n<html" + lang + `><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"></head>` + "\n" +
		`<body style="margin:0;padding:16px;background:#ffffff">` + "\n" +
		`<div style="max-width:600px;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5;color:#1c1c1c">` + "\n" +
		strings.TrimRight(content, "\n") + "\n</div>\n</body></html>\n"
}

// PlainEmail makes the HTML of a text written by hand, literally.
func PlainEmail(subject, text string) Rendered {
	text = clean(text)
	var page strings.Builder
	for _, paragraph := range blankLines.Split(text, -1) {
		if strings.TrimSpace(paragraph) != "" {
			page.WriteString("<p>" + linked(paragraph) + "</p>\n")
		}
	}
	return Rendered{Subject: strings.Join(strings.Fields(clean(subject)), " "), Text: text + "\n", HTML: wrap(page.String(), "")}
}

var (
	blankLines = regexp.MustCompile(`\n[ \t]*(?:\n[ \t]*)+`)
	webAddress = regexp.MustCompile(`https?://[^\s<>"'` + "`" + `]+`)
)

// linked escapes a paragraph and makes links of the web addresses in it.
func linked(s string) string {
	var b strings.Builder
	for {
		m := webAddress.FindStringIndex(s)
		if m == nil {
			return b.String() + htmlText(s)
		}
		end := m[0] + len(endOfAddress(s[m[0]:m[1]]))
		link := html.EscapeString(s[m[0]:end])
		b.WriteString(htmlText(s[:m[0]]) + `<a href="` + link + `">` + link + "</a>")
		s = s[end:]
	}
}

// endOfAddress gives back the punctuation of the sentence around an address; a
// closing bracket belongs to the address only where it opens in it.
func endOfAddress(s string) string {
	for {
		short := strings.TrimRight(s, ".,;:!?…")
		for _, pair := range []string{"()", "[]", "{}"} {
			if strings.HasSuffix(short, pair[1:]) && strings.Count(short, pair[:1]) < strings.Count(short, pair[1:]) {
				short = short[:len(short)-1]
			}
		}
		if short == s {
			return s
		}
		s = short
	}
}
