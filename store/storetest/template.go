package storetest

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Template is a database that is filled once per process; tests get copies.
type Template struct {
	sqlite   func() ([]byte, error)
	postgres func() (string, error)
	fill     func(dsn string) error
}

// NewTemplate is the database that fill makes of a migrated one.
func NewTemplate(fill func(dsn string) error) *Template {
	tp := &Template{fill: fill}
	tp.sqlite = sync.OnceValues(func() ([]byte, error) {
		migrated, err := sqliteTemplate()
		if err != nil {
			return nil, err
		}
		return sqliteFile(migrated, fill)
	})
	tp.postgres = sync.OnceValues(tp.fillPostgres)
	return tp
}

// SQLitePath is the file of a copy.
func (tp *Template) SQLitePath(t testing.TB) string {
	t.Helper()
	content, err := tp.sqlite()
	return sqliteCopy(t, content, err)
}

// PostgresDSN is the address of a copy; it is dropped with the test.
func (tp *Template) PostgresDSN(t testing.TB) string {
	t.Helper()
	srv := needServer(t)
	if srv.own == nil {
		// What fill makes has no name under which another process could know
		// it, and nothing would remove it from somebody's server.
		dsn := PostgresDSN(t)
		if err := tp.fill(dsn); err != nil {
			t.Fatalf("fill the PostgreSQL test database: %v", err)
		}
		return dsn
	}
	name, err := tp.postgres()
	if err != nil {
		t.Fatalf("fill the PostgreSQL test database: %v", err)
	}
	return newDatabase(t, srv, name)
}

func (tp *Template) fillPostgres() (string, error) {
	srv, err := sharedServer()
	if err != nil {
		return "", err
	}
	migrated, err := srv.template()
	if err != nil {
		return "", err
	}
	name := "followup_filled_" + strings.ToLower(rand.Text()[:16])
	if err := srv.create(name, migrated); err != nil {
		return "", err
	}
	return name, tp.fill(srv.dsn(name))
}

// sqliteFile is what fill makes of the database whose file has the content.
func sqliteFile(content []byte, fill func(dsn string) error) ([]byte, error) {
	dir, err := os.MkdirTemp(inMemory(), "followup-sqlite-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "template.db")
	if content != nil {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return nil, err
		}
	}
	if err := fill(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

func sqliteCopy(t testing.TB, content []byte, err error) string {
	t.Helper()
	if err != nil {
		t.Fatalf("prepare the SQLite test database: %v", err)
	}
	path := filepath.Join(tempDir(t), "followup.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
