package replies

import (
	"os"
	"strings"
	"testing"
)

type visibleCase struct{ name, text, want string }

func visibleCases(t testing.TB, file string) (cases []visibleCase) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range strings.Split("\n"+string(b), "\n@@ ")[1:] {
		name, rest, _ := strings.Cut(c, "\n")
		text, want, ok := strings.Cut(rest, "\n== want")
		if !ok {
			t.Fatalf("%s: %q says nothing of what is wanted", file, name)
		}
		cases = append(cases, visibleCase{name, text, want})
	}
	return cases
}

// What is left of an answer in the formats that clients write as plain text.
func TestVisibleReplies(t *testing.T) {
	for _, c := range visibleCases(t, "testdata/visible.txt") {
		if got := Visible(Mail{Text: c.text}); squash(got) != squash(c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, strings.TrimSpace(c.want))
		}
	}
}

// Empty lines are where the page shows them, however a client writes them.
func TestEmptyLinesOfHTML(t *testing.T) {
	const want = "One.\n\nTwo.\nThree."
	for _, src := range []string{
		"<div>One.</div><div><br></div><div>Two.</div><div>Three.</div>",
		"<div>One.</div><div>&nbsp;</div><div>Two.</div><div>Three.</div>",
		"<div><span>One.</span></div><div><span><o:p>&nbsp;</o:p></span></div><div>Two.<br>Three.</div>",
		"<p>One.</p><p>Two.<br>Three.</p>",
		"<p class=MsoNormal>One.</p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal>Two.</p><p class=MsoNormal>Three.</p>",
		"One.<br><br>Two.<br>Three.",
	} {
		if got := Visible(Mail{HTML: src, FromHTML: true}); got != want {
			t.Errorf("%s:\n%q, want %q", src, got, want)
		}
	}
}

// A paragraph of format=flowed may be as long as the text; joining it costs
// no more than its length.
func TestUnflow(t *testing.T) {
	text := "Two \nare \nenough.\n> quoted \n> on\n-- \nDana"
	if got, want := unflow(text, false), "Two are enough.\n> quoted on\n-- \nDana"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := unflow(strings.Repeat("a \n", 200000), true); len(got) < 200000 || len(got) > 200010 {
		t.Errorf("%d bytes", len(got))
	}
}
