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
