package store

import (
	"context"

	"followup/models"
)

// Filler is what a template can be filled in with for one prospect.
type Filler struct {
	Prospect  models.Prospect
	Company   *models.Company
	Discovery *models.Discovery
	Rep       models.User
	Email     string
	Phone     string
}

// Fillers loads the people inside a sequence, at most limit; where nobody is
// inside, those who were added last. It reports which of the two they are.
func (s *Store) Fillers(ctx context.Context, sequenceID int64, limit int) (all []Filler, within bool, err error) {
	db := s.reader(ctx)
	var people []models.Prospect
	err = db.Where("id IN (SELECT prospect_id FROM enrollments WHERE "+inside+")", sequenceID).Order("last_name, first_name, id").Limit(limit).Find(&people).Error
	within = len(people) > 0
	if err == nil && !within {
		err = db.Where("merged_into IS NULL AND erased_at IS NULL").Order("id DESC").Limit(limit).Find(&people).Error
	}
	if err != nil || len(people) == 0 {
		return nil, within, err
	}
	ids, companies, reps := idSet{}, idSet{}, idSet{}
	for i := range people {
		ids.add(&people[i].ID)
		companies.add(people[i].CompanyID)
		reps.add(&people[i].OwnerID)
	}
	byCompany, err := rowsByID(db, companies.list(), func(c models.Company) int64 { return c.ID })
	if err != nil {
		return nil, within, err
	}
	byRep, err := rowsByID(db, reps.list(), func(u models.User) int64 { return u.ID })
	if err != nil {
		return nil, within, err
	}
	var points []models.ContactPoint
	if err := db.Where(anyOf(db, "prospect_id", ids.list())).Order("prospect_id, position, id").Find(&points).Error; err != nil {
		return nil, within, err
	}
	var talks []models.Discovery
	if err := db.Where(anyOf(db, "prospect_id", ids.list())).Find(&talks).Error; err != nil {
		return nil, within, err
	}
	place := make(map[int64]*Filler, len(people))
	all = make([]Filler, len(people))
	for i, p := range people {
		all[i] = Filler{Prospect: p, Rep: byRep[p.OwnerID]}
		if p.CompanyID != nil {
			if c, ok := byCompany[*p.CompanyID]; ok {
				all[i].Company = &c
			}
		}
		place[p.ID] = &all[i]
	}
	for _, cp := range points {
		f := place[cp.ProspectID]
		switch {
		case cp.Kind == models.ContactEmail && f.Email == "":
			f.Email = cp.Value
		case cp.Kind == models.ContactPhone && f.Phone == "":
			f.Phone = cp.Value
		}
	}
	for i := range talks {
		place[talks[i].ProspectID].Discovery = &talks[i]
	}
	return all, within, nil
}
