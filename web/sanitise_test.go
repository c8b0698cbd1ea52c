package web

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Whatever a mail leaves open or closes too often stays within its own box:
// what follows on our page is not swallowed by it, and our box is not ended.
func TestSanitisedMailStaysInItsBox(t *testing.T) {
	for _, mail := range []string{
		`</div></details></article></li></ol><h1>Please sign in</h1>`, `<table><tr><td>open`, `<table><tr>`, `<b><i><u>open`, `<ul><li>one<li>two`,
		`<a href="https://example.org/">open`, `<blockquote><div><div>`, `<pre>`, `<p></div><p>`, `</table></td>x`, `<table><a href="https://example.org/">`,
		`<td>cell</td>`, `<h1><h2>`, `<div></div></div></div>`, "",
	} {
		page := `<section id="box">` + string(sanitise(mail)) + `</section><aside id="after">ours</aside>`
		doc, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		after := find(doc, "after")
		if after == nil || after.Parent == nil || after.Parent.Data != "body" {
			t.Errorf("%q swallows what follows it: %s", mail, sanitise(mail))
		}
		for n := after; n != nil; n = n.Parent {
			if n == find(doc, "box") {
				t.Errorf("%q: ours lies in theirs", mail)
			}
		}
	}
}

func find(n *html.Node, id string) *html.Node {
	for _, a := range n.Attr {
		if a.Key == "id" && a.Val == id {
			return n
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if found := find(c, id); found != nil {
			return found
		}
	}
	return nil
}

func FuzzSanitise(f *testing.F) {
	f.Add(`<table><tr><td><a href="javascript:x">y</a>`)
	f.Add(`</div><script>x</script>`)
	f.Fuzz(func(t *testing.T, mail string) {
		out := string(sanitise(mail))
		if strings.Contains(strings.ToLower(out), "<script") {
			t.Errorf("%q leaves a script: %q", mail, out)
		}
		if again := string(sanitise(out)); len(again) > len(out)+len(out)/2+64 {
			t.Errorf("%q grows: %q, then %q", mail, out, again)
		}
	})
}
