package templates

import (
	"regexp"
	"strings"
	"sync"
)

// ruleSets by language; compiled when first asked for.
var ruleSets = map[string]func() *ruleSet{
	"en": sync.OnceValue(english), "de": sync.OnceValue(german), "fr": sync.OnceValue(french), "es": sync.OnceValue(spanish),
}

// rulesOf is nil for a language without word rules.
func rulesOf(locale string) *ruleSet {
	if rules, ok := ruleSets[languageOf(locale)]; ok {
		return rules()
	}
	return nil
}

// loose is words in which a comma may stand between two words, too.
func loose(pattern string) *regexp.Regexp {
	pattern = strings.ReplaceAll(pattern, " ", `(?:[\s,\x{00A0}*_~\x1a\-\x{2010}-\x{2015}]+)`)
	pattern = strings.ReplaceAll(pattern, "'", `['’‘ʼ]?`)
	return regexp.MustCompile(`(?i)` + pattern)
}

const (
	adviseReason = "Open with what is new for them: “The reason I'm calling is that you …”, and name the benefit."
	adviseLast   = "Recall the last talk and presume progress: “Last time you were about to … What has changed since?”"
	adviseNeed   = "Bring the thing instead of asking for it: “You said … was in the way; here is what would remove it: …”"
)

func english() *ruleSet {
	return &ruleSet{
		phrases:   englishPhrases(),
		openers:   words(`^[\s*_\x1a\x1b"“(]*(?:(?:and|so|but|or|then|well|okay|ok|now)[,\s]+)*(?:what|how|which|who|whom|whose|when|where|why)\b`),
		questions: englishQuestions(),
		weStarts:  words(`^[\s*_\x1a\x1b"“]*(?:(?:that|because|to|since|as|simply|just) )*(?:we|we're|we've|we'd|we'll|our|ours|us|i|i'm|i've|i'd|i'll|my)\b`),
		youStart:  "Begin with you or your: “you can close the month two days earlier”, not “we have a new feature”.",
		callBack: words(`\b(?:call(?: me| us| this number| that number| the number)? back|call (?:me|us|this|that number|the number|the office|my|on|at|\x1b|\+?\(?\d)|` +
			`give (?:me|us) a (?:quick |short |brief )?(?:call|ring|shout|buzz)|ring (?:me|us)|phone (?:me|us)|return (?:my|this|our|the)(?: phone)? call|reach (?:me|us)|(?:get|come) back to (?:me|us)|dial)\b|\bcall \x1b`),
		ourCall: words(`\b(?:i|we)(?:'ll| will| shall|'d| would| can| could|'m going to| am going to|'re going to| plan to| may| might| did|'m| am)?(?: \w+)? $`),
		requests: []*regexp.Regexp{
			words(`\b(?:e?mail|text|message|write|write to|ping|whatsapp) (?:me|us)\b`),
			words(`\b(?:reply|respond) (?:to|by|via|with|here)\b`),
			words(`\bsend (?:me|us)\b`),
			words(`\b(?:visit|go to|head to|log in to|look up) (?:our|us|the|my|www|\x1b|http)`),
			words(`\b(?:check out|click|sign up|download|subscribe|register|fill (?:in|out))\b`),
			words(`\b(?:take|have) a (?:quick |short )?look\b`),
			words(`\b(?:look at|read|watch|open|review) (?:the|my|our|this|that)\b`),
			words(`\b(?:book|schedule|pick|choose|reserve) (?:a|an|your|some)? ?(?:time|slot|meeting|call|demo|appointment)\b`),
			words(`\b(?:let|tell) (?:me|us)(?: know)?\b`),
			words(`\b(?:leave|drop|shoot) (?:me|us) (?:a|an)\b`),
			words(`\b(?:connect with|find|follow) (?:me|us) (?:on|at)\b`),
		},
	}
}

func englishPhrases() []phrase {
	const anything = `(?:any ?thing|something|any(?: \w+)? (?:help|assistance|support)|some(?: \w+)? (?:help|assistance|support)|help|assistance|a hand)`
	const need = `(?:you(?:'d|'ll|'re|'ve)?|your \w+|y'all|anyone)(?: [\w\x27\x{2019}]+){0,4}? (?:need(?:s|ed|ing)?|want(?:s|ed)?|requir(?:e|es|ed|ing)|lack(?:s|ed)?|could use|can use|in need of|looking for|like)(?: [\w\x27\x{2019}]+){0,2}? ` + anything
	const there = `(?:there(?:'s| is| was| were| are|'d be| (?:might|may|could|would) be)? ?` + anything + `(?: \w+){0,3}? (?:you|your \w+|i|we)(?: \w+){0,3}? (?:need(?:s|ed)?|want(?:s|ed)?|require[sd]?|do|help|assist|offer|could use)|` +
		anything + ` (?:is|was|were|might be|may be) (?:needed|wanted|required))`
	const condition = `(?:if|whether|in case)(?: (?:perhaps|maybe|possibly|by any chance|by chance))? (?:` + need + `|` + there + `)\b`
	const asking = `\b(?:wonder(?:s|ed|ing)?|see(?:ing)?|ask(?:s|ed|ing)?|check(?:s|ed|ing)?|find(?:ing)? out|know|learn|hear(?:ing)?|curious|inquir(?:e|ed|ing)|enquir(?:e|ed|ing)|calling|called|writing|wrote|phoning|phoned|ringing|emailing|emailed|messaging|texting|reaching out|reached out|stopping by|stopped by|dropping (?:by|in)|dropped (?:by|in)|following up|followed up|checking)`

	return []phrase{
		{
			rule: "anything-needed", severity: SeverityWarning,
			match:   loose(`\b(?:please )?(?:do )?(?:let (?:me|us) know|call(?: me| us)?|write(?: me| us)?|e?mail me|reach out|shout|get in touch)(?: \w+){0,3}? ` + condition),
			message: "an offer to everybody is an offer to nobody", suggestion: adviseNeed,
		},
		{
			rule: "anything-needed", severity: SeverityError,
			match:   loose(asking + `(?: [\w\x27\x{2019}]+){0,6}? ` + condition),
			message: "“wondering if you needed anything” asks the customer to find the reason for your call", suggestion: adviseNeed,
		},
		{
			rule: "checking-in", severity: SeverityError,
			match: words(`\b(?:(?:just|simply|merely|only|quick(?:ly)?|brief(?:ly)?) )?check(?:s|ed|ing)?(?: (?:back|quickly|briefly|again))? ?ins?\b`),
			before: words(`\b(?:hotel|online|early|late|flight|airport|self|mobile|guest|baggage|luggage|bag|web|curbside|kerbside|express|patient|visitor|by|` +
				`credit|background|security|spell|spelling|sanity|health|price|quality|reference|reality|safety|identity|bank|cashier's) $`),
			after: words(`^(?: (?:(?:your|the|our|my|their|any|all|some|two|three|extra|free) )*(?:luggage|bags?|baggage|suitcases?|passengers|guests?|patients|visitors|children|coats?)\b` +
				`| with (?:the )?(?:reception|receptionist|front desk|security|nurse|host|concierge|gate)\b` +
				`| (?:at|into|to) (?:the |your |our |a |an |any )?(?:\w+ )?(?:hotel|desk|reception|airport|airline|gate|counter|kiosk|lobby|clinic|hospital|motel|inn|spa|venue|event|conference|door|registration|booth)\b` +
				`| (?:for|onto) (?:(?:the|your|our|my|a|his|her|their) )?(?:\w+ )?(?:flight|train|stay|cruise|trip|ferry)\b` +
				`| (?:desks?|counters?|kiosks?|time|times|dates?|page|process|forms?|app|screen|agents?|staff|area|line|queue|policy|procedure|instructions|online|window|baggage|opens|closes|begins|starts|is (?:at|from|open|until))\b` +
				`| (?:from|after|before|by|until) (?:\d|noon|midnight)` +
				`| (?:question|hand|full|person|code|changes|commits?|files?|documents?)\b` +
				`| (?:the|your|our|my|their|his|her|a|an|all|any|each|every|this|that|these|those|its|both|which)\b` +
				`|\s*(?:and|or|&|/)\s*check)`),
			still: words(`^ (?:the|your|this|that|these|every|each|all)(?: \w+)? (?:week|weeks|weekend|month|months|morning|afternoon|evening|day|days|quarter|year|time|run|meantime|middle|end|beginning|start|hopes?|coming|next|few)\b|^ (?:this|that|every|each|all) (?:week|month|morning|afternoon|evening|day|quarter|year|time|spring|summer|fall|autumn|winter|monday|tuesday|wednesday|thursday|friday)\b|^ (?:the|this) (?:week|month|hopes?|meantime|new)\b`),

			message: "“checking in” is about us and gives the customer nothing", suggestion: adviseLast,
		},
		{
			rule: "checking-in", severity: SeverityWarning,
			match:   words(`\bcheck(?:s|ed|ing)? up on (?:you|your|how|things|where)\b|\bjust check(?:ing|ed)? (?:back|to see|if|whether)\b`),
			message: "a check is about us and gives the customer nothing", suggestion: adviseLast,
		},
		{
			rule: "touching-base", severity: SeverityError,
			match:   words(`\b(?:(?:just|simply|quick(?:ly)?) )?touch(?:es|ed|ing)?(?: (?:a|our|some|quick))? ?bases?\b`),
			after:   words(`^ (?:plates?|coats?|layers?|metals?|paint|camps?|stations?|lines?|loads?|materials?|boards?)\b`),
			message: "“touching base” says that there is no reason to talk", suggestion: adviseReason,
		},
		{
			rule: "courtesy-call", severity: SeverityError,
			match: words(`\bcourtesy (?:(?:phone|telephone|sales|quick|short|brief|little|video|customer|service|monthly|quarterly|annual|yearly|follow ?up) )?(?:calls?|called|calling|visits?|visited|visiting|check ?ins?|chats?|follow ?ups?|e ?mails?|messages?)\b` +
				`|\b(?:call(?:s|ed|ing)?|phon(?:e|ed|ing)|ring(?:ing)?|rang|visit(?:s|ed|ing)?|reach(?:es|ed|ing)? out)(?: you)?(?: \w+){0,2}? (?:as|out of|by way of)(?: a)?(?: \w+)? courtesy\b`),
			message: "a “courtesy call” is one that the customer has no use for", suggestion: adviseReason,
		},
		{
			rule: "empty-opening", severity: SeverityWarning,
			match:   words(`\bjust (?:wanted to |want to )?(?:follow(?:ing)? up|circl(?:e|ing) back|reach(?:ing)? out)\b|\bcircl(?:e|ing) back\b|\bbump(?:ing)? this\b|\bper my last e?(?: )?mail\b|\bpick your brain\b|\bhope (?:this|my)(?: \w+)? finds you well\b`),
			message: "the sentence could be sent to anybody", suggestion: adviseLast,
		},
	}
}

func englishQuestions() []question {
	const lead = `^[\s*_\x1a\x1b"“(-]*(?:(?:hi|hey|hello|so|and|but|or|well|ok|okay|then|also|actually|now|please|still|by the way|quick question)\b[,\s]*)*`
	const whom = ` (?:you|your|we|our|they|their|it|its|this|that|these|those|there|he|she|i|my|the|any|anyone|anybody|anything|someone|something|everyone|everything|all)\b`
	return []question{
		{match: words(lead + `(?:do|would|could|can|will|might|may) you (?:\w+ )?(?:have|spare|find|give me|got|be free|be available)(?: \w+){0,3}? (?:time|minutes?|moment|second|free|available)\b`), suggestion: "When suits you better: Tuesday at ten or Thursday at two?"},
		{match: words(lead + `(?:is|was|would) (?:now|this|that|it|today|tomorrow)(?: \w+){0,2}? (?:good|convenient|okay|ok|fine) (?:time|moment)\b`), suggestion: "When suits you better: Tuesday at ten or Thursday at two?"},
		{match: words(lead + `(?:do|does|did|don't|doesn't|didn't) \w`), suggestion: "What … ? or How … ?: “Do you use reports?” becomes “How do you use reports?”"},
		{
			match:      words(lead + `(?:is|isn't|are|aren't|was|wasn't|were|weren't|am) \w`),
			unless:     words(`\bor\b.*\b(?:better|best|easier|suit|suits|prefer|sooner)\b`),
			suggestion: "What … ? or How … ?: “Is it a priority?” becomes “Where does it stand among your priorities?”",
		},
		{match: words(lead + `(?:can|can't|could|couldn't|will|won't|would|wouldn't|should|shouldn't) \w`), suggestion: "What would … ? or How would … ?: “Would you consider it?” becomes “What would make it worth your while?”"},
		{match: words(lead + `(?:have|haven't|has|hasn't|had|hadn't|may|might|shall)` + whom), suggestion: "What … so far?: “Have you decided?” becomes “What is still open before you decide?”"},
		{match: words(lead + `(?:right|correct|agreed|yes|no|interested|ready|available|sound good|sounds good|make sense|makes sense|any (?:questions|thoughts|updates?|news|interest|luck|progress|feedback)(?: \w+){0,6}?)\s*\?`), suggestion: "Ask for what you want to hear: “What speaks for it, and what against?”"},
	}
}
