package templates

import (
	"strings"
	"testing"

	"followup/models"
)

// Only links whose text is no address are led over the tracking host, and
// everything else of the page stays as it is, byte for byte.
func TestTrackLinks(t *testing.T) {
	d := Data{Prospect: models.Prospect{FirstName: `<a href="https://evil.example">x</a>`}, Settings: models.Settings{PostalAddress: "1 Example Street"}, Unsubscribe: "https://followup.example.com/u/tok"}
	out, err := RenderEmail("s", "Hello {{ prospect.first_name }}, [our **prices**](https://example.com/p?a=1&b=2), <https://example.com/bare>, [www.example.com](https://example.com), "+
		"[write](mailto:sam@example.com), [call](tel:+12125550100), [me@example.com](https://example.com/me)", d)
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	page := TrackLinks(out.HTML, func(url string) string {
		seen = append(seen, url)
		if strings.Contains(url, "/u/") {
			return ""
		}
		return "https://go.example.com/l/a&b"
	})
	if got := strings.Join(seen, " "); got != "https://example.com/p?a=1&b=2 https://followup.example.com/u/tok" {
		t.Errorf("asked for %s", got)
	}
	want := strings.Replace(out.HTML, `href="https://example.com/p?a=1&amp;b=2"`, `href="https://go.example.com/l/a&amp;b"`, 1)
	if page != want || page == out.HTML {
		t.Errorf("became\n%s\nwant\n%s", page, want)
	}
}
