package web

import (
	"slices"
	"strings"

	"followup/models"
)

// guide is what to click at a provider, and what is known of its servers.
type guide struct {
	Key, Name string
	Steps     []string
	Link      string // where the first of the steps begins
	Hosts     models.SenderSettings
	OAuth     string // where signing in is the better way: the provider's name there
}

var guides = []guide{
	{
		Key: "gmail", Name: "Gmail", Link: "https://myaccount.google.com/apppasswords", OAuth: "Google",
		Steps: []string{
			"Turn on 2-Step Verification for the Google account; app passwords exist only with it.",
			"Open App passwords, name one “Followup” and copy its 16 letters. In Google Workspace the administrator may have to permit it.",
			"Enter your address and those 16 letters here, with or without the spaces. Your own password is not needed and does not work.",
		},
		Hosts: models.SenderSettings{SMTPHost: "smtp.gmail.com", SMTPPort: 587, SMTPTLS: "starttls", IMAPHost: "imap.gmail.com", IMAPPort: 993, IMAPTLS: "implicit"},
	},
	{
		Key: "microsoft", Name: "Microsoft 365", Link: "https://admin.cloud.microsoft/#/users", OAuth: "Microsoft",
		Steps: []string{
			"Sign in with Microsoft where that is offered: Exchange Online no longer reads mail by password.",
			"For sending, an administrator turns on Authenticated SMTP: Users, Active users, the mailbox, Mail, Manage email apps.",
			"The servers below are right for accounts of an organisation; outlook.com accounts use the same.",
		},
		Hosts: models.SenderSettings{SMTPHost: "smtp.office365.com", SMTPPort: 587, SMTPTLS: "starttls", IMAPHost: "outlook.office365.com", IMAPPort: 993, IMAPTLS: "implicit"},
	},
	{
		Key: "other", Name: "Another mailbox",
		Steps: []string{
			"Look for “SMTP” and “IMAP” in your provider’s help: it names a server for sending and one for reading.",
			"Where the provider has app passwords, make one for Followup; it can be taken back without changing your own.",
			"Leave the ports empty for the usual ones: 587 with STARTTLS for sending, 993 with TLS for reading.",
		},
	},
	{
		Key: "twilio", Name: "Twilio", Link: "https://console.twilio.com/",
		Steps: []string{
			"The first page of the Twilio console shows the Account SID and the Auth Token. Copy both.",
			"Under Phone Numbers, Manage, Active numbers you see what you own; buy one with SMS and Voice where there is none.",
			"US long codes need a 10DLC brand and campaign, toll-free numbers a verification, both under Messaging, Regulatory Compliance. Until then carriers block the texts.",
			"An API key is optional: requests are then made with it. The auth token is still needed, for Twilio signs its webhooks with it.",
		},
	},
}

func guideNamed(key string) guide {
	i := slices.IndexFunc(guides, func(g guide) bool { return g.Key == key })
	if i < 0 {
		i = slices.IndexFunc(guides, func(g guide) bool { return g.Key == "other" })
	}
	return guides[i]
}

// guideOf finds a sender's provider by its servers.
func guideOf(x models.Sender) guide {
	if x.Kind == models.SenderPhone {
		return guideNamed("twilio")
	}
	for _, g := range guides {
		if g.Hosts.SMTPHost != "" && strings.EqualFold(g.Hosts.SMTPHost, x.Settings.SMTPHost) {
			return g
		}
	}
	return guideNamed("other")
}

// fill puts what is known of the provider into a new form.
func (g guide) fill(f form) {
	h := g.Hosts
	for name, value := range map[string]string{"smtp_host": h.SMTPHost, "smtp_port": portText(h.SMTPPort), "smtp_tls": h.SMTPTLS, "imap_host": h.IMAPHost, "imap_port": portText(h.IMAPPort), "imap_tls": h.IMAPTLS} {
		f.Values.Set(name, value)
	}
}
