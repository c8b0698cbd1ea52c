package email

import "strings"

// advices say what helps where a provider's refusal of a sign-in is known by
// its words. Each is seen in answers of Exchange Online or Gmail; the words
// are compared in lower case.
var advices = []struct{ words, advice string }{
	// 535 5.7.139, for the tenant or for the mailbox: it bars tokens as well.
	{"smtpclientauthentication is disabled", "sending by SMTP is switched off for this mailbox at Microsoft 365; an administrator turns on Authenticated SMTP (admin centre: Users, Active users, the mailbox, Mail, Manage email apps)"},
	{"basic authentication is disabled", "Microsoft 365 takes no passwords for mailboxes any more; sign in with Microsoft instead"},
	{"application-specific password required", "Google wants an app password here: turn on 2-Step Verification, make one under App passwords and enter it"},
	{"username and password not accepted", "Google takes only app passwords here, not the account's own; make one under App passwords and enter it"},
	{"imap access is disabled", "reading by IMAP is switched off for this mailbox; an administrator permits it (Google Admin: Gmail, End User Access)"},
	{"user is authenticated but not connected", "the sign-in worked, but it belongs to another mailbox, or IMAP is switched off for this one"},
}

// advice is what helps against a refused sign-in; "" where the words are not known.
func advice(words string) string {
	words = strings.ToLower(words)
	for _, a := range advices {
		if strings.Contains(words, a.words) {
			return a.advice
		}
	}
	return ""
}

// adviceOr is the advice, else what helps most often.
func (s server) adviceOr(words string) string {
	switch a := advice(words); {
	case a != "":
		return a
	case s.oauth:
		return "sign in at the provider again on the account's page, and leave every permission ticked there"
	}
	return "check the user name, the password and the kind of security"
}
