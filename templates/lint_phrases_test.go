package templates

import "testing"

// Each line is a text and the rule that must find it; "" means none may.
var phraseCases = []struct{ text, rule string }{
	// checking in, in every inflection
	{"Just checking in.", "checking-in"},
	{"I'm just checking in to see how things are.", "checking-in"},
	{"I am checking in on your order.", "checking-in"},
	{"I just wanted to check in with you.", "checking-in"},
	{"Wanted to check-in before the weekend.", "checking-in"},
	{"We checked in last month and promised to call.", "checking-in"},
	{"She checks in every quarter.", "checking-in"},
	{"A quick check-in about your plans", "checking-in"},
	{"Time for our weekly check-ins?", "checking-in"},
	{"Checking back in after our last call", "checking-in"},
	{"JUST CHECKING IN!", "checking-in"},
	{"just\nchecking  in", "checking-in"},
	{"Just *checking in* with you", "checking-in"},
	{"I thought I’d check in this week", "checking-in"},
	{"Checking in at the start of the quarter", "checking-in"},
	{"Just a quick checkin", "checking-in"},
	{"checking‑in (non-breaking hyphen)", "checking-in"},
	{"I will check in again on Tuesday", "checking-in"},
	{"I am calling to check in.", "checking-in"},
	{`Hello {{ prospect.first_name | default: "there" }}, just checking in`, "checking-in"},
	{`{{ talking_point.text | default: "I am just checking in" }}`, "checking-in"},
	{"just {% if prospect.title %}checking{% endif %} in", "checking-in"},

	{"Guests check in at the front desk.", ""},
	{"Checking in luggage takes ten minutes.", ""},
	{"You skip checking in your bags.", ""},
	{"Early check-in costs nothing at this hotel.", ""},
	{"The check-in desk opens at six.", ""},
	{"Hotel check-in and check-out run by themselves.", ""},
	{"Online check-in opens at noon.", ""},
	{"Check in from 3 pm.", ""},
	{"Your check in the amount of $500 has arrived.", ""},
	{"Tick the check in the box on page two.", ""},
	{"You will find the check in question attached.", ""},
	{"Developers check in code twice a day.", ""},
	{"Please check your inbox.", ""},
	{"Check inside the envelope.", ""},
	{"The checking instrument is calibrated.", ""},
	{"The background check in Ohio takes a week.", ""},
	{"You can pay by check in January.", ""},
	{"You see each figure by checking in your own ledger.", ""},
	{"Check it in two minutes.", ""},

	// touching base
	{"Just touching base.", "touching-base"},
	{"I wanted to touch base with you.", "touching-base"},
	{"We touched base in May.", "touching-base"},
	{"Let's touch-base next week", "touching-base"},
	{"Time to touch bases again", "touching-base"},
	{"She touches base monthly.", "touching-base"},
	{"I'd like to touch a base here", "touching-base"},
	{"Touching\nbase", "touching-base"},
	{"TOUCH BASE", "touching-base"},
	{"a quick touch base call", "touching-base"},
	{"touching–base", "touching-base"},

	{"We touched on baseline numbers.", ""},
	{"The changes touch baseline costs.", ""},
	{"Keep in touch, base your plan on facts.", ""},
	{"The tool touches the base of the wall.", ""},
	{"Touch base plates only with gloves.", ""},
	{"Get in touch when you like.", ""},
	{"Your data base is untouched.", ""},

	// courtesy call
	{"This is a courtesy call.", "courtesy-call"},
	{"One of our courtesy calls", "courtesy-call"},
	{"A courtesy visit to your office", "courtesy-call"},
	{"A courtesy phone call about your account", "courtesy-call"},
	{"Courtesy-call from us", "courtesy-call"},
	{"a short courtesy follow-up", "courtesy-call"},
	{"I'm calling as a courtesy.", "courtesy-call"},
	{"I call you out of courtesy", "courtesy-call"},
	{"courtesy\ncalling", "courtesy-call"},
	{"Just a COURTESY CALL", "courtesy-call"},

	{"A courtesy car waits for you.", ""},
	{"Photo courtesy of the museum.", ""},
	{"As a courtesy, the fee is waived.", ""},
	{"Courtesy costs nothing.", ""},
	{"Your courtesy, calling first, was noticed.", ""},

	// wondering if you needed anything
	{"I was wondering if you needed anything.", "anything-needed"},
	{"Wondering whether you might need anything", "anything-needed"},
	{"I wanted to see if you needed anything.", "anything-needed"},
	{"We wonder if you need something from us", "anything-needed"},
	{"just seeing if you'd need any help", "anything-needed"},
	{"I was wondering, if you need anything", "anything-needed"},
	{"calling in case you needed anything", "anything-needed"},
	{"I wondered if there was anything you needed.", "anything-needed"},
	{"checking whether there is anything we can do for you", "anything-needed"},
	{"was wondering whether you might be in need of anything", "anything-needed"},
	{"curious if your team needs anything", "anything-needed"},
	{"to find out if you require any assistance", "anything-needed"},
	{"I'm wondering if you could use some help", "anything-needed"},
	{"wondering if you guys wanted anything", "anything-needed"},
	{"asking if you would like any help", "anything-needed"},
	{"wondering if there's something I can help with", "anything-needed"},

	{"I wonder which of the two you would choose.", ""},
	{"See if you need two licences or three.", ""},
	{"I was wondering how the launch went.", ""},
	{"You asked if the invoice needed a stamp.", ""},
	{"If anything changes, the plan stays valid.", ""},
	{"Anything you send is kept for a year.", ""},
	{"You need nothing but a phone.", ""},
	{"Find out whether you need a permit.", ""},

	// quoted text is somebody else's
	{"You wrote: “just checking in”. What did you find?", ""},
	{`They said "courtesy call" and hung up.`, ""},
	{"> just checking in\n\nHere is the answer to that.", ""},
	{"Sie schrieben „touching base“ als Betreff.", ""},
	{"He called it ‘touching base’ all day.", ""},
	{"A 6\" pipe, just checking in", "checking-in"},
	{"\"An open quote, just checking in", "checking-in"},
	{"Don’t worry, we’re just checking in", "checking-in"},
}

func TestPhrases(t *testing.T) {
	if len(phraseCases) < 80 {
		t.Fatalf("only %d cases", len(phraseCases))
	}
	for _, c := range phraseCases {
		found := phraseRules(c.text)
		switch {
		case c.rule == "" && len(found) > 0:
			t.Errorf("%q: found %v, want nothing", c.text, found)
		case c.rule != "" && found[c.rule] == nil:
			t.Errorf("%q: found %v, want %s", c.text, found, c.rule)
		case c.rule != "" && found[c.rule].Severity != SeverityError:
			t.Errorf("%q: %s is a %s, want an error", c.text, c.rule, found[c.rule].Severity)
		case c.rule != "" && (found[c.rule].Suggestion == "" || found[c.rule].Text == ""):
			t.Errorf("%q: no words or no suggestion: %+v", c.text, found[c.rule])
		}
	}
}

// phraseRules lints a text as a sequence's body and keeps the word rules.
func phraseRules(text string) map[string]*Finding {
	l := &linter{rules: rulesOf("en")}
	l.phrases(&lintedText{text: text, masked: maskQuotes(maskLiquid(text))})
	found := map[string]*Finding{}
	for i := range l.findings {
		f := &l.findings[i]
		if old := found[f.Rule]; old == nil || old.Severity != SeverityError {
			found[f.Rule] = f
		}
	}
	return found
}

// A polite close is no reason for a call, but no sin either.
func TestOfferToEverybodyIsMild(t *testing.T) {
	for _, text := range []string{"Let me know if you need anything.", "Please call me if you need any help.", "Just checking up on you."} {
		found := phraseRules(text)
		if len(found) == 0 {
			t.Errorf("%q: nothing found", text)
		}
		for _, f := range found {
			if f.Severity != SeverityWarning {
				t.Errorf("%q: %+v", text, f)
			}
		}
	}
}

func TestPhrasesOfOtherLanguages(t *testing.T) {
	for _, c := range []struct{ locale, text, rule string }{
		{"de", "Ich wollte nur mal kurz nachfragen, wie es steht.", "checking-in"},
		{"de-AT", "Ich wollte mich nur mal melden.", "checking-in"},
		{"de", "Das ist ein Höflichkeitsanruf.", "courtesy-call"},
		{"de", "Ich wollte hören, ob Sie noch etwas brauchen.", "anything-needed"},
		{"de", "Sie fragen nach, wir antworten.", ""},
		{"de", "Prüfen Sie, ob Sie drei Lizenzen brauchen.", ""},
		{"fr", "Je voulais prendre de vos nouvelles.", "checking-in"},
		{"fr", "C'est un simple appel de courtoisie.", "courtesy-call"},
		{"fr", "Je voulais savoir si vous aviez besoin de quelque chose.", "anything-needed"},
		{"fr", "Le point de contact est au rez-de-chaussée.", ""},
		{"es", "Solo quería saber cómo va todo.", "checking-in"},
		{"es", "Es una llamada de cortesía.", "courtesy-call"},
		{"es", "Llamo por si necesita algo.", "anything-needed"},
		{"es", "Necesita tres licencias.", ""},
		{"it", "Just checking in", ""}, // no rules for it
	} {
		found := LintText(c.text, c.locale)
		ok := c.rule == "" && len(found) == 0
		for _, f := range found {
			ok = ok || f.Rule == c.rule
		}
		if !ok {
			t.Errorf("%s %q: %+v, want %q", c.locale, c.text, found, c.rule)
		}
	}
}
