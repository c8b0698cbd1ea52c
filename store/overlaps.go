package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// Overlaps are the calls of a batch that can be booked and would overlap
// another one of the same rep: one that is booked, or one of the same batch.
func (s *Store) Overlaps(ctx context.Context, batch models.Batch, now time.Time) ([]models.Overlap, error) {
	db := s.reader(ctx)
	var rows []struct {
		ID      int64
		Name    string
		CallAt  time.Time
		OwnerID int64
	}
	err := db.Table("batch_rows").Select("batch_rows.id, batch_rows.name, batch_rows.call_at, prospects.owner_id").
		Joins("JOIN prospects ON prospects.id = batch_rows.prospect_id").
		Where("batch_rows.batch_id = ? AND batch_rows.state = ? AND batch_rows.call_at > ?", batch.ID, models.RowReady, now).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	var calls []wantedCall
	for _, r := range rows {
		rep := r.OwnerID
		if batch.Options.RepID != 0 {
			rep = batch.Options.RepID
		}
		calls = append(calls, wantedCall{row: r.ID, rep: rep, with: r.Name, span: callFrom(r.CallAt, models.CallMinutes)})
	}
	return overlapping(db, calls)
}

// OverlapAt is another call of a rep in the time of one that is to be booked;
// nil: there is none.
func (s *Store) OverlapAt(ctx context.Context, repID int64, at time.Time) (*models.Overlap, error) {
	all, err := overlapping(s.reader(ctx), []wantedCall{{rep: repID, span: callFrom(at, models.CallMinutes)}})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// wantedCall is a rep's call: to be booked, or booked (row 0).
type wantedCall struct {
	row, rep int64
	with     string
	span     models.Interval
	booked   bool
}

func callFrom(at time.Time, minutes int) models.Interval {
	at = at.UTC().Truncate(time.Minute)
	return models.Interval{From: at, To: at.Add(time.Duration(max(minutes, 1)) * time.Minute)}
}

// overlapping finds for each wanted call the first other one that it overlaps.
func overlapping(db *gorm.DB, wanted []wantedCall) ([]models.Overlap, error) {
	reps, span := idSet{}, wanted[0].span
	for i := range wanted {
		reps.add(&wanted[i].rep)
		if wanted[i].span.From.Before(span.From) {
			span.From = wanted[i].span.From
		}
		if wanted[i].span.To.After(span.To) {
			span.To = wanted[i].span.To
		}
	}
	all := slices.Clone(wanted)
	for _, rep := range reps.list() {
		booked, err := repCalls(db, rep, span)
		if err != nil {
			return nil, err
		}
		who, err := whomTheyCall(db, booked)
		if err != nil {
			return nil, err
		}
		for _, a := range booked {
			all = append(all, wantedCall{rep: rep, with: who[a.ProspectID], span: callSpan(a), booked: true})
		}
	}
	slices.SortStableFunc(all, func(a, b wantedCall) int {
		return cmp.Or(cmp.Compare(a.rep, b.rep), a.span.From.Compare(b.span.From))
	})
	users, err := rowsByID(db, reps.list(), func(u models.User) int64 { return u.ID })
	if err != nil {
		return nil, err
	}
	var found []models.Overlap
	for i, c := range all {
		if c.booked {
			continue
		}
		if o := firstOverlap(all, i); o != nil {
			found = append(found, models.Overlap{RowID: c.row, Rep: users[c.rep], With: o.with, Call: o.span, Booked: o.booked})
		}
	}
	return found, nil
}

// firstOverlap looks from a call in both directions, as far as any call lasts.
func firstOverlap(all []wantedCall, at int) *wantedCall {
	c := all[at]
	for i := at - 1; i >= 0 && all[i].rep == c.rep && all[i].span.From.After(c.span.From.Add(-longestCall)); i-- {
		if all[i].span.Overlaps(c.span) {
			return &all[i]
		}
	}
	for i := at + 1; i < len(all) && all[i].rep == c.rep && all[i].span.From.Before(c.span.To); i++ {
		if all[i].span.Overlaps(c.span) {
			return &all[i]
		}
	}
	return nil
}

func whomTheyCall(db *gorm.DB, calls []models.Appointment) (map[int64]string, error) {
	ids := idSet{}
	for i := range calls {
		ids.add(&calls[i].ProspectID)
	}
	people, err := rowsByID(db, ids.list(), func(p models.Prospect) int64 { return p.ID })
	if err != nil {
		return nil, err
	}
	names := make(map[int64]string, len(people))
	for id, p := range people {
		names[id] = p.Name()
	}
	return names, nil
}

// WarnRows writes beside rows of a batch what a person should look at.
func (s *Store) WarnRows(ctx context.Context, warnings map[int64]string, now time.Time) error {
	if len(warnings) == 0 {
		return nil
	}
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		for id, words := range warnings {
			err := tx.Model(&models.BatchRow{}).Where("id = ?", id).UpdateColumns(map[string]any{"warning": words, "updated_at": now}).Error
			if err != nil {
				return err
			}
		}
		return nil
	}))
}

// BatchWarnings counts the rows of a batch that say what to look at.
func (s *Store) BatchWarnings(ctx context.Context, id int64) (int64, error) {
	var n int64
	err := s.reader(ctx).Model(&models.BatchRow{}).Where("batch_id = ? AND warning <> ''", id).Count(&n).Error
	return n, err
}
