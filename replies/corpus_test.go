package replies

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"followup/models"
)

// corpusNow is when the corpus is read.
var corpusNow = time.Date(2026, time.December, 22, 9, 0, 0, 0, time.UTC)

// expectation of one message in testdata/corpus; nil fields are not judged.
type expectation struct {
	Class      string  `json:"class"`
	Lang       string  `json:"lang"`
	Reply      *string `json:"reply"`
	ReturnDate *string `json:"return_date"`
	Unsure     bool    `json:"unsure"`
	Bounce     *struct {
		Recipient string `json:"recipient"`
		Status    string `json:"status"`
		Hard      bool   `json:"hard"`
	} `json:"bounce"`
}

func corpus(t testing.TB) (names []string, expected map[string]expectation) {
	t.Helper()
	b, err := os.ReadFile("testdata/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &expected); err != nil {
		t.Fatal(err)
	}
	for name := range expected {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, expected
}

func corpusMail(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata/corpus", name+".eml"))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// score counts what was right of what was judged.
type score struct{ right, of int }

func (s *score) judge(ok bool) bool {
	s.of++
	if ok {
		s.right++
	}
	return ok
}

// The corpus of our own is the floor: every message of it is read right.
func TestCorpus(t *testing.T) {
	names, expected := corpus(t)
	scores := map[string]*score{}
	of := func(k string) *score {
		if scores[k] == nil {
			scores[k] = &score{}
		}
		return scores[k]
	}
	for _, name := range names {
		want := expected[name]
		raw := corpusMail(t, name)
		got := Inspect(name, raw, corpusNow)
		if !of("class " + want.Class).judge(got.Class == want.Class) {
			m, _ := Parse(raw)
			t.Errorf("%s: class %s, want %s (%s)", name, got.Class, want.Class, Classify(m, corpusNow).Why)
		}
		if want.Reply != nil && !of("visible reply").judge(squash(got.Reply) == squash(*want.Reply)) {
			t.Errorf("%s: reply\n%q\nwant\n%q", name, got.Reply, *want.Reply)
		}
		if want.ReturnDate != nil {
			date := ""
			if got.ReturnDate != nil {
				date = string(*got.ReturnDate)
			}
			if !of("return date").judge(date == *want.ReturnDate) {
				t.Errorf("%s: return date %q, want %q", name, date, *want.ReturnDate)
			}
		}
		if want.Bounce != nil {
			ok := got.Bounce != nil && got.Bounce.Recipient == want.Bounce.Recipient && got.Bounce.Status == want.Bounce.Status && got.Bounce.Hard == want.Bounce.Hard
			if !of("bounce details").judge(ok) {
				t.Errorf("%s: bounce %+v, want %+v", name, got.Bounce, *want.Bounce)
			}
		}
		if want.Unsure {
			m, _ := Parse(raw)
			of("in doubt").judge(Classify(m, corpusNow).Unsure)
		}
		if got.OptOut != (want.Class == string(models.ClassOptOut)) || got.Engagement != models.InboundClass(want.Class).Engagement() {
			t.Errorf("%s: opt_out %v, engagement %v", name, got.OptOut, got.Engagement)
		}
	}
	var lines []string
	for k, s := range scores {
		lines = append(lines, k)
		if s.right != s.of {
			t.Errorf("%s: %d of %d", k, s.right, s.of)
		}
	}
	slices.Sort(lines)
	for _, k := range lines {
		t.Logf("%-22s %3d of %3d", k, scores[k].right, scores[k].of)
	}
}

// squash compares texts as people read them.
func squash(s string) string { return strings.Join(strings.Fields(s), " ") }

func BenchmarkInspect(b *testing.B) {
	names, _ := corpus(b)
	var raws [][]byte
	for _, n := range names {
		raws = append(raws, corpusMail(b, n))
	}
	for i := 0; b.Loop(); i++ {
		Inspect("x", raws[i%len(raws)], corpusNow)
	}
}
