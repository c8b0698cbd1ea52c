// Package config is what an operator sets: defaults, a YAML file, then the
// environment, each over the one before, checked as a whole.
package config

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Config of one process.
type Config struct {
	// Addr to listen on, host:port. Loopback unless a proxy with TLS stands before it.
	Addr string `koanf:"addr"`
	// PublicURL is where customers and providers reach us, https://…; "": nowhere.
	PublicURL string `koanf:"public_url"`
	// Data is the folder of the SQLite file and of the key.
	Data string `koanf:"data"`
	// Database is a PostgreSQL DSN; "": SQLite in Data.
	Database string `koanf:"database"`
	// Files is the folder of large inbound messages, attachments nearly always.
	// "": Data/files with SQLite; with PostgreSQL they stay in the database,
	// because all processes on it must see the same folder.
	Files string `koanf:"files"`
	// AutoMigrate lets serve migrate PostgreSQL too; SQLite always migrates.
	AutoMigrate bool `koanf:"auto_migrate"`
	// SecretKey encrypts senders' secrets at rest: 64 hexadecimal digits; "": made once and kept in Data.
	SecretKey string    `koanf:"secret_key"`
	Log       Log       `koanf:"log"`
	Scheduler Scheduler `koanf:"scheduler"`
	Phone     Phone     `koanf:"phone"`
	Twilio    Twilio    `koanf:"twilio"`
	OAuth     OAuth     `koanf:"oauth"`
	Texting   Texting   `koanf:"texting"`
	Mailboxes []Mailbox `koanf:"mailboxes"`
}

// Log says how much is logged and how.
type Log struct {
	Level  string `koanf:"level"`  // debug, info, warn, error
	Format string `koanf:"format"` // text, json
}

// Scheduler tunes the engine.
type Scheduler struct {
	Slots   int           `koanf:"slots"`    // hand-overs at once
	SendFor time.Duration `koanf:"send_for"` // how long after its claim a hand-over may begin
}

// Phone guards the real phone channels.
type Phone struct {
	// Allow lists the numbers (E.164) that texts and calls may go to; empty: none.
	Allow []string `koanf:"allow"`
}

// Twilio is the telephone account.
type Twilio struct {
	AccountSID string   `koanf:"account_sid"`
	AuthToken  string   `koanf:"auth_token"`
	Numbers    []Number `koanf:"numbers"`
	// OwnWords: the account's handling of STOP and HELP is switched off at
	// Twilio, so Followup confirms opt-outs and answers HELP itself.
	OwnWords bool `koanf:"own_words"`
	// BaseURL replaces https://api.twilio.com, for a loopback server in its place.
	BaseURL string `koanf:"base_url"`
}

// OAuth is how this installation is registered where mailboxes sign in by
// tokens instead of passwords.
type OAuth struct {
	Google    OAuthApp `koanf:"google"`
	Microsoft OAuthApp `koanf:"microsoft"`
}

// OAuthApp is one registration.
type OAuthApp struct {
	ClientID     string `koanf:"client_id"`
	ClientSecret string `koanf:"client_secret"`
	Tenant       string `koanf:"tenant"` // Microsoft only; "": any organisation
	// SecretExpires is the day on which the client secret ends (2027-03-01):
	// Microsoft's last two years at most.
	SecretExpires string `koanf:"secret_expires"`
	// AuthURL and TokenURL replace the provider's, for a loopback server in its place.
	AuthURL  string `koanf:"auth_url"`
	TokenURL string `koanf:"token_url"`
}

// Number is one phone number to send from.
type Number struct {
	Number        string `koanf:"number"` // E.164
	Name          string `koanf:"name"`
	Owner         string `koanf:"owner"`           // a user's email; "": shared
	RatePerMinute int    `koanf:"rate_per_minute"` // 0: 60, a long code's segment a second
}

// Texting is what texts cost. Prices change and differ by contract, so none are
// shipped: copy them from the provider's price list.
type Texting struct {
	Currency string `koanf:"currency"` // ISO 4217, as shown beside amounts; USD where prices are given
	Rates    []Rate `koanf:"rates"`
}

// Rate is the price of one segment to numbers of a country.
type Rate struct {
	Country string `koanf:"country"` // ISO 3166-1 alpha-2; "*": any other
	Segment string `koanf:"segment"` // 0.0079, at most four decimals
}

// Mailbox is one address to send from and read answers in.
type Mailbox struct {
	Address       string   `koanf:"address"`
	Name          string   `koanf:"name"`
	Owner         string   `koanf:"owner"` // a user's email; "": shared
	Username      string   `koanf:"username"`
	Password      string   `koanf:"password"`
	SMTPHost      string   `koanf:"smtp_host"`
	SMTPPort      int      `koanf:"smtp_port"`
	SMTPTLS       string   `koanf:"smtp_tls"` // starttls, implicit; none on loopback only
	IMAPHost      string   `koanf:"imap_host"`
	IMAPPort      int      `koanf:"imap_port"`
	IMAPTLS       string   `koanf:"imap_tls"`
	Folders       []string `koanf:"folders"`
	RatePerMinute int      `koanf:"rate_per_minute"` // 0: 30
	DailyCap      int      `koanf:"daily_cap"`
	OAuth         string   `koanf:"oauth"`          // google, microsoft: no password, and the servers are known
	WebhookSecret string   `koanf:"webhook_secret"` // of whoever posts inbound mail to /hooks/mail/ADDRESS
}

// Default is a configuration that needs no account anywhere.
func Default() Config {
	return Config{
		Addr: "127.0.0.1:8080", Data: "data",
		Log:       Log{Level: "info", Format: "text"},
		Scheduler: Scheduler{Slots: 64, SendFor: 30 * time.Second},
	}
}

// SQLitePath is where the embedded database lies.
func (c Config) SQLitePath() string { return filepath.Join(c.Data, "followup.db") }

// FilesDir is where large inbound messages are kept; "": in the database.
func (c Config) FilesDir() string {
	if c.Files == "" && c.Database == "" {
		return filepath.Join(c.Data, "files")
	}
	return c.Files
}

// DSN of the database: Database, or the SQLite file.
func (c Config) DSN() string {
	if c.Database != "" {
		return c.Database
	}
	return c.SQLitePath()
}

// Sandbox tells whether no real channel is configured.
func (c Config) Sandbox() bool {
	return len(c.Mailboxes) == 0 && len(c.Twilio.Numbers) == 0 && c.OAuth.Google.ClientID == "" && c.OAuth.Microsoft.ClientID == ""
}

// Validate reports everything that is wrong at once, each with its key.
func (c Config) Validate() error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...)))
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		bad("addr", "%q is not host:port; write it as 127.0.0.1:8080", c.Addr)
	}
	if c.PublicURL != "" {
		u, err := url.Parse(c.PublicURL)
		if err != nil || u.Host == "" || (u.Scheme != "https" && !loopback(u.Hostname())) {
			bad("public_url", "%q is not an https address such as https://followup.company.com", c.PublicURL)
		}
	}
	if c.Data == "" {
		bad("data", "is empty; name the folder for the database and the key")
	}
	if c.Database != "" && !strings.HasPrefix(c.Database, "postgres") && !strings.Contains(c.Database, "=") {
		bad("database", "%q is no PostgreSQL DSN; write postgres://user@host/name, or leave it empty for SQLite", c.Database)
	}
	if c.SecretKey != "" {
		if key, err := hex.DecodeString(c.SecretKey); err != nil || len(key) != 32 {
			bad("secret_key", "must be 64 hexadecimal digits (32 bytes), e.g. the output of: openssl rand -hex 32")
		}
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		bad("log.level", "%q is none of debug, info, warn, error", c.Log.Level)
	}
	if !slices.Contains([]string{"text", "json"}, c.Log.Format) {
		bad("log.format", "%q is neither text nor json", c.Log.Format)
	}
	if c.Scheduler.Slots < 1 || c.Scheduler.Slots > 4096 {
		bad("scheduler.slots", "%d is not between 1 and 4096", c.Scheduler.Slots)
	}
	if c.Scheduler.SendFor < 100*time.Millisecond || c.Scheduler.SendFor > time.Hour {
		bad("scheduler.send_for", "%s is not between 100ms and 1h", c.Scheduler.SendFor)
	}
	c.Texting.validate(bad)
	for i, n := range c.Phone.Allow {
		if !e164(n) {
			bad(fmt.Sprintf("phone.allow[%d]", i), "%q is not in E.164; write it as +12125550123", n)
		}
	}
	c.Twilio.validate(bad)
	c.OAuth.Google.validate("oauth.google", bad)
	c.OAuth.Microsoft.validate("oauth.microsoft", bad)
	seen := map[string]bool{}
	for i, m := range c.Mailboxes {
		key := fmt.Sprintf("mailboxes[%d]", i)
		m.validate(key, bad)
		if m.OAuth == "google" && c.OAuth.Google.ClientID == "" || m.OAuth == "microsoft" && c.OAuth.Microsoft.ClientID == "" {
			bad(key+".oauth", "oauth.%s.client_id is missing; register this installation there first", m.OAuth)
		}
		address := strings.ToLower(m.Address)
		if seen[address] {
			bad(key+".address", "%s is listed twice", m.Address)
		}
		seen[address] = true
	}
	return errors.Join(errs...)
}

func (t Twilio) validate(bad func(key, format string, args ...any)) {
	if len(t.Numbers) > 0 {
		if !strings.HasPrefix(t.AccountSID, "AC") {
			bad("twilio.account_sid", "is missing or does not begin with AC; it is on the first page of the Twilio console")
		}
		if t.AuthToken == "" {
			bad("twilio.auth_token", "is missing; set FOLLOWUP_TWILIO__AUTH_TOKEN rather than writing it into the file")
		}
	}
	seen := map[string]bool{}
	for i, n := range t.Numbers {
		key := fmt.Sprintf("twilio.numbers[%d].number", i)
		if !e164(n.Number) {
			bad(key, "%q is not in E.164; write it as +12125550123", n.Number)
		}
		if seen[n.Number] {
			bad(key, "%s is listed twice", n.Number)
		}
		seen[n.Number] = true
	}
}

func (m Mailbox) validate(key string, bad func(key, format string, args ...any)) {
	if local, domain, ok := strings.Cut(m.Address, "@"); !ok || local == "" || domain == "" {
		bad(key+".address", "%q is not an email address", m.Address)
	}
	switch m.OAuth {
	case "", "google", "microsoft":
	default:
		bad(key+".oauth", "%q is neither google nor microsoft; leave it out where a password signs in", m.OAuth)
	}
	if m.WebhookSecret != "" && len(m.WebhookSecret) < 24 {
		bad(key+".webhook_secret", "is shorter than 24 characters; take the output of: openssl rand -hex 32")
	}
	if m.SMTPHost == "" && m.OAuth == "" {
		bad(key+".smtp_host", "is missing; it is the server that sends for %s", m.Address)
	}
	for _, p := range []struct {
		field string
		port  int
	}{{"smtp_port", m.SMTPPort}, {"imap_port", m.IMAPPort}} {
		if p.port < 0 || p.port > 65535 {
			bad(key+"."+p.field, "%d is no port; leave it out for the usual one", p.port)
		}
	}
	for _, s := range []struct{ field, host, mode string }{{"smtp_tls", m.SMTPHost, m.SMTPTLS}, {"imap_tls", m.IMAPHost, m.IMAPTLS}} {
		switch s.mode {
		case "", "starttls", "implicit":
		case "none":
			if !loopback(s.host) {
				bad(key+"."+s.field, "none would send the password in the clear to %s; use starttls or implicit", s.host)
			}
		default:
			bad(key+"."+s.field, "%q is none of starttls, implicit, none", s.mode)
		}
	}
}

func (a OAuthApp) validate(key string, bad func(key, format string, args ...any)) {
	if a.ClientID == "" {
		if a.ClientSecret != "" {
			bad(key+".client_id", "is missing; the provider shows it beside the client secret")
		}
		return
	}
	if a.ClientSecret == "" {
		bad(key+".client_secret", "is missing; name an environment variable that holds it: ${NAME}")
	}
	if _, err := time.Parse(time.DateOnly, a.SecretExpires); a.SecretExpires != "" && err != nil {
		bad(key+".secret_expires", "%q is not a date; write it as 2027-03-01", a.SecretExpires)
	}
	for _, f := range []struct{ field, address string }{{"auth_url", a.AuthURL}, {"token_url", a.TokenURL}} {
		u, err := url.Parse(f.address)
		if f.address != "" && (err != nil || u.Host == "" || u.Scheme != "https" && !loopback(u.Hostname())) {
			bad(key+"."+f.field, "%q is not an https address; leave it out", f.address)
		}
	}
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// e164 checks the form only: + and 8 to 15 digits (ITU-T E.164).
func e164(s string) bool {
	digits, ok := strings.CutPrefix(s, "+")
	if !ok || len(digits) < 8 || len(digits) > 15 {
		return false
	}
	return strings.Trim(digits, "0123456789") == ""
}
