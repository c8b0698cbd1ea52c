package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"followup/models"
)

// Options of Open.
type Options struct {
	// DSN: "postgres://…" or key=value for PostgreSQL, a file path for SQLite.
	DSN string
	// Key (32 bytes) encrypts senders' secrets at rest.
	Key   []byte
	Clock models.Clock
	Log   *slog.Logger
	// EndedAfter is how long a replica must have been silent before it counts
	// as ended, and what it left and no provider has is planned again. It must
	// be longer than any send takes, and than any freeze; 0: 15 minutes.
	EndedAfter time.Duration
	// Files is the folder in which large inbounds are kept; "": they are kept
	// in the database. All processes on one database must see the same folder.
	Files string
	// Workdays tells a person's working days, national holidays included; nil:
	// weekends and the workspace's own holidays are all that is known.
	Workdays Workdays
	// Volatile keeps an SQLite database in memory only, shared by what this
	// process opens under the same path, which begins with a slash.
	Volatile bool
}

// Workdays gives what tells a person's working days from the others, by where
// they (or else their company) are and by the workspace's own holidays.
type Workdays func(models.Prospect, *models.Company, models.Settings) func(models.Date) bool

// More connections than this only contend: PostgreSQL's work per row, not our
// waiting, is the limit.
const (
	postgresConns    = 16
	sqliteReadConns  = 4
	connIdleLifetime = 5 * time.Minute
)

// Open connects; it does not migrate.
func Open(ctx context.Context, opt Options) (*Store, error) {
	if opt.DSN == "" {
		return nil, models.Invalid("database", "no database is configured; give a file path or a postgres:// address")
	}
	if len(opt.Key) != keySize {
		return nil, models.Invalid("key", "the key for senders' secrets has %d bytes; it needs %d", len(opt.Key), keySize)
	}
	if opt.Clock == nil {
		return nil, errors.New("store: Options.Clock is not set")
	}
	s := &Store{dialect: DialectOf(opt.DSN), key: opt.Key, clock: opt.Clock, log: opt.Log, endedAfter: cmp.Or(opt.EndedAfter, defaultEndedAfter), files: files{opt.Files}, workdays: opt.Workdays}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if s.dialect == Postgres {
		err = s.openPostgres(opt)
	} else {
		err = s.openSQLite(opt)
	}
	if err != nil {
		return nil, err
	}
	if err := s.Ping(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Store) openPostgres(opt Options) error {
	cfg, err := pgx.ParseConfig(opt.DSN)
	if err != nil {
		return &models.Error{Code: models.CodeInvalid, Field: "database", Err: err,
			Message: "the PostgreSQL address cannot be read; write it as postgres://user@host:5432/name"}
	}
	setDefault(cfg.RuntimeParams, "application_name", "followup")
	// A replica that freezes inside a transaction holds its prospects and its
	// senders' rates: answers to those wait, and Twilio waits 15 s for ours. Our
	// transactions never wait for anything but the database, and one that is
	// ended leaves nothing, so this need only be longer than a starved
	// process's pause. A lock's wait ends with its holder: it needs no limit.
	setDefault(cfg.RuntimeParams, "idle_in_transaction_session_timeout", "10000")
	// PostgreSQL compiles what it thinks dear before it runs it. Our queries
	// read few rows, also where statistics make it expect many: compiling one
	// took 100 to 500 ms, running it 5.
	setDefault(cfg.RuntimeParams, "jit", "off")
	cfg.RuntimeParams["timezone"] = "UTC"
	db := stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(readUTC))
	db.SetMaxOpenConns(postgresConns)
	db.SetMaxIdleConns(postgresConns)
	db.SetConnMaxIdleTime(connIdleLifetime)
	g, err := gorm.Open(postgres.New(postgres.Config{Conn: db}), s.gormConfig(opt))
	if err != nil {
		_ = db.Close()
		return unavailable(err)
	}
	s.write, s.read, s.hot = g, g, postgresHot
	return nil
}

// readUTC makes timestamps come back in UTC, not in the machine's own zone.
func readUTC(_ context.Context, c *pgx.Conn) error {
	c.TypeMap().RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID,
		Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}})
	return nil
}

func (s *Store) openSQLite(opt Options) error {
	open := func(write bool, conns int) (*gorm.DB, error) {
		connector, err := newStatementCache(sqliteDSN(opt.DSN, write, opt.Volatile))
		if err != nil {
			return nil, unavailable(err)
		}
		db := sql.OpenDB(connector)
		db.SetMaxOpenConns(conns)
		db.SetMaxIdleConns(conns)
		g, err := gorm.Open(sqlite.New(sqlite.Config{DriverName: "sqlite", Conn: db}), s.gormConfig(opt))
		if err != nil {
			_ = db.Close()
			return nil, unavailable(err)
		}
		return g, nil
	}
	var err error
	// The writer first: it creates the file and switches it to WAL.
	if s.write, err = open(true, 1); err != nil {
		return err
	}
	if s.read, err = open(false, sqliteReadConns); err != nil {
		_ = s.Close()
		return err
	}
	s.hot = sqliteHot
	return nil
}

func (s *Store) gormConfig(opt Options) *gorm.Config {
	return &gorm.Config{
		SkipDefaultTransaction: true,
		DisableAutomaticPing:   true,
		Logger:                 logger.Discard, // errors are returned; logging them here would show parameters
		NowFunc:                func() time.Time { return opt.Clock().UTC() },
	}
}

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	for _, g := range s.handles() {
		db, err := g.DB()
		if err != nil {
			return unavailable(err)
		}
		if err := db.PingContext(ctx); err != nil {
			return unavailable(err)
		}
	}
	return nil
}

// Close lets go of the connections.
func (s *Store) Close() error {
	var errs []error
	for _, g := range s.handles() {
		if db, err := g.DB(); err == nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// handles without doubles, the reader first so that the writer's closing can
// fold the write-ahead log back into the file.
func (s *Store) handles() []*gorm.DB {
	switch {
	case s.write == nil:
		return nil
	case s.read == nil || s.read == s.write:
		return []*gorm.DB{s.write}
	}
	return []*gorm.DB{s.read, s.write}
}

func setDefault(m map[string]string, key, value string) {
	if _, set := m[key]; !set {
		m[key] = value
	}
}

func unavailable(err error) error {
	return &models.Error{Code: models.CodeUnavailable, Field: "database", Err: err,
		Message: fmt.Sprintf("the database does not answer: %v", err)}
}
