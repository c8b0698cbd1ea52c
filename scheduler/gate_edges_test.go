package scheduler

import (
	"slices"
	"testing"
	"time"

	"followup/laws"
	"followup/models"
)

// Of every row of the law's hours, the hand-typed cases hold each edge: a
// minute before it, at it and a minute after it, on a day that has it.
func TestEveryEdgeHasItsCases(t *testing.T) {
	book, set := laws.For(""), models.DefaultSettings()
	type typed struct {
		country, region string
		week            *laws.Week
		at              time.Time
	}
	var cases []typed
	for _, c := range gateCases(t) {
		d, now, loc := c.due(t)
		place := laws.PlaceOf(d.Prospect.Country, d.Prospect.Region, d.ContactPoints[1].Value)
		cases = append(cases, typed{d.Prospect.Country, d.Prospect.Region, book.Week(place, d.Touch.Channel, set.QuietFrom, set.QuietTo), now.In(loc)})
	}
	for _, r := range book.Rows() {
		if r.Matter != laws.Hours {
			continue
		}
		region, number := r.Region, ""
		switch region {
		case "*":
			region = map[string]string{"US": "NY", "CA": "ON"}[r.Country]
		case "?":
			region, number = "", "+18005550123"
		}
		week := book.Week(laws.PlaceOf(r.Country, region, number), r.Channels[0], set.QuietFrom, set.QuietTo)
		for day, spans := range week.Days {
			for _, s := range spans {
				for _, edge := range []models.TimeOfDay{s.From, s.To} {
					for _, tod := range []models.TimeOfDay{edge - 1, edge, edge + 1} {
						found := slices.ContainsFunc(cases, func(c typed) bool {
							return c.country == r.Country && (c.region == region || r.Region == "*") && models.TimeOfDayOf(c.at, c.at.Location()) == tod &&
								slices.Equal(week.Days[c.at.Weekday()], week.Days[day]) && c.week.String() == week.String()
						})
						if !found {
							t.Errorf("%s: no case at %s on a %s", r.ID, tod, time.Weekday(day))
						}
					}
				}
			}
		}
	}
}
