package main

import (
	"database/sql"
	"fmt"
	"net"
	"strconv"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx", for counting

	"followup/store/pgserver"
)

// postgres is a server of this run's own. Its crash safety is tested as it
// is: only fsync is off, for the machine itself does not crash. A crash loses
// the statistics, so they are made again soon; checkpoints come often, which
// keeps recoveries short.
type postgres struct{ *pgserver.Server }

func startPostgres() (postgres, error) {
	server, err := pgserver.Start("max_connections=200", "shared_buffers=256MB", "fsync=off", "max_wal_size=2GB",
		"checkpoint_timeout=30s", "autovacuum_naptime=5s", "log_min_messages=fatal")
	return postgres{server}, err
}

func (p postgres) open() (*sql.DB, error) {
	db, err := sql.Open("pgx", p.DSN)
	if err == nil {
		db.SetMaxOpenConns(4)
	}
	return db, err
}

// iceInTransaction is how long a replica that freezes inside a transaction keeps its locks.
const iceInTransaction = 2 * time.Second

// dsnOfReplicas sets it, which is longer in production.
func dsnOfReplicas(dsn string) string {
	return fmt.Sprintf("%s&idle_in_transaction_session_timeout=%d", dsn, iceInTransaction.Milliseconds())
}

func splitPort(address string) (string, int, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.Atoi(port)
	return host, n, err
}
