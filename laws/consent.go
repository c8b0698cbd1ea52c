package laws

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"followup/models"
)

// Need is what an automatic message needs.
type Need struct {
	Basis models.ConsentBasis
	Rule  string
	// months after which a basis lapses by itself.
	inquiry, relationship int
}

type needRow struct {
	Row
	need      Need
	countries []string
}

// Need gives what the channel needs in the country: the row that names it,
// else the one for every country; false where there is none.
func (b *Book) Need(country string, ch models.ChannelKind) (Need, bool) {
	var general *Need
	for i := range b.needs {
		r := &b.needs[i]
		if !slices.Contains(r.Channels, ch) {
			continue
		}
		if r.Country == "*" {
			general = &r.need
		} else if slices.Contains(r.countries, country) {
			return r.need, true
		}
	}
	if general != nil {
		return *general, true
	}
	return Need{}, false
}

// Lapses is when a consent ends by the law, whatever was recorded; zero: never.
func (n Need) Lapses(c models.Consent) time.Time {
	months := 0
	switch c.Basis {
	case models.ConsentInquiry:
		months = n.inquiry
	case models.ConsentRelationship:
		months = n.relationship
	}
	if months == 0 {
		return time.Time{}
	}
	return c.GivenAt.AddDate(0, months, 0)
}

// Valid tells whether the consent holds at t.
func (n Need) Valid(c models.Consent, t time.Time) bool {
	if !c.ValidAt(t) {
		return false
	}
	end := n.Lapses(c)
	return end.IsZero() || t.Before(end)
}

// Met tells whether one of the consents permits the channel on the point.
func (n Need) Met(all []models.Consent, cp models.ContactPoint, ch models.ChannelKind, t time.Time) bool {
	if n.Basis.Level() == 0 {
		return true
	}
	for i := range all {
		c := &all[i]
		if c.ContactPointID == cp.ID && c.Channel == ch && c.Basis.Level() >= n.Basis.Level() && n.Valid(*c, t) {
			return true
		}
	}
	return false
}

// parseNeed reads "inquiry; inquiry lapses after 6 months".
func parseNeed(text string) (Need, error) {
	bad := models.Invalid("rules", "%q is no basis; write one of none, inquiry, business_relationship, oral, written, and what lapses: inquiry; inquiry lapses after 6 months", text)
	parts := strings.Split(text, ";")
	n := Need{Basis: models.ConsentBasis(strings.TrimSpace(parts[0]))}
	if n.Basis != models.ConsentNone && n.Basis.Level() == 0 {
		return n, bad
	}
	for _, p := range parts[1:] {
		f := strings.Fields(p)
		if len(f) != 5 || f[1] != "lapses" || f[2] != "after" || !strings.HasPrefix(f[4], "month") {
			return n, bad
		}
		months, err := strconv.Atoi(f[3])
		if err != nil || months < 1 || months > 120 {
			return n, bad
		}
		switch models.ConsentBasis(f[0]) {
		case models.ConsentInquiry:
			n.inquiry = months
		case models.ConsentRelationship:
			n.relationship = months
		default:
			return n, bad
		}
	}
	return n, nil
}
