package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	sqlitedriver "modernc.org/sqlite"
)

// transcript is what a store asks of its database.
type transcript struct {
	mu    sync.Mutex
	lines []string
}

func (t *transcript) note(what string, args []driver.NamedValue) {
	var line strings.Builder
	line.WriteString(strings.Join(strings.Fields(what), " "))
	for _, a := range args {
		switch v := a.Value.(type) {
		case string:
			fmt.Fprintf(&line, " %d", len(v))
		case []byte:
			fmt.Fprintf(&line, " %d", len(v))
		default:
			fmt.Fprintf(&line, " %T", v)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, line.String())
}

// during is what do asks for: each statement with its arguments' sizes.
func (t *transcript) during(do func()) []string {
	t.mu.Lock()
	t.lines = nil
	t.mu.Unlock()
	do()
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.lines)
}

// traced lets a world's store ask through connections that take a note of it.
func (w *world) traced() *transcript {
	w.Helper()
	t := &transcript{}
	var write, read driver.Connector = fileConnector(dsn(w.file, forWriting()...)), fileConnector(dsn(w.file, forReading()...))
	if w.file == "" {
		config, err := pgx.ParseConfig(w.url)
		w.must(err)
		careful(config)
		write, read = stdlib.GetConnector(*config), stdlib.GetConnector(*readingOnly(config))
	}
	w.write = w.tracedPool(write, t, 1)
	w.read = w.tracedPool(read, t, readers)
	return t
}

func (w *world) tracedPool(c driver.Connector, t *transcript, size int) *pool {
	db := sql.OpenDB(tracedConnector{c, t})
	w.onClose(db.Close)
	return newPool(db, size, w.file != "")
}

// fileConnector opens a file of SQLite's.
type fileConnector string

func (f fileConnector) Connect(context.Context) (driver.Conn, error) {
	return f.Driver().Open(string(f))
}

func (f fileConnector) Driver() driver.Driver { return &sqlitedriver.Driver{} }

type tracedConnector struct {
	driver.Connector
	notes *transcript
}

func (c tracedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	return tracedConn{conn, c.notes}, err
}

// tracedConn passes on what the store's drivers can do. What is prepared is noted
// when it runs, like what is not: the store prepares what has run often.
type tracedConn struct {
	driver.Conn
	notes *transcript
}

func (c tracedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	c.notes.note("BEGIN", nil)
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
}

func (c tracedConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	stmt, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	return tracedStmt{stmt, query, c.notes}, err
}

func (c tracedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.notes.note(query, args)
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (c tracedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.notes.note(query, args)
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

type tracedStmt struct {
	driver.Stmt
	query string
	notes *transcript
}

func (s tracedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.notes.note(s.query, args)
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (s tracedStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.notes.note(s.query, args)
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}
