package replies

import "strings"

// blocked tells a refusal of our server or of this message from one of the
// address: a block list, a policy, a size, a protocol error. The code alone
// does not (RFC 3463 5.7.1 is every second server's word for "no such user"),
// so words about the recipient come first.
func blocked(status, said string) bool {
	class, rest, _ := strings.Cut(status, ".")
	if class == "4" || class == "2" {
		return false // nothing was refused for good
	}
	switch {
	case rest == "1.7" || rest == "1.8":
		return true // the sender's address
	case strings.HasPrefix(rest, "1.") && rest != "1.0":
		return false
	}
	said = plainAddress.ReplaceAllString(said, "x") // addresses are made of words, too
	if ruleset("reason.address").any(said) {
		return false
	}
	switch subject, _, _ := strings.Cut(rest, "."); {
	case rest == "3.4" || rest == "2.3": // too large
		return true
	case subject == "5" || subject == "6" || subject == "7": // protocol, content, policy
		return true
	}
	return ruleset("reason.us").any(said)
}
