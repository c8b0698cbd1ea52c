package store

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// CompanyRow is a company in the list.
type CompanyRow struct {
	models.Company
	People Count // that are seen
	Held   bool
}

// CompanyList is a page of companies.
type CompanyList struct {
	Rows  []CompanyRow
	Next  string
	Total Count
}

// lowerName is what companies are ordered and found by, as the index has it.
func (s *Store) lowerName() string {
	if s.dialect == Postgres {
		return `(lower(name) COLLATE "C")`
	}
	return "lower(name)"
}

// ViewCompanies lists companies by name, those that begin with the query.
func (s *Store) ViewCompanies(ctx context.Context, sees Visibility, query string, page models.Page) (CompanyList, error) {
	db := s.reader(ctx)
	var out CompanyList
	key := s.lowerName()
	matching := func() *gorm.DB {
		q := db.Model(&models.Company{})
		if query = strings.ToLower(strings.TrimSpace(query)); query == "" {
			return q
		}
		if strings.Contains(query, ".") && !strings.Contains(query, " ") {
			return q.Where("(domain = ? OR ("+key+" >= ? AND "+key+" < ?))", query, query, afterPrefix(query))
		}
		return q.Where(key+" >= ? AND "+key+" < ?", query, afterPrefix(query))
	}
	var err error
	if out.Total, err = countTo(matching(), countLimit); err != nil {
		return out, err
	}
	q := matching()
	if c, ok := decodeCursor(page.After, 2); ok {
		id, _ := strconv.ParseInt(c[1], 10, 64)
		q = q.Where("("+key+", id) > (?, ?)", c[0], id)
	}
	limit := limitOf(page)
	var rows []models.Company
	if err := q.Order(key + ", id").Limit(limit + 1).Find(&rows).Error; err != nil {
		return out, err
	}
	if len(rows) > limit {
		rows = rows[:limit]
		out.Next = encodeCursor(strings.ToLower(rows[limit-1].Name), strconv.FormatInt(rows[limit-1].ID, 10))
	}
	out.Rows, err = companyRows(db, sees, rows)
	return out, err
}

func companyRows(db *gorm.DB, sees Visibility, rows []models.Company) ([]CompanyRow, error) {
	ids := idSet{}
	for _, c := range rows {
		ids.add(&c.ID)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	var counts []struct {
		CompanyID int64
		N         int
	}
	q := db.Model(&models.Prospect{}).Select("company_id, COUNT(*) AS n").Where(anyOf(db, "company_id", ids.list())).Where("merged_into IS NULL AND erased_at IS NULL")
	if err := sees.owners(q, "owner_id").Group("company_id").Scan(&counts).Error; err != nil {
		return nil, err
	}
	people := map[int64]int{}
	for _, c := range counts {
		people[c.CompanyID] = c.N
	}
	var holds []models.CompanyHold
	if err := db.Where(anyOf(db, "company_id", ids.list())).Where("lifted_at IS NULL").Find(&holds).Error; err != nil {
		return nil, err
	}
	held := map[int64]bool{}
	for _, h := range holds {
		held[h.CompanyID] = true
	}
	out := make([]CompanyRow, len(rows))
	for i, c := range rows {
		out[i] = CompanyRow{Company: c, People: Count{N: people[c.ID]}, Held: held[c.ID]}
	}
	return out, nil
}

// CompanyView is a company's page.
type CompanyView struct {
	Company models.Company
	Holds   []models.CompanyHold
	People  ProspectList
}

// ViewCompany loads a company's page; of its people those that are seen.
func (s *Store) ViewCompany(ctx context.Context, id int64, sees Visibility, page models.Page, now time.Time) (CompanyView, error) {
	db := s.reader(ctx)
	var v CompanyView
	if err := db.Where("id = ?", id).Take(&v.Company).Error; err != nil {
		return v, viewNotFound(err, "company")
	}
	if err := db.Where("company_id = ? AND lifted_at IS NULL AND (until IS NULL OR until > ?)", id, now).Order("id").Find(&v.Holds).Error; err != nil {
		return v, err
	}
	var err error
	if v.People, err = s.ViewProspects(ctx, ProspectFilter{Sees: sees, CompanyID: id, Page: page}); err != nil {
		return v, err
	}
	return v, nil
}

// SaveCompany creates a company (id 0) or changes it, if nobody has changed
// it since seen. Renaming it changes what its people are found by.
func (s *Store) SaveCompany(ctx context.Context, c models.Company, seen time.Time, by string, now time.Time) (models.Company, error) {
	var saved models.Company
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		saved = c
		saved.UpdatedAt = now
		if c.ID == 0 {
			saved.CreatedAt = now
			if err := tx.Create(&saved).Error; err != nil {
				return err
			}
			return addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventCompanyChanged, Code: "created", CompanyID: &saved.ID})
		}
		var old models.Company
		if err := forUpdate(tx).Where("id = ?", c.ID).Take(&old).Error; err != nil {
			return notFound(err, "company", c.ID)
		}
		if !old.UpdatedAt.Equal(seen) {
			return models.Errorf(models.CodeConflict, "somebody changed %s while you were editing; load the page again and repeat your change", old.Name)
		}
		saved.CreatedAt = old.CreatedAt
		if err := saveRow(tx, &saved); err != nil {
			return err
		}
		if old.Name != saved.Name {
			var ids []int64
			if err := tx.Model(&models.Prospect{}).Where("company_id = ?", c.ID).Order("id").Pluck("id", &ids).Error; err != nil {
				return err
			}
			if err := reword(tx, ids...); err != nil {
				return err
			}
		}
		return addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventCompanyChanged, Code: "edited", CompanyID: &saved.ID})
	})
	if isUnique(err) {
		return saved, &models.Error{Code: models.CodeConflict, Field: "domain", Err: err, Message: "another company has the domain " + c.Domain + "; a domain belongs to one company"}
	}
	return saved, shown(err)
}

// HoldCompany stops automatic touches to everybody at a company until a time,
// or until it is lifted. It waits for what is being claimed, so that nothing
// leaves after it.
func (s *Store) HoldCompany(ctx context.Context, companyID int64, until *time.Time, by string, now time.Time) error {
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		var c models.Company
		if err := forUpdate(tx).Where("id = ?", companyID).Take(&c).Error; err != nil {
			return notFound(err, "company", companyID)
		}
		if err := raiseStops(tx); err != nil {
			return err
		}
		var standing models.CompanyHold
		err := tx.Where("company_id = ? AND reason = ? AND lifted_at IS NULL", companyID, models.PauseManual).Order("id").Take(&standing).Error
		switch {
		case err == nil:
			standing.Until, standing.By = until, by
			err = saveRow(tx, &standing)
		case errors.Is(err, gorm.ErrRecordNotFound):
			err = tx.Create(&models.CompanyHold{CompanyID: companyID, Reason: models.PauseManual, Until: until, By: by, CreatedAt: now}).Error
		}
		if err != nil {
			return err
		}
		return addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventCompanyHeld, Code: string(models.PauseManual), CompanyID: &companyID})
	}))
}

// ReleaseCompany lifts every hold of a company.
func (s *Store) ReleaseCompany(ctx context.Context, companyID int64, by string, now time.Time) error {
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		var c models.Company
		if err := forUpdate(tx).Where("id = ?", companyID).Take(&c).Error; err != nil {
			return notFound(err, "company", companyID)
		}
		done := tx.Model(&models.CompanyHold{}).Where("company_id = ? AND lifted_at IS NULL", companyID).UpdateColumn("lifted_at", now)
		if done.Error != nil || done.RowsAffected == 0 {
			return done.Error
		}
		return addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventCompanyReleased, CompanyID: &companyID})
	}))
}
