package store

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Dialect of the database.
type Dialect string

const (
	Postgres Dialect = "postgres"
	SQLite   Dialect = "sqlite"
)

// DialectOf tells which database a DSN names: PostgreSQL by its URL scheme or
// by key=value pairs, everything else is the path of an SQLite file.
func DialectOf(dsn string) Dialect {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return Postgres
	}
	for _, word := range strings.Fields(dsn) {
		switch key, _, found := strings.Cut(word, "="); {
		case !found:
		case key == "host", key == "dbname", key == "user", key == "service":
			return Postgres
		}
	}
	return SQLite
}

// sqliteDSN of the one writer: full durability, because NORMAL loses committed
// intents when the power fails and is no faster here; immediate transactions,
// because one that begins by reading could not wait for its turn to write.
func sqliteDSN(path string, write, volatile bool) string {
	q := "_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=synchronous(FULL)" +
		"&_time_format=sqlite&_timezone=UTC"
	if write {
		q += "&_txlock=immediate"
	} else {
		q += "&_pragma=query_only(1)"
	}
	if volatile {
		q = strings.Replace(q, "journal_mode(WAL)", "journal_mode(MEMORY)", 1) + "&vfs=memdb"
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q
}

// isPostgres tells the dialect where only a transaction is at hand.
func isPostgres(tx *gorm.DB) bool { return tx.Name() == string(Postgres) }

// anyOf is "column is one of values" with one parameter, however many values
// there are: the statement stays the same and stays prepared. column is ours,
// never input.
func anyOf[T int64 | string](tx *gorm.DB, column string, values []T) clause.Expr {
	if len(values) == 1 {
		// PostgreSQL thinks a list of unknown length dear and plans such a
		// statement anew each time; one value it plans once.
		return gorm.Expr(column+" = ?", values[0])
	}
	if isPostgres(tx) {
		return gorm.Expr(column+" = ANY(?)", pgArray(values))
	}
	return gorm.Expr(column+" IN (SELECT value FROM json_each(?))", jsonArray[T](values))
}

// pgArray goes to pgx as it is and from there in PostgreSQL's own format. By a
// pointer, for gorm makes a parameter of every element of a slice.
func pgArray[T int64 | string](values []T) *[]T {
	if values == nil {
		values = []T{} // nil would be NULL, not an empty list
	}
	return &values
}

// jsonArray goes as JSON, for SQLite's json_each.
type jsonArray[T int64 | string] []T

// Value makes [1,2,3] or ["a","b"].
func (a jsonArray[T]) Value() (driver.Value, error) {
	if a == nil {
		return "[]", nil
	}
	b, err := json.Marshal([]T(a))
	if err != nil {
		return nil, fmt.Errorf("list for json_each: %w", err)
	}
	return string(b), nil
}
