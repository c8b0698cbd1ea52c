package templates

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"

	"followup/models"
)

//go:embed introductions.tsv
var introductionRows string

// introduction is how one language tells how to stop.
type introduction struct {
	stop    string
	words   []string // say it as they stand
	phrases []string // say it in small letters
}

// introductions by language.
var introductions = sync.OnceValue(func() map[string]introduction {
	rows := map[string]introduction{}
	for line := range strings.Lines(introductionRows) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) == 4 && !strings.HasPrefix(line, "#") {
			rows[f[0]] = introduction{stop: f[1], words: strings.Split(f[2], "|"), phrases: strings.Split(f[3], "|")}
		}
	}
	return rows
})

// Introduce completes the first text to somebody: it must name who writes and
// for which company, and say how to stop. What it says already is not said
// twice. locale is the text's language; English where it is not one of ours.
func Introduce(text, locale string, rep models.User, company string) string {
	line := Introduction(text, locale, rep, company)
	if line == "" {
		return text
	}
	return strings.TrimRight(text, "\n ") + "\n" + line
}

// Introduction is the line that Introduce adds; "" where nothing lacks.
func Introduction(text, locale string, rep models.User, company string) string {
	in, ok := introductions()[languageOf(locale)]
	if !ok {
		in = introductions()["en"]
	}
	var who []string
	said := wordsOf(strings.ToLower(text))
	if name := strings.TrimSpace(rep.Name); name != "" && !says(said, rep.FirstName()) && !says(said, name) {
		who = append(who, name)
	}
	if company = strings.TrimSpace(company); company != "" && !says(said, companyWords(company)) {
		who = append(who, company)
	}
	var parts []string
	if len(who) > 0 {
		parts = append(parts, strings.TrimRight(strings.Join(who, ", "), ".")+".")
	}
	if !in.says(text) {
		parts = append(parts, in.stop)
	}
	return strings.Join(parts, " ")
}

// says tells whether the text tells how to stop. STOP counts in every language:
// it is the word that carriers know.
func (in introduction) says(text string) bool {
	for _, w := range wordsOf(text) {
		if slices.Contains(in.words, w) {
			return true
		}
	}
	lower := strings.ToLower(text)
	return slices.ContainsFunc(in.phrases, func(p string) bool { return strings.Contains(lower, p) })
}

func wordsOf(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// says tells whether the words of the name stand in what is said, one after the other.
func says(said []string, name string) bool {
	words := wordsOf(strings.ToLower(name))
	if len(words) == 0 {
		return false
	}
	for i := range said {
		if i+len(words) <= len(said) && slices.Equal(said[i:i+len(words)], words) {
			return true
		}
	}
	return false
}

// companyWords is a company's name as people say it, without its legal form.
func companyWords(name string) string {
	words := wordsOf(name)
	for len(words) > 1 && slices.Contains(legalForms, strings.ToLower(words[len(words)-1])) {
		words = words[:len(words)-1]
	}
	return strings.Join(words, " ")
}

var legalForms = []string{"inc", "llc", "ltd", "limited", "corp", "corporation", "co", "plc", "gmbh", "ag", "kg", "sa", "sas", "sarl", "srl", "sl", "bv", "nv", "lda", "ltda"}
