package replies

import (
	"fmt"
	"mime"
	"strings"
	"testing"

	"followup/models"
)

func plainMail(subject, body string, extra ...string) []byte {
	return []byte(fmt.Sprintf("From: Dana Reyes <dana.reyes@example.com>\nTo: rae.moss@sales.example.org\nSubject: %s\nDate: Mon, 23 Nov 2026 10:00:00 +0100\nIn-Reply-To: <a@b.example>\n%sContent-Type: text/plain; charset=utf-8\n\n%s\n",
		mime.QEncoding.Encode("utf-8", subject), strings.Join(extra, ""), body))
}

// Mail without any automatic header: subject and text alone tell machines from people.
func TestAutomaticWithoutHeaders(t *testing.T) {
	for _, p := range readPairs(t, "testdata/subjects.tsv") {
		subject, body, _ := strings.Cut(p[1], "\t")
		m, err := Parse(plainMail(subject, strings.ReplaceAll(body, `\n`, "\n")))
		if err != nil {
			t.Fatal(err)
		}
		v := Classify(m, corpusNow)
		want := map[string]models.InboundClass{"auto": models.ClassAutomatic, "human": models.ClassHuman, "wrong": models.ClassWrongPerson, "other": models.ClassOther}[p[0]]
		if v.Class != want {
			t.Errorf("%q / %q is %s (%s), want %s", subject, body, v.Class, v.Why, want)
		}
	}
}

// Headers that say "automatic", and those that do not although they look so.
func TestAutomaticHeaders(t *testing.T) {
	for header, want := range map[string]models.InboundClass{
		"Auto-Submitted: auto-replied\n":              models.ClassAutomatic,
		"Auto-Submitted: auto-generated (vacation)\n": models.ClassAutomatic,
		"X-Autoreply: yes\n":                          models.ClassAutomatic,
		"X-Autorespond: Our call\n":                   models.ClassAutomatic,
		"X-Precedence: auto_reply\n":                  models.ClassAutomatic,
		"Precedence: auto_reply\n":                    models.ClassAutomatic,
		"Auto-Submitted: no\n":                        models.ClassHuman,
		"Precedence: bulk\n":                          models.ClassHuman,
		"Precedence: list\n":                          models.ClassHuman,
		"X-Auto-Response-Suppress: All\n":             models.ClassHuman,
		"X-Auto-Response-Suppress: DR, OOF\n":         models.ClassHuman,
		"Auto-Submitted:\n":                           models.ClassHuman,
		"List-Unsubscribe: <https://example.com/u>\n": models.ClassHuman,
		"X-Spam-Status: No\n":                         models.ClassHuman,
	} {
		m, err := Parse(plainMail("Re: Our call", "Thursday is fine.", header))
		if err != nil {
			t.Fatal(err)
		}
		if v := Classify(m, corpusNow); v.Class != want {
			t.Errorf("%q: %s (%s), want %s", header, v.Class, v.Why, want)
		}
	}
}
