package templates

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"followup/models"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test ./templates -update writes it anew):\n%s", path, got)
	}
}

const richMail = `Hello **{{ prospect.first_name | default: "there" }}**,

Your plan at {{ company.name }}:
second line, with *care* and ` + "`{{ custom.plan }}`" + `.

1. Read [the plan]({{ custom.link }} "For {{ prospect.first_name }}").
2. Write to [{{ rep.name }}](mailto:{{ rep.email }}) or ring [us](tel:{{ rep.phone }}).
   - nested {{ commitment.value }}

{% if discovery.goal %}
> Your goal: {{ discovery.goal }}
> in your words
{% endif %}

See https://example.com/p?who={{ prospect.name }} and <https://example.org>. 5 \* 3 &amp; more.

---

## Next
{{ rep.signature }}`

func TestRenderEmailGolden(t *testing.T) {
	r, err := RenderEmail("Plan for {{ company.name }}", richMail, sample())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "email/rich.txt", "Subject: "+r.Subject+"\n\n"+r.Text)
	golden(t, "email/rich.html", r.HTML)

	d := Data{Rep: models.User{Name: "Sam"}, Prospect: models.Prospect{Custom: map[string]string{"plan": "x", "link": "http://example.com"}}}
	d.Company, d.Commitment = &models.Company{Name: "C"}, &models.Commitment{Value: "v"}
	if _, err = RenderEmail("S", richMail, d); err == nil {
		t.Error("an unfilled variable was sent")
	}
}

func TestPlainEmailGolden(t *testing.T) {
	r := PlainEmail("Re: two\nlines", "Hello <Ana> & co,\r\n\r\n*not bold* {{ nor.this }}\nsecond line (see https://example.com/a_(b)?c=1&d=2).\n\n \n> quoted “text”\njavascript:alert(1) https://example.org/\"onclick=x\n")
	golden(t, "email/plain.txt", "Subject: "+r.Subject+"\n\n"+r.Text)
	golden(t, "email/plain.html", r.HTML)
}

// A value is text, whatever it says and wherever it stands.
func TestValuesInjectNothing(t *testing.T) {
	evil := []string{
		"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "![x](http://example.com/t.gif)",
		"*a* _b_ **c** `d`", "# head", "- item", "1. item", "> quote", "---", "\n\n# head\n\n- list", "https://example.com/x", "a\nb",
		"&lt;b&gt; &amp;", `"><a href="http://example.com">`, "' onclick='x", "<!-- x -->", "\\* \\[", "| a | b |", "~~gone~~", "www.example.com", "qzvx0x", "x0x", "```\ncode\n```",
	}
	for _, v := range evil {
		d := sample()
		d.Prospect.FirstName = v
		d.Settings.PostalAddress, d.Unsubscribe = "", ""
		r, err := RenderEmail("S {{ prospect.first_name }}", "Hi {{ prospect.first_name }}\n\n**{{ prospect.first_name }}**", d)
		if err != nil {
			t.Errorf("%q: %v", v, err)
			continue
		}
		v = clean(v)
		if want := "Hi " + v + "\n\n" + v + "\n"; r.Text != want {
			t.Errorf("%q: text %q", v, r.Text)
		}
		want := "<p>Hi " + htmlText(v) + "</p>\n<p><strong>" + htmlText(v) + "</strong></p>\n</div>"
		if !strings.Contains(r.HTML, want) {
			t.Errorf("%q: HTML %s", v, r.HTML)
		}
		if strings.ContainsAny(r.Subject, "\r\n") {
			t.Errorf("%q: subject %q", v, r.Subject)
		}
	}
}

func TestValuesInLinks(t *testing.T) {
	for _, c := range []struct{ body, value, html, text string }{
		{"[x]({{ custom.v }})", "https://example.com/?a=1&b=(2)", `<a href="https://example.com/?a=1&amp;b=%282%29">x</a>`, "x (https://example.com/?a=1&b=%282%29)"},
		{"[x](https://example.com/{{ custom.v }})", "a/b?c&d#e\" x@y", `<a href="https://example.com/a%2Fb%3Fc%26d%23e%22%20x%40y">x</a>`, "x (https://example.com/a%2Fb%3Fc%26d%23e%22%20x%40y)"},
		{"[x](mailto:{{ custom.v }})", "ana+1@example.com", `<a href="mailto:ana+1@example.com">x</a>`, "x (ana+1@example.com)"},
		{"https://example.com/{{ custom.v }}", "<b>", `<a href="https://example.com/%3Cb%3E">https://example.com/&lt;b&gt;</a>`, "https://example.com/%3Cb%3E"},
		{"[{{ custom.v }}](https://example.com)", "](javascript:x)", `<a href="https://example.com">](javascript:x)</a>`, "](javascript:x) (https://example.com)"},
		{"![{{ custom.v }}](https://example.com/i.png)", `" onerror="x`, `alt="&#34; onerror=&#34;x"`, `" onerror="x`},
	} {
		d := sample()
		d.Settings.PostalAddress, d.Unsubscribe = "", ""
		d.Prospect.Custom["v"] = c.value
		r, err := RenderEmail("S", c.body, d)
		if err != nil || !strings.Contains(r.HTML, c.html) {
			t.Errorf("%s with %q: %v\n%s\nwant %s", c.body, c.value, err, r.HTML, c.html)
		}
		if !strings.Contains(r.Text, c.text) {
			t.Errorf("%s with %q: %q", c.body, c.value, r.Text)
		}
	}
	for _, v := range []string{"javascript:alert(1)", " JavaScript:x", "data:text/html,x", "//example.com", "example.com", "vbscript:x", "https://"} {
		d := sample()
		d.Prospect.Custom["v"] = v
		r, err := RenderEmail("S", "[x]({{ custom.v }})", d)
		var e *Error
		if !errors.As(err, &e) || e.Where != "body" {
			t.Errorf("%q: %v %s", v, err, r.HTML)
		}
	}
	for _, body := range []string{"[x](javascript:{{ prospect.first_name }})", "<script>{{ prospect.first_name }}</script>", `<a href="{{ custom.link }}">x</a>`} {
		r, err := RenderEmail("S", body, sample())
		if err != nil || strings.Contains(r.HTML, "javascript:") || strings.Contains(r.HTML, "<script") || strings.Contains(r.HTML, `<a href="https://example.com/a`) {
			t.Errorf("%q: %v %s", body, err, r.HTML)
		}
	}
}

// Conditions may stand anywhere: Markdown sees the text without them.
func TestConditionsAroundBlocks(t *testing.T) {
	body := "{% if custom.yes %}\n- a\n{% endif %}\n- b{% if custom.yes %}\n\nPara\n\n- c{% endif %}"
	d := sample()
	d.Settings.PostalAddress, d.Unsubscribe = "", ""
	r, err := RenderEmail("S", body, d)
	if err != nil || r.Text != "- b\n" {
		t.Errorf("%q, %v", r.Text, err)
	}
	d.Prospect.Custom["yes"] = "1"
	r, err = RenderEmail("S", body, d)
	if err != nil || !strings.Contains(r.HTML, "<li>c</li>") || !strings.Contains(r.HTML, "<p>Para</p>") {
		t.Errorf("%s, %v", r.HTML, err)
	}
}

// Blocks nested without end would take the square of their number in time.
func TestDeepMarkdownIsRefused(t *testing.T) {
	for _, mark := range []string{">", "> ", "- ", "1. ", "* "} {
		_, err := RenderEmail("S", strings.Repeat(mark, 5000)+"x", sample())
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(e.Message, "20") {
			t.Errorf("%q: %v", mark, err)
		}
	}
	if _, err := RenderEmail("S", "a\n\n"+strings.Repeat("-", 90)+"\n\n> > b\n\n- - c", sample()); err != nil {
		t.Error(err)
	}
}

func TestFooter(t *testing.T) {
	d := sample()
	r, err := RenderEmail("S", "Body", d)
	if err != nil || r.Text != "Body\n\n-- \n1 Main Street\nSpringfield, IL 62701\nUnsubscribe: https://example.com/u/abc?x=1&y=2\n" {
		t.Errorf("%q, %v", r.Text, err)
	}
	d.Prospect.Locale = "de-CH"
	r, _ = RenderEmail("S", "Body", d)
	if !strings.Contains(r.Text, "Abmelden: https://") || !strings.Contains(r.HTML, `<html lang="de">`) {
		t.Errorf("%q", r.Text)
	}
	d.Unsubscribe = "javascript:x"
	d.Settings.PostalAddress = ""
	r, _ = RenderEmail("S", "Body", d)
	if r.Text != "Body\n" || strings.Contains(r.HTML, "javascript") {
		t.Errorf("%q %s", r.Text, r.HTML)
	}
	d.Unsubscribe = "https://example.com/u"
	r, _ = RenderEmail("S", "[stop]({{ unsubscribe_url }})", d)
	if strings.Count(r.HTML, "https://example.com/u") != 1 || strings.Contains(r.Text, "Abmelden") {
		t.Errorf("%q", r.Text)
	}
	_, err = RenderEmail("S {{ custom.none }}", "Body", d)
	var e *Error
	if !errors.As(err, &e) || e.Where != "subject" || e.Variable != "custom.none" || e.Column != 3 {
		t.Errorf("%+v", err)
	}
}
