package templates

import (
	_ "embed"
	"strings"
	"sync"

	"followup/models"
)

//go:embed keywords.tsv
var keywordRows string

// keywordAnswers are the two texts by language.
var keywordAnswers = sync.OnceValue(func() map[string]map[models.Purpose]string {
	rows := map[string]map[models.Purpose]string{}
	for line := range strings.Lines(keywordRows) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) == 3 && !strings.HasPrefix(line, "#") {
			rows[f[0]] = map[models.Purpose]string{models.PurposeStopped: f[1], models.PurposeHelp: f[2]}
		}
	}
	return rows
})

// KeywordAnswer is what we answer to STOP or HELP where the provider does not,
// in the locale's language, else English. address is how to reach us.
func KeywordAnswer(p models.Purpose, locale string, rep models.User, company, address string) string {
	texts, ok := keywordAnswers()[languageOf(locale)]
	if !ok {
		texts = keywordAnswers()["en"]
	}
	if company == "" { // nobody has named the workspace: the rep's own name stands for it
		return strings.NewReplacer("%c, %r", clean(rep.Name), "%c", clean(rep.Name), "%r", clean(rep.Name), "%a", clean(address)).Replace(texts[p])
	}
	return strings.NewReplacer("%c", clean(company), "%r", clean(rep.Name), "%a", clean(address)).Replace(texts[p])
}
