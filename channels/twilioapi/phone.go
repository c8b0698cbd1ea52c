package twilioapi

import (
	"strings"

	"followup/channels"
)

// E164 tells whether s is a phone number in international form: a plus, a
// country code that does not begin with 0, and 7 to 15 digits in all.
func E164(s string) bool {
	if len(s) < 8 || len(s) > 16 || s[0] != '+' || s[1] == '0' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// AllowList holds the only numbers that real phone channels reach. The empty
// list allows nobody.
type AllowList map[string]bool

// NewAllowList takes the numbers as the configuration has them; spaces and
// dashes in them do not matter.
func NewAllowList(numbers []string) AllowList {
	list := AllowList{}
	for _, n := range numbers {
		list[strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "").Replace(n)] = true
	}
	return list
}

// Check refuses what is no number, what nobody can have, and what is not on
// the list. It gives nil where the number may be reached.
func (l AllowList) Check(number string) *channels.SendError {
	switch {
	case strings.TrimSpace(number) == "":
		return channels.Refuse("no_recipient", "there is no phone number to send to")
	case !E164(number):
		return channels.Refuse("bad_number", "%q is not a phone number in international form; write it with + and the country code", number)
	case channels.Reserved(number):
		return channels.Refuse("reserved", "%s is a number for examples; a real channel reaches nobody there", number)
	case !l[number]:
		return channels.Refuse("not_allowed", "%s is not on the list of numbers that may be reached; an administrator adds it under phone.allow in the configuration", number)
	}
	return nil
}
