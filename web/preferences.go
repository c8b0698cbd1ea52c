package web

import (
	"slices"
	"time"

	"followup/models"
)

// fill shows what holds for the person now.
func (p *preferencesPage) fill(person models.Person, address string, now time.Time) {
	for _, way := range preferenceWays {
		points := slices.DeleteFunc(slices.Clone(person.ContactPoints), func(cp models.ContactPoint) bool { return cp.Kind != way.kind })
		if len(points) == 0 {
			continue
		}
		w := preferenceWay{Name: way.name, Label: way.label, On: true}
		for _, cp := range points {
			if sup, no := models.Suppressed(person.Suppressions, person.Prospect, cp, way.channels[0]); no && (cp.Value == address || sup.Scope != models.SuppressAddress) {
				w.On, w.Fixed = false, sup.Source != models.SourcePreferences
			}
		}
		p.Ways = append(p.Ways, w)
	}
	p.Closed = len(p.Ways) > 0 && !slices.ContainsFunc(p.Ways, func(w preferenceWay) bool { return w.On })
	rest := 0
	if until := person.Prospect.RestUntil; until != nil && now.Before(*until) {
		loc, err := person.Prospect.Location()
		if err != nil {
			loc = time.UTC
		}
		p.Until = until.In(loc).Format("2 January 2006")
		rest = 30
		if until.Sub(now) > 31*24*time.Hour {
			rest = 90
		}
	}
	p.offer(rest, person.Prospect.GapDays)
}
