package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx", for making databases

	"followup/store"
	"followup/store/pgserver"
)

// EnvPostgres names the variable: the DSN of a running server on which the
// tests may create databases, "off", or empty for a server of their own.
const EnvPostgres = "FOLLOWUP_TEST_POSTGRES"

// Off tells whether PostgreSQL was switched off explicitly.
func Off() bool { return os.Getenv(EnvPostgres) == "off" }

// Postgres opens a fresh, migrated database; it is dropped with the test.
func Postgres(t testing.TB) *store.Store {
	t.Helper()
	return Open(t, PostgresDSN(t))
}

// PostgresDSN is the address of a fresh, migrated database.
func PostgresDSN(t testing.TB) string {
	t.Helper()
	srv := needServer(t)
	template, err := srv.template()
	if err != nil {
		t.Fatalf("prepare the PostgreSQL test database: %v", err)
	}
	return newDatabase(t, srv, template)
}

// EmptyPostgresDSN is the address of a fresh database without any table.
func EmptyPostgresDSN(t testing.TB) string {
	t.Helper()
	return newDatabase(t, needServer(t), "")
}

func needServer(t testing.TB) *server {
	t.Helper()
	if Off() {
		t.Fatalf("%s=off, but this test needs PostgreSQL: guard it with storetest.Off or run it by storetest.OnPostgres", EnvPostgres)
	}
	srv, err := sharedServer()
	if err != nil {
		t.Fatal(err)
	}
	return srv
}

// newDatabase copies a template; "": the server's own, which is empty.
func newDatabase(t testing.TB, srv *server, template string) string {
	t.Helper()
	name := "followup_test_" + strings.ToLower(rand.Text()[:16])
	if err := srv.create(name, template); err != nil {
		t.Fatalf("create a test database: %v", err)
	}
	t.Cleanup(func() {
		if err := srv.exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Errorf("drop the test database: %v", err)
		}
	})
	return srv.dsn(name)
}

// server is a running PostgreSQL on which databases may be created.
type server struct {
	own      *pgserver.Server // it ends when nothing refers to it any more; nil: somebody else's
	base     *url.URL
	admin    *sql.DB
	template func() (string, error)
}

var sharedServer = sync.OnceValues(func() (*server, error) {
	address := os.Getenv(EnvPostgres)
	var own *pgserver.Server
	if address == "" {
		var err error
		if own, err = startServer(); err != nil {
			return nil, err
		}
		address = own.DSN
	}
	base, err := url.Parse(address)
	if err != nil || (base.Scheme != "postgres" && base.Scheme != "postgresql") {
		return nil, fmt.Errorf("%s must be a postgres:// address or \"off\"", EnvPostgres)
	}
	srv := &server{base: base, own: own}
	if srv.admin, err = sql.Open("pgx", address); err != nil {
		return nil, err
	}
	srv.admin.SetMaxOpenConns(2)
	srv.template = sync.OnceValues(srv.makeTemplate)
	return srv, nil
})

func (s *server) dsn(database string) string {
	u := *s.base
	u.Path = "/" + database
	return u.String()
}

func (s *server) exec(statement string) error {
	_, err := s.admin.ExecContext(context.Background(), statement)
	return err
}

// create copies the template's files: block by block through the log, which
// is PostgreSQL's own choice, takes twice as long. Before release 15 there was
// no other way and no word for it.
func (s *server) create(name, template string) error {
	statement := "CREATE DATABASE " + name
	if template != "" {
		statement += " TEMPLATE " + template
		var release int
		if err := s.admin.QueryRowContext(context.Background(), "SELECT current_setting('server_version_num')::int").Scan(&release); err != nil {
			return err
		}
		if release >= 150000 {
			statement += " STRATEGY FILE_COPY"
		}
	}
	return s.exec(statement)
}

// makeTemplate migrates a database once per server and schema; the others are
// copies of it. An advisory lock keeps test processes that share a server apart.
func (s *server) makeTemplate() (string, error) {
	fingerprint, err := store.SchemaFingerprint(store.Postgres)
	if err != nil {
		return "", err
	}
	name := "followup_template_" + fingerprint
	ctx := context.Background()
	conn, err := s.admin.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	const lockID = 704_001
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", lockID); err != nil {
		return "", err
	}
	defer conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", lockID)
	var ready bool
	if err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&ready); err != nil || ready {
		return name, err
	}
	// Under another name until it is whole: a process that dies here leaves
	// nothing that looks ready.
	half := name + "_" + strings.ToLower(rand.Text()[:6])
	if _, err := conn.ExecContext(ctx, "CREATE DATABASE "+half); err != nil {
		return "", err
	}
	if err := migrated(s.dsn(half)); err != nil {
		return "", err
	}
	_, err = conn.ExecContext(ctx, "ALTER DATABASE "+half+" RENAME TO "+name)
	return name, err
}
