package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"

	"followup/models"
)

// RestoreReport says what was restored.
type RestoreReport struct {
	Header BackupHeader
	Rows   int64
	// OtherKey: the secrets were sealed with another key than this
	// installation's and do not open.
	OtherKey bool
}

// Restore fills an empty database from a backup of either dialect, in one
// transaction: on any error nothing of it stays. The workspace starts paused.
func (s *Store) Restore(ctx context.Context, r io.Reader, now time.Time, progress BackupProgress) (RestoreReport, error) {
	var report RestoreReport
	in, err := newBackupReader(r)
	if err != nil {
		return report, err
	}
	report.Header, report.OtherKey = in.header, in.header.KeyID != keyID(s.key)
	if err := s.prepareFor(ctx, in.header); err != nil {
		return report, err
	}
	if err := s.load(ctx, in, now, progress); err != nil {
		return report, err
	}
	report.Rows = in.rows
	// The backup may be of an older schema: its rows walk the same way as
	// those of a database that was there all the time.
	return report, s.Migrate(ctx)
}

// prepareFor makes the schema that the backup was taken of, and refuses where
// there is something to overwrite.
func (s *Store) prepareFor(ctx context.Context, h BackupHeader) error {
	p, err := s.migrations()
	if err != nil {
		return err
	}
	have, newest, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if h.Schema > newest {
		return models.Errorf(models.CodeConflict,
			"the backup has schema %d, and this program knows only up to %d; restore it with the program that wrote it or a newer one", h.Schema, newest)
	}
	if have > h.Schema {
		return models.Errorf(models.CodeConflict,
			"the database has schema %d already and the backup is of schema %d; name a database without any table, and it will be brought up to date after restoring", have, h.Schema)
	}
	if have > 0 {
		if err := s.refuseContent(ctx); err != nil {
			return err
		}
	}
	if h.Schema < 1 {
		return damaged("it names no schema")
	}
	if _, err := p.UpTo(ctx, h.Schema); err != nil {
		return fmt.Errorf("make the schema: %w", err)
	}
	return nil
}

func (s *Store) refuseContent(ctx context.Context) error {
	db, err := s.write.DB()
	if err != nil {
		return unavailable(err)
	}
	tables, err := s.tableShapes(ctx, db)
	if err != nil {
		return err
	}
	for _, t := range tables {
		var one int
		err := db.QueryRowContext(ctx, "SELECT 1 FROM "+quoted(t.name)+" LIMIT 1").Scan(&one)
		if err == nil {
			return models.Errorf(models.CodeConflict, "the database is not empty (there are %s); a backup is restored into an empty one only, nothing was changed",
				strings.ReplaceAll(t.name, "_", " "))
		}
		if err != sql.ErrNoRows {
			return fmt.Errorf("look into %s: %w", t.name, err)
		}
	}
	return nil
}

// load is the one transaction.
func (s *Store) load(ctx context.Context, in *backupReader, now time.Time, progress BackupProgress) (err error) {
	db, err := s.write.DB()
	if err != nil {
		return unavailable(err)
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return unavailable(err)
	}
	defer func() { _ = conn.Close() }()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback()
		}
	}()
	if s.dialect == Postgres {
		// Nobody waits for an empty database, and what is read may come slowly.
		if _, err = tx.ExecContext(ctx, "SET LOCAL idle_in_transaction_session_timeout = 0"); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
	}
	l := &loading{store: s, ctx: ctx, conn: conn, tx: tx, in: in, progress: progress}
	if err = l.run(); err != nil {
		return err
	}
	g := s.write.Session(&gorm.Session{Context: ctx, NewDB: true})
	g.Statement.ConnPool = tx
	if err = markRestored(g, in.header, now); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err = tx.Commit(); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return nil
}

type loading struct {
	store    *Store
	ctx      context.Context
	conn     *sql.Conn
	tx       *sql.Tx
	in       *backupReader
	progress BackupProgress
}

func (l *loading) run() error {
	shapes, err := l.store.tableShapes(l.ctx, l.tx)
	if err != nil {
		return err
	}
	freed, err := l.freeReferences()
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	seen := map[string]bool{}
	for {
		head, more, err := l.in.table()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		i := slices.IndexFunc(shapes, func(t tableShape) bool { return t.name == head.Table })
		if i < 0 || seen[head.Table] {
			return damaged("the table %.40q is not expected", head.Table)
		}
		seen[head.Table] = true
		if err := l.table(shapes[i], head); err != nil {
			return err
		}
	}
	for _, t := range shapes {
		if !seen[t.name] {
			return damaged("the table %s is missing", t.name)
		}
	}
	for _, statement := range freed { // what refers to nothing is found here
		if _, err := l.tx.ExecContext(l.ctx, statement); err != nil {
			if isForeignKey(err) {
				return damaged("a row refers to another that is not in it: %v", err)
			}
			return fmt.Errorf("restore: %w", err)
		}
	}
	return nil
}

// freeReferences lets rows come in any order, for tables refer to each other.
// What it gives back puts the references back and checks them.
func (l *loading) freeReferences() (back []string, err error) {
	if l.store.dialect == SQLite {
		_, err := l.tx.ExecContext(l.ctx, "PRAGMA defer_foreign_keys = ON") // until the commit, which checks
		return nil, err
	}
	rows, err := l.tx.QueryContext(l.ctx, `SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
		WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY 1, 2`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var drop []string
	for rows.Next() {
		var table, name, definition string
		if err := rows.Scan(&table, &name, &definition); err != nil {
			return nil, err
		}
		drop = append(drop, "ALTER TABLE "+table+" DROP CONSTRAINT "+quoted(name))
		back = append(back, "ALTER TABLE "+table+" ADD CONSTRAINT "+quoted(name)+" "+definition)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, statement := range drop {
		if _, err := l.tx.ExecContext(l.ctx, statement); err != nil {
			return nil, err
		}
	}
	return back, nil
}

func (l *loading) table(t tableShape, head backupLine) error {
	kinds := make([]valueKind, len(head.Columns))
	for i, name := range head.Columns {
		at := slices.Index(t.names(), name)
		if at < 0 || slices.Index(head.Columns, name) != i {
			return damaged("the column %.40q of %s is not expected", name, t.name)
		}
		kinds[i] = t.columns[at].kind
	}
	if len(head.Columns) != len(t.columns) {
		return damaged("the table %s has not all its columns", t.name)
	}
	src := &rowSource{l: l, table: t.name, kinds: kinds}
	var err error
	if l.store.dialect == Postgres {
		err = l.copyIn(t.name, head.Columns, src)
	} else {
		err = l.insertInto(t.name, head.Columns, src)
	}
	if src.err != nil {
		return src.err
	}
	if err != nil {
		return fmt.Errorf("restore %s: %w", t.name, err)
	}
	if l.progress != nil {
		l.progress(t.name, src.rows)
	}
	if !t.numbered() {
		return nil
	}
	return l.number(t.name, head.NextID)
}

func (l *loading) copyIn(table string, columns []string, src *rowSource) error {
	return l.conn.Raw(func(driver any) error { // the transaction is this connection's
		_, err := driver.(*stdlib.Conn).Conn().CopyFrom(l.ctx, pgx.Identifier{table}, columns, src)
		return err
	})
}

func (l *loading) insertInto(table string, columns []string, src *rowSource) error {
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ")
	insert, err := l.tx.PrepareContext(l.ctx, "INSERT INTO "+quoted(table)+" ("+quotedList(columns)+") VALUES ("+marks+")") //nolint:gosec // G202: names come from the schema, quoted
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	for src.Next() {
		if _, err := insert.ExecContext(l.ctx, src.values...); err != nil {
			return err
		}
	}
	return src.err
}

// number makes the next row's id follow the highest that was ever given.
func (l *loading) number(table string, next int64) error {
	var highest int64
	if err := l.tx.QueryRowContext(l.ctx, "SELECT COALESCE(MAX(id), 0) FROM "+quoted(table)).Scan(&highest); err != nil {
		return err
	}
	next = max(next, highest+1)
	var err error
	switch {
	case next <= 1:
		return nil
	case l.store.dialect == Postgres:
		_, err = l.tx.ExecContext(l.ctx, "SELECT setval(pg_get_serial_sequence($1, 'id'), $2)", table, next-1)
	default:
		_, err = l.tx.ExecContext(l.ctx, "DELETE FROM sqlite_sequence WHERE name = ?", table)
		if err == nil {
			_, err = l.tx.ExecContext(l.ctx, "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", table, next-1)
		}
	}
	if err != nil {
		return fmt.Errorf("restore %s: its numbering: %w", table, err)
	}
	return nil
}

// rowSource reads a table's rows; it is a pgx.CopyFromSource.
type rowSource struct {
	l      *loading
	table  string
	kinds  []valueKind
	values []any
	rows   int64
	err    error
}

// Next implements pgx.CopyFromSource.
func (s *rowSource) Next() bool {
	row, err := s.l.in.row()
	if err != nil || row == nil {
		s.err = err
		return false
	}
	if len(row) != len(s.kinds) {
		s.err = damaged("a row of %s has %d values", s.table, len(row))
		return false
	}
	for i := range row {
		if row[i], s.err = decodeValue(s.l.store.dialect, s.kinds[i], row[i]); s.err != nil {
			return false
		}
	}
	s.values = row
	if s.rows++; s.l.progress != nil && s.rows%progressEvery == 0 {
		s.l.progress(s.table, s.rows)
	}
	return true
}

// Values implements pgx.CopyFromSource.
func (s *rowSource) Values() ([]any, error) { return s.values, nil }

// Err implements pgx.CopyFromSource.
func (s *rowSource) Err() error { return s.err }

// markRestored pauses the workspace in the transaction that fills it, and takes
// every proof back that inbound was read. It touches settings and senders only,
// in columns that every schema has.
func markRestored(tx *gorm.DB, h BackupHeader, now time.Time) error {
	set, err := settingsIn(tx)
	if err != nil {
		return err
	}
	set.Restored = &models.Restored{BackupOf: h.CreatedAt, At: now.UTC(), WasPaused: set.Paused, WasWhy: set.PausedWhy, WasBy: set.PausedBy}
	set.Paused, set.PausedBy = true, "the restoring"
	set.PausedWhy = "restored from a backup of " + h.CreatedAt.UTC().Format("2006-01-02 15:04 MST") + "; the task about it says what to decide"
	data, err := json.Marshal(set)
	if err != nil {
		return err
	}
	if err := tx.Save(&settingsRow{ID: 1, Data: string(data)}).Error; err != nil {
		return err
	}
	if err := tx.Exec("UPDATE senders SET inbound_read_at = NULL").Error; err != nil {
		return err
	}
	return tx.Exec("INSERT INTO events (at, actor, kind, code) VALUES (?, ?, ?, ?)", now.UTC(), models.ActorSystem, models.EventSettings, models.HoldRestored).Error
}
