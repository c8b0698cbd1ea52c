package store

import (
	"slices"
	"strings"

	"gorm.io/gorm"

	"followup/models"
)

// discovery joins what both told of their aims: what is empty is filled, and
// where both say something both stay.
func (m *merging) discovery() error {
	b, err := first[models.Discovery](m.tx.Where("prospect_id = ?", m.drop.ID))
	if err != nil || b == nil {
		return err
	}
	a, err := first[models.Discovery](m.tx.Where("prospect_id = ?", m.keep.ID))
	if err != nil {
		return err
	}
	if err := m.tx.Where("prospect_id = ?", m.drop.ID).Delete(&models.Discovery{}).Error; err != nil {
		return err
	}
	theirs := *b
	m.before.DropGoals = &theirs
	if a == nil {
		b.ProspectID = m.keep.ID
		m.before.KeptGoals = b
		return m.tx.Create(b).Error
	}
	was := *a
	m.before.KeepGoals, m.before.KeptGoals = &was, a
	for _, f := range []struct{ to, from *string }{
		{&a.Goal, &b.Goal}, {&a.GoalValue, &b.GoalValue}, {&a.StretchGoal, &b.StretchGoal}, {&a.Obstacle, &b.Obstacle},
		{&a.DailyCost, &b.DailyCost}, {&a.TriedBefore, &b.TriedBefore}, {&a.WhyItFailed, &b.WhyItFailed}, {&a.Common, &b.Common},
	} {
		*f.to = joined(*f.to, *f.from, "\n")
	}
	if a.GoalDate == "" {
		a.GoalDate = b.GoalDate
	}
	a.Revision, a.UpdatedAt = a.Revision+1, m.now
	return saveRow(m.tx, a)
}

// joined keeps both texts where they differ.
func joined(a, b, between string) string {
	switch {
	case a == "":
		return b
	case b == "" || strings.Contains(a, b):
		return a
	}
	return a + between + b
}

// pursuits: the follow-ups of both count against the one limit.
func (m *merging) pursuits() error {
	var open []models.Pursuit
	if err := m.tx.Where("prospect_id IN ? AND ended_at IS NULL", []int64{m.keep.ID, m.drop.ID}).Order("started_at, id").Find(&open).Error; err != nil {
		return err
	}
	m.before.Pursuits = slices.Clone(open)
	var theirs []int64
	if err := m.tx.Model(&models.Pursuit{}).Where("prospect_id = ?", m.drop.ID).Order("id").Pluck("id", &theirs).Error; err != nil {
		return err
	}
	if len(theirs) > 0 {
		m.moved["pursuits"] = theirs
	}
	if len(open) == 2 {
		one, other := open[0], open[1]
		one.FollowUps += other.FollowUps
		one.GoodbyeAt = earlier(one.GoodbyeAt, other.GoodbyeAt)
		one.LastCountedOn = max(one.LastCountedOn, other.LastCountedOn)
		other.EndedAt, other.EndedBy = &m.now, models.PursuitMerged
		if err := saveRow(m.tx, &other); err != nil {
			return err
		}
		if err := saveRow(m.tx, &one); err != nil {
			return err
		}
	}
	return m.tx.Model(&models.Pursuit{}).Where("prospect_id = ?", m.drop.ID).UpdateColumn("prospect_id", m.keep.ID).Error
}

func (m *merging) drafts() error {
	var drafts []models.AnswerDraft
	if err := m.tx.Where("prospect_id = ?", m.drop.ID).Order("id").Find(&drafts).Error; err != nil {
		return err
	}
	for _, d := range drafts {
		if err := m.tx.Delete(&d).Error; err != nil {
			return err
		}
		d.ProspectID = m.keep.ID
		if err := keepAnswerDraft(m.tx, d, m.now); err != nil {
			return err
		}
	}
	return nil
}

// once: what both heard is heard.
func (m *merging) once() error {
	for table, column := range mergeOnce {
		if !slices.ContainsFunc(m.shapes, func(t tableShape) bool { return t.name == table }) {
			continue
		}
		both := m.tx.Table(table).Where("prospect_id = ? AND "+column+" IN (SELECT "+column+" FROM "+table+" WHERE prospect_id = ?)", m.drop.ID, m.keep.ID)
		var heard []int64
		if err := both.Order(column).Pluck(column, &heard).Error; err != nil {
			return err
		}
		if len(heard) == 0 {
			continue
		}
		if m.before.Heard == nil {
			m.before.Heard = map[string][]int64{}
		}
		m.before.Heard[table] = heard
		if err := m.tx.Exec("DELETE FROM "+table+" WHERE prospect_id = ? AND ?", m.drop.ID, anyOf(m.tx, column, heard)).Error; err != nil {
			return err
		}
	}
	return nil
}

// rest moves every other row that names the person, in whichever table.
func (m *merging) rest() error {
	for _, t := range m.shapes {
		if slices.Contains(mergeApart, t.name) || !slices.Contains(t.names(), "prospect_id") {
			continue
		}
		if t.numbered() {
			var ids []int64
			if err := m.tx.Table(t.name).Where("prospect_id = ?", m.drop.ID).Order("id").Pluck("id", &ids).Error; err != nil {
				return err
			}
			if len(ids) > 0 {
				m.moved[t.name] = ids
			}
		}
		if err := m.tx.Exec("UPDATE "+quoted(t.name)+" SET prospect_id = ? WHERE prospect_id = ?", m.keep.ID, m.drop.ID).Error; err != nil {
			return err
		}
	}
	return nil
}

// records fills what the kept one lacks and closes the other.
func (m *merging) records() error {
	a, b := m.keep, m.drop
	if a.CompanyID == nil {
		a.CompanyID = b.CompanyID
	}
	for _, f := range []struct{ to, from *string }{
		{&a.FirstName, &b.FirstName}, {&a.LastName, &b.LastName}, {&a.Title, &b.Title}, {&a.Zone, &b.Zone},
		{&a.Locale, &b.Locale}, {&a.Country, &b.Country}, {&a.Region, &b.Region},
	} {
		if *f.to == "" {
			*f.to = *f.from
		}
	}
	a.Notes = joined(a.Notes, b.Notes, "\n\n")
	custom := map[string]string{}
	for _, from := range []map[string]string{b.Custom, a.Custom} {
		for k, v := range from {
			if v != "" {
				custom[k] = v
			}
		}
	}
	if len(custom) > 0 {
		a.Custom = custom
	}
	if later(b.LastTouchAt, a.LastTouchAt) {
		a.LastTouchAt = b.LastTouchAt
	}
	if b.CreatedAt.Before(a.CreatedAt) {
		a.CreatedAt = b.CreatedAt
	}
	// What either asked for on their own page holds for both.
	a.GapDays = max(a.GapDays, b.GapDays)
	if later(b.RestUntil, a.RestUntil) {
		a.RestUntil = b.RestUntil
	}
	a.Revision, a.UpdatedAt = a.Revision+1, m.now
	b.MergedInto, b.NextTouchAt = &a.ID, nil
	b.Revision, b.UpdatedAt = b.Revision+1, m.now
	if err := saveRow(m.tx, &a); err != nil {
		return err
	}
	if err := saveRow(m.tx, &b); err != nil {
		return err
	}
	before, err := contactPointsOf(m.tx, a.ID)
	if err != nil {
		return err
	}
	if _, err := keepEdits(m.tx, m.keep, a, before, m.by, m.now); err != nil {
		return err
	}
	m.keep, m.drop, m.before.Kept = a, b, a
	if err := m.tx.Model(&models.Prospect{}).Where("merged_into = ?", b.ID).Order("id").Pluck("id", &m.before.Parts).Error; err != nil {
		return err
	}
	// Who was merged into the one that goes is now part of the one that stays.
	return m.tx.Model(&models.Prospect{}).Where("merged_into = ?", b.ID).UpdateColumn("merged_into", a.ID).Error
}

// pairs settles this pair and hands on those that the closed record was in.
func (m *merging) pairs() error {
	var pairs []models.Duplicate
	if err := m.tx.Where("one_id = ? OR other_id = ?", m.drop.ID, m.drop.ID).Order("id").Find(&pairs).Error; err != nil {
		return err
	}
	for _, d := range pairs {
		third := d.OneID
		if third == m.drop.ID {
			third = d.OtherID
		}
		if third == m.keep.ID {
			d.State, d.By, d.UpdatedAt = models.DuplicateMerged, m.by, m.now
			if err := saveRow(m.tx, &d); err != nil {
				return err
			}
			continue
		}
		if err := m.rePair(d, third); err != nil {
			return err
		}
	}
	return nil
}

func (m *merging) rePair(d models.Duplicate, third int64) error {
	one, other := min(third, m.keep.ID), max(third, m.keep.ID)
	standing, err := first[models.Duplicate](m.tx.Where("one_id = ? AND other_id = ?", one, other))
	if err != nil {
		return err
	}
	if err := m.tx.Delete(&d).Error; err != nil {
		return err
	}
	if standing != nil || d.State != models.DuplicateOpen {
		return nil
	}
	d.ID, d.OneID, d.OtherID, d.UpdatedAt = 0, one, other, m.now
	return m.tx.Create(&d).Error
}

// mergedInto are a person's record and those that became part of it, by
// whatever way round.
func mergedInto(db *gorm.DB, id int64) ([]int64, error) {
	ids := []int64{id}
	for from := ids; len(from) > 0; {
		var merged []int64
		if err := db.Model(&models.Prospect{}).Where("merged_into IN ?", from).Order("id").Pluck("id", &merged).Error; err != nil {
			return nil, err
		}
		ids, from = append(ids, merged...), merged
	}
	return ids, nil
}
