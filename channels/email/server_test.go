package email

import (
	"errors"
	"net/mail"
	"testing"

	"golang.org/x/net/idna"

	"followup/models"
)

func TestServerSettings(t *testing.T) {
	for name, tt := range map[string]struct {
		settings models.SenderSettings
		password string
		smtp     server
		imap     server
		fault    string // the field at fault
	}{
		// RFC 8314: 587 with STARTTLS or 465, and 993.
		"hosts alone": {
			settings: models.SenderSettings{SMTPHost: "mail.sales.test", IMAPHost: "mail.sales.test"},
			smtp:     server{host: "mail.sales.test", port: 587, security: startTLS},
			imap:     server{host: "mail.sales.test", port: 993, security: implicitTLS},
		},
		"the port tells the security": {
			settings: models.SenderSettings{SMTPHost: "m.test", SMTPPort: 465, IMAPHost: "m.test", IMAPPort: 143},
			smtp:     server{host: "m.test", port: 465, security: implicitTLS},
			imap:     server{host: "m.test", port: 143, security: startTLS},
		},
		"the security tells the port": {
			settings: models.SenderSettings{SMTPHost: "m.test", SMTPTLS: "implicit", IMAPHost: "m.test", IMAPTLS: "starttls"},
			smtp:     server{host: "m.test", port: 465, security: implicitTLS},
			imap:     server{host: "m.test", port: 143, security: startTLS},
		},
		"an unusual port": {
			settings: models.SenderSettings{SMTPHost: "m.test", SMTPPort: 2525, IMAPHost: "m.test", IMAPPort: 1993},
			smtp:     server{host: "m.test", port: 2525, security: startTLS},
			imap:     server{host: "m.test", port: 1993, security: implicitTLS},
		},
		"the address is the user name": {
			settings: models.SenderSettings{SMTPHost: "m.test", IMAPHost: "m.test"}, password: "pw",
			smtp: server{host: "m.test", port: 587, security: startTLS, username: "riley@sales.test", password: "pw"},
			imap: server{host: "m.test", port: 993, security: implicitTLS, username: "riley@sales.test", password: "pw"},
		},
		"without TLS on this machine": {
			settings: models.SenderSettings{SMTPHost: "localhost", SMTPTLS: "none", IMAPHost: "::1", IMAPTLS: "none"},
			smtp:     server{host: "localhost", port: 587, security: noTLS},
			imap:     server{host: "::1", port: 143, security: noTLS},
		},
		"without TLS elsewhere": {settings: models.SenderSettings{SMTPHost: "10.0.0.1", SMTPTLS: "none"}, fault: "smtp_tls"},
		"no host":               {settings: models.SenderSettings{SMTPHost: "  "}, fault: "smtp_host"},
		"unknown security":      {settings: models.SenderSettings{SMTPHost: "m.test", SMTPTLS: "tls"}, fault: "smtp_tls"},
	} {
		t.Run(name, func(t *testing.T) {
			sender := models.Sender{Address: "riley@sales.test", Settings: tt.settings, Credentials: models.SenderCredentials{Password: tt.password}}
			got, err := smtpServer(sender)
			if tt.fault != "" {
				if told := (*models.Error)(nil); !errors.As(err, &told) || told.Field != tt.fault {
					t.Errorf("smtpServer = %v, want a fault of %s", err, tt.fault)
				}
				return
			}
			if err != nil || got != tt.smtp {
				t.Errorf("smtpServer = %+v, %v; want %+v", got, err, tt.smtp)
			}
			if got, err := imapServer(sender); err != nil || got != tt.imap {
				t.Errorf("imapServer = %+v, %v; want %+v", got, err, tt.imap)
			}
		})
	}
}

func TestNameInEHLO(t *testing.T) {
	for want, options := range map[string]Options{
		"followup.sales.test": {PublicURL: "https://followup.sales.test:8443/x"},
		"mx.sales.test":       {PublicURL: "https://followup.sales.test", Hostname: "mx.sales.test"},
		"":                    {PublicURL: "http://127.0.0.1:8080"},
	} {
		if got := options.helo(); got != want {
			t.Errorf("helo(%+v) = %q, want %q", options, got, want)
		}
	}
}

func TestWordsOfServersWithoutEnhancedCodes(t *testing.T) {
	for text, want := range map[string]verdict{
		"550 No such user here":                               {class: models.SendPermanent, invalid: true},
		"550 Requested action not taken: mailbox unavailable": {class: models.SendPermanent, invalid: true},
		"550 Recipient address rejected: user unknown":        {class: models.SendPermanent, invalid: true},
		"550 Message refused for policy reasons":              {class: models.SendPermanent},
		"550 Mailbox is full":                                 {class: models.SendTransient, retryAfter: mailboxFullRetry},
		"551 User not local":                                  {class: models.SendPermanent, invalid: true},
		"552 Message size exceeds limit":                      {class: models.SendPermanent},
		"552 Exceeded storage allocation":                     {class: models.SendTransient, retryAfter: mailboxFullRetry},
		"451 Try again":                                       {class: models.SendTransient},
	} {
		code := int(text[0]-'0')*100 + int(text[1]-'0')*10 + int(text[2]-'0')
		if got := (serverReply{code: code, text: text[4:]}).judge(atRcpt); got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
}

// What is let through without reading it by the rules stays as the rules leave it.
func FuzzPlainAddress(f *testing.F) {
	for _, s := range []string{
		"dana@customer.test", "Dana.W+x@customer.test", "a@b", "a-b@c-d.test", "a.@b.test", ".a@b.test", "a..b@c.test", "a@-b.test", "a@b-.test",
		"a@b..test", "a@.b", "a@b.", "a@xn--bcher-kva.test", "a@xn--a", "a@1.2.3.4", "a@b@c.test", "a@BIG.test", "a b@c.test", "a-@b.test", "-@b", "a@b--c.test", "a@2b.test",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if !plainAddress(address) {
			return
		}
		local, domain, err := parseAddress(address)
		if err != nil {
			t.Fatalf("%q is let through, but %v", address, err)
		}
		mapped, err := idna.Lookup.ToASCII(domain)
		if whole := (&mail.Address{Address: local + "@" + mapped}).String(); err != nil || whole != "<"+address+">" {
			t.Fatalf("%q is let through, but the rules make %s of it (%v)", address, whole, err)
		}
	})
}
