package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm/schema"
)

// Bulk writes rows of one table, with the ids that they carry, as fast as the
// database takes them: by COPY on PostgreSQL, in one transaction on SQLite.
// It is for filling a workspace, not for its work: it writes no events.
func Bulk[T any](ctx context.Context, s *Store, rows iter.Seq[T]) (int, error) {
	var zero T
	sch, err := schema.Parse(zero, &sync.Map{}, schema.NamingStrategy{})
	if err != nil {
		return 0, err
	}
	var fields []*schema.Field
	var columns []string
	for _, f := range sch.Fields {
		if f.DBName != "" {
			fields, columns = append(fields, f), append(columns, f.DBName)
		}
	}
	next, stop := iter.Pull(rows)
	defer stop()
	src := &bulkRows{}
	src.next = func() ([]any, bool) {
		row, ok := next()
		if !ok {
			return nil, false
		}
		src.n++
		v := reflect.ValueOf(&row).Elem()
		values := make([]any, len(fields))
		for i, f := range fields {
			values[i], _ = f.ValueOf(ctx, v)
		}
		return values, true
	}
	db, err := s.write.DB()
	if err != nil {
		return 0, err
	}
	if s.dialect == Postgres {
		err = bulkCopy(ctx, db, sch.Table, columns, src)
	} else {
		err = bulkInsert(ctx, db, sch.Table, columns, src)
	}
	if err != nil {
		return src.n, fmt.Errorf("fill %s: %w", sch.Table, err)
	}
	return src.n, nil
}

// bulkRows is a pgx.CopyFromSource.
type bulkRows struct {
	next   func() ([]any, bool)
	values []any
	n      int
}

func (r *bulkRows) Next() (ok bool)        { r.values, ok = r.next(); return ok }
func (r *bulkRows) Values() ([]any, error) { return r.values, nil }
func (r *bulkRows) Err() error             { return nil }

func bulkCopy(ctx context.Context, db *sql.DB, table string, columns []string, src *bulkRows) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return conn.Raw(func(driver any) error {
		_, err := driver.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{table}, columns, src)
		return err
	})
}

func bulkInsert(ctx context.Context, db *sql.DB, table string, columns []string, src *bulkRows) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ")
	insert, err := tx.PrepareContext(ctx, "INSERT INTO "+quoted(table)+" ("+quotedList(columns)+") VALUES ("+marks+")") //nolint:gosec // G202: names come from our own types, quoted
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	for src.Next() {
		if _, err := insert.ExecContext(ctx, src.values...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// Filled makes a filled workspace ready: the next ids follow the highest, and
// the planner knows what there is.
func (s *Store) Filled(ctx context.Context) error {
	db, err := s.write.DB()
	if err != nil {
		return err
	}
	if s.dialect != Postgres {
		_, err := db.ExecContext(ctx, "ANALYZE")
		return err
	}
	shapes, err := s.tableShapes(ctx, db)
	if err != nil {
		return err
	}
	for _, t := range shapes {
		if !t.numbered() {
			continue
		}
		_, err := db.ExecContext(ctx, fmt.Sprintf("SELECT setval(pg_get_serial_sequence('%[1]s', 'id'), m) FROM (SELECT MAX(id) AS m FROM %[1]s) x WHERE m IS NOT NULL", quoted(t.name)))
		if err != nil {
			return fmt.Errorf("number %s: %w", t.name, err)
		}
	}
	_, err = db.ExecContext(ctx, "VACUUM (ANALYZE)")
	return err
}
