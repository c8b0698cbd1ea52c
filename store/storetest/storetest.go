// Package storetest gives tests real databases: SQLite in a temporary file,
// and PostgreSQL from the machine's own binaries or from the server that
// FOLLOWUP_TEST_POSTGRES names.
package storetest

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"followup/models"
	"followup/store"
)

// Now is the time at which every test database lives: a Monday, 10:00 in New York.
var Now = time.Date(2026, time.November, 23, 15, 0, 0, 0, time.UTC)

// Key of the secrets in test databases.
var Key = bytes.Repeat([]byte{7}, 32)

// Each runs fn on both databases, each fresh and migrated.
func Each(t *testing.T, fn func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, SQLite(t)) })
	OnPostgres(t, fn)
}

// OnPostgres runs fn on PostgreSQL only, unless it is switched off.
func OnPostgres(t *testing.T, fn func(t *testing.T, s *store.Store)) {
	t.Helper()
	if Off() {
		t.Log("FOLLOWUP_TEST_POSTGRES=off: the PostgreSQL half of this test does not run")
		return
	}
	t.Run("postgres", func(t *testing.T) { fn(t, Postgres(t)) })
}

// SQLite opens a fresh, migrated database in a temporary file.
func SQLite(t testing.TB) *store.Store {
	t.Helper()
	return Open(t, SQLitePath(t))
}

// SQLitePath is the file of a fresh, migrated database.
func SQLitePath(t testing.TB) string {
	t.Helper()
	content, err := sqliteTemplate()
	return sqliteCopy(t, content, err)
}

// Open opens the database at dsn and closes it with the test.
func Open(t testing.TB, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), options(dsn))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the test database: %v", err)
		}
	})
	return s
}

func options(dsn string) store.Options {
	return store.Options{DSN: dsn, Key: Key, Clock: func() time.Time { return Now }, Workdays: workdays}
}

// workdays knows one national holiday: Thanksgiving of 2026 in the US.
func workdays(p models.Prospect, company *models.Company, set models.Settings) func(models.Date) bool {
	american := p.Country == "US" || p.Country == "" && company != nil && company.Country == "US"
	return func(d models.Date) bool {
		wd := d.Weekday()
		return wd != time.Saturday && wd != time.Sunday && !slices.Contains(set.Holidays, d) && !(american && d == "2026-11-26")
	}
}

// sqliteTemplate migrates once per process; the tests copy the file.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) { return sqliteFile(nil, migrated) })

func migrated(dsn string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, options(dsn))
	if err != nil {
		return err
	}
	defer s.Close()
	return s.Migrate(ctx)
}

// Ptr is the address of a value.
func Ptr[T any](v T) *T { return &v }
