package templates

import (
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"followup/models"
)

// variable is one name that a template may use. value gives nil or blank
// where there is nothing to say: that is an unfilled variable.
type variable struct {
	name  string
	value func(*scope) any
}

// scope is Data while one text is rendered, with what is worked out once.
type scope struct {
	*Data
	zoned  bool
	zone   *time.Location
	locale locale
}

func newScope(d *Data) *scope {
	return &scope{Data: d, locale: localeOf(d.Prospect.Locale, d.Prospect.Country)}
}

// location is the zone of what the prospect reads: theirs, else the one the
// call was agreed in. Never the machine's: nil where none is known.
func (s *scope) location() *time.Location {
	if s.zoned {
		return s.zone
	}
	s.zoned = true
	s.zone = loadZone(s.Prospect.Zone)
	if s.zone == nil && s.Appointment != nil {
		s.zone = loadZone(s.Appointment.Zone)
	}
	return s.zone
}

// zones keeps what was loaded: time.LoadLocation reads a file each time.
var zones sync.Map // string → *time.Location

func loadZone(name string) *time.Location {
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location)
	}
	z, err := models.LoadZone(name)
	if err != nil {
		return nil
	}
	zones.Store(name, z)
	return z
}

// booked formats the appointment's start in the prospect's zone.
func (s *scope) booked(format func(locale, time.Time) string) any {
	loc := s.location()
	if s.Appointment == nil || loc == nil || s.Appointment.StartsAt.IsZero() {
		return nil
	}
	return format(s.locale, s.Appointment.StartsAt.In(loc))
}

// day formats a calendar date in the prospect's wording; a year other than
// the present one is said.
func (s *scope) day(d models.Date) any {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return nil
	}
	return s.locale.day(t, !s.Now.IsZero() && t.Year() != s.Now.Year())
}

// catalogue is every variable there is, by group.
var catalogue = []variable{
	{"prospect.first_name", func(s *scope) any { return s.Prospect.FirstName }},
	{"prospect.last_name", func(s *scope) any { return s.Prospect.LastName }},
	{"prospect.name", func(s *scope) any { return s.Prospect.FirstName + " " + s.Prospect.LastName }},
	{"prospect.title", func(s *scope) any { return s.Prospect.Title }},
	{"prospect.email", func(s *scope) any { return s.Email }},
	{"prospect.phone", func(s *scope) any { return s.Phone }},
	{"prospect.zone", func(s *scope) any { return s.Prospect.Zone }},
	{"prospect.country", func(s *scope) any { return s.Prospect.Country }},
	{"prospect.region", func(s *scope) any { return s.Prospect.Region }},
	{"company.name", func(s *scope) any { return s.Company.Name }},
	{"company.domain", func(s *scope) any { return s.Company.Domain }},
	{"company.website", func(s *scope) any { return s.Company.Website }},
	{"company.city", func(s *scope) any { return s.Company.City }},
	{"company.region", func(s *scope) any { return s.Company.Region }},
	{"company.country", func(s *scope) any { return s.Company.Country }},
	{"rep.name", func(s *scope) any { return s.Rep.Name }},
	{"rep.first_name", func(s *scope) any { return s.Rep.FirstName() }},
	{"rep.email", func(s *scope) any { return s.Rep.Email }},
	{"rep.phone", func(s *scope) any { return s.Rep.Phone }},
	{"rep.signature", func(s *scope) any { return s.Rep.Signature }},
	{"sender.name", func(s *scope) any { return s.Sender.Name }},
	{"sender.address", func(s *scope) any { return s.Sender.Address }},
	{"appointment.date", func(s *scope) any {
		return s.booked(func(l locale, t time.Time) string {
			return l.day(t, !s.Now.IsZero() && t.Year() != s.Now.In(t.Location()).Year())
		})
	}},
	{"appointment.short_date", func(s *scope) any { return s.booked(locale.shortDay) }},
	{"appointment.time", func(s *scope) any { return s.booked(locale.clock) }},
	{"appointment.weekday", func(s *scope) any { return s.booked(locale.weekday) }},
	{"appointment.starts_at", func(s *scope) any { return s.booked(locale.moment) }},
	{"appointment.minutes", func(s *scope) any {
		if s.Appointment.Minutes <= 0 {
			return nil
		}
		return s.Appointment.Minutes
	}},
	{"appointment.zone", func(s *scope) any { return s.booked(func(_ locale, t time.Time) string { return zoneAbbreviation(t) }) }},
	{"appointment.title", func(s *scope) any { return s.Appointment.Title }},
	{"commitment.outcome", func(s *scope) any { return s.Commitment.Outcome }},
	{"commitment.value", func(s *scope) any { return s.Commitment.Value }},
	{"commitment.due_on", func(s *scope) any { return s.day(s.Commitment.DueOn) }},
	{"commitment.words", func(s *scope) any { return s.Commitment.Words }},
	{"commitment.cost_per_day", func(s *scope) any { return s.Commitment.CostPerDay }},
	{"discovery.goal", func(s *scope) any { return s.Discovery.Goal }},
	{"discovery.goal_value", func(s *scope) any { return s.Discovery.GoalValue }},
	{"discovery.goal_date", func(s *scope) any { return s.day(s.Discovery.GoalDate) }},
	{"discovery.stretch_goal", func(s *scope) any { return s.Discovery.StretchGoal }},
	{"discovery.obstacle", func(s *scope) any { return s.Discovery.Obstacle }},
	{"discovery.daily_cost", func(s *scope) any { return s.Discovery.DailyCost }},
	{"discovery.tried_before", func(s *scope) any { return s.Discovery.TriedBefore }},
	{"discovery.why_it_failed", func(s *scope) any { return s.Discovery.WhyItFailed }},
	{"discovery.common", func(s *scope) any { return s.Discovery.Common }},
	{"talking_point.text", func(s *scope) any { return s.TalkingPoint.Text }},
	{"talking_point.kind", func(s *scope) any { return strings.ReplaceAll(s.TalkingPoint.Kind, "_", " ") }},
	{"talking_point.source", func(s *scope) any { return s.TalkingPoint.Source }},
	{"workspace.name", func(s *scope) any { return s.Settings.Company() }},
	{"workspace.postal_address", func(s *scope) any { return s.Settings.PostalAddress }},
	{"unsubscribe_url", func(s *scope) any { return s.Unsubscribe }},
	{"booking_link", func(s *scope) any { return s.BookingLink }},
	{"reschedule_link", func(s *scope) any { return s.RescheduleLink }},
	{"today", func(s *scope) any {
		loc := s.location()
		if s.Now.IsZero() || loc == nil {
			return nil
		}
		return s.locale.day(s.Now.In(loc), true)
	}},
}

// groups tell whether a part of Data is there at all.
var groups = map[string]func(*scope) bool{
	"prospect":      func(*scope) bool { return true },
	"company":       func(s *scope) bool { return s.Company != nil },
	"rep":           func(*scope) bool { return true },
	"sender":        func(s *scope) bool { return s.Sender != nil },
	"appointment":   func(s *scope) bool { return s.Appointment != nil },
	"commitment":    func(s *scope) bool { return s.Commitment != nil },
	"discovery":     func(s *scope) bool { return s.Discovery != nil },
	"talking_point": func(s *scope) bool { return s.TalkingPoint != nil },
	"workspace":     func(*scope) bool { return true },
	customGroup:     func(*scope) bool { return true },
}

var groupNames = slices.Sorted(maps.Keys(groups))

// Variables are the names a template may use, sorted. Fields of one's own are
// beside them, as custom.name.
func Variables() []string { return slices.Clone(variableNames) }

// customGroup holds what the workspace named itself: any name is right there.
const customGroup = "custom"

// groupAliases are words for a group that other products use.
var groupAliases = map[string]string{
	"contact": "prospect", "lead": "prospect", "customer": "prospect", "person": "prospect", "recipient": "prospect",
	"user": "rep", "owner": "rep", "account": "company", "organization": "company", "organisation": "company",
	"meeting": "appointment", "call": "appointment", "promise": "commitment", "field": customGroup, "variables": customGroup,
}

var (
	variables     = byName(catalogue)
	variableNames = names(catalogue)
)

func byName(all []variable) map[string]func(*scope) any {
	m := make(map[string]func(*scope) any, len(all))
	for _, v := range all {
		m[v.name] = v.value
	}
	return m
}

func names(all []variable) []string {
	var list []string
	for _, v := range all {
		list = append(list, v.name)
	}
	sort.Strings(list)
	return list
}

func customValue(name string) func(*scope) any {
	return func(s *scope) any {
		if v, ok := s.Variables[name]; ok && strings.TrimSpace(v) != "" {
			return v
		}
		return s.Prospect.Custom[name]
	}
}

// suggestVariable names the variable that was probably meant.
func suggestVariable(name string) string {
	group, field, dotted := strings.Cut(name, ".")
	if dotted {
		if real, ok := groupAliases[group]; ok {
			if _, ok := variables[real+"."+field]; ok {
				return real + "." + field
			}
		}
	}
	if n := nearest(name, variableNames); n != "" {
		return n
	}
	for _, known := range variableNames { // {{ first_name }}
		if _, f, ok := strings.Cut(known, "."); ok && (f == name || f == field) {
			return known
		}
	}
	return ""
}

// clean makes a value safe to carry: valid UTF-8, no control characters but
// line breaks and tabs, no white space around it.
func clean(s string) string {
	s = strings.TrimSpace(s)
	plain := utf8.ValidString(s)
	for i := 0; plain && i < len(s); i++ {
		plain = s[i] >= ' ' && s[i] != 0x7f
	}
	if plain {
		return s
	}
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r == '\n' || r == '\t':
			return r
		case r < ' ' || r >= 0x7f && r < 0xa0:
			return -1
		}
		return r
	}, s)
}
