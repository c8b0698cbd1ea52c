package store

import (
	"fmt"
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
		return haveAll(q, beginnings{}.of(number, strings.TrimLeft(number, "0")), false)
	}
	var words, fields beginnings
	for word := range strings.FieldsSeq(query) {
		word = strings.Trim(word, `.,;:!?"'()<>`)
		switch {
		case word == "":
		case strings.Contains(word, "="):
			key, value, _ := strings.Cut(word, "=")
			fields = fields.of(fieldWord(key, value))
		case strings.Contains(word, "@"):
			words = words.of(word)
		case strings.Contains(word, "."):
			words = words.of(word, strings.Join(pieces(word), ""), strings.Join(pieces(word)[:1], ""))
		default:
			for _, piece := range pieces(word) {
				words = words.of(piece, plainLetters(piece))
			}
		}
	}
	// A field's value is shared by many: walking the list finds a page of them
	// sooner than gathering them all.
	for _, field := range fields {
		q = haveAll(q, beginnings{field}, false)
	}
	return haveAll(q, words, len(fields) > 0)
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

// beginnings are what must all be found, each in any of its spellings.
type beginnings [][]string

func (b beginnings) of(spellings ...string) beginnings {
	spellings = slices.DeleteFunc(spellings, func(w string) bool { return w == "" })
	slices.Sort(spellings)
	if spellings = slices.Compact(spellings); len(spellings) == 0 {
		return b
	}
	return append(b, spellings)
}

// haveAll narrows to people who have a word with each of the beginnings. Of
// several, or where more is asked for, whoever has them all is found first,
// from the index alone: two conditions beside each other are tried on every
// person who meets the first (half a second where a million have tens of
// thousands of each).
func haveAll(q *gorm.DB, all beginnings, first bool) *gorm.DB {
	if len(all) == 0 {
		return q
	}
	var args []any
	var lists []string
	for _, spellings := range all {
		var ranges []string
		for _, w := range spellings {
			ranges = append(ranges, "SELECT prospect_id FROM prospect_words WHERE word >= ? AND word < ?")
			args = append(args, cutWord(w), afterPrefix(cutWord(w)))
		}
		lists = append(lists, strings.Join(ranges, " UNION "))
	}
	if len(lists) == 1 && !first {
		return q.Where("prospects.id IN ("+lists[0]+")", args...)
	}
	// Named one by one: SQLite knows no brackets within INTERSECT.
	var named, found strings.Builder
	for i, list := range lists {
		fmt.Fprintf(&named, "w%d AS (%s), ", i, list)
		if i > 0 {
			found.WriteString(" INTERSECT ")
		}
		fmt.Fprintf(&found, "SELECT prospect_id FROM w%d", i)
	}
	return q.Where("prospects.id IN (WITH "+named.String()+"found AS MATERIALIZED ("+found.String()+") SELECT prospect_id FROM found)", args...)
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
