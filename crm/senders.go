package crm

import (
	"context"
	"net"
	"strings"
	"time"

	"followup/models"
)

// Rates where nobody says one: a mailbox of an ordinary provider, and a long
// code's one segment a second, which is what carriers let pass.
const (
	MailboxRate = 30
	NumberRate  = 60
)

// MailboxInput is what somebody enters to connect a mailbox.
type MailboxInput struct {
	ID       int64 // 0: a new one
	OwnerID  *int64
	Address  string
	Name     string
	Settings models.SenderSettings
	Password string // "": as it is
}

// Mailbox checks what was entered and gives the sender it makes, with its
// credentials, before anything is saved: so that it can be tried first.
func (s *Service) Mailbox(ctx context.Context, in MailboxInput) (models.Sender, error) {
	address, err := normaliseEmail(in.Address)
	if err != nil {
		return models.Sender{}, models.Invalid("address", "%q is not an email address; write it as name@company.com", in.Address)
	}
	set := in.Settings
	set.SMTPHost, set.IMAPHost, set.Username = strings.TrimSpace(set.SMTPHost), strings.TrimSpace(set.IMAPHost), strings.TrimSpace(set.Username)
	if set.Username == "" {
		set.Username = address
	}
	for _, p := range []struct {
		name, host, tls string
		port            int
		needed          bool
	}{{"smtp", set.SMTPHost, set.SMTPTLS, set.SMTPPort, true}, {"imap", set.IMAPHost, set.IMAPTLS, set.IMAPPort, false}} {
		switch {
		case p.host == "" && p.needed:
			return models.Sender{}, models.Invalid(p.name+"_host", "enter the server that sends for %s", address)
		case p.port < 0 || p.port > 65535:
			return models.Sender{}, models.Invalid(p.name+"_port", "%d is no port; leave it empty for the usual one", p.port)
		case p.tls == "none" && !loopback(p.host):
			return models.Sender{}, models.Invalid(p.name+"_tls", "that would send the password in the clear to %s; choose STARTTLS or TLS", p.host)
		case p.tls != "" && p.tls != "none" && p.tls != "starttls" && p.tls != "implicit":
			return models.Sender{}, models.Invalid(p.name+"_tls", "%q is no kind of security", p.tls)
		}
	}
	if set.SecretExpires != "" {
		if _, err := models.ParseDate(string(set.SecretExpires)); err != nil {
			return models.Sender{}, models.Invalid("secret_expires", "%q is not a date", set.SecretExpires)
		}
	}
	sender := models.Sender{
		OwnerID: in.OwnerID, Kind: models.SenderMailbox, Provider: models.ProviderSMTP, Address: address, Name: clean(in.Name),
		RatePerMinute: MailboxRate, Settings: set, Inbound: models.InboundNone, Credentials: models.SenderCredentials{Password: in.Password},
	}
	if set.IMAPHost != "" {
		sender.Inbound = models.InboundPoll
	}
	old, err := s.standing(ctx, in.ID, sender)
	if err != nil || old == nil {
		if err == nil && in.Password == "" {
			err = models.Invalid("password", "enter the password")
		}
		return sender, err
	}
	was := old.Settings
	if in.Password == "" && was.OAuth == "" && (was.SMTPHost != set.SMTPHost || was.IMAPHost != set.IMAPHost || was.Username != set.Username) {
		// Whoever may change the server must not get the password sent there.
		return sender, models.Invalid("password", "the server or the user name changed: enter the password again")
	}
	sender.RatePerMinute, sender.DailyCap = old.RatePerMinute, old.DailyCap
	sender.Settings.FilesSentCopies, sender.Settings.Folders = was.FilesSentCopies && was.SMTPHost == set.SMTPHost, was.Folders
	if in.Password == "" {
		sender.Settings.OAuth = was.OAuth
	}
	sender.Credentials = old.Credentials
	if in.Password != "" {
		sender.Credentials.Password = in.Password
	}
	return sender, nil
}

// NumberInput is what somebody enters to connect a number.
type NumberInput struct {
	OwnerID     *int64
	Number      string
	Name        string
	AccountSID  string
	APIKeySID   string
	Credentials models.SenderCredentials
}

// Number checks what was entered and gives the sender it makes; see Mailbox.
// Without a number it serves for asking which ones the account owns.
func (s *Service) Number(ctx context.Context, in NumberInput) (models.Sender, error) {
	sender := models.Sender{
		OwnerID: in.OwnerID, Kind: models.SenderPhone, Provider: models.ProviderTwilio, Name: clean(in.Name), RatePerMinute: NumberRate,
		// Webhooks bring it sooner where there is a public URL; what they miss is listed all the same.
		Inbound:     models.InboundPoll,
		Settings:    models.SenderSettings{AccountSID: strings.TrimSpace(in.AccountSID), APIKeySID: strings.TrimSpace(in.APIKeySID)},
		Credentials: in.Credentials,
	}
	if in.Number == "" {
		return sender, nil
	}
	number, err := normalisePhone(in.Number, "US")
	if err != nil {
		return sender, models.Invalid("number", "%q is not a phone number; choose one of the account’s", in.Number)
	}
	sender.Address = number
	old, err := s.standing(ctx, 0, sender)
	if err != nil || old == nil {
		return sender, err
	}
	sender.RatePerMinute, sender.DailyCap = old.RatePerMinute, old.DailyCap
	return sender, nil
}

// standing finds the sender that would be changed; one that belongs to
// somebody else is not taken over.
func (s *Service) standing(ctx context.Context, id int64, sender models.Sender) (*models.Sender, error) {
	old, found, err := s.Store.SenderByAddress(ctx, sender.Address)
	if err != nil || !found || old.Kind != sender.Kind {
		if err == nil && id != 0 {
			err = models.Invalid("address", "the address of a connected mailbox stays; connect the other address as a new account")
		}
		return nil, err
	}
	if id != 0 && old.ID != id {
		return nil, models.Invalid("address", "%s is connected already as another account", sender.Address)
	}
	if id == 0 && !sameOwner(old.OwnerID, sender.OwnerID) {
		return nil, models.Errorf(models.CodeConflict, "%s is connected already and belongs to somebody else. A manager can change whose it is.", sender.Address)
	}
	return &old, nil
}

func sameOwner(a, b *int64) bool { return a == b || a != nil && b != nil && *a == *b }

// Connect saves a sender. One that was found not to work is kept stopped, so
// that what was entered can be mended; trouble says what is wrong.
func (s *Service) Connect(ctx context.Context, actor string, sender models.Sender, trouble string) (models.Sender, error) {
	now := s.Clock()
	sender.State = ""
	if trouble != "" {
		sender.Stop(models.StopUntested, trouble, now)
	} else if old, found, err := s.Store.SenderByAddress(ctx, sender.Address); err == nil && found && old.StoppedReason != models.StopByHand {
		sender.State = models.SenderActive // what it was stopped for is mended
	}
	saved, err := s.Store.SaveSender(ctx, sender, actor, now)
	if err != nil || trouble != "" {
		return saved, err
	}
	if err := s.Store.TakeOverFromSandbox(ctx, saved, actor, now); err != nil {
		return saved, err
	}
	s.wake()
	return saved, nil
}

// StartSender lets a stopped sender send again.
func (s *Service) StartSender(ctx context.Context, actor string, id int64) error {
	if err := s.Store.StartSender(ctx, id, actor, s.Clock()); err != nil {
		return err
	}
	s.wake()
	return nil
}

// StopSender keeps it from sending until a person starts it again.
func (s *Service) StopSender(ctx context.Context, actor string, id int64) error {
	return s.Store.HaltSender(ctx, id, models.StopByHand, "", actor, s.Clock())
}

// NotReady stops a sender that was just connected and cannot be used yet.
func (s *Service) NotReady(ctx context.Context, actor string, id int64, trouble string) error {
	return s.Store.HaltSender(ctx, id, models.StopUntested, trouble, actor, s.Clock())
}

// Limits of a sender, with whose it is.
type Limits struct {
	Name          string
	RatePerMinute int
	DailyCap      int
	OwnerID       *int64
	KeepOwner     bool
	SecretExpires models.Date
	// A ramp: RampStart messages on the day RampFrom, RampStep more each day
	// after it, until the day's cap. RampStart 0: none.
	RampStart, RampStep int
	RampFrom            models.Date
	GapSeconds          int // least time between two messages
}

// check refuses limits that nothing could be sent by.
func (l Limits) check() error {
	const most = 1_000_000
	switch {
	case l.RatePerMinute < 1 || l.RatePerMinute > 6000:
		return models.Invalid("rate", "a rate is between 1 and 6000 messages a minute")
	case l.DailyCap < 0 || l.DailyCap > most:
		return models.Invalid("cap", "a daily cap is between 1 and 1,000,000 messages; 0 is none")
	case l.GapSeconds < 0 || l.GapSeconds > 24*3600:
		return models.Invalid("gap", "the time between two messages is between 0 and 86,400 seconds")
	case l.RampStart < 0 || l.RampStart > most:
		return models.Invalid("ramp_start", "a ramp begins with 1 to 1,000,000 messages; 0 is none")
	case l.RampStart > 0 && (l.RampStep < 1 || l.RampStep > most):
		return models.Invalid("ramp_step", "say how many more there may be each day, at least 1")
	case l.RampStart > 0 && l.DailyCap == 0:
		return models.Invalid("cap", "a ramp leads up to a number of messages a day; enter that too")
	case l.RampStart > 0 && l.RampStart > l.DailyCap:
		return models.Invalid("ramp_start", "a ramp begins below what may be sent a day in the end, %d", l.DailyCap)
	}
	for field, day := range map[string]models.Date{"secret_expires": l.SecretExpires, "ramp_from": l.RampFrom} {
		if day == "" {
			continue
		}
		if _, err := models.ParseDate(string(day)); err != nil {
			return models.Invalid(field, "%q is not a date", day)
		}
	}
	return nil
}

// LimitSender changes what a sender may do and whose it is.
func (s *Service) LimitSender(ctx context.Context, actor string, id int64, l Limits) error {
	if err := l.check(); err != nil {
		return err
	}
	if l.RampStart == 0 {
		l.RampStep, l.RampFrom = 0, ""
	} else if l.RampFrom == "" {
		l.RampFrom = models.DateOf(s.Clock(), time.UTC)
	}
	return s.Store.ChangeSender(ctx, id, actor, s.Clock(), func(x *models.Sender) {
		x.Name, x.RatePerMinute, x.DailyCap, x.Settings.SecretExpires = clean(l.Name), l.RatePerMinute, l.DailyCap, l.SecretExpires
		x.RampStart, x.RampStep, x.RampFrom, x.GapSeconds = l.RampStart, l.RampStep, l.RampFrom, l.GapSeconds
		if !l.KeepOwner {
			x.OwnerID = l.OwnerID
		}
	})
}

// KeepTested keeps what only a test could tell of a sender.
func (s *Service) KeepTested(ctx context.Context, actor string, id int64, files bool) error {
	return s.Store.ChangeSender(ctx, id, actor, s.Clock(), func(x *models.Sender) { x.Settings.FilesSentCopies = files })
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
