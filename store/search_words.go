package store

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"gorm.io/gorm"

	"followup/models"
)

// longestWord is where a word is cut: nobody types more, and an index entry
// has its limit.
const longestWord = 60

// numberEnds are the lengths of a number's ends that people type: with the
// area code, without, and the last four digits.
var numberEnds = []int{10, 8, 7, 4}

// searchWords is what a person is found by.
func searchWords(p models.Prospect, company string, points []models.ContactPoint) []string {
	all := map[string]bool{}
	add := func(words ...string) {
		for _, w := range words {
			if w = cutWord(w); w != "" {
				all[w] = true
			}
		}
	}
	for _, text := range []string{p.FirstName, p.LastName, company} {
		low := strings.ToLower(text)
		add(pieces(low)...)
		add(pieces(plainLetters(low))...)
	}
	for _, cp := range points {
		add(strings.TrimPrefix(strings.ToLower(cp.Value), "+"))
		if cp.Kind == models.ContactPhone {
			for _, n := range numberEnds {
				if len(cp.Value) > n {
					add(cp.Value[len(cp.Value)-n:])
				}
			}
			continue
		}
		if _, domain, ok := cutAt(strings.ToLower(cp.Value)); ok {
			add(domain)
		}
	}
	for key, value := range p.Custom {
		add(fieldWord(key, value))
	}
	words := make([]string, 0, len(all))
	for w := range all {
		words = append(words, w)
	}
	slices.Sort(words)
	return words
}

// fieldWord is a field of the workspace's own as a word.
func fieldWord(key, value string) string {
	return strings.ToLower(strings.TrimSpace(key) + "=" + strings.TrimSpace(value))
}

func cutWord(w string) string {
	if len(w) <= longestWord {
		return w
	}
	return strings.ToValidUTF8(w[:longestWord], "")
}

// pieces are the runs of letters and digits.
func pieces(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) })
}

// plainLetters takes the accents off: José is found by jose.
func plainLetters(text string) string {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return strings.Map(func(r rune) rune {
				if unicode.Is(unicode.Mn, r) {
					return -1
				}
				return r
			}, norm.NFD.String(text))
		}
	}
	return text
}

// SearchWords is what a person is found by, as rows: for those who write many
// people at once.
func SearchWords(p models.Prospect, company string, points []models.ContactPoint) []ProspectWord {
	words := searchWords(p, company, points)
	rows := make([]ProspectWord, len(words))
	for i, w := range words {
		rows[i] = ProspectWord{p.ID, w}
	}
	return rows
}

// reword writes anew what these people are found by. A record that was merged
// or erased is found by nothing.
func reword(tx *gorm.DB, ids ...int64) error {
	for part := range slices.Chunk(ids, valuesPerStatement) {
		var people []models.Prospect
		if err := tx.Where(anyOf(tx, "id", part)).Find(&people).Error; err != nil {
			return err
		}
		if err := tx.Exec("DELETE FROM prospect_words WHERE ?", anyOf(tx, "prospect_id", part)).Error; err != nil {
			return err
		}
		if err := writeWords(tx, people); err != nil {
			return err
		}
	}
	return nil
}

func writeWords(tx *gorm.DB, people []models.Prospect) error {
	companies, ids := idSet{}, idSet{}
	for _, p := range people {
		companies.add(p.CompanyID)
		ids.add(&p.ID)
	}
	names, err := rowsByID(tx, companies.list(), companyID)
	if err != nil {
		return err
	}
	var all []models.ContactPoint
	if len(ids) > 0 {
		if err := tx.Where(anyOf(tx, "prospect_id", ids.list())).Find(&all).Error; err != nil {
			return err
		}
	}
	points := map[int64][]models.ContactPoint{}
	for _, cp := range all {
		points[cp.ProspectID] = append(points[cp.ProspectID], cp)
	}
	var rows []ProspectWord
	for _, p := range people {
		if p.MergedInto != nil || p.ErasedAt != nil {
			continue
		}
		company := ""
		if p.CompanyID != nil {
			company = names[*p.CompanyID].Name
		}
		for _, w := range searchWords(p, company, points[p.ID]) {
			rows = append(rows, ProspectWord{p.ID, w})
		}
	}
	return insertRows(tx, rows)
}

// ProspectWord is one word that a person is found by.
type ProspectWord struct {
	ProspectID int64
	Word       string
}

// TableName of the rows.
func (ProspectWord) TableName() string { return "prospect_words" }

// matchQuery narrows to people who have every word of the query, each by its
// beginning: a range of the index, whatever is searched for.
func matchQuery(q *gorm.DB, query string) *gorm.DB {
	query = strings.ToLower(strings.TrimSpace(query))
	if number, ok := asNumber(query); ok {
		return anyBegins(q, number, strings.TrimLeft(number, "0"))
	}
	for word := range strings.FieldsSeq(query) {
		word = strings.Trim(word, `.,;:!?"'()<>`)
		switch {
		case word == "":
		case strings.Contains(word, "="):
			key, value, _ := strings.Cut(word, "=")
			q = begins(q, fieldWord(key, value))
		case strings.Contains(word, "@"):
			q = begins(q, word)
		case strings.Contains(word, "."):
			q = anyBegins(q, word, strings.Join(pieces(word), ""), strings.Join(pieces(word)[:1], ""))
		default:
			for _, piece := range pieces(word) {
				q = anyBegins(q, piece, plainLetters(piece))
			}
		}
	}
	return q
}

// asNumber reads a query that is a telephone number in any of the ways in
// which people write one; the 0 before an area code is not part of it abroad.
func asNumber(query string) (string, bool) {
	digits := onlyDigits(query)
	rest := strings.Map(func(r rune) rune {
		if strings.ContainsRune("+-–/(). 0123456789", r) {
			return -1
		}
		return r
	}, query)
	if len(digits) < 3 || rest != "" {
		return "", false
	}
	return digits, true
}

func begins(q *gorm.DB, word string) *gorm.DB {
	word = cutWord(word)
	return q.Where("prospects.id IN (SELECT prospect_id FROM prospect_words WHERE word >= ? AND word < ?)", word, afterPrefix(word))
}

// anyBegins takes any of the spellings.
func anyBegins(q *gorm.DB, words ...string) *gorm.DB {
	words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
	slices.Sort(words)
	words = slices.Compact(words)
	switch len(words) {
	case 0:
		return q
	case 1:
		return begins(q, words[0])
	}
	var conds []string
	var args []any
	for _, w := range words {
		conds = append(conds, "SELECT prospect_id FROM prospect_words WHERE word >= ? AND word < ?")
		args = append(args, cutWord(w), afterPrefix(cutWord(w)))
	}
	return q.Where("prospects.id IN ("+strings.Join(conds, " UNION ")+")", args...)
}

// afterPrefix is greater than every word that begins so.
func afterPrefix(word string) string { return word + "\U0010FFFF" }

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}
