package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// notBackedUp are tables whose content belongs to the running processes and
// not to the workspace; sessions and links would let the backup's holder sign in.
var notBackedUp = []string{"goose_db_version", "sqlite_sequence", "replicas", "leases", "sessions", "epochs", "sign_ins", "user_tokens", "provider_turns",
	// Counted again from the start where they are missing.
	"insight_marks", "insight_steps", "insight_people", "insight_cells", "insight_moves", "insight_teams"}

// tableShape is a table as both dialects can take it.
type tableShape struct {
	name    string
	columns []columnShape
	key     []string // primary key
}

type columnShape struct {
	name string
	kind valueKind
}

func (t tableShape) names() []string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return names
}

func (t tableShape) numbered() bool {
	return slices.Equal(t.key, []string{"id"}) && t.columns[slices.Index(t.names(), "id")].kind == kindInt && t.name != "settings"
}

// kinds of column types, by the names that the dialects give them.
var kinds = map[string]valueKind{
	"bigint": kindInt, "integer": kindInt, "boolean": kindBool, "text": kindText,
	"timestamp with time zone": kindTime, "datetime": kindTime, "bytea": kindBytes, "blob": kindBytes, "jsonb": kindJSON,
}

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// tableShapes reads what tables there are, by name.
func (s *Store) tableShapes(ctx context.Context, db queryer) ([]tableShape, error) {
	query := `SELECT m.name, c.name, lower(c.type), c.pk FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid`
	if s.dialect == Postgres {
		query = `SELECT c.table_name, c.column_name, c.data_type, COALESCE((
				SELECT array_position(i.indkey::int2[], a.attnum) + 1 FROM pg_index i
				JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = c.column_name
				WHERE i.indisprimary AND i.indrelid = format('%I.%I', c.table_schema, c.table_name)::regclass), 0)
			FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
			WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' ORDER BY c.table_name COLLATE "C", c.ordinal_position`
	}
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("read the tables: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []tableShape
	for rows.Next() {
		var table, column, kind string
		var place int
		if err := rows.Scan(&table, &column, &kind, &place); err != nil {
			return nil, fmt.Errorf("read the tables: %w", err)
		}
		if slices.Contains(notBackedUp, table) {
			continue
		}
		if len(all) == 0 || all[len(all)-1].name != table {
			all = append(all, tableShape{name: table})
		}
		t := &all[len(all)-1]
		k, ok := kinds[kind]
		if !ok {
			return nil, fmt.Errorf("the column %s.%s has the type %s, which no backup knows", table, column, kind)
		}
		t.columns = append(t.columns, columnShape{column, k})
		if place > 0 {
			t.key = append(t.key, column)
		}
	}
	return all, rows.Err()
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quotedList(names []string) string {
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = quoted(n)
	}
	return strings.Join(all, ", ")
}
