package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"

	"followup/models"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// sourceImport marks orders that came with a list.
const sourceImport = "import"

// ImportSuppressions records a list of addresses, numbers and domains not to
// be contacted, each once, all in one transaction; next gives them until it
// says no. The list may hold millions: there is one event for all of them.
func (s *Store) ImportSuppressions(ctx context.Context, list models.SuppressionList, reason models.Reason, channel models.ChannelKind, next func() (scope models.SuppressionScope, value string, ok bool)) (models.SuppressionList, error) {
	db, err := s.write.DB()
	if err != nil {
		return list, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return list, fmt.Errorf("import suppressions: %w", err)
	}
	defer func() { _ = conn.Close() }()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return list, fmt.Errorf("import suppressions: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	in := importing{ctx: ctx, store: s, conn: conn, tx: tx, list: &list, next: next}
	if err := in.run(reason, channel); err != nil {
		return list, fmt.Errorf("import suppressions: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return list, fmt.Errorf("import suppressions: %w", err)
	}
	return list, nil
}

type importing struct {
	ctx   context.Context
	store *Store
	conn  *sql.Conn
	tx    *sql.Tx
	list  *models.SuppressionList
	next  func() (models.SuppressionScope, string, bool)
}

func (in *importing) run(reason models.Reason, channel models.ChannelKind) error {
	steps := []func() error{
		func() error {
			return in.exec(`CREATE TEMPORARY TABLE incoming_orders (scope text NOT NULL, value text NOT NULL)` + in.dropped())
		},
		in.fill,
		func() error { return in.add(reason, channel) },
		in.keepList,
		// Last, for every claim waits from here until the commit.
		func() error { return in.exec(`UPDATE epochs SET value = value + 1 WHERE name = 'stops'`) },
	}
	if in.store.dialect != Postgres {
		steps = append(steps, func() error { return in.exec(`DROP TABLE incoming_orders`) })
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (in *importing) dropped() string {
	if in.store.dialect == Postgres {
		return " ON COMMIT DROP"
	}
	return ""
}

func (in *importing) exec(query string, args ...any) error {
	_, err := in.tx.ExecContext(in.ctx, query, args...)
	return err
}

// fill brings the list into the database, on PostgreSQL by COPY.
func (in *importing) fill() error {
	if in.store.dialect == Postgres {
		return in.conn.Raw(func(driver any) error { // the transaction is this connection's
			n, err := driver.(*stdlib.Conn).Conn().CopyFrom(in.ctx, pgx.Identifier{"incoming_orders"}, []string{"scope", "value"},
				pgx.CopyFromFunc(func() ([]any, error) {
					scope, value, ok := in.next()
					if !ok {
						return nil, nil
					}
					return []any{string(scope), value}, nil
				}))
			in.list.Numbers = n
			return err
		})
	}
	insert, err := in.tx.PrepareContext(in.ctx, `INSERT INTO incoming_orders (scope, value) VALUES (?, ?)`)
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	for {
		scope, value, ok := in.next()
		if !ok {
			return nil
		}
		if _, err := insert.ExecContext(in.ctx, string(scope), value); err != nil {
			return err
		}
		in.list.Numbers++
	}
}

const (
	postgresNewOrders = `INSERT INTO suppressions (scope, value, channel, reason, source, "by", created_at)
		SELECT DISTINCT n.scope, n.value, $1::text, $2::text, $3::text, $4::text, $5::timestamptz FROM incoming_orders n
		WHERE NOT EXISTS (SELECT 1 FROM suppressions s WHERE s.value = n.value AND s.scope = n.scope AND s.lifted_at IS NULL
			AND s.channel = $1 AND s.source = $3)`
	sqliteNewOrders = `INSERT INTO suppressions (scope, value, channel, reason, source, "by", created_at)
		SELECT DISTINCT n.scope, n.value, ?, ?, ?, ?, ? FROM incoming_orders n
		WHERE NOT EXISTS (SELECT 1 FROM suppressions s WHERE s.value = n.value AND s.scope = n.scope AND s.lifted_at IS NULL
			AND s.channel = ? AND s.source = ?)`
)

// add makes orders of what is not ordered already. SELECT DISTINCT sorts, so
// that the index grows at one end.
func (in *importing) add(reason models.Reason, channel models.ChannelKind) error {
	query, args := sqliteNewOrders, []any{string(channel), string(reason), sourceImport, in.list.By, in.list.CreatedAt.UTC(), string(channel), sourceImport}
	if in.store.dialect == Postgres {
		query, args = postgresNewOrders, args[:5]
	}
	res, err := in.tx.ExecContext(in.ctx, query, args...)
	if err != nil {
		return err
	}
	in.list.Added, err = res.RowsAffected()
	return err
}

func (in *importing) keepList() error {
	query := `INSERT INTO suppression_lists (name, as_of, numbers, added, "by", created_at) VALUES (?, ?, ?, ?, ?, ?) RETURNING id`
	if in.store.dialect == Postgres {
		query = `INSERT INTO suppression_lists (name, as_of, numbers, added, "by", created_at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`
	}
	l := in.list
	if err := in.tx.QueryRowContext(in.ctx, query, l.Name, string(l.AsOf), l.Numbers, l.Added, l.By, l.CreatedAt.UTC()).Scan(&l.ID); err != nil {
		return err
	}
	data, err := json.Marshal(map[string]string{"list": strconv.FormatInt(l.ID, 10), "added": strconv.FormatInt(l.Added, 10)})
	if err != nil {
		return err
	}
	event := `INSERT INTO events (at, actor, kind, code, data) VALUES (?, ?, ?, ?, ?)`
	if in.store.dialect == Postgres {
		event = `INSERT INTO events (at, actor, kind, code, data) VALUES ($1, $2, $3, $4, $5)`
	}
	return in.exec(event, l.CreatedAt.UTC(), l.By, string(models.EventSuppressed), string(models.FailDoNotCall), string(data))
}

// SuppressionLists are the lists that were imported, the latest first.
func (s *Store) SuppressionLists(ctx context.Context) ([]models.SuppressionList, error) {
	return load[models.SuppressionList](s.read.WithContext(ctx).Order("id DESC").Limit(50))
}
