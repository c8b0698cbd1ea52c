package store

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// cachedDB is a database of one connection that keeps its statements.
func cachedDB(t *testing.T) *sql.DB {
	t.Helper()
	c, err := newStatementCache(sqliteDSN(filepath.Join(t.TempDir(), "kept.db"), true, false))
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)"); err != nil {
		t.Fatal(err)
	}
	return db
}

// A statement that is kept gives what a fresh one gives: after an error, after
// the schema changed, and inside its own rows.
func TestKeptStatements(t *testing.T) {
	db := cachedDB(t)
	insert := func(name string) error {
		_, err := db.ExecContext(t.Context(), "INSERT INTO things (name) VALUES (?)", name)
		return err
	}
	for _, name := range []string{"a", "b", "c"} {
		if err := insert(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := insert("a"); err == nil || !isUnique(err) {
		t.Errorf("a second one of the same name: %v", err)
	}
	if err := insert("d"); err != nil {
		t.Errorf("after an error: %v", err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	const all = "SELECT name FROM things ORDER BY id"
	outer := read(t, tx, all, func() string { return strings.Join(read(t, tx, all, nil), "") })
	if got := strings.Join(outer, " "); got != "aabcd babcd cabcd dabcd" {
		t.Errorf("a statement inside its own rows: %q", got)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	const star = "SELECT * FROM things WHERE name = ?"
	for _, want := range []int{2, 3} {
		if cols := columnsOf(t, db, star); len(cols) != want {
			t.Errorf("%v columns, want %d", cols, want)
		}
		if want == 2 {
			if _, err := db.ExecContext(t.Context(), "ALTER TABLE things ADD COLUMN more TEXT"); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range 2 * keptStatements { // more than are kept
		var n int
		if err := db.QueryRowContext(t.Context(), fmt.Sprintf("SELECT COUNT(*) + %d FROM things", i)).Scan(&n); err != nil || n != i+4 {
			t.Fatalf("%d: %v", n, err)
		}
	}
}

// read gives the rows of one text column, each followed by what more gives.
func read(t *testing.T, tx *sql.Tx, query string, more func() string) (list []string) {
	t.Helper()
	rows, err := tx.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if more != nil {
			name += more()
		}
		list = append(list, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// A long text is not kept, nor what is neither reading nor writing.
func TestWorthKeeping(t *testing.T) {
	for query, want := range map[string]bool{
		"SELECT 1": true, "\n\tselect 1": true, "WITH x AS (SELECT 1) SELECT * FROM x": true, "UPDATE t SET a = 1": true,
		"PRAGMA user_version": false, "CREATE TABLE t (a)": false, "SAVEPOINT s": false, "": false,
	} {
		if worthKeeping(query) != want {
			t.Errorf("%q: %t", query, !want)
		}
	}
}

func columnsOf(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, "a")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err := errors.Join(err, rows.Err()); err != nil {
		t.Fatal(err)
	}
	return columns
}
