package replies

import (
	"bufio"
	"os"
	"strings"
	"testing"

	"followup/models"
)

// readPairs reads "label<TAB>text" lines.
func readPairs(t testing.TB, file string) (pairs [][2]string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if label, text, ok := strings.Cut(s.Text(), "\t"); ok && !strings.HasPrefix(label, "#") {
			pairs = append(pairs, [2]string{label, text})
		}
	}
	return pairs
}

// Opt-outs are found, in mail and in texts alike, and nothing else is taken
// for one; where it is in doubt a person is asked.
func TestWishes(t *testing.T) {
	for _, p := range readPairs(t, "testdata/wishes.tsv") {
		label, text := p[0], p[1]
		raw := []byte("From: dana.reyes@example.com\nTo: rae.moss@sales.example.org\nSubject: Re: Our call\nIn-Reply-To: <a@b.example>\nContent-Type: text/plain; charset=utf-8\n\n" + text + "\n")
		m, err := Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		v := Classify(m, corpusNow)
		check := func(where string, v models.Verdict) {
			switch label {
			case "opt_out":
				if v.Class != models.ClassOptOut {
					t.Errorf("%s: %q is %s (unsure %v: %s), want opt_out", where, text, v.Class, v.Unsure, v.Why)
				}
			case "human":
				if v.Class != models.ClassHuman || v.Unsure {
					t.Errorf("%s: %q is %s (unsure %v: %s), want human_reply", where, text, v.Class, v.Unsure, v.Why)
				}
			case "wrong":
				if v.Class != models.ClassWrongPerson {
					t.Errorf("%s: %q is %s (unsure %v: %s), want wrong_person", where, text, v.Class, v.Unsure, v.Why)
				}
			case "doubt":
				if where == "mail" && (v.Class != models.ClassHuman || !v.Unsure) {
					t.Errorf("%s: %q is %s (unsure %v: %s), want doubt", where, text, v.Class, v.Unsure, v.Why)
				}
			}
		}
		check("mail", v)
		check("text", ClassifyText(models.InboundText{Body: text}))
	}
}

// The carriers' words, and what reopens a number.
func TestTextWords(t *testing.T) {
	for body, want := range map[string]models.InboundClass{
		"STOP": models.ClassOptOut, "stop.": models.ClassOptOut, " Stop ": models.ClassOptOut, "END": models.ClassOptOut, "Cancel": models.ClassOptOut, "QUIT!": models.ClassOptOut,
		"revoke": models.ClassOptOut, "OPTOUT": models.ClassOptOut, "Opt-out": models.ClassOptOut, "StopAll": models.ClassOptOut, "unsubscribe": models.ClassOptOut,
		"START": models.ClassOptIn, "unstop": models.ClassOptIn, "YES": models.ClassHuman, "help": models.ClassHelp, "INFO": models.ClassHelp,
		"I'm driving right now - Sent from My Car": models.ClassHuman, "I'm driving with Do Not Disturb While Driving turned on. I'll see your message when I get where I'm going.": models.ClassAutomatic,
		"cancel tuesday's call please": models.ClassHuman, "ok": models.ClassHuman, "": models.ClassHuman,
	} {
		if v := ClassifyText(models.InboundText{Body: body}); v.Class != want {
			t.Errorf("%q is %s (%s), want %s", body, v.Class, v.Why, want)
		}
	}
	for provider, want := range map[string]models.InboundClass{"STOP": models.ClassOptOut, "START": models.ClassOptIn, "HELP": models.ClassHelp} {
		if v := ClassifyText(models.InboundText{Body: "anything", OptOutType: provider}); v.Class != want {
			t.Errorf("the provider's %s is %s", provider, v.Class)
		}
	}
}
