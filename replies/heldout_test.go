package replies

import (
	"strings"
	"testing"

	"followup/models"
)

// TestHeldOut tells how the rules do on what they were not made from. What it
// logs stands in docs/replies.md; the floor only keeps it from falling. A case
// that was read wrong is not mended here: similar ones go into the other files.
func TestHeldOut(t *testing.T) {
	scores := map[string]*score{"opt-outs found": {}, "human replies taken for no opt-out": {}, "notices in the thread without headers": {}, "people who speak of absences": {}, "return dates": {}, "visible replies": {}, "bounces with recipient and hardness": {}}
	judge := func(name string, ok bool, what string) {
		if !scores[name].judge(ok) {
			t.Logf("%s: %s", name, what)
		}
	}
	for _, p := range readPairs(t, "testdata/heldout/wishes.tsv") {
		m, _ := Parse(plainMail("Re: Our call", p[1]))
		v := Classify(m, corpusNow)
		if p[0] == "opt_out" {
			judge("opt-outs found", v.Class == models.ClassOptOut, p[1])
		} else {
			judge("human replies taken for no opt-out", v.Class == models.ClassHuman, p[1])
		}
	}
	for _, p := range readPairs(t, "testdata/heldout/subjects.tsv") {
		subject, body, _ := strings.Cut(p[1], "\t")
		m, _ := Parse(plainMail(subject, strings.ReplaceAll(body, `\n`, "\n")))
		v := Classify(m, corpusNow)
		if p[0] == "auto" {
			judge("notices in the thread without headers", v.Class == models.ClassAutomatic, p[1])
		} else {
			judge("people who speak of absences", v.Class.Engagement(), p[1])
		}
	}
	for _, p := range readPairs(t, "testdata/heldout/returndates.tsv") {
		judge("return dates", string(ReturnDate("", p[1], written)) == p[0] || string(ReturnDate("", p[1], writtenInAmerica)) == p[0], p[1])
	}
	for _, c := range visibleCases(t, "testdata/heldout/visible.txt") {
		judge("visible replies", squash(Visible(Mail{Text: c.text})) == squash(c.want), c.name)
	}
	for _, p := range readPairs(t, "testdata/heldout/bounces.tsv") {
		f := strings.SplitN(p[1], "\t", 3)
		m, _ := Parse([]byte("From: " + f[0] + "\nTo: rae.moss@sales.example.org\nSubject: " + f[1] + "\nContent-Type: text/plain; charset=utf-8\n\n" + f[2] + "\n"))
		b := Classify(m, corpusNow).Bounce
		judge("bounces with recipient and hardness", b != nil && b.Recipient == "dana.reyes@example.com" && b.Hard == (p[0] == "hard"), p[1])
	}
	for name, s := range scores {
		t.Logf("%-38s %3d of %3d", name, s.right, s.of)
		if s.right*10 < s.of*8 {
			t.Errorf("%s: %d of %d", name, s.right, s.of)
		}
	}
}
