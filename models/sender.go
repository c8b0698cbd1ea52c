package models

import (
	"slices"
	"strings"
	"time"
)

// SenderKind is what a sender is.
type SenderKind string

const (
	SenderMailbox SenderKind = "mailbox" // SMTP + IMAP
	SenderPhone   SenderKind = "phone"   // a number at a telephone provider: texts and calls
)

// Provider names who carries a sender's messages.
type Provider string

const (
	ProviderSandbox Provider = "sandbox"
	ProviderSMTP    Provider = "smtp"
	ProviderTwilio  Provider = "twilio"
)

// SenderState tells whether a sender may send.
type SenderState string

const (
	// SenderActive: entered on creation and when a person starts it again.
	SenderActive SenderState = "active"
	// SenderStopped: entered on a configuration error, a bad reputation or by hand, with a reason; left by hand.
	SenderStopped SenderState = "stopped"
)

// InboundMode says how answers to a sender reach us.
type InboundMode string

const (
	// InboundNone: nothing is read; currency is not asked (the sandbox, which pushes in process, too).
	InboundNone InboundMode = "none"
	// InboundPush: the provider posts webhooks.
	InboundPush InboundMode = "push"
	// InboundPoll: we read (IMAP, listing): the sender sends automatically only while the reading is current.
	InboundPoll InboundMode = "poll"
)

// InboundCurrency is how old the last proof that all inbound was read may be
// before a polled sender's automatic touches are held.
const InboundCurrency = 5 * time.Minute

// Sender is what we send from: a mailbox or a phone number.
type Sender struct {
	ID            int64  `gorm:"primaryKey"`
	OwnerID       *int64 // nil: shared by everyone
	Kind          SenderKind
	Provider      Provider
	Address       string // lower-case email or E.164
	Name          string // display name
	State         SenderState
	StoppedReason Reason
	StoppedDetail string
	StoppedAt     *time.Time
	// RatePerMinute is the most messages a minute, e.g. 60 for a long code (1 segment/s); 0: no limit.
	RatePerMinute int
	// DailyCap is the most messages a day in the owner's zone; 0: no limit.
	DailyCap int
	// RampStart is the most on the day RampFrom; each day after has RampStep
	// more, until DailyCap. Without a RampFrom there is no ramp.
	RampStart int
	RampStep  int
	RampFrom  Date
	// GapSeconds is the least time between two messages; 0: none.
	GapSeconds int
	NextFreeAt time.Time      // the rate's next slot; advanced by the claim
	PausedTill *time.Time     // provider asked for a pause (429); automatic
	Settings   SenderSettings `gorm:"serializer:json"`
	// Secrets is encrypted at rest; only the store opens it.
	Secrets       []byte            `json:"-"`
	Credentials   SenderCredentials `gorm:"-" json:"-"`
	Inbound       InboundMode
	InboundReadAt *time.Time // last proof that everything inbound was read
	InboundCursor string     // where reading goes on, in the listener's own words (UIDVALIDITY/UID per folder)
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// SenderSettings is what a provider needs to know and may be shown.
type SenderSettings struct {
	SMTPHost   string   `json:"smtp_host,omitempty"`
	SMTPPort   int      `json:"smtp_port,omitempty"`
	SMTPTLS    string   `json:"smtp_tls,omitempty"` // starttls (default), implicit, none (loopback only)
	IMAPHost   string   `json:"imap_host,omitempty"`
	IMAPPort   int      `json:"imap_port,omitempty"`
	IMAPTLS    string   `json:"imap_tls,omitempty"`
	Folders    []string `json:"folders,omitempty"` // read for replies; empty: all that an answer may reach
	Username   string   `json:"username,omitempty"`
	AccountSID string   `json:"account_sid,omitempty"` // Twilio
	// APIKeySID names the Twilio API key whose secret signs our requests in
	// place of the account's token; the token still proves theirs.
	APIKeySID string `json:"api_key_sid,omitempty"`
	// SecretExpires is the day on which the password or token stops working,
	// where whoever entered it knows one.
	SecretExpires Date `json:"secret_expires,omitempty"`
	// FilesSentCopies: a message of ours lay in the Sent folder, so the server keeps there what it sends.
	FilesSentCopies bool `json:"files_sent_copies,omitempty"`
	// OAuth names the provider at which the mailbox signs in by tokens
	// (google, microsoft); "": by password.
	OAuth string `json:"oauth,omitempty"`
	// Signature is appended to what is written by hand from a shared mailbox;
	// "": the writer's own.
	Signature string `json:"signature,omitempty"`
	// AssigneeID is who sees to what comes into a shared sender from nobody we know.
	AssigneeID int64 `json:"assignee_id,omitempty"`
	// CountFrom is the day from which its health is counted, after a person
	// started it again.
	CountFrom Date `json:"count_from,omitempty"`
	// Window bounds automatic messages by the sender's own clock.
	Window SendingWindow `json:"window,omitzero"`
}

// SendingWindow is when a sender may send automatically, in its own zone. The
// zero value is always.
type SendingWindow struct {
	Zone string    `json:"zone,omitempty"` // IANA
	From TimeOfDay `json:"from,omitempty"`
	To   TimeOfDay `json:"to,omitempty"`   // not at or after; 0: no window
	Days []int     `json:"days,omitempty"` // 1 Monday … 7 Sunday; empty: every day
}

// String says the window in words.
func (w SendingWindow) String() string {
	if w.To == 0 {
		return "at any time"
	}
	s := "from " + w.From.String() + " to " + w.To.String()
	if len(w.Days) > 0 {
		var days []string
		for _, d := range w.Days {
			days = append(days, time.Weekday(d % 7).String()[:3])
		}
		s += ", " + strings.Join(days, " ")
	}
	if w.Zone != "" {
		s += " (" + w.Zone + ")"
	}
	return s
}

// Open tells whether the window is open; where it is not, when it next is.
func (w SendingWindow) Open(now time.Time) (open bool, next time.Time) {
	if w.To == 0 {
		return true, now
	}
	loc, err := LoadZone(w.Zone)
	if err != nil {
		loc = time.UTC
	}
	today := DateOf(now, loc)
	for i := range 8 {
		day := today.AddDays(i)
		if !w.on(day) {
			continue
		}
		from, to := day.At(w.From, loc), day.At(w.To, loc)
		if now.Before(from) {
			return false, from
		}
		if now.Before(to) {
			return true, now
		}
	}
	return true, now // no day at all is a mistake that must not hold mail for ever
}

// OpensOn tells whether there is any time on the day.
func (w SendingWindow) OpensOn(day Date) bool { return w.To == 0 || w.on(day) }

func (w SendingWindow) on(day Date) bool {
	if len(w.Days) == 0 {
		return true
	}
	wd := int(day.Weekday())
	if wd == 0 {
		wd = 7
	}
	return slices.Contains(w.Days, wd)
}

// SenderCredentials is the opened content of Sender.Secrets. Never logged, never shown.
type SenderCredentials struct {
	Password  string `json:"password,omitempty"`
	AuthToken string `json:"auth_token,omitempty"`
	APISecret string `json:"api_secret,omitempty"`
	DKIMKey   string `json:"dkim_key,omitempty"`
	DKIMName  string `json:"dkim_selector,omitempty"`
	// Webhook is the secret by which whoever posts inbound mail to us for this
	// sender proves it.
	Webhook string       `json:"webhook_secret,omitempty"`
	Tokens  SenderTokens `json:"tokens,omitzero"`
}

// SenderTokens let a mailbox sign in where it has no password for us (OAuth2).
type SenderTokens struct {
	Refresh string    `json:"refresh,omitempty"`
	Access  string    `json:"access,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
	// RefreshExpires is when the permission itself ends, where the provider says so.
	RefreshExpires time.Time `json:"refresh_expires,omitzero"`
}

// Ends is the day on which the permission ends; "" where the provider does not say.
func (t SenderTokens) Ends() Date {
	if t.RefreshExpires.IsZero() {
		return ""
	}
	return DateOf(t.RefreshExpires, time.UTC)
}

// Stop makes the sender send nothing until a person starts it again.
func (s *Sender) Stop(reason Reason, detail string, now time.Time) {
	s.State, s.StoppedReason, s.StoppedDetail, s.StoppedAt, s.UpdatedAt = SenderStopped, reason, detail, &now, now
}

// Start lets it send again.
func (s *Sender) Start(now time.Time) {
	if s.StoppedReason == StopBounces || s.StoppedReason == StopComplaints {
		// A person mended it: what went wrong before must not stop it again.
		s.Settings.CountFrom = DateOf(now, time.UTC).AddDays(1)
	}
	s.State, s.StoppedReason, s.StoppedDetail, s.StoppedAt, s.UpdatedAt = SenderActive, "", "", nil, now
}

// InboundCurrent tells whether an automatic touch may rely on every answer
// having been read, by a proof that is not older than within.
func (s Sender) InboundCurrent(now time.Time, within time.Duration) bool {
	if s.Inbound != InboundPoll {
		return true
	}
	return s.InboundReadAt != nil && now.Sub(*s.InboundReadAt) <= within
}
