package store

import (
	"container/list"
	"context"
	"database/sql/driver"
	"strings"

	"modernc.org/sqlite"
)

// SQLite compiles a statement anew each time it is run by its text, which
// costs more than running it: for our small rows a third of all the time. Each
// connection therefore keeps what it has compiled, as PostgreSQL's driver does.

const (
	keptStatements = 400
	// longestKept: inserts of many rows differ with each batch's size, and
	// keeping them would keep megabytes.
	longestKept = 8 << 10
)

// statementCache opens connections that keep their statements.
type statementCache struct{ driver.Connector }

func newStatementCache(dsn string) (driver.Connector, error) {
	c, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return statementCache{c}, nil
}

// Connect implements driver.Connector.
func (s statementCache) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := s.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	lite, ok := c.(liteConn)
	if !ok {
		return c, nil
	}
	return &cachingConn{liteConn: lite, kept: map[string]*list.Element{}, order: list.New()}, nil
}

// liteConn is what the driver's connections can do.
type liteConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type liteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type liteRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

// cachingConn is one connection with its statements, the one used last in
// front. database/sql never uses a connection from two goroutines at once.
type cachingConn struct {
	liteConn
	kept  map[string]*list.Element
	order *list.List
}

type keptStatement struct {
	liteStmt
	query string
	busy  bool // its rows are being read
}

// ExecContext implements driver.ExecerContext.
func (c *cachingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	st, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if st == nil {
		return c.liteConn.ExecContext(ctx, query, args)
	}
	return st.ExecContext(ctx, args)
}

// QueryContext implements driver.QueryerContext.
func (c *cachingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	st, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if st == nil {
		return c.liteConn.QueryContext(ctx, query, args)
	}
	rows, err := st.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	lite, ok := rows.(liteRows)
	if !ok {
		c.forget(st)
		return rows, nil
	}
	st.busy = true
	return &keptRows{liteRows: lite, st: st}, nil
}

// statement is the compiled statement, nil where the query runs by its text:
// what is not worth keeping, and what is being read at this moment.
func (c *cachingConn) statement(ctx context.Context, query string) (*keptStatement, error) {
	if at := c.kept[query]; at != nil {
		st := at.Value.(*keptStatement)
		if st.busy {
			return nil, nil
		}
		c.order.MoveToFront(at)
		return st, nil
	}
	if len(query) > longestKept || !worthKeeping(query) {
		return nil, nil
	}
	prepared, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	lite, ok := prepared.(liteStmt)
	if !ok {
		return nil, prepared.Close()
	}
	st := &keptStatement{liteStmt: lite, query: query}
	c.kept[query] = c.order.PushFront(st)
	return st, c.trim()
}

// trim lets go of what was not used for longest.
func (c *cachingConn) trim() error {
	for at := c.order.Back(); at != nil && len(c.kept) > keptStatements; {
		st, before := at.Value.(*keptStatement), at.Prev()
		if !st.busy {
			c.order.Remove(at)
			delete(c.kept, st.query)
			if err := st.Close(); err != nil {
				return err
			}
		}
		at = before
	}
	return nil
}

// forget leaves the statement to whoever reads its rows.
func (c *cachingConn) forget(st *keptStatement) {
	c.order.Remove(c.kept[st.query])
	delete(c.kept, st.query)
}

// Close implements driver.Conn.
func (c *cachingConn) Close() error {
	for at := c.order.Front(); at != nil; at = at.Next() {
		_ = at.Value.(*keptStatement).Close() // the connection's own error tells more
	}
	c.kept, c.order = map[string]*list.Element{}, list.New()
	return c.liteConn.Close()
}

// worthKeeping: plain reading and writing; the schema, savepoints and pragmas
// are rare or cheap.
func worthKeeping(query string) bool {
	query = strings.TrimLeft(query, " \t\r\n")
	for _, word := range []string{"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"} {
		if len(query) > len(word) && strings.EqualFold(query[:len(word)], word) {
			return true
		}
	}
	return false
}

// keptRows gives the statement back when they are closed.
type keptRows struct {
	liteRows
	st *keptStatement
}

// Close implements driver.Rows.
func (r *keptRows) Close() error {
	r.st.busy = false
	return r.liteRows.Close()
}
