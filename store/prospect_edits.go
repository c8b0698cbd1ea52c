package store

import (
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// known renews what a person is found by and looks for records that may be
// the same person, after somebody was added or changed.
func known(tx *gorm.DB, now time.Time, id int64) error {
	if err := reword(tx, id); err != nil {
		return err
	}
	return findTwins(tx, id, now)
}

// followOwner: a conversation belongs to whoever follows up with the person.
func followOwner(tx *gorm.DB, old, saved models.Prospect, now time.Time) error {
	if old.OwnerID == saved.OwnerID {
		return nil
	}
	return tx.Model(&models.Conversation{}).Where("prospect_id = ?", saved.ID).
		UpdateColumns(map[string]any{"assignee_id": saved.OwnerID, "updated_at": now}).Error
}

// keepEdits records field by field what a person changed, and names the fields.
func keepEdits(tx *gorm.DB, old, saved models.Prospect, points []models.ContactPoint, by string, now time.Time) ([]string, error) {
	changes := changedFields(old, saved)
	names, err := rowsByID(tx, idSet{}.with(old.CompanyID, saved.CompanyID), companyID)
	if err != nil {
		return nil, err
	}
	nameOf := func(id *int64) string {
		if id == nil {
			return ""
		}
		return names[*id].Name
	}
	changes = appendChange(changes, "company", nameOf(old.CompanyID), nameOf(saved.CompanyID))
	if old.OwnerID != saved.OwnerID {
		users, err := rowsByID(tx, []int64{old.OwnerID, saved.OwnerID}, func(u models.User) int64 { return u.ID })
		if err != nil {
			return nil, err
		}
		changes = appendChange(changes, "owner", users[old.OwnerID].Name, users[saved.OwnerID].Name)
	}
	after, err := contactPointsOf(tx, saved.ID)
	if err != nil {
		return nil, err
	}
	changes = appendChange(changes, "contact_points", pointList(points), pointList(after))
	var fields []string
	for i := range changes {
		changes[i].ProspectID, changes[i].By, changes[i].At = saved.ID, by, now
		fields = append(fields, changes[i].Field)
	}
	return fields, insertRows(tx, changes)
}

func changedFields(old, saved models.Prospect) []models.ProspectEdit {
	var changes []models.ProspectEdit
	for _, f := range []struct{ field, was, became string }{
		{"first_name", old.FirstName, saved.FirstName}, {"last_name", old.LastName, saved.LastName}, {"title", old.Title, saved.Title},
		{"zone", old.Zone, saved.Zone}, {"locale", old.Locale, saved.Locale}, {"country", old.Country, saved.Country},
		{"region", old.Region, saved.Region}, {"notes", old.Notes, saved.Notes},
	} {
		changes = appendChange(changes, f.field, f.was, f.became)
	}
	keys := map[string]bool{}
	for k := range old.Custom {
		keys[k] = true
	}
	for k := range saved.Custom {
		keys[k] = true
	}
	sorted := make([]string, 0, len(keys))
	for k := range keys {
		sorted = append(sorted, k)
	}
	slices.Sort(sorted)
	for _, k := range sorted {
		changes = appendChange(changes, "custom."+k, old.Custom[k], saved.Custom[k])
	}
	return changes
}

func appendChange(changes []models.ProspectEdit, field, was, became string) []models.ProspectEdit {
	if was == became {
		return changes
	}
	return append(changes, models.ProspectEdit{Field: field, Was: was, Became: became})
}

func pointList(points []models.ContactPoint) string {
	values := make([]string, len(points))
	for i, cp := range points {
		values[i] = cp.Value
	}
	return strings.Join(values, ", ")
}

// with adds ids and gives the list.
func (s idSet) with(ids ...*int64) []int64 {
	s.add(ids...)
	return s.list()
}
