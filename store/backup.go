package store

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"strings"
	"time"
)

// BackupProgress is called now and then with how far a backup or a restore is.
type BackupProgress func(table string, rows int64)

// progressEvery rows.
const progressEvery = 10_000

// Backup writes the workspace from one snapshot, row by row: what is written
// while it runs is in it whole or not at all. Secrets stay encrypted; the key
// is not in it, nor are sessions.
func (s *Store) Backup(ctx context.Context, w io.Writer, now time.Time, progress BackupProgress) (BackupHeader, error) {
	h := BackupHeader{Format: backupFormat, Version: backupVersion, Dialect: s.dialect, CreatedAt: now.UTC(), KeyID: keyID(s.key)}
	db, err := s.read.DB()
	if err != nil {
		return h, unavailable(err)
	}
	opts := &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	if s.dialect == SQLite {
		opts = nil // a read transaction is a snapshot
	}
	tx, err := db.BeginTx(ctx, opts)
	if err != nil {
		return h, fmt.Errorf("backup: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	if s.dialect == Postgres {
		// It locks nothing that others wait for, and may stand still for as long as w does.
		if _, err := tx.ExecContext(ctx, "SET LOCAL idle_in_transaction_session_timeout = 0"); err != nil {
			return h, fmt.Errorf("backup: %w", err)
		}
	}
	err = tx.QueryRowContext(ctx, "SELECT MAX(version_id) FROM goose_db_version WHERE is_applied").Scan(&h.Schema)
	if err != nil {
		return h, fmt.Errorf("backup: the schema's version: %w", err)
	}
	tables, err := s.tableShapes(ctx, tx)
	if err != nil {
		return h, fmt.Errorf("backup: %w", err)
	}
	out := newBackupWriter(w)
	if err := out.write(h); err != nil {
		return h, err
	}
	var total int64
	for _, t := range tables {
		n, err := s.dumpTable(ctx, tx, out, t, progress)
		if err != nil {
			return h, fmt.Errorf("backup of %s: %w", t.name, err)
		}
		total += n
	}
	if err := out.finish(total); err != nil {
		return h, fmt.Errorf("backup: %w", err)
	}
	return h, nil
}

func (s *Store) dumpTable(ctx context.Context, tx *sql.Tx, out *backupWriter, t tableShape, progress BackupProgress) (int64, error) {
	head := backupLine{Table: t.name, Columns: t.names()}
	if t.numbered() {
		next, err := s.nextID(ctx, tx, t.name)
		if err != nil {
			return 0, err
		}
		head.NextID = next
	}
	if err := out.write(head); err != nil {
		return 0, err
	}
	exprs := make([]string, len(t.columns))
	for i, c := range t.columns {
		exprs[i] = quoted(c.name)
		if c.kind == kindJSON {
			exprs[i] = "CAST(" + exprs[i] + " AS text)"
		}
	}
	rows, err := tx.QueryContext(ctx, "SELECT "+strings.Join(exprs, ", ")+" FROM "+quoted(t.name)+" ORDER BY "+quotedList(t.key)) //nolint:gosec // G202: names come from the schema, quoted
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	values, row := make([]any, len(t.columns)), make([]any, len(t.columns))
	into := make([]any, len(t.columns))
	for i := range values {
		into[i] = &values[i]
	}
	var n int64
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return n, err
		}
		if t.name == "inbounds" || t.name == "kept_media" {
			s.bringBack(ctx, t, values)
		}
		for i, c := range t.columns {
			if row[i], err = encodeValue(c.kind, values[i]); err != nil {
				return n, fmt.Errorf("%s: %w", c.name, err)
			}
		}
		if err := out.write(row); err != nil {
			return n, err
		}
		if n++; progress != nil && n%progressEvery == 0 {
			progress(t.name, n)
		}
	}
	if progress != nil {
		progress(t.name, n)
	}
	return n, rows.Err()
}

// nextID is the id after the highest that was ever given: the audit trail
// speaks of rows that are gone, and theirs must not be given again.
func (s *Store) nextID(ctx context.Context, tx *sql.Tx, table string) (int64, error) {
	query := "SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = ?), 0) + 1"
	if s.dialect == Postgres {
		query = "SELECT COALESCE(pg_sequence_last_value(pg_get_serial_sequence($1, 'id')::regclass), 0) + 1"
	}
	var next int64
	err := tx.QueryRowContext(ctx, query, table).Scan(&next)
	return next, err
}
