package oauth

import "strings"

// Denied says in words why a provider sent the browser back without a code
// (RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6, and Google's and Microsoft's
// own). The description comes by way of the browser: it is searched, never shown.
func Denied(code, description string) string {
	switch {
	case code == "admin_policy_enforced" || code == "consent_required" || mentions(description, adminNeeded):
		return "an administrator of the mailbox's organisation must permit Followup first (Google Admin: API controls; Microsoft Entra: Enterprise applications, Permissions, Grant admin consent). Then sign in again."
	case code == "org_internal":
		return "the client that this installation is registered as is for its own organisation only; whoever registered it changes its audience to External."
	case code == "temporarily_unavailable" || code == "server_error":
		return "the provider has trouble at the moment. Try again in a few minutes."
	case code == "" || code == "access_denied" || code == "user_cancelled_login":
		return "permission was not given."
	case code == "interaction_required" || code == "login_required":
		return "the provider wants you to sign in there first. Try again."
	}
	return "the provider refuses how this installation is registered; whoever runs it compares its client id and redirect address with those registered there."
}

// adminNeeded are the numbers by which Microsoft says that an administrator
// must consent: AADSTS65001 (nobody has consented), 90094 (an administrator is
// needed) and 900941 (the request waits for one).
var adminNeeded = []string{"AADSTS65001", "AADSTS90094", "AADSTS900941"}

func mentions(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}
