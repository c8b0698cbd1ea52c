package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"followup/models"
)

// LackCount says for how many people variables have no value. It is counted
// in parts, so that a page need not wait for a million of them.
type LackCount struct {
	Within bool  // those inside the sequence; false: nobody is, so all prospects
	Of     int64 // looked at so far
	Done   bool  // that is everybody
	Lack   map[string]int64
	Who    map[string][]Lacker // some of them
	after  int64
}

// Lacker is somebody for whom a variable has no value.
type Lacker struct {
	ProspectID int64
	Name       string
}

// lackersShown is how many are named for each variable.
const lackersShown = 5

// blanks are the conditions under which a variable has no value, in SQL over
// what lackFrom joins. What comes with the enrollment and the sending is not
// among them.
var blanks = map[string]string{
	"prospect.first_name": blank("p.first_name"), "prospect.last_name": blank("p.last_name"),
	"prospect.name":  blank("p.first_name") + " AND " + blank("p.last_name"),
	"prospect.title": blank("p.title"), "prospect.zone": blank("p.zone"), "prospect.country": blank("p.country"), "prospect.region": blank("p.region"),
	"prospect.email": noPoint(models.ContactEmail), "prospect.phone": noPoint(models.ContactPhone),
	"company.name": blank("c.name"), "company.domain": blank("c.domain"), "company.website": blank("c.website"),
	"company.city": blank("c.city"), "company.region": blank("c.region"), "company.country": blank("c.country"),
	"rep.name": blank("r.name"), "rep.first_name": blank("r.name"), "rep.email": blank("r.email"), "rep.phone": blank("r.phone"), "rep.signature": blank("r.signature"),
	"discovery.goal": blank("d.goal"), "discovery.goal_value": blank("d.goal_value"), "discovery.goal_date": blank("d.goal_date"),
	"discovery.stretch_goal": blank("d.stretch_goal"), "discovery.obstacle": blank("d.obstacle"), "discovery.daily_cost": blank("d.daily_cost"),
	"discovery.tried_before": blank("d.tried_before"), "discovery.why_it_failed": blank("d.why_it_failed"), "discovery.common": blank("d.common"),
	"today": blank("p.zone"),
}

func blank(column string) string { return "TRIM(COALESCE(" + column + ", '')) = ''" }

func noPoint(kind models.ContactPointKind) string {
	return "NOT EXISTS (SELECT 1 FROM contact_points k WHERE k.prospect_id = p.id AND k.kind = '" + string(kind) + "')"
}

// customBlank: a field of one's own comes with the enrollment, else it is the prospect's.
const customBlank = "COALESCE(NULLIF(TRIM(x.variables ->> CAST(? AS text)), ''), NULLIF(TRIM(p.custom ->> CAST(? AS text)), '')) IS NULL"

// CanLack tells whether people can be counted who lack the variable.
func CanLack(name string) bool {
	_, known := blanks[name]
	return known || strings.HasPrefix(name, "custom.")
}

// blankWhen is the condition of one variable.
func blankWhen(name string) (string, []any) {
	if field, custom := strings.CutPrefix(name, "custom."); custom {
		return customBlank, []any{field, field}
	}
	return blanks[name], nil
}

// CountLacking goes on counting by at most limit people; the zero LackCount
// begins with the first. Names that CanLack does not know are left out.
func (s *Store) CountLacking(ctx context.Context, sequenceID int64, names []string, c LackCount, limit int) (LackCount, error) {
	db := s.reader(ctx)
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !CanLack(n) })
	if c.Lack == nil {
		c.Lack, c.Who = map[string]int64{}, map[string][]Lacker{}
		var first []int64
		if err := db.Model(&models.Enrollment{}).Where(inside, sequenceID).Limit(1).Pluck("id", &first).Error; err != nil {
			return c, err
		}
		c.Within = len(first) > 0
	}
	if len(names) == 0 {
		c.Done = true
		return c, nil
	}
	from, people := lackFrom(c, sequenceID, limit)
	columns, args := "COUNT(*), COALESCE(MAX(x.id), 0)", []any{}
	for _, name := range names {
		when, with := blankWhen(name)
		columns += ", COALESCE(SUM(CASE WHEN " + when + " THEN 1 ELSE 0 END), 0)"
		args = append(args, with...)
	}
	row := db.Raw("SELECT "+columns+from, append(args, people...)...).Row()
	var n, last int64
	lack := make([]int64, len(names))
	into := []any{&n, &last}
	for i := range lack {
		into = append(into, &lack[i])
	}
	if err := row.Scan(into...); err != nil {
		return c, fmt.Errorf("count who lacks variables: %w", err)
	}
	for i, name := range names {
		if lack[i] > 0 && len(c.Who[name]) < lackersShown {
			who, err := lackers(db, name, from, people)
			if err != nil {
				return c, err
			}
			c.Who[name] = append(c.Who[name], who[:min(len(who), lackersShown-len(c.Who[name]))]...)
		}
		c.Lack[name] += lack[i]
	}
	c.Of, c.Done = c.Of+n, n < int64(limit)
	if n > 0 {
		c.after = last
	}
	return c, nil
}

// lackFrom are the next people with what their variables are read from.
func lackFrom(c LackCount, sequenceID int64, limit int) (string, []any) {
	people, args := "SELECT id, id AS prospect_id, owner_id AS rep_id, CAST(NULL AS jsonb) AS variables FROM prospects WHERE merged_into IS NULL AND erased_at IS NULL AND id > ? ORDER BY id LIMIT ?",
		[]any{c.after, limit}
	if c.Within {
		people, args = "SELECT id, prospect_id, rep_id, variables FROM enrollments WHERE "+inside+" AND id > ? ORDER BY id LIMIT ?", []any{sequenceID, c.after, limit}
	}
	return " FROM (" + people + ") x JOIN prospects p ON p.id = x.prospect_id LEFT JOIN companies c ON c.id = p.company_id" +
		" LEFT JOIN users r ON r.id = x.rep_id LEFT JOIN discoveries d ON d.prospect_id = p.id", args
}

func lackers(db *gorm.DB, name, from string, people []any) ([]Lacker, error) {
	when, with := blankWhen(name)
	var rows []models.Prospect
	args := append(slices.Clone(people), with...)
	err := db.Raw("SELECT p.id, p.first_name, p.last_name"+from+" WHERE "+when+fmt.Sprintf(" ORDER BY x.id LIMIT %d", lackersShown), args...).Scan(&rows).Error
	out := make([]Lacker, len(rows))
	for i, p := range rows {
		out[i] = Lacker{p.ID, p.Name()}
	}
	return out, err
}
