package store

import (
	"context"
	"slices"
	"strings"

	"followup/models"
)

// PreviewPeople are some for whom a sequence that is being written can be
// previewed: whom the query finds, as the list of prospects does; without one
// the people inside, else those added last. By name; it reports whether they
// are inside.
func (s *Store) PreviewPeople(ctx context.Context, sequenceID int64, query string, v Visibility, limit int) (people []Who, within bool, err error) {
	db := s.reader(ctx)
	filter := ProspectFilter{Sees: v, Query: query}
	var rows []models.Prospect
	if query == "" {
		those := v.owners(db.Table("enrollments e").Joins("JOIN prospects p ON p.id = e.prospect_id").
			Where("e.sequence_id = ? AND e.state <> 'finished' AND p.merged_into IS NULL AND p.erased_at IS NULL", sequenceID), "p.owner_id")
		if err := those.Select("p.*").Order("e.id").Limit(limit).Scan(&rows).Error; err != nil {
			return nil, false, err
		}
		within = len(rows) > 0
	}
	if !within {
		if err := pageProspects(filterProspects(db, filter), filter).Limit(limit).Find(&rows).Error; err != nil {
			return nil, false, err
		}
	}
	companies := idSet{}
	for i := range rows {
		companies.add(rows[i].CompanyID)
	}
	names, err := rowsByID(db, companies.list(), func(c models.Company) int64 { return c.ID })
	if err != nil {
		return nil, false, err
	}
	for _, p := range rows {
		w := Who{Prospect: p}
		if p.CompanyID != nil {
			w.Company = names[*p.CompanyID].Name
		}
		people = append(people, w)
	}
	slices.SortStableFunc(people, func(a, b Who) int { return strings.Compare(a.Prospect.Name(), b.Prospect.Name()) })
	return people, within, nil
}
