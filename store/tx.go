package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
	"modernc.org/sqlite"
)

// txAttempts is how often a transaction is tried that the database itself
// gave up: a deadlock, a serialization failure, a busy SQLite file.
const txAttempts = 6

// inTx runs fn in one transaction and commits it. Where the database says
// that trying again may help, fn runs again from the start, in a new
// transaction: it must not keep anything of an earlier run.
func (s *Store) inTx(ctx context.Context, fn func(tx *gorm.DB) error) error {
	ctx = s.knowing(ctx)
	var err error
	for attempt := range txAttempts {
		if attempt > 0 {
			if werr := waitFor(ctx, time.Duration(1<<attempt)*5*time.Millisecond); werr != nil {
				return err
			}
		}
		err = s.write.WithContext(ctx).Transaction(fn)
		if err == nil || !retryable(err) {
			return err
		}
	}
	return err
}

// inSavepoint runs fn so that its failure leaves the transaction usable and
// what fn did undone.
func inSavepoint(tx *gorm.DB, fn func(tx *gorm.DB) error) error {
	// One name for all: with a name each, as gorm nests, every savepoint is a
	// statement of its own that pushes others out of the cache of prepared ones.
	if err := tx.Exec("SAVEPOINT part").Error; err != nil {
		return err
	}
	before := 0
	if all := gathered(tx); all != nil {
		before = len(*all)
	}
	err := fn(tx)
	end := "RELEASE SAVEPOINT part"
	if err != nil {
		if all := gathered(tx); all != nil {
			*all = (*all)[:before] // what did not happen is not recorded
		}
		end = "ROLLBACK TO SAVEPOINT part"
	}
	if eerr := tx.Exec(end).Error; eerr != nil {
		return errors.Join(err, eerr)
	}
	return err
}

func waitFor(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// PostgreSQL's SQLSTATEs and SQLite's result codes that are acted upon.
const (
	pgSerializationFailure = "40001"
	pgDeadlock             = "40P01"
	pgUniqueViolation      = "23505"
	pgForeignKeyViolation  = "23503"

	sqliteBusy          = 5
	sqliteLocked        = 6
	sqliteTooBig        = 18
	sqliteConstraint    = 19
	sqliteMismatch      = 20
	sqliteUnique        = 2067
	sqlitePrimaryKey    = 1555
	sqliteForeignKey    = 787
	sqlitePrimaryResult = 0xff // the low byte of an extended code
)

// retryable: the database gave the transaction up for a reason that passes.
func retryable(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == pgSerializationFailure || pg.Code == pgDeadlock
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		primary := lite.Code() & sqlitePrimaryResult
		return primary == sqliteBusy || primary == sqliteLocked
	}
	return false
}

// rowFault: one row or one decision is at fault and the others may still be
// recorded. What the connection or the server suffers from is no such fault.
func rowFault(err error) bool {
	if err == nil || retryable(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return strings.HasPrefix(pg.Code, "22") || strings.HasPrefix(pg.Code, "23") // data exceptions, constraints
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		primary := lite.Code() & sqlitePrimaryResult
		return primary == sqliteConstraint || primary == sqliteMismatch || primary == sqliteTooBig
	}
	return !errors.Is(err, driver.ErrBadConn) && !errors.Is(err, sql.ErrConnDone) && !errors.Is(err, sql.ErrTxDone) && !isNetwork(err)
}

func isNetwork(err error) bool {
	var network net.Error
	var connect *pgconn.ConnectError
	return errors.As(err, &network) || errors.As(err, &connect) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// isUnique tells whether a unique constraint or index refused the row.
func isUnique(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == pgUniqueViolation
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqliteUnique || lite.Code() == sqlitePrimaryKey
	}
	return errors.Is(err, gorm.ErrDuplicatedKey)
}

// isForeignKey tells whether a row refers to one that does not exist.
func isForeignKey(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == pgForeignKeyViolation
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqliteForeignKey
	}
	return errors.Is(err, gorm.ErrForeignKeyViolated)
}

// part is one of the things that a transaction does, named for its error.
type part struct {
	what string
	do   func() error
}

// inTurn does the parts until one fails.
func inTurn(whole string, parts []part) error {
	for _, p := range parts {
		if err := p.do(); err != nil {
			return fmt.Errorf("%s: %s: %w", whole, p.what, err)
		}
	}
	return nil
}
