package replies

import (
	"strings"
	"testing"

	"followup/models"
)

// Failures in the words of many servers: class, recipient and hardness.
func TestBouncesInWords(t *testing.T) {
	for _, p := range readPairs(t, "testdata/bounces.tsv") {
		f := strings.SplitN(p[1], "\t", 3)
		raw := "From: " + f[0] + "\nTo: rae.moss@sales.example.org\nSubject: " + f[1] + "\nContent-Type: text/plain; charset=utf-8\n\n" + f[2] + "\n"
		m, err := Parse([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		v := Classify(m, corpusNow)
		want := models.ClassBounceSoft
		if p[0] == "hard" {
			want = models.ClassBounceHard
		}
		if v.Class != want || v.Bounce == nil || v.Bounce.Recipient != "dana.reyes@example.com" || v.Bounce.Hard != (p[0] == "hard") {
			t.Errorf("%q / %q: %s %+v (%s), want %s", f[1], f[2], v.Class, v.Bounce, v.Why, want)
		}
	}
}

// A person's mail with the words of failures is a person's.
func TestNoBounce(t *testing.T) {
	for _, c := range []struct{ subject, body string }{
		{"Re: Our call", "My mail to Luis bounced: 550 5.1.1 user unknown. Do you have another address?"},
		{"Delivery failed", "Your courier could not deliver to us yesterday. Please try again on Monday."},
		{"Re: Undelivered parcels", "Two parcels were not delivered because the address could not be found."},
		{"Mailbox full", "Sorry, my mailbox was full. Please send it again."},
	} {
		m, _ := Parse(plainMail(c.subject, c.body))
		if v := Classify(m, corpusNow); v.Class != models.ClassHuman {
			t.Errorf("%q / %q: %s (%s)", c.subject, c.body, v.Class, v.Why)
		}
	}
}
