package replies

import (
	_ "embed"
	"regexp"
	"strings"
	"sync"
)

//go:embed rules/words/wish.txt
var wishFile string

// tells is what the words of a sentence tell, as bits.
type tells uint16

const (
	tellEnd tells = 1 << iota
	tellRemove
	tellLeave
	tellNot
	tellMore
	tellContact
	tellSell
	tellMe
	tellData
	tellList
	tellPlease
	tellConsent
	tellOther
	tellSelf
)

var tellNames = map[string]tells{
	"end": tellEnd, "remove": tellRemove, "leave": tellLeave, "not": tellNot, "more": tellMore, "contact": tellContact, "sell": tellSell,
	"me": tellMe, "data": tellData, "list": tellList, "please": tellPlease, "consent": tellConsent, "other": tellOther, "self": tellSelf,
}

// lexicon of one language: words, and beginnings of words.
type lexicon struct{ words, stems map[string]tells }

var wishLexicons = sync.OnceValue(func() []lexicon {
	var all []lexicon
	for _, line := range strings.Split(wishFile, "\n") {
		switch line = strings.TrimSpace(line); {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			all = append(all, lexicon{words: map[string]tells{}, stems: map[string]tells{}})
		default:
			fields := strings.Fields(line)
			tell, ok := tellNames[fields[0]]
			if !ok {
				panic("rules/words/wish.txt: unknown " + fields[0])
			}
			last := all[len(all)-1]
			for _, w := range fields[1:] {
				if stem, ok := strings.CutSuffix(w, "*"); ok {
					last.stems[stem] |= tell
				} else {
					last.words[w] |= tell
				}
			}
		}
	}
	return all
})

func (l lexicon) tell(word string) tells {
	t := l.words[word]
	for n := 2; n <= len(word); n++ {
		t |= l.stems[word[:n]]
	}
	// Spanish, Italian and Portuguese hang "me" and "us" on the verb.
	if t&(tellRemove|tellContact) != 0 && len(word) > 5 && hasAnySuffix(word, "me", "mi", "nos", "ci", "enme", "emi") {
		t |= tellMe
	}
	return t
}

func hasAnySuffix(s string, suffixes ...string) bool {
	for _, x := range suffixes {
		if strings.HasSuffix(s, x) {
			return true
		}
	}
	return false
}

// wishLongest is the longest sentence, in words, that is judged by its words
// alone: what people want of us, they say shortly.
const wishLongest = 16

// wishByWords judges a folded sentence by which words stand together. It is
// asked after the phrases: sure where the words leave little else to mean.
func wishByWords(sentence string) (sure, unsure bool) {
	words := strings.Fields(bareWords(strings.NewReplacer("n't", " not", "'", " ", "-", " ", "@", " ", "/", " ").Replace(sentence)))
	if len(words) == 0 || len(words) > wishLongest {
		return false, false
	}
	if strings.Contains(sentence, ",") && contrast.MatchString(sentence) || elsewhere.MatchString(sentence) {
		return false, false
	}
	for _, l := range wishLexicons() {
		s, u := l.judge(words)
		sure, unsure = sure || s, unsure || u
	}
	return sure, unsure
}

// contrast: "don't call Luis, call me".
var contrast = regexp.MustCompile(`\b(e-?mail|send|call|text|contact|write|phone|ring|message|use|ask|ruf\w*|schreib\w*|schick\w*|send\w*|kontaktier\w*|appel\w*|ecri\w*|envoy\w*|contact\w*|llam\w*|escrib\w*|chiam\w*|scriv\w*|bel|mail|stuur|lig\w*|escrev\w*|envi\w*)\b.{0,40},.{0,25}\b(e-?mail|send|call|text|contact|write|phone|ring|message|use|ask|ruf\w*|schreib\w*|schick\w*|send\w*|kontaktier\w*|appel\w*|ecri\w*|envoy\w*|contact\w*|llam\w*|escrib\w*|chiam\w*|scriv\w*|bel|mail|stuur|lig\w*|escrev\w*|envi\w*)\b`)

// elsewhere: "please call the office, not my cell" says where, not that we stop.
var elsewhere = regexp.MustCompile(`^(?:(?:please|pls|just|kindly|better|bitte|merci de|por favor|per favore|graag) )*(?:e-?mail|call|text|contact|write|phone|ring|message|use|try|ruf\w*|schreib\w*|appel\w*|ecri\w*|llam\w*|escrib\w*|chiam\w*|scriv\w*|bel|mail|lig\w*|escrev\w*)\b[^.!?]{1,50}?(?:,| and| und| et| y| e| en)? (?:not|rather than|instead of|nicht|statt|pas|plutot que|no|en vez de|non|invece|niet|nao|em vez)\b (?:on |at |to |auf |sur |al |a |op )?(?:my|the|our|this|that|auf|mein\w*|unser\w*|das|die|den|mon|ma|mes|le|la|mi|el|il|lo|mijn|de|het|o|do|no|meu)\b`)

func (l lexicon) judge(words []string) (sure, unsure bool) {
	at := make([]tells, len(words))
	var all tells
	for i, w := range words {
		at[i] = l.tell(w)
		all |= at[i]
	}
	if all&tellOther != 0 {
		return false, false
	}
	has := func(t tells) bool { return all&t == t }
	near := func(a, b tells, within int) bool {
		for i := range at {
			for j := max(0, i-within); at[i]&a != 0 && j <= min(len(at)-1, i+within); j++ {
				if i != j && at[j]&b != 0 {
					return true
				}
			}
		}
		return false
	}
	mail := tellContact | tellSell
	asked := all&(tellPlease|tellMe) != 0
	short := len(words) <= 8
	if at[0]&tellSelf != 0 && all&tellPlease == 0 { // "I deleted your mail by mistake"
		return false, false
	}
	if near(tellNot, tellEnd, 1) { // "I cannot stop", "do not stop writing"
		return false, false
	}
	told := len(words) <= 4 && all&(tellEnd|tellRemove|tellLeave) != 0 && (all&^(tellNot|tellRemove|tellMe)) != 0
	for _, t := range at {
		told = told && t != 0
	}
	sure = told || near(tellEnd, mail, 3) && (asked || short) ||
		has(tellNot|tellMore) && near(tellNot, tellMore|mail, 2) && near(tellMore, mail, 3) && (asked || short) ||
		near(tellRemove, tellList|tellData, 4) && asked ||
		near(tellRemove, tellMe, 1) && short ||
		near(tellNot, tellSell, 4) && asked && short ||
		short && has(tellNot|tellMe) && near(tellNot, tellContact, 3) && all&(tellPlease) != 0 ||
		short && has(tellLeave) && (asked || len(words) <= 3) && all&(tellNot|tellMore) == 0 ||
		has(tellConsent|tellContact|tellMe) && short && all&tellNot != 0
	unsure = near(tellEnd|tellRemove|tellLeave, mail|tellList|tellData, 4) || near(tellRemove|tellLeave, tellMe, 4) ||
		near(tellNot, mail, 3) && all&(tellMore|tellMe) != 0 ||
		len(words) <= 4 && all&(tellEnd|tellRemove) != 0 && asked || short && has(tellLeave) ||
		has(tellConsent) && all&(mail|tellData) != 0 && all&(tellNot|tellMe) != 0
	return sure, unsure
}
