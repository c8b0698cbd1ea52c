package models

import (
	"strings"
	"sync"
	"time"
)

// Company is an organisation that prospects belong to.
type Company struct {
	ID        int64 `gorm:"primaryKey"`
	Name      string
	Domain    string // lower case, unique where set; suggests whom an unknown sender belongs to
	Country   string // ISO 3166-1 alpha-2
	Region    string // state or province code, e.g. "FL"
	City      string
	Website   string
	CreatedAt time.Time
	UpdatedAt time.Time
}

// CompanyHold stops automatic touches to everyone at a company, e.g. because
// a colleague answered. Enrolling and the gate read it.
type CompanyHold struct {
	ID        int64 `gorm:"primaryKey"`
	CompanyID int64
	Reason    PauseReason
	Until     *time.Time // nil: until a person lifts it
	By        string     // actor, see Event.Actor
	CreatedAt time.Time
	LiftedAt  *time.Time
}

// Prospect is a person we follow up with. Its row is the one lock of the
// engine: whoever records an inbound, suppresses, enrolls or claims takes it first.
type Prospect struct {
	ID        int64 `gorm:"primaryKey"`
	CompanyID *int64
	OwnerID   int64 // the rep
	FirstName string
	LastName  string
	Title     string
	Zone      string // IANA; "" while unknown
	Locale    string // BCP 47, e.g. "en-US"; language and dates of what they read
	Country   string
	Region    string
	Custom    map[string]string `gorm:"serializer:json"`
	Notes     string
	// Revision rises with each edit by hand; a stale form is refused by it.
	Revision  int64
	CreatedAt time.Time
	UpdatedAt time.Time
	// LastTouchAt and NextTouchAt are kept for lists, which sort by them.
	LastTouchAt *time.Time
	NextTouchAt *time.Time
	// IdleSince is when the last planned touch went away without another.
	IdleSince *time.Time
	// RestUntil and GapDays are what they asked for on their own page: nothing
	// automatic before, and not more often than every so many days; 0: as it comes.
	RestUntil  *time.Time
	GapDays    int
	MergedInto *int64     // the prospect that took over everything of this one
	ErasedAt   *time.Time // personal content is gone; suppression keeps a keyed hash
}

// Name is the full name, or a placeholder where none is known.
func (p Prospect) Name() string {
	n := strings.TrimSpace(p.FirstName + " " + p.LastName)
	if n == "" {
		return "Unnamed prospect"
	}
	return n
}

// Location loads the zone. It fails with CodeInvalid where the zone is
// unknown or misspelt; the machine's own zone is never taken instead.
func (p Prospect) Location() (*time.Location, error) { return LoadZone(p.Zone) }

// zones keeps what was loaded: reading a zone's file costs some 6 µs, and the
// gate asks for it with every touch. Only zones that exist are kept.
var zones sync.Map // string → *time.Location

// LoadZone loads an IANA zone; unlike time.LoadLocation it refuses "" and "Local".
func LoadZone(zone string) (*time.Location, error) {
	if loc, ok := zones.Load(zone); ok {
		return loc.(*time.Location), nil
	}
	if zone == "" || zone == "Local" {
		return nil, Invalid("zone", "no time zone is known; set one such as America/New_York")
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return nil, &Error{Code: CodeInvalid, Field: "zone", Message: "unknown time zone " + zone + "; use an IANA name such as America/New_York", Err: err}
	}
	zones.Store(zone, loc)
	return loc, nil
}

func firstWord(s string) string {
	if f := strings.Fields(s); len(f) > 0 {
		return f[0]
	}
	return ""
}
