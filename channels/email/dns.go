package email

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"followup/channels"
	"followup/models"
)

// What receivers look for in the DNS of a sending domain. Google and Yahoo ask
// it of everybody who sends in bulk since February 2024: SPF or DKIM, and a
// DMARC record (support.google.com/mail/answer/81126).

// LookupTXT reads a name's TXT records, as net.Resolver does.
type LookupTXT func(ctx context.Context, name string) ([]string, error)

// spfLookups is the most DNS look-ups that judging an SPF record may take
// (RFC 7208 section 4.6.4).
const spfLookups = 10

// usualSelectors are the names under which the big providers publish the keys
// with which they sign for a domain.
var usualSelectors = []string{"google", "selector1", "selector2", "default", "s1", "k1"}

// inspectDNS looks at the sending domain as receivers do, and shows what it found.
func (c *Channel) inspectDNS(ctx context.Context, sender models.Sender) []channels.Check {
	_, domain, ok := strings.Cut(strings.ToLower(sender.Address), "@")
	if c.options.LookupTXT == nil || !ok {
		return nil
	}
	d := dnsCheck{lookup: c.options.LookupTXT, ctx: ctx, domain: domain, sender: sender, keys: &c.composer.keys}
	return []channels.Check{d.spf(), d.dkim(), d.dmarc()}
}

type dnsCheck struct {
	lookup LookupTXT
	ctx    context.Context
	domain string
	sender models.Sender
	keys   *keyring
}

// records reads those of a name that begin alike; none is no error.
func (d dnsCheck) records(name, begin string) ([]string, error) {
	all, err := d.lookup(d.ctx, name)
	var unknown *net.DNSError
	if errors.As(err, &unknown) && unknown.IsNotFound {
		return nil, nil
	}
	return slices.DeleteFunc(all, func(s string) bool {
		return !strings.HasPrefix(strings.ToLower(strings.ReplaceAll(s, " ", "")), begin)
	}), err
}

func unanswered(what string, err error) channels.Check {
	return channels.Check{What: what, State: channels.CheckWarning, Says: fmt.Sprintf("DNS did not answer (%v); try again later", err)}
}

func shownRecord(name, record string) string {
	const most = 160
	if len(record) > most {
		record = record[:most] + "…"
	}
	return name + " says: " + record
}

func (d dnsCheck) spf() channels.Check {
	what := "SPF of " + d.domain
	found, err := d.records(d.domain, "v=spf1")
	check := func(state channels.CheckState, says string) channels.Check {
		return channels.Check{What: what, State: state, Says: says}
	}
	switch {
	case err != nil:
		return unanswered(what, err)
	case len(found) == 0:
		return check(channels.CheckWarning, "there is no SPF record, so receivers cannot tell whether "+d.sender.Settings.SMTPHost+" may send for the domain; publish the one that your mail provider names, as TXT of "+d.domain)
	case len(found) > 1:
		return check(channels.CheckFailed, "there are "+fmt.Sprint(len(found))+" SPF records, which counts as none (RFC 7208 section 4.5); make one of them")
	}
	record := found[0]
	switch terms := strings.Fields(strings.ToLower(record)); {
	case slices.Contains(terms, "+all") || slices.Contains(terms, "all"):
		return check(channels.CheckFailed, "it lets anybody send for the domain; end it with ~all or -all. "+shownRecord(d.domain, record))
	default:
		n, err := d.countLookups(record, 0)
		if err != nil {
			return unanswered(what, err)
		}
		if n > spfLookups {
			return check(channels.CheckFailed, fmt.Sprintf("judging it takes %d look-ups and receivers stop after %d (RFC 7208 section 4.6.4); take out what you do not send from. %s", n, spfLookups, shownRecord(d.domain, record)))
		}
	}
	return check(channels.CheckFine, shownRecord(d.domain, record))
}

// countLookups follows includes and redirects.
func (d dnsCheck) countLookups(record string, depth int) (int, error) {
	if depth > spfLookups {
		return depth, nil // in a circle, or as bad as one
	}
	n := 0
	for _, term := range strings.Fields(strings.ToLower(record))[1:] {
		term = strings.TrimLeft(term, "+-~?")
		name, value, _ := strings.Cut(term, ":")
		if strings.HasPrefix(term, "redirect=") {
			name, value = "redirect", strings.TrimPrefix(term, "redirect=")
		}
		name, _, _ = strings.Cut(name, "/")
		switch name {
		case "a", "mx", "ptr", "exists":
			n++
		case "include", "redirect":
			n++
			inner, err := d.records(value, "v=spf1")
			if err != nil {
				return n, err
			}
			if len(inner) > 0 {
				more, err := d.countLookups(inner[0], depth+1)
				if err != nil {
					return n, err
				}
				n += more
			}
		}
		if n > 4*spfLookups {
			break
		}
	}
	return n, nil
}

func (d dnsCheck) dkim() channels.Check {
	what := "DKIM of " + d.domain
	if d.sender.Credentials.DKIMKey == "" {
		return d.providersKey(what)
	}
	name := d.sender.Credentials.DKIMName + "._domainkey." + d.domain
	found, err := d.keysAt(name)
	if err != nil {
		return unanswered(what, err)
	}
	if len(found) == 0 {
		return channels.Check{What: what, State: channels.CheckFailed, Says: "nothing is published at " + name + ", so every signature fails; publish the public key there as TXT"}
	}
	key, err := d.keys.parse(d.sender.Credentials.DKIMKey)
	if err != nil {
		return channels.Check{What: what, State: channels.CheckFailed, Says: "the private key cannot be read; enter an RSA or Ed25519 key in PEM form"}
	}
	if !publishes(found[0], key.Public()) {
		return channels.Check{What: what, State: channels.CheckFailed, Says: "the key at " + name + " is another one than ours, so every signature fails; publish ours. " + shownRecord(name, found[0])}
	}
	return channels.Check{What: what, State: channels.CheckFine, Says: "our key is published. " + shownRecord(name, found[0])}
}

// providersKey: without a key of ours the mail provider may sign.
func (d dnsCheck) providersKey(what string) channels.Check {
	for _, selector := range usualSelectors {
		name := selector + "._domainkey." + d.domain
		if found, err := d.keysAt(name); err == nil && len(found) > 0 {
			return channels.Check{What: what, State: channels.CheckFine, Says: "the mail provider can sign. " + shownRecord(name, found[0])}
		}
	}
	return channels.Check{What: what, State: channels.CheckWarning,
		Says: "no key was found under the names that mail providers use, and none is entered here. Turn DKIM on at the provider, or enter a key below; to see whether it signs, look for dkim=pass in a mail you sent to yourself"}
}

// keysAt reads key records: their version tag may be left out (RFC 6376 3.6.1).
func (d dnsCheck) keysAt(name string) ([]string, error) {
	all, err := d.records(name, "")
	return slices.DeleteFunc(all, func(s string) bool { return tag(s, "p") == "" }), err
}

// publishes tells whether a key record holds the public key.
func publishes(record string, public crypto.PublicKey) bool {
	published, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(tag(record, "p"), " ", ""))
	if err != nil {
		return false
	}
	switch ours := public.(type) {
	case ed25519.PublicKey: // RFC 8463: the bare key
		return slices.Equal(published, ours)
	case *rsa.PublicKey:
		if key, err := x509.ParsePKIXPublicKey(published); err == nil {
			return ours.Equal(key)
		}
		key, err := x509.ParsePKCS1PublicKey(published)
		return err == nil && ours.Equal(key)
	}
	return false
}

// dmarc looks at the domain and then upwards, as receivers do; the last label
// alone belongs to nobody.
func (d dnsCheck) dmarc() channels.Check {
	what := "DMARC of " + d.domain
	for at := d.domain; strings.Contains(at, "."); _, at, _ = strings.Cut(at, ".") {
		name := "_dmarc." + at
		found, err := d.records(name, "v=dmarc1")
		if err != nil {
			return unanswered(what, err)
		}
		if len(found) == 0 {
			continue
		}
		if len(found) > 1 {
			return channels.Check{What: what, State: channels.CheckFailed, Says: "there are several records at " + name + ", which counts as none; make one of them"}
		}
		if tag(found[0], "p") == "" {
			return channels.Check{What: what, State: channels.CheckFailed, Says: "it states no policy; add p=none, p=quarantine or p=reject. " + shownRecord(name, found[0])}
		}
		return channels.Check{What: what, State: channels.CheckFine, Says: shownRecord(name, found[0])}
	}
	return channels.Check{What: what, State: channels.CheckWarning,
		Says: "there is no DMARC record; the big providers ask for one of everybody who sends in bulk. Publish at least: _dmarc." + d.domain + " TXT \"v=DMARC1; p=none\""}
}

// tag is the value of name in a list of tags.
func tag(record, name string) string {
	for _, part := range strings.Split(record, ";") {
		key, value, ok := strings.Cut(part, "=")
		if ok && strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
