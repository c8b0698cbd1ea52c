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
// database takes them, in one transaction: on PostgreSQL by COPY, its indexes
// built afterwards. It is for filling a workspace, not for its work: it writes
// no events, and others wait for the table meanwhile.
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
		return pgx.BeginFunc(ctx, driver.(*stdlib.Conn).Conn(), func(tx pgx.Tx) error {
			laterOn, err := setAside(ctx, tx, table)
			if err != nil {
				return err
			}
			if _, err := tx.CopyFrom(ctx, pgx.Identifier{table}, columns, src); err != nil {
				return err
			}
			for _, statement := range laterOn {
				if _, err := tx.Exec(ctx, statement); err != nil {
					return fmt.Errorf("%s: %w", statement, err)
				}
			}
			return nil
		})
	})
}

// asideFrom lists the foreign keys of a table and the indexes that are no
// constraint's, each with what removes it and what makes it again. Kept up
// row by row they cost several times what building them at once does.
const asideFrom = `
SELECT 'ALTER TABLE ' || c.conrelid::regclass || ' DROP CONSTRAINT ' || quote_ident(c.conname),
	'ALTER TABLE ' || c.conrelid::regclass || ' ADD CONSTRAINT ' || quote_ident(c.conname) || ' ' || pg_get_constraintdef(c.oid)
FROM pg_constraint c WHERE c.conrelid = $1::text::regclass AND c.contype = 'f'
UNION ALL
SELECT 'DROP INDEX ' || i.indexrelid::regclass, pg_get_indexdef(i.indexrelid)
FROM pg_index i WHERE i.indrelid = $1::text::regclass AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)`

type aside struct{ Remove, Restore string }

// setAside removes what slows filling a table down and tells what brings it
// back, in the same transaction.
func setAside(ctx context.Context, tx pgx.Tx, table string) (laterOn []string, err error) {
	rows, err := tx.Query(ctx, asideFrom, table)
	if err != nil {
		return nil, err
	}
	pairs, err := pgx.CollectRows(rows, pgx.RowToStructByPos[aside])
	if err != nil {
		return nil, err
	}
	for _, pair := range pairs {
		if _, err := tx.Exec(ctx, pair.Remove); err != nil {
			return nil, fmt.Errorf("%s: %w", pair.Remove, err)
		}
		laterOn = append(laterOn, pair.Restore)
	}
	_, err = tx.Exec(ctx, "SET LOCAL maintenance_work_mem = '512MB'")
	return laterOn, err
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
