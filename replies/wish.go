package replies

import (
	"regexp"
	"strings"

	"followup/models"
)

// wishAlone is the longest message, in words, that is about the wish alone.
const wishAlone = 45

// wordsLooked is how much of an answer the wish to hear no more is looked for in.
const wordsLooked = 4 << 10

// judgeWish looks for an opt-out, an opt-in or a cry for help in folded text
// that the customer wrote. In a text message a carrier's bare word counts.
func judgeWish(text string, sms bool) (models.Verdict, bool) {
	text = limit(text, wordsLooked)
	bare := bareWords(text)
	switch {
	case ruleset("word.stop").any(bare):
		return optOut("the whole message says so: " + bare)
	case sms && ruleset("word.stop.text").any(bare):
		return optOut("the carriers' word for it: " + bare)
	case ruleset("word.start").any(bare):
		return verdict(models.ClassOptIn, "the whole message says so: "+bare)
	case ruleset("word.help").any(bare) && sms:
		return verdict(models.ClassHelp, "the carriers' word for it: "+bare)
	}
	doubt, byWords := "", ""
	// In a letter anything may be spoken of; a wish told in words of one's own
	// is believed where the message says little else.
	words := len(strings.Fields(text))
	alone, short := words <= wishAlone, words <= 5
	sure, unsure, never := ruleset("sure").within(text), ruleset("unsure").within(text), ruleset("never").within(text)
	for _, s := range sentences(text) {
		if short && ruleset("word.stop").any(bareWords(s)) {
			return optOut("a sentence says so, and little else is said: " + s)
		}
		other := never.any(s)
		if words, ok := sure.match(s); ok && !other {
			return optOut("they ask for it: " + words)
		} else if ok {
			doubt = doubtful(doubt, words, s)
		} else if words, ok := unsure.match(s); ok && !other {
			doubt = words
		} else if !ok && !other && !strings.Contains(text, s+"?") && !strings.Contains(text, s+" ?") {
			plain, likely := wishByWords(s)
			switch {
			case plain && alone:
				return optOut("the words that stand together ask for it: " + limit(s, 80))
			case (plain || likely && alone) && doubt == "":
				byWords = limit(s, 80)
			}
		}
	}
	if sms && doubt == "" && endsInStop.MatchString(bare) && !stopOfSomething.MatchString(bare) {
		doubt = bare // "who is this stop"
	}
	if doubt == "" && byWords != "" {
		if _, wrong := judgeWrongPerson(text); !wrong {
			doubt = byWords
		}
	}
	if doubt != "" {
		return models.Verdict{Class: models.ClassHuman, Unsure: true, Why: "it may be an opt-out: " + doubt}, true
	}
	return none()
}

var (
	endsInStop      = regexp.MustCompile(`^(\w+ ){1,4}stop$`)
	stopOfSomething = regexp.MustCompile(`\b(bus|tram|train|next|first|last|full|pit|non|the|a|my|not|dont|cant|cannot|wont|to|one|truck|rest) stop$`)
)

// doubtful: one sentence holds both the wish and words that mean something
// else. A plain negation settles it; anything else is for a person.
func doubtful(doubt, words, sentence string) string {
	if negation.MatchString(sentence) {
		return doubt
	}
	return words
}

var negation = regexp.MustCompile(`\b(do not|don't|dont|never|no need to|not) (stop|unsubscribe|remove|take|opt|delete|cancel)\b`)

func optOut(why string) (models.Verdict, bool) {
	return models.Verdict{Class: models.ClassOptOut, Why: why, OptOutChannels: []models.ChannelKind{""}}, true
}

// isYes: the word that reopens a number which said STOP, and is an ordinary
// answer from everyone else.
func isYes(text string) bool { return ruleset("word.yes").any(bareWords(fold(text))) }

var sentenceEnd = regexp.MustCompile(`[.!?;]+(\s+|$)|\s-\s`)

func sentences(text string) []string {
	var list []string
	for _, s := range sentenceEnd.Split(text, 200) {
		if s = strings.TrimSpace(s); s != "" {
			list = append(list, s)
		}
	}
	return list
}

// ClassifyText tells what a text message, a call or a voicemail from a customer is.
func ClassifyText(t models.InboundText) models.Verdict {
	switch strings.ToUpper(strings.TrimSpace(t.OptOutType)) {
	case "STOP":
		v, _ := optOut("the provider took it for an opt-out")
		return v
	case "START":
		v, _ := verdict(models.ClassOptIn, "the provider took it for an opt-in")
		return v
	case "HELP":
		v, _ := verdict(models.ClassHelp, "the provider took it for a call for help")
		return v
	}
	body := flat(fold(limit(t.Body, bodyLooked)))
	if v, ok := judgeWish(body, true); ok {
		return v
	}
	if v, ok := judgeWrongPerson(body); ok {
		return v
	}
	if machineText.MatchString(fold(limit(t.Body, 400))) {
		v, _ := verdict(models.ClassAutomatic, "the words of a telephone that answers by itself")
		return v
	}
	if t.Kind == models.ChannelVoicemail {
		return models.Verdict{Class: models.ClassHuman, Why: "they left a voicemail"}
	}
	if strings.TrimSpace(t.Body) == "" && len(t.Media) == 0 {
		return models.Verdict{Class: models.ClassHuman, Why: "they called"}
	}
	return models.Verdict{Class: models.ClassHuman, Why: "a customer's own words"}
}

// machineText: what telephones answer while their owner drives or sleeps.
var machineText = regexp.MustCompile(`^\W*(\(?i'm driving|i am driving)[^?]{0,60}(do not disturb|turned on|i'll see your message|focus)|do not disturb while driving|^\W*(this is an )?(auto(matic|mated)?)[- ]?(reply|response|message)|\(?i'm not receiving notifications|sent (automatically|as an auto)|^\W*i have focus turned on`)
