package store

import (
	"context"
	"slices"
	"strconv"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// Unmerge makes two records again of two that a merge had made one. What came
// from the one that went goes back with all that has hung on it since; what
// was new since then and hangs on neither stays. An order not to contact that
// was given or lifted meanwhile holds for both: nobody is written to because
// the two were taken for one.
func (s *Store) Unmerge(ctx context.Context, id int64, by string, now time.Time) (models.Prospect, error) {
	var back models.Prospect
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		shapes, err := s.tableShapes(ctx, tx.Statement.ConnPool)
		if err != nil {
			return err
		}
		u := &unmerging{tx: tx, shapes: shapes, by: by, now: now, points: map[int64]int64{}}
		if err := u.lock(id); err != nil {
			return err
		}
		err = inTurn("undo a merge", []part{
			{"the records", u.records}, {"contact points", u.contactPoints}, {"what came with it", u.moved}, {"what hangs on it", u.hanging},
			{"addresses", u.repoint}, {"goals", u.goals}, {"pursuits", u.pursuits}, {"what both had heard", u.heard},
			{"conversations", u.conversations}, {"orders", u.orders}, {"what holds now", u.settle},
		})
		back = u.drop
		return err
	})
	return back, shown(err)
}

type unmerging struct {
	tx         *gorm.DB
	shapes     []tableShape
	merge      models.Merge
	was        models.MergeBefore
	keep, drop models.Prospect
	points     map[int64]int64 // of an address that both had: the kept row → the one that comes back
	by         string
	now        time.Time
}

func (u *unmerging) lock(id int64) error {
	m, err := first[models.Merge](u.tx.Where("id = ?", id))
	if err != nil {
		return err
	}
	if m == nil {
		return models.Errorf(models.CodeNotFound, "there is no merge %d", id)
	}
	locked, err := lockProspects(u.tx, []int64{m.KeepID, m.DropID})
	if err != nil {
		return err
	}
	// Read again with the locks held: somebody may have been faster.
	if err := u.tx.Where("id = ?", id).Take(&u.merge).Error; err != nil {
		return err
	}
	for _, p := range locked {
		if p.ID == m.KeepID {
			u.keep = p
		} else {
			u.drop = p
		}
	}
	if err := mayUndo(u.tx, u.merge, u.keep, u.drop, u.now); err != nil {
		return err
	}
	u.was = *u.merge.Before
	return nothingLeaves(u.tx, u.keep.ID, u.drop.ID)
}

// mayUndo says why a merge cannot be undone.
func mayUndo(tx *gorm.DB, m models.Merge, keep, drop models.Prospect, now time.Time) error {
	_, can := m.Undoable(now)
	switch {
	case m.UndoneAt != nil:
		return models.Errorf(models.CodeConflict, "these two were told apart already; load the page again")
	case keep.ErasedAt != nil || drop.ErasedAt != nil:
		return models.Errorf(models.CodeRefused, "their data was erased; there is nothing left to tell apart")
	case m.Before == nil:
		return models.Errorf(models.CodeRefused, "what this merge changed is not kept any more, so that it cannot be undone; add the other person anew and correct both by hand")
	case !can:
		return models.Errorf(models.CodeRefused, "a merge can be undone for %d days; add the other person anew and correct both by hand", int(models.MergeUndo.Hours()/24))
	case drop.MergedInto == nil || *drop.MergedInto != keep.ID:
		return models.Errorf(models.CodeConflict, "the record became part of another one since; undo that merge first")
	}
	later, err := first[models.Merge](tx.Where("id > ? AND undone_at IS NULL AND (keep_id = ? OR drop_id = ?)", m.ID, keep.ID, keep.ID))
	if err == nil && later != nil {
		err = models.Errorf(models.CodeConflict, "another record became part of this one since; undo that merge first")
	}
	return err
}

// records gives each its own words back. What a person changed since stays as
// they left it.
func (u *unmerging) records() error {
	k, kept, was := u.keep, u.was.Kept, u.was.Keep
	for _, f := range []struct{ now, then, before *string }{
		{&k.FirstName, &kept.FirstName, &was.FirstName}, {&k.LastName, &kept.LastName, &was.LastName}, {&k.Title, &kept.Title, &was.Title},
		{&k.Zone, &kept.Zone, &was.Zone}, {&k.Locale, &kept.Locale, &was.Locale}, {&k.Country, &kept.Country, &was.Country},
		{&k.Region, &kept.Region, &was.Region}, {&k.Notes, &kept.Notes, &was.Notes},
	} {
		if *f.now == *f.then {
			*f.now = *f.before
		}
	}
	if samePtr(k.CompanyID, kept.CompanyID) {
		k.CompanyID = was.CompanyID
	}
	k.Custom = fieldsBack(k.Custom, kept.Custom, was.Custom)
	if k.GapDays == kept.GapDays {
		k.GapDays = was.GapDays
	}
	if sameEnd(k.RestUntil, kept.RestUntil) {
		k.RestUntil = was.RestUntil
	}
	if sameEnd(k.LastTouchAt, kept.LastTouchAt) {
		k.LastTouchAt = was.LastTouchAt
	}
	k.CreatedAt = was.CreatedAt
	k.Revision, k.UpdatedAt = k.Revision+1, u.now
	d := u.drop
	d.MergedInto = nil
	d.Revision, d.UpdatedAt = d.Revision+1, u.now
	if err := saveRow(u.tx, &k); err != nil {
		return err
	}
	if err := saveRow(u.tx, &d); err != nil {
		return err
	}
	points, err := contactPointsOf(u.tx, k.ID)
	if err != nil {
		return err
	}
	if _, err := keepEdits(u.tx, u.keep, k, points, u.by, u.now); err != nil {
		return err
	}
	u.keep, u.drop = k, d
	if len(u.was.Parts) == 0 {
		return nil
	}
	return u.tx.Model(&models.Prospect{}).Where(anyOf(u.tx, "id", u.was.Parts)).Where("merged_into = ?", k.ID).UpdateColumn("merged_into", d.ID).Error
}

// fieldsBack undoes what a merge wrote into somebody's own fields.
func fieldsBack(now, then, before map[string]string) map[string]string {
	back := map[string]string{}
	for k, v := range now {
		if v == then[k] {
			v = before[k]
		}
		if v != "" {
			back[k] = v
		}
	}
	if len(back) == 0 {
		return nil
	}
	return back
}

// contactPoints gives back what moved, and makes anew what both had. What
// became known of such an address since holds for both.
func (u *unmerging) contactPoints() error {
	if ids := u.merge.Moved["contact_points"]; len(ids) > 0 {
		err := u.tx.Model(&models.ContactPoint{}).Where(anyOf(u.tx, "id", ids)).Where("prospect_id = ?", u.keep.ID).
			UpdateColumns(map[string]any{"prospect_id": u.drop.ID, "updated_at": u.now}).Error
		if err != nil {
			return err
		}
	}
	for _, same := range u.was.Same {
		gone := same.Gone
		gone.ID = 0
		stands, err := first[models.ContactPoint](u.tx.Where("id = ?", same.KeptID))
		if err != nil {
			return err
		}
		if stands != nil && stands.UpdatedAt.After(u.merge.At) {
			position, label := gone.Position, gone.Label
			gone = *stands
			gone.ID, gone.Position, gone.Label, gone.CreatedAt = 0, position, label, same.Gone.CreatedAt
		}
		gone.ProspectID, gone.UpdatedAt = u.drop.ID, u.now
		if err := u.tx.Create(&gone).Error; err != nil {
			return err
		}
		u.points[same.KeptID] = gone.ID
	}
	return nil
}

// moved gives back every row that the merge moved.
func (u *unmerging) moved() error {
	for _, t := range u.shapes {
		if slices.Contains(mergeApart, t.name) || !slices.Contains(t.names(), "prospect_id") {
			continue
		}
		for ids := range slices.Chunk(u.merge.Moved[t.name], valuesPerStatement) {
			if err := u.give(t.name, anyOf(u.tx, "id", ids)); err != nil {
				return err
			}
		}
	}
	return nil
}

// give hands rows of the kept record to the other one.
func (u *unmerging) give(table string, which any) error {
	return u.tx.Exec("UPDATE "+quoted(table)+" SET prospect_id = ? WHERE prospect_id = ? AND ?", u.drop.ID, u.keep.ID, which).Error
}

// record notes that the two are two again. What the merge changed is
// forgotten: it names both.
func (u *unmerging) record() error {
	m := u.merge
	m.Before, m.UndoneAt, m.UndoneBy = nil, &u.now, u.by
	if err := saveRow(u.tx, &m); err != nil {
		return err
	}
	id := func(n int64) string { return strconv.FormatInt(n, 10) }
	return addEvents(u.tx,
		models.Event{At: u.now, Actor: u.by, Kind: models.EventMergeUndone, ProspectID: &u.keep.ID, Data: map[string]string{"from": id(u.drop.ID)}},
		models.Event{At: u.now, Actor: u.by, Kind: models.EventMergeUndone, ProspectID: &u.drop.ID, Data: map[string]string{"from": id(u.keep.ID)}})
}
