package store_test

import (
	"context"
	"database/sql"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// emptyDatabases gives a fresh database without any table in each dialect.
func emptyDatabases(t *testing.T) map[store.Dialect]string {
	all := map[store.Dialect]string{store.SQLite: filepath.Join(t.TempDir(), "empty ?#.db")}
	if storetest.Off() {
		t.Log("FOLLOWUP_TEST_POSTGRES=off: only SQLite is migrated")
	} else {
		all[store.Postgres] = storetest.EmptyPostgresDSN(t)
	}
	return all
}

func TestMigrateTwiceFromEmpty(t *testing.T) {
	for dialect, dsn := range emptyDatabases(t) {
		t.Run(string(dialect), func(t *testing.T) {
			s := storetest.Open(t, dsn)
			if s.Dialect() != dialect {
				t.Fatalf("%q was taken for %s", dsn, s.Dialect())
			}
			if err := s.CheckSchema(t.Context()); models.CodeOf(err) != models.CodeUnavailable {
				t.Errorf("an empty database must be refused with a hint to migrate, got %v", err)
			}
			for range 2 {
				if err := s.Migrate(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.CheckSchema(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	for dialect, dsn := range emptyDatabases(t) {
		t.Run(string(dialect), func(t *testing.T) {
			s := storetest.Open(t, dsn)
			if err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			execSQL(t, s, dsn, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, TRUE)")
			for name, err := range map[string]error{"migrate": s.Migrate(t.Context()), "check": s.CheckSchema(t.Context())} {
				if models.CodeOf(err) != models.CodeConflict || !strings.Contains(err.Error(), "99999") {
					t.Errorf("%s: a newer schema must be refused by its number, got %v", name, err)
				}
			}
		})
	}
}

func TestConcurrentMigrations(t *testing.T) {
	if storetest.Off() {
		t.Log("FOLLOWUP_TEST_POSTGRES=off: several processes share a database on PostgreSQL only")
		return
	}
	dsn := storetest.EmptyPostgresDSN(t)
	var wg sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		s := storetest.Open(t, dsn)
		wg.Go(func() { errs[i] = s.Migrate(context.Background()) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
}

// execSQL runs a statement beside the store.
func execSQL(t *testing.T, s *store.Store, dsn, statement string, args ...any) {
	t.Helper()
	driver := map[store.Dialect]string{store.SQLite: "sqlite", store.Postgres: "pgx"}[s.Dialect()]
	if s.Dialect() == store.SQLite {
		dsn = "file:" + (&url.URL{Path: dsn}).EscapedPath()
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}
