package replies

import (
	"embed"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
)

//go:embed rules/*.txt
var ruleFiles embed.FS

// rule is one line of a rules file: a regular expression over folded text.
type rule struct {
	source string
	re     *regexp.Regexp
	// needs: at least one of these stands in every match. Looking for them
	// first is what makes hundreds of rules cheap.
	needs []string
	// whole: a match must not end inside a word. Wishes are told in seven
	// languages at once, and the Spanish "quite de" begins "quite decent".
	whole bool
}

// wholeWords are the sections whose matches end with a word.
var wholeWords = map[string]bool{"sure": true, "unsure": true, "wrong.person": true, "left.company": true}

// mayMatch: what every match needs is there.
func (r rule) mayMatch(s string) bool {
	for _, n := range r.needs {
		if strings.Contains(s, n) {
			return true
		}
	}
	return len(r.needs) == 0
}

func (r rule) find(s string) []int {
	if !r.mayMatch(s) {
		return nil
	}
	at := r.re.FindStringIndex(s)
	if at != nil && r.whole && at[1] > 0 && at[1] < len(s) && isASCIIWord(s[at[1]-1]) && isASCIIWord(s[at[1]]) {
		return nil
	}
	return at
}

// rules of one section.
type rules []rule

// match finds the first rule that fits and gives the words that fitted.
func (rs rules) match(s string) (words string, ok bool) {
	for _, r := range rs {
		if at := r.find(s); at != nil {
			return strings.TrimSpace(limit(s[at[0]:at[1]], 80)), true
		}
	}
	return "", false
}

func (rs rules) any(s string) bool {
	_, ok := rs.match(s)
	return ok
}

// within are the rules that a sentence of the text may fit: asked once for a
// text, they spare most rules for each of its sentences.
func (rs rules) within(text string) rules {
	var few rules
	for _, r := range rs {
		if r.mayMatch(text) {
			few = append(few, r)
		}
	}
	return few
}

// count says how many different rules fit.
func (rs rules) count(s string) int {
	n := 0
	for _, r := range rs {
		if r.find(s) != nil {
			n++
		}
	}
	return n
}

// loadRules reads the embedded files: "[section]" headings, a regular
// expression a line over folded text, "#" comments. " ~ " stands for up to 40
// characters within a sentence, a blank for any white space, " ?" for an
// optional one, MONTHS and WEEKDAYS for their names, "@NAME" for what the line
// "@NAME = …" above it says, and each rule is bounded by words.
var loadRules = sync.OnceValue(func() map[string]rules {
	all := map[string]rules{}
	files, err := ruleFiles.ReadDir("rules")
	if err != nil {
		panic(err) // embedded: cannot fail
	}
	for _, f := range files {
		b, err := ruleFiles.ReadFile("rules/" + f.Name())
		if err != nil {
			panic(err)
		}
		section, names := "", strings.NewReplacer()
		var defined []string
		for i, line := range strings.Split(string(b), "\n") {
			line = strings.TrimSpace(line)
			switch {
			case line == "" || strings.HasPrefix(line, "#"):
			case strings.HasPrefix(line, "@") && strings.Contains(line, " = "):
				name, expr, _ := strings.Cut(line, " = ")
				defined = append(defined, name, names.Replace(expr))
				names = strings.NewReplacer(defined...)
			case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]") && !strings.ContainsAny(line, " |("):
				section = strings.Trim(line, "[]")
			default:
				r, err := newRule(names.Replace(line))
				if err != nil {
					panic(fmt.Sprintf("rules/%s line %d: %v", f.Name(), i+1, err))
				}
				if r.whole = wholeWords[section]; r.whole {
					r.re.Longest()
				}
				all[section] = append(all[section], r)
			}
		}
	}
	return all
})

// ruleset is the section's rules; a name without a section is a programming error.
func ruleset(section string) rules {
	rs, ok := loadRules()[section]
	if !ok {
		panic("replies: no rules " + section)
	}
	return rs
}

func newRule(line string) (rule, error) {
	line = strings.NewReplacer("MONTHS", monthNames, "WEEKDAYS", weekdayNames).Replace(line)
	expr := strings.ReplaceAll(line, " ~ ", `\b(?:[^.!?\n]|\d\.){1,40}?\b`)
	expr = strings.ReplaceAll(expr, " ", `\s+`)
	expr = strings.ReplaceAll(expr, `\s+?`, `\s*`) // "foo ?bar": an optional blank
	if isWordStart(line) {
		expr = `\b(?:` + expr + `)`
	}
	if isWordEnd(line) {
		expr = `(?:` + expr + `)\b`
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return rule{}, err
	}
	parsed, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return rule{}, err
	}
	needs := required(parsed.Simplify())
	return rule{source: line, re: re, needs: needs}, nil
}

func isWordStart(s string) bool {
	return isASCIIWord(s[0]) || s[0] == '(' && !strings.HasPrefix(s, "(?")
}
func isWordEnd(s string) bool { return isASCIIWord(s[len(s)-1]) }

func isASCIIWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
}

// required finds literals of which at least one stands in every match; nil
// where none can be told.
func required(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 {
			return nil
		}
		return []string{string(re.Rune)}
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min >= 1 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []string
		for _, sub := range re.Sub {
			if lits := required(sub); better(lits, best) {
				best = lits
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			lits := required(sub)
			if len(lits) == 0 {
				return nil
			}
			all = append(all, lits...)
		}
		if len(all) > 80 {
			return nil
		}
		return all
	}
	return nil
}

// better: the set whose shortest word is longer narrows more.
func better(a, b []string) bool {
	if len(a) == 0 {
		return false
	}
	if len(b) == 0 {
		return true
	}
	return shortest(a)*4-len(a) > shortest(b)*4-len(b)
}

func shortest(list []string) int {
	n := len(list[0])
	for _, s := range list[1:] {
		n = min(n, len(s))
	}
	return n
}
