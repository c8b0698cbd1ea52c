package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "followup.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func environ(pairs ...string) func() []string { return func() []string { return pairs } }

func TestDefaultsNeedNothing(t *testing.T) {
	c, err := Load("", false, environ())
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != "127.0.0.1:8080" || !c.Sandbox() || c.DSN() != filepath.Join("data", "followup.db") {
		t.Errorf("defaults: %+v", c)
	}
}

func TestEnvironmentOverFileOverDefaults(t *testing.T) {
	path := write(t, "addr: 127.0.0.1:9000\nscheduler: {slots: 4, send_for: 2s}\nlog: {level: warn}\n")
	c, err := Load(path, true, environ("FOLLOWUP_ADDR=127.0.0.1:9001", "FOLLOWUP_LOG__FORMAT=json", "FOLLOWUP_PHONE__ALLOW=+12125550123,+14155550123", "FOLLOWUP_TEST_POSTGRES=x"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != "127.0.0.1:9001" || c.Scheduler.Slots != 4 || c.Scheduler.SendFor != 2*time.Second || c.Log.Level != "warn" || c.Log.Format != "json" {
		t.Errorf("merged: %+v", c)
	}
	if len(c.Phone.Allow) != 2 {
		t.Errorf("allow list from the environment: %v", c.Phone.Allow)
	}
}

func TestMailboxesAndNumbers(t *testing.T) {
	t.Setenv("BOX_PASSWORD", "se$cret")
	path := write(t, `
mailboxes:
  - {address: rae@northwind.test, smtp_host: mail.northwind.test, password: "${BOX_PASSWORD}"}
  - {address: sam@northwind.test, smtp_host: mail.northwind.test, password: "pa$$word"}
twilio: {account_sid: AC1, auth_token: t, numbers: [{number: "+12125552368"}]}
`)
	c, err := Load(path, true, environ())
	if err != nil {
		t.Fatal(err)
	}
	if c.Mailboxes[0].Password != "se$cret" || c.Mailboxes[1].Password != "pa$$word" {
		t.Errorf("passwords: %q, %q", c.Mailboxes[0].Password, c.Mailboxes[1].Password)
	}
	if c.Sandbox() || c.Twilio.Numbers[0].Number != "+12125552368" {
		t.Errorf("numbers: %+v", c.Twilio)
	}
}

// Everything wrong is reported at once, by its key.
func TestErrorsNameTheirKey(t *testing.T) {
	cases := map[string]string{
		"adr: x":                       "adr: there is no such setting",
		"addr: nowhere":                "addr:",
		"public_url: http://a.test":    "public_url:",
		"public_url: 'https://'":       "public_url:",
		"secret_key: abc":              "secret_key:",
		"log: {level: loud}":           "log.level:",
		"scheduler: {slots: 0}":        "scheduler.slots:",
		"scheduler: {send_for: 1ms}":   "scheduler.send_for:",
		"phone: {allow: ['5551234']}":  "phone.allow[0]:",
		"database: file.db":            "database:",
		"mailboxes: [{address: nope}]": "mailboxes[0].smtp_host:",
		"mailboxes: [{address: a@b.test, smtp_host: mail.b.test, smtp_tls: none}]":                                 "mailboxes[0].smtp_tls:",
		"mailboxes: [{address: a@b.test, smtp_host: mail.b.test, passwrd: x}]":                                     "mailboxes[0].passwrd: there is no such setting",
		"mailboxes: [{address: a@b.test, smtp_host: mail.b.test, password: '${FOLLOWUP_TEST_UNSET}'}]":             "mailboxes[0].password: the environment has no variable",
		"mailboxes: [{address: a@b.test, smtp_host: mail.b.test, smtp_port: 70000}]":                               "mailboxes[0].smtp_port:",
		"mailboxes: [{address: a@b.test, smtp_host: mail.b.test}, {address: A@b.test, smtp_host: mail.b.test}]":    "mailboxes[1].address: A@b.test is listed twice",
		"twilio: {account_sid: AC1, auth_token: t, numbers: [{number: '+12125552368', onwer: a@b.test}]}":          "twilio.numbers[0].onwer: there is no such setting",
		"twilio: {account_sid: AC1, auth_token: t, numbers: [{number: '+12125552368'}, {number: '+12125552368'}]}": "twilio.numbers[1].number: +12125552368 is listed twice",
		"twilio: {numbers: [{number: '123'}]}":                                                                     "twilio.numbers[0].number:",
		"mailboxes: [{address: a@b.test, oauth: gmail}]":                                                           "mailboxes[0].oauth:",
		"mailboxes: [{address: a@b.test, oauth: google}]":                                                          "mailboxes[0].oauth: oauth.google.client_id is missing",
		"mailboxes: [{address: a@b.test, smtp_host: mail.b.test, webhook_secret: short}]":                          "mailboxes[0].webhook_secret:",
		"oauth: {google: {client_secret: x}}":                                                                      "oauth.google.client_id:",
		"oauth: {microsoft: {client_id: x}}":                                                                       "oauth.microsoft.client_secret:",
		"oauth: {microsoft: {client_id: x, client_secret: '${FOLLOWUP_TEST_UNSET}'}}":                              "oauth.microsoft.client_secret: the environment has no variable",
		"oauth: {google: {client_id: x, client_secret: y, token_url: 'http://elsewhere.test/'}}":                   "oauth.google.token_url:",
		"oauth: {yahoo: {client_id: x}}":                                                                           "oauth.yahoo.client_id: there is no such setting",
		"texting: {currency: dollars}":                                                                             "texting.currency:",
		"texting: {rates: [{country: USA, segment: '0.0079'}]}":                                                    "texting.rates[0].country:",
		"texting: {rates: [{country: US, segment: '0.00799'}]}":                                                    "texting.rates[0].segment:",
		"texting: {rates: [{country: US, segment: '1'}, {country: US, segment: '2'}]}":                             "texting.rates[1].country: US is listed twice",
		"texting: {rates: [{country: US, price: '1'}]}":                                                            "texting.rates[0].price: there is no such setting",
		"addr: [": "followup.yaml",
	}
	for content, want := range cases {
		_, err := Load(write(t, content), true, environ())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error naming %q", content, err, want)
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml"), true, environ()); err == nil {
		t.Error("a required file that is absent passed")
	}
}

// Prices are read exactly, whether they are written as text or as a number.
func TestTextRates(t *testing.T) {
	c, err := Load(write(t, "texting: {rates: [{country: US, segment: 0.0079}, {country: GB, segment: '0.0463'}, {country: '*', segment: 1}]}"), true, environ())
	if err != nil {
		t.Fatal(err)
	}
	for country, want := range map[string]int64{"US": 79, "GB": 463, "*": 10_000} {
		if got := c.Texting.Prices()[country]; got != want {
			t.Errorf("a segment to %s costs %d ten-thousandths, want %d", country, got, want)
		}
	}
	if len(Default().Texting.Prices()) != 0 {
		t.Error("a price that nobody gave")
	}
}
