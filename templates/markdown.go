package templates

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
)

// Markdown never sees a value. Liquid runs first; its values leave the text
// and a word that Markdown takes for a word stands in for each (the
// skeleton). The skeleton depends only on the template and on the branches
// its conditions took, so it is compiled once and kept; the values are
// escaped into the finished HTML and text, where they can start nothing.

// context is where a value lands in the finished message.
type context uint8

const (
	asText     context = iota // between tags, or in the text part
	asAttr                    // an attribute that is no address
	asURLStart                // an address begins with it: the value decides where the link goes
	asURLPart                 // further on in an address
)

// segment is finished text and then, unless value is negative, a value.
type segment struct {
	literal string
	value   int
	context context
}

type skeleton struct{ html, text []segment }

var skeletons = newCache[*skeleton](8 << 20)

// markdown keeps raw HTML out, links bare addresses, and breaks lines where
// the writer broke them, so that both parts of a message look alike.
var markdown = goldmark.New(
	goldmark.WithExtensions(extension.Linkify, extension.Strikethrough),
	goldmark.WithRendererOptions(html.WithHardWraps()),
)

// takeValues puts stand-ins in the place of the marked values.
func takeValues(marked string) (source, standIn string, values []string) {
	standIn = "qzv"
	for n := 0; strings.Contains(strings.ToLower(marked), standIn); n++ {
		standIn = "qzv" + strconv.Itoa(n) + "w"
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(marked, valueStart)
		b.WriteString(before)
		if !found {
			return b.String(), standIn, values
		}
		var value string
		value, marked, _ = strings.Cut(rest, valueEnd)
		if value != "" {
			b.WriteString(standIn + "x" + strconv.Itoa(len(values)) + "x")
			values = append(values, value)
		}
	}
}

// compileSkeleton runs Markdown, or finds its result in the cache.
func compileSkeleton(source, standIn string) (*skeleton, error) {
	key := standIn + "\x00" + source
	if s, ok := skeletons.get(key); ok {
		return s, nil
	}
	if tooDeep(source) {
		return nil, &Error{Message: "a line begins with more than 20 quotation or list marks; remove most of them"}
	}
	src := []byte(source)
	doc := markdown.Parser().Parse(text.NewReader(src))
	var b bytes.Buffer
	if err := markdown.Renderer().Render(&b, src, doc); err != nil {
		return nil, &Error{Message: "the Markdown cannot be rendered: " + err.Error()}
	}
	s := &skeleton{html: htmlSegments(b.String(), standIn), text: textSegments(doc, src, standIn)}
	skeletons.put(key, s)
	return s, nil
}

// tooDeep finds lines whose marks open one block in the other without end:
// the time for them grows with the square of their number.
func tooDeep(source string) bool {
	for line := range strings.Lines(source) {
		rest := strings.TrimLeft(line, " \t>-*+.)0123456789")
		marks := line[:len(line)-len(rest)]
		if strings.Trim(line, " \t\n-") == "" || strings.Trim(line, " \t\n*") == "" {
			continue // a rule
		}
		if strings.Count(marks, ">")+strings.Count(marks, "- ")+strings.Count(marks, "* ")+strings.Count(marks, "+ ")+strings.Count(marks, ". ")+strings.Count(marks, ") ") > 20 {
			return true
		}
	}
	return false
}

// cutStandIns cuts s at the stand-ins; where tells the context of one from
// its offset in s.
func cutStandIns(s, standIn string, where func(at int) context) []segment {
	var out []segment
	start := 0
	for at := 0; ; {
		i := strings.Index(s[at:], standIn+"x")
		if i < 0 {
			return append(out, segment{literal: s[start:], value: -1})
		}
		i += at
		digits := s[i+len(standIn)+1:]
		end := strings.IndexByte(digits, 'x')
		n, err := strconv.Atoi(digits[:max(end, 0)])
		if end < 0 || err != nil {
			at = i + len(standIn) + 1
			continue
		}
		out = append(out, segment{s[start:i], n, where(i)})
		at = i + len(standIn) + 1 + end + 1
		start = at
	}
}

// htmlSegments finds the stand-ins in goldmark's HTML, which writes < and >
// for nothing but tags and quotes every attribute.
func htmlSegments(page, standIn string) []segment {
	return cutStandIns(page, standIn, func(at int) context {
		open := strings.LastIndexByte(page[:at], '<')
		if open <= strings.LastIndexByte(page[:at], '>') {
			return asText
		}
		tag := page[open:at]
		quote := strings.LastIndex(tag, `="`)
		if quote < 0 {
			return asAttr
		}
		name := tag[strings.LastIndexByte(tag[:quote], ' ')+1 : quote]
		switch {
		case name != "href" && name != "src":
			return asAttr
		case quote+2 == len(tag):
			return asURLStart
		}
		return asURLPart
	})
}
