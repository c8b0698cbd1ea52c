package store

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// write adds the deltas to the table, in the keys' order.
func (d cellDeltas) write(tx *gorm.DB) error {
	keys := make([]cellKey, 0, len(d))
	for k, m := range d {
		if m != (measures{}) {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b cellKey) int {
		return cmp.Or(cmp.Compare(a.Grain, b.Grain), cmp.Compare(a.Rep, b.Rep), cmp.Compare(a.Step, b.Step), cmp.Compare(a.On, b.On), cmp.Compare(a.Slot, b.Slot))
	})
	if isPostgres(tx) {
		for chunk := range slices.Chunk(keys, cellsPerStatement) {
			if err := d.upsertArrays(tx, chunk); err != nil {
				return err
			}
		}
		return nil
	}
	for _, size := range insertSizes {
		for len(keys) >= size {
			if err := d.upsert(tx, keys[:size]); err != nil {
				return err
			}
			keys = keys[size:]
		}
	}
	return nil
}

// cellsPerStatement of PostgreSQL, which takes them as arrays: a third of the
// time of lists of values.
const cellsPerStatement = 5000

const cellsKnown = " ON CONFLICT (grain, rep_id, step_id, starts_on, slot) DO UPDATE SET "

func (d cellDeltas) upsertArrays(tx *gorm.DB, keys []cellKey) error {
	grains := make([]string, len(keys))
	var numbers [4 + len(measures{})][]int64
	for i := range numbers {
		numbers[i] = make([]int64, len(keys))
	}
	for i, k := range keys {
		grains[i] = k.Grain
		for c, n := range []int64{k.Rep, k.Step, int64(k.On), int64(k.Slot)} {
			numbers[c][i] = n
		}
		for c, n := range d[k] {
			numbers[4+c][i] = n
		}
	}
	args := []any{pgArray(grains)}
	for _, n := range numbers {
		args = append(args, pgArray(n))
	}
	sql := "INSERT INTO insight_cells (grain, rep_id, step_id, starts_on, slot, " + measureColumns + ") SELECT * FROM unnest(?::text[]" +
		strings.Repeat(", ?::bigint[]", len(numbers)) + ")" + cellsKnown + addedMeasures
	if err := tx.Exec(sql, args...).Error; err != nil {
		return fmt.Errorf("add to the figures: %w", err)
	}
	return nil
}

// addedMeasures adds what is inserted to what is there.
var addedMeasures = func() string {
	var sets []string
	for c := range strings.SplitSeq(measureColumns, ", ") {
		sets = append(sets, c+" = insight_cells."+c+" + excluded."+c)
	}
	return strings.Join(sets, ", ")
}()

const cellValues = "(?,?,?,?,?,?,?,?,?,?,?,?,?,?)"

// upserts by number of rows: the statements keep their shape.
var upserts = func() map[int]string {
	out := map[int]string{}
	for _, size := range insertSizes {
		sql := "INSERT INTO insight_cells (grain, rep_id, step_id, starts_on, slot, " + measureColumns + ") VALUES "
		for i := range size {
			if i > 0 {
				sql += ","
			}
			sql += cellValues
		}
		sql += cellsKnown + addedMeasures
		out[size] = sql
	}
	return out
}()

func (d cellDeltas) upsert(tx *gorm.DB, keys []cellKey) error {
	args := make([]any, 0, 14*len(keys))
	for _, k := range keys {
		args = append(args, k.Grain, k.Rep, k.Step, k.On, k.Slot)
		for _, n := range d[k] {
			args = append(args, n)
		}
	}
	if err := tx.Exec(upserts[len(keys)], args...).Error; err != nil {
		return fmt.Errorf("add to the figures: %w", err)
	}
	return nil
}

// keepCounted writes what people are counted for now.
func keepCounted(tx *gorm.DB, people []int64, counted [][]byte) error {
	const known = " ON CONFLICT (prospect_id) DO UPDATE SET counted = excluded.counted"
	if len(people) == 0 {
		return nil
	}
	if isPostgres(tx) {
		return tx.Exec("INSERT INTO insight_people (prospect_id, counted) SELECT * FROM unnest(?::bigint[], ?::bytea[])"+known,
			pgArray(people), &counted).Error
	}
	for i, id := range people {
		if err := tx.Exec("INSERT INTO insight_people (prospect_id, counted) VALUES (?, ?)"+known, id, counted[i]).Error; err != nil {
			return err
		}
	}
	return nil
}
