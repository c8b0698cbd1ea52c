package crm

import (
	"net/mail"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"followup/models"
)

// NormalisePoint brings a contact point as typed into the one form in which
// it is stored and compared: a lower-case address, or E.164 with the country
// as the region of numbers without a +.
func NormalisePoint(kind models.ContactPointKind, value, country string) (string, error) {
	if kind == models.ContactEmail {
		return normaliseEmail(value)
	}
	return normalisePhone(value, country)
}

func normaliseEmail(value string) (string, error) {
	v := strings.TrimSpace(value)
	a, err := mail.ParseAddress(v)
	if err != nil || strings.ContainsAny(a.Address, " \t\r\n") || !strings.Contains(domainOf(a.Address), ".") {
		return "", models.Invalid("email", "%q is not an email address; write it as name@company.com", v)
	}
	if len(a.Address) > 254 { // RFC 5321 4.5.3.1.3, without the angle brackets
		return "", models.Invalid("email", "an email address has at most 254 characters; this one has %d", len(a.Address))
	}
	return strings.ToLower(a.Address), nil
}

func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return strings.ToLower(domain)
}

func normalisePhone(value, country string) (string, error) {
	v := strings.TrimSpace(value)
	if country == "" {
		country = "US"
	}
	n, err := phonenumbers.Parse(v, strings.ToUpper(country))
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return "", models.Invalid("phone", "%q is not a phone number in %s; write it with its country code, such as +1 212 555 0123", v, strings.ToUpper(country))
	}
	return phonenumbers.Format(n, phonenumbers.E164), nil
}
