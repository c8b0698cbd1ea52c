package templates

import (
	"html"
	"regexp"
	"strings"
)

// anchor is a link as our own HTML writes it: RenderEmail escapes what stands
// in one, so a quotation mark ends the address and nothing else looks like it.
var anchor = regexp.MustCompile(`(?s)<a href="(https?://[^"]+)"([^>]*)>(.*?)</a>`)

// TrackLinks gives the links of a rendered email other addresses; track answers
// "" for one that stays. A link whose text is an address itself stays always:
// one that says where it leads must lead there. The text part is another one's.
func TrackLinks(page string, track func(url string) string) string {
	return anchor.ReplaceAllStringFunc(page, func(link string) string {
		parts := anchor.FindStringSubmatch(link)
		address, rest, label := html.UnescapeString(parts[1]), parts[2], parts[3]
		if strings.Contains(label, "://") || strings.Contains(strings.ToLower(label), "www.") || strings.Contains(label, "@") {
			return link
		}
		to := track(address)
		if to == "" {
			return link
		}
		return `<a href="` + html.EscapeString(to) + `"` + rest + `>` + label + `</a>`
	})
}
