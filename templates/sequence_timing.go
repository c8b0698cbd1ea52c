package templates

import (
	"strings"

	"github.com/robfig/cron/v3"
	"gopkg.in/yaml.v3"

	"followup/models"
)

var timingWords = []string{string(models.TimingAfter), string(models.TimingAppointment), string(models.TimingCommitment),
	string(models.TimingDate), string(models.TimingRecurring)}

// timingKeys are what each rule is written with.
var timingKeys = map[models.TimingKind][]string{
	models.TimingAfter:       {"minutes", "hours", "days", "business_days", "at"},
	models.TimingAppointment: {"minutes", "hours", "days", "business_days", "at"},
	models.TimingCommitment:  {"days", "business_days", "at"},
	models.TimingDate:        {"on", "field", "days", "business_days", "at"},
	models.TimingRecurring:   {"cron"},
}

// Bounds of delays: two years in any unit is more than anyone follows up.
const (
	maxDays    = 731
	maxHours   = maxDays * 24
	maxMinutes = maxHours * 60
)

// fiveFields is the only form of cron expression that has a meaning in a
// prospect's zone: no @every, no CRON_TZ.
var fiveFields = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)

// timing reads a step's timing; the first step may leave it out and is due at once.
func (f *file) timing(n, parent *yaml.Node, where string, step int) models.Timing {
	if n == nil {
		if step > 0 {
			f.fail(parent, where, "this is missing; write when the step comes, such as timing: {after: {business_days: 2, at: \"09:00\"}}")
		}
		return models.Timing{Kind: models.TimingAfter}
	}
	m := f.mapping(n, where, timingWords)
	if len(m) != 1 {
		f.fail(n, where, "write exactly one of %s", strings.Join(timingWords, ", "))
		return models.Timing{Kind: models.TimingAfter}
	}
	for kind, rule := range m {
		return f.rule(models.TimingKind(kind), rule, where)
	}
	return models.Timing{}
}

func (f *file) rule(kind models.TimingKind, n *yaml.Node, where string) models.Timing {
	m := f.mapping(n, where+", "+string(kind), timingKeys[kind])
	t := models.Timing{Kind: kind}
	least := func(most int) int { // only a delay cannot go back
		if kind == models.TimingAfter {
			return 0
		}
		return -most
	}
	var hasMinutes, hasHours, hasDays, hasBusiness bool
	t.Minutes, hasMinutes = f.number(m["minutes"], where+", minutes", least(maxMinutes), maxMinutes)
	t.Hours, hasHours = f.number(m["hours"], where+", hours", least(maxHours), maxHours)
	t.Days, hasDays = f.number(m["days"], where+", days", least(maxDays), maxDays)
	t.BusinessDays, hasBusiness = f.number(m["business_days"], where+", business_days", least(maxDays), maxDays)
	if at := f.str(m["at"], where+", at"); at != "" {
		if tod, err := models.ParseTimeOfDay(at); err != nil || len(at) != len("09:00") {
			f.fail(m["at"], where+", at", "%q is not a time of day; write it as \"09:00\"", shorten(at))
		} else {
			t.At = &tod
		}
	}
	switch {
	case hasDays && hasBusiness:
		f.fail(n, where, "days and business_days exclude each other; keep one")
	case (hasMinutes || hasHours) && (hasDays || hasBusiness || t.At != nil):
		f.fail(n, where, "minutes and hours count from an exact time and exclude days and at; keep one kind")
	}
	f.dateRule(&t, m, n, where)
	f.cronRule(&t, m, n, where)
	return t
}

func (f *file) dateRule(t *models.Timing, m map[string]*yaml.Node, n *yaml.Node, where string) {
	if t.Kind != models.TimingDate {
		return
	}
	on := f.str(m["on"], where+", on")
	t.Field = f.str(m["field"], where+", field")
	if (on == "") == (t.Field == "") {
		f.fail(n, where, "write either on: 2026-12-24 or field: the custom field that holds the date")
		return
	}
	if on == "" {
		return
	}
	d, err := models.ParseDate(on)
	if err != nil {
		f.fail(m["on"], where+", on", "%q is not a date; write it as 2026-12-24", shorten(on))
		return
	}
	t.On = d
}

func (f *file) cronRule(t *models.Timing, m map[string]*yaml.Node, n *yaml.Node, where string) {
	if t.Kind != models.TimingRecurring {
		return
	}
	t.Cron = f.str(m["cron"], where+", cron")
	if t.Cron == "" {
		f.fail(n, where, "cron is missing; write it as cron: \"0 9 * * 1\", minute hour day month weekday")
		return
	}
	if strings.ContainsAny(t.Cron, "@=\n") {
		f.fail(m["cron"], where+", cron", "%q is not five fields; write minute hour day month weekday, such as \"0 9 * * 1\"", shorten(t.Cron))
		return
	}
	if _, err := fiveFields.Parse(t.Cron); err != nil {
		f.fail(m["cron"], where+", cron", "%q cannot be read (%v); write minute hour day month weekday, such as \"0 9 * * 1\"", shorten(t.Cron), err)
	}
}
