package store

import (
	"context"
	"fmt"
	"sort"
	"strconv"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// Who may be one person: the same address or number, or the same name at the
// same company. A pair is kept once, whatever was found first, and what a
// person said of it stays said.
const (
	twinsByPoint = `INSERT INTO duplicates (one_id, other_id, reason, state, "by", found_at, updated_at)
		SELECT x.one_id, x.other_id, MIN(CASE x.kind WHEN 'email' THEN 'same_address' ELSE 'same_number' END), 'open', '', %[1]s, %[1]s FROM (
			SELECT CASE WHEN a.prospect_id < b.prospect_id THEN a.prospect_id ELSE b.prospect_id END AS one_id,
				CASE WHEN a.prospect_id < b.prospect_id THEN b.prospect_id ELSE a.prospect_id END AS other_id, a.kind
			FROM contact_points a JOIN contact_points b ON b.value = a.value AND b.prospect_id <> a.prospect_id
			JOIN prospects p ON p.id = a.prospect_id AND p.merged_into IS NULL AND p.erased_at IS NULL
			JOIN prospects q ON q.id = b.prospect_id AND q.merged_into IS NULL AND q.erased_at IS NULL
			WHERE %[2]s
		) x WHERE true GROUP BY x.one_id, x.other_id
		ON CONFLICT (one_id, other_id) DO NOTHING`
	twinsByName = `INSERT INTO duplicates (one_id, other_id, reason, state, "by", found_at, updated_at)
		SELECT DISTINCT CASE WHEN p.id < q.id THEN p.id ELSE q.id END, CASE WHEN p.id < q.id THEN q.id ELSE p.id END, 'same_name', 'open', '', %[1]s, %[1]s
		FROM prospects p JOIN prospects q ON q.company_id = p.company_id AND q.id <> p.id
			AND lower(q.last_name) = lower(p.last_name) AND lower(q.first_name) = lower(p.first_name)
		WHERE p.last_name <> '' AND p.first_name <> '' AND p.merged_into IS NULL AND p.erased_at IS NULL AND q.merged_into IS NULL AND q.erased_at IS NULL AND %[2]s
		ON CONFLICT (one_id, other_id) DO NOTHING`
)

// nowOf is the parameter @now where its type cannot be inferred.
func nowOf(tx *gorm.DB) string {
	if isPostgres(tx) {
		return "CAST(@now AS timestamptz)"
	}
	return "@now"
}

// findTwins looks for records like one.
func findTwins(tx *gorm.DB, id int64, now time.Time) error {
	for sql, where := range map[string]string{twinsByPoint: "a.prospect_id = @id", twinsByName: "p.id = @id"} {
		if err := tx.Exec(fmt.Sprintf(sql, nowOf(tx), where), map[string]any{"now": now, "id": id}).Error; err != nil {
			return err
		}
	}
	return nil
}

// FindDuplicates looks through everybody, for what came in by other ways than
// by hand. It takes seconds over a million and runs at night.
func (s *Store) FindDuplicates(ctx context.Context, now time.Time) error {
	return s.inTx(ctx, func(tx *gorm.DB) error { return findAllTwins(tx, now) })
}

// NightlyDuplicates does so once a day, however many replicas run.
func (s *Store) NightlyDuplicates(ctx context.Context, now time.Time) error {
	return s.inTx(ctx, func(tx *gorm.DB) error {
		if first, err := firstOf(tx, "duplicates", now.UTC().Format(time.DateOnly), now); err != nil || !first {
			return err
		}
		// What a merge changed names people, and serves nobody once it cannot be undone.
		if err := tx.Exec("UPDATE merges SET before_merge = NULL WHERE before_merge IS NOT NULL AND at < ?", now.Add(-models.MergeUndo)).Error; err != nil {
			return err
		}
		return findAllTwins(tx, now)
	})
}

func findAllTwins(tx *gorm.DB, now time.Time) error {
	// One direction of each pair is enough here.
	for _, sql := range []string{fmt.Sprintf(twinsByPoint, nowOf(tx), "a.prospect_id < b.prospect_id"), fmt.Sprintf(twinsByName, nowOf(tx), "p.id < q.id")} {
		if err := tx.Exec(sql, map[string]any{"now": now}).Error; err != nil {
			return err
		}
	}
	return nil
}

// DuplicateRow is a pair with who they are.
type DuplicateRow struct {
	models.Duplicate
	One, Other Who
	OnePoint   string
	OtherPoint string
}

// DuplicateList is a page of pairs.
type DuplicateList struct {
	Rows  []DuplicateRow
	Next  string
	Total Count
}

// ViewDuplicates lists the pairs that nobody has judged yet, the newest
// first; both of a pair must be seen.
func (s *Store) ViewDuplicates(ctx context.Context, sees Visibility, page models.Page) (DuplicateList, error) {
	db := s.reader(ctx)
	var out DuplicateList
	q := db.Model(&models.Duplicate{}).Where("duplicates.state = 'open'")
	if !sees.All {
		for _, side := range []string{"one_id", "other_id"} {
			q = q.Where("EXISTS (?)", sees.owners(db.Model(&models.Prospect{}).Select("1").Where("prospects.id = duplicates."+side), "prospects.owner_id"))
		}
	}
	// Whom both of a pair are is asked of each pair: the page is taken from
	// what was counted, where it lies within.
	var counted []int64
	if err := q.Session(&gorm.Session{}).Order("duplicates.id DESC").Limit(countLimit+1).Pluck("duplicates.id", &counted).Error; err != nil {
		return out, err
	}
	out.Total = atMost(len(counted), countLimit)
	limit := limitOf(page)
	pairs, err := duplicatesAfter(q, counted, !out.Total.More, page.After, limit)
	if err != nil {
		return out, err
	}
	if len(pairs) > limit {
		pairs = pairs[:limit]
		out.Next = encodeCursor(strconv.FormatInt(pairs[limit-1].ID, 10))
	}
	ids := idSet{}
	for i := range pairs {
		ids.add(&pairs[i].OneID, &pairs[i].OtherID)
	}
	who, err := s.whoByID(db, ids.list())
	if err != nil {
		return out, err
	}
	points, err := firstPoints(db, ids.list())
	if err != nil {
		return out, err
	}
	for _, d := range pairs {
		out.Rows = append(out.Rows, DuplicateRow{Duplicate: d, One: who[d.OneID], Other: who[d.OtherID], OnePoint: points[d.OneID], OtherPoint: points[d.OtherID]})
	}
	return out, nil
}

// duplicatesAfter are the pairs after a cursor, one more than the limit. newest
// are the ids of the newest pairs; whole tells that they are all there are.
func duplicatesAfter(q *gorm.DB, newest []int64, whole bool, cursor string, limit int) ([]models.Duplicate, error) {
	if c, ok := decodeCursor(cursor, 1); ok {
		if id, err := strconv.ParseInt(c[0], 10, 64); err == nil {
			q = q.Where("duplicates.id < ?", id)
			newest = newest[sort.Search(len(newest), func(i int) bool { return newest[i] < id }):]
		}
	}
	if whole || len(newest) > limit {
		q = q.Session(&gorm.Session{NewDB: true}).Where(anyOf(q, "duplicates.id", newest[:min(len(newest), limit+1)]))
	}
	return load[models.Duplicate](q.Order("duplicates.id DESC").Limit(limit + 1))
}

// TwinsOf are the open pairs that a person is in.
func (s *Store) TwinsOf(ctx context.Context, id int64) ([]models.Duplicate, error) {
	var pairs []models.Duplicate
	err := s.reader(ctx).Where("state = 'open' AND (one_id = ? OR other_id = ?)", id, id).Order("id").Limit(20).Find(&pairs).Error
	return pairs, err
}

// Distinct records that two alike records are two people.
func (s *Store) Distinct(ctx context.Context, one, other int64, by string, now time.Time) error {
	if one > other {
		one, other = other, one
	}
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		done := tx.Model(&models.Duplicate{}).Where("one_id = ? AND other_id = ? AND state = 'open'", one, other).
			UpdateColumns(map[string]any{"state": models.DuplicateDistinct, "by": by, "updated_at": now})
		if done.Error != nil || done.RowsAffected == 0 {
			return done.Error
		}
		return addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventDistinct, ProspectID: &one, Data: map[string]string{"other": strconv.FormatInt(other, 10)}})
	}))
}
