package scheduler

import (
	"strings"
	"time"

	"followup/laws"
	"followup/models"
)

// Grounds is what permitted a message when it left, by the rules as they stand.
type Grounds struct {
	Needs    models.ConsentBasis // what the law of where they are asks of the channel
	Rule     string              // the row that says so; "": the channel's own default
	Consents []models.Consent    // on that very contact point and channel, that held then
	Orders   []models.Suppression
	// Of channels with hours: what time it was wherever they may be, whose hours
	// those are, and whether these permitted it.
	Hours  bool
	Clocks []string
	Whose  string
	Within bool
}

// GroundsAt looks at a message that left at a time, with all that was ever
// recorded of its contact point.
func GroundsAt(p models.Prospect, cp models.ContactPoint, r models.ChannelRules, consents []models.Consent, orders []models.Suppression, s models.Settings, at time.Time) Grounds {
	need := outlets{prospect: p, points: []models.ContactPoint{cp}}.lawful(s).need(r)
	g := Grounds{Needs: need.Basis, Rule: need.Rule, Hours: r.QuietHours}
	for _, c := range consents {
		then := c
		if c.WithdrawnAt != nil && c.WithdrawnAt.After(at) {
			then.WithdrawnAt = nil
		}
		if !c.GivenAt.After(at) && need.Valid(then, at) {
			g.Consents = append(g.Consents, c)
		}
	}
	for _, o := range orders {
		then := o
		if o.LiftedAt != nil && o.LiftedAt.After(at) {
			then.LiftedAt = nil
		}
		if !o.CreatedAt.After(at) && then.Forbids(p, cp, r.Kind) {
			g.Orders = append(g.Orders, o)
		}
	}
	if !g.Hours {
		return g
	}
	w, err := QuietHours(p, cp.Value, r.Kind, s)
	if err != nil {
		return g
	}
	for _, loc := range w.zones {
		g.Clocks = append(g.Clocks, LocalTime(at, loc))
	}
	g.Within = w.Permitted(at)
	whose := []string{"yours " + s.QuietFrom.String() + "-" + s.QuietTo.String()}
	for _, id := range w.week.Rules {
		if row, ok := laws.For(s.Rules).Row(id); ok {
			whose = append(whose, strings.TrimPrefix(row.ID, "hours/")+" "+row.Value+" ("+row.Source+")")
		}
	}
	g.Whose = strings.Join(whose, "; ")
	return g
}
