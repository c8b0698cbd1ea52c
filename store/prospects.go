package store

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// CreateProspect saves a prospect with contact points, consents and company.
// The points have no ids yet, so a consent's ContactPointID is the place of
// its point in points, from 1.
func (s *Store) CreateProspect(ctx context.Context, p models.Prospect, company *models.Company, points []models.ContactPoint, consents []models.Consent, by string, now time.Time) (models.Prospect, error) {
	var saved models.Prospect
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		saved = p
		saved.ID, saved.Revision, saved.CreatedAt, saved.UpdatedAt = 0, 1, now, now
		if err := joinCompany(tx, &saved, company, now); err != nil {
			return err
		}
		if err := tx.Create(&saved).Error; err != nil {
			return err
		}
		ids := make([]int64, len(points))
		for i, cp := range points {
			if err := addPoint(tx, saved.ID, &cp, now); err != nil {
				return err
			}
			ids[i] = cp.ID
		}
		if err := addConsents(tx, saved.ID, ids, consents, by, now); err != nil {
			return err
		}
		if err := keepConversation(tx, models.Conversation{ProspectID: saved.ID, AssigneeID: &saved.OwnerID, UpdatedAt: now}); err != nil {
			return err
		}
		if err := known(tx, now, saved.ID); err != nil {
			return err
		}
		return addEvents(tx, prospectChanged(saved, "created", by, now))
	})
	return saved, shown(err)
}

func prospectChanged(p models.Prospect, code, by string, now time.Time) models.Event {
	return models.Event{At: now, Actor: by, Kind: models.EventProspectChanged, Code: code, ProspectID: &p.ID, CompanyID: p.CompanyID}
}

func addPoint(tx *gorm.DB, prospectID int64, cp *models.ContactPoint, now time.Time) error {
	cp.ID, cp.ProspectID, cp.CreatedAt, cp.UpdatedAt = 0, prospectID, now, now
	if cp.Validity == "" {
		cp.Validity = models.ValidityUnknown
	}
	if err := tx.Create(cp).Error; err != nil {
		return err
	}
	return storeOf(tx).reviveOrders(tx, *cp, now)
}

func addConsents(tx *gorm.DB, prospectID int64, ids []int64, consents []models.Consent, by string, now time.Time) error {
	var events []models.Event
	for _, c := range consents {
		place := int(c.ContactPointID)
		if place < 1 || place > len(ids) {
			return models.Invalid("consents", "a consent names contact point %d of %d", place, len(ids))
		}
		c.ID, c.ProspectID, c.ContactPointID, c.CreatedAt = 0, prospectID, ids[place-1], now
		if c.GivenAt.IsZero() {
			c.GivenAt = now
		}
		if c.RecordedBy == "" {
			c.RecordedBy = by
		}
		if err := tx.Create(&c).Error; err != nil {
			return err
		}
		events = append(events, consentEvent(models.EventConsent, c, by, now))
	}
	return addEvents(tx, events...)
}

// joinCompany finds the company by its domain, else by its name, else creates it.
func joinCompany(tx *gorm.DB, p *models.Prospect, company *models.Company, now time.Time) error {
	if company == nil {
		return nil
	}
	if company.ID != 0 {
		p.CompanyID = &company.ID
		return nil
	}
	found, err := findCompany(tx, *company)
	if err != nil {
		return err
	}
	if found == nil {
		if company.Name == "" {
			return nil
		}
		made := *company
		made.CreatedAt, made.UpdatedAt = now, now
		if err := tx.Create(&made).Error; err != nil {
			return err
		}
		found = &made
	}
	p.CompanyID = &found.ID
	return nil
}

func findCompany(tx *gorm.DB, want models.Company) (*models.Company, error) {
	look := func(q *gorm.DB) (*models.Company, error) {
		var c models.Company
		err := q.Order("id").Take(&c).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return nil, nil
		}
		return &c, err
	}
	if want.Domain != "" {
		if c, err := look(tx.Where("domain = ?", want.Domain)); c != nil || err != nil {
			return c, err
		}
	}
	if want.Name == "" {
		return nil, nil
	}
	// Another domain is another company, however alike the names are.
	q := tx.Where("name = ?", want.Name)
	if want.Domain != "" {
		q = q.Where("domain = ''")
	}
	return look(q)
}

// UpdateProspect saves the editable fields and contact points if the revision
// is still p.Revision. Points that are not listed stay.
func (s *Store) UpdateProspect(ctx context.Context, p models.Prospect, company *models.Company, points []models.ContactPoint, by string, now time.Time) (models.Prospect, error) {
	var saved models.Prospect
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		old, err := lockProspect(tx, p.ID)
		if err != nil {
			return err
		}
		if old.Revision != p.Revision {
			return models.Errorf(models.CodeConflict, "somebody changed %s while you were editing; load the page again and repeat your change", old.Name())
		}
		saved = edited(old, p, now)
		if err := joinCompany(tx, &saved, company, now); err != nil {
			return err
		}
		if err := saveRow(tx, &saved); err != nil {
			return err
		}
		before, err := contactPointsOf(tx, p.ID)
		if err != nil {
			return err
		}
		pointsChanged, err := mergePoints(tx, p.ID, points, now)
		if err != nil {
			return err
		}
		if pointsChanged || old.Zone != saved.Zone {
			if err := replanProspect(tx, p.ID, now); err != nil {
				return err
			}
		}
		if err := known(tx, now, p.ID); err != nil {
			return err
		}
		if err := followOwner(tx, old, saved, now); err != nil {
			return err
		}
		fields, err := keepEdits(tx, old, saved, before, by, now)
		if err != nil {
			return err
		}
		e := prospectChanged(saved, "edited", by, now)
		if len(fields) > 0 {
			e.Data = map[string]string{"fields": strings.Join(fields, ",")}
		}
		return addEvents(tx, e)
	})
	return saved, shown(err)
}

// edited takes over what a person may edit; the rest is the engine's.
func edited(old, p models.Prospect, now time.Time) models.Prospect {
	out := old
	out.FirstName, out.LastName, out.Title = p.FirstName, p.LastName, p.Title
	out.Zone, out.Locale, out.Country, out.Region = p.Zone, p.Locale, p.Country, p.Region
	out.Notes, out.UpdatedAt, out.Revision = p.Notes, now, old.Revision+1
	if p.OwnerID != 0 {
		out.OwnerID = p.OwnerID
	}
	if p.CompanyID != nil {
		out.CompanyID = p.CompanyID
	}
	if p.Custom != nil {
		out.Custom = maps.Clone(p.Custom)
	}
	return out
}

// mergePoints changes the listed points that exist (by id, else by value) and
// adds the others. An edited value may work again: what was known of the old
// one does not hold.
func mergePoints(tx *gorm.DB, prospectID int64, points []models.ContactPoint, now time.Time) (changed bool, err error) {
	have, err := contactPointsOf(tx, prospectID)
	if err != nil {
		return false, err
	}
	for _, want := range points {
		i := slices.IndexFunc(have, func(cp models.ContactPoint) bool {
			if want.ID != 0 {
				return cp.ID == want.ID
			}
			return cp.Kind == want.Kind && cp.Value == want.Value
		})
		if i < 0 {
			if want.ID != 0 {
				return changed, models.Invalid("points", "contact point %d is not one of this prospect's; load the page again", want.ID)
			}
			if err := addPoint(tx, prospectID, &want, now); err != nil {
				return changed, err
			}
			changed = true
			continue
		}
		cp := have[i]
		was := cp
		if cp.Value != want.Value {
			cp.Value, cp.Validity, cp.InvalidReason, cp.LastResult = want.Value, models.ValidityUnknown, "", ""
		}
		cp.Position = want.Position
		if want.Label != "" {
			cp.Label = want.Label
		}
		if cp == was {
			continue
		}
		cp.UpdatedAt, changed = now, true
		if err := saveRow(tx, &cp); err != nil {
			return changed, err
		}
	}
	return changed, nil
}

// FindProspects by exact contact point values: value → prospect id, the
// newest where several have it, merged ones followed.
func (s *Store) FindProspects(ctx context.Context, values []string) (map[string]int64, error) {
	tx := s.read.WithContext(ctx)
	found := map[string]int64{}
	for part := range slices.Chunk(values, valuesPerStatement) {
		var points []models.ContactPoint
		err := tx.Select("id", "prospect_id", "value").Where("value IN ?", part).Order("id").Find(&points).Error
		if err != nil {
			return nil, err
		}
		for _, cp := range points {
			id, err := survivorOf(tx, cp.ProspectID)
			if err != nil {
				return nil, err
			}
			found[cp.Value] = id
		}
	}
	return found, nil
}
