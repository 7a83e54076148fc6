package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
)

// compiled are statements of one connection of SQLite's driver.
type compiled struct {
	conn       driver.Conn
	statements map[string]driver.Stmt
	args       []driver.NamedValue // of the statement that runs, reused
}

// direct is execAll on SQLite, within the transaction that stands on t.conn. It
// goes past database/sql, which takes about as long as changing a row does: to
// find a statement again for each transaction, and to look after its arguments.
func (t tx) direct(all []statement) ([]int64, error) {
	changed := make([]int64, len(all))
	err := t.conn.Raw(func(conn any) error {
		c := &t.s.compiled
		c.on(conn.(driver.Conn))
		for i, q := range all {
			var err error
			if changed[i], err = c.exec(t.ctx, q); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// on forgets the statements of another connection than this one. There is no other
// but one that is closed by now, and to close them after it would crash the driver.
func (c *compiled) on(conn driver.Conn) {
	if c.conn != conn {
		c.conn, c.statements = conn, map[string]driver.Stmt{}
	}
}

// leave closes the statements while their connection still can. One whose wait was
// cut short counts as spoilt and is about to be closed, but would keep its files
// open for them.
func (c *compiled) leave(conn *sql.Conn) {
	_ = conn.Raw(func(conn any) error {
		if c.conn != conn {
			return nil
		}
		return c.closeAll()
	})
}

func (c *compiled) exec(ctx context.Context, q statement) (changed int64, err error) {
	s := c.statements[q.query]
	if s == nil {
		if s, err = c.conn.(driver.ConnPrepareContext).PrepareContext(ctx, q.query); err != nil {
			return 0, fmt.Errorf("prepare: %w", err)
		}
		c.statements[q.query] = s
	}
	c.args = slices.Grow(c.args[:0], len(q.args))
	for i, arg := range q.args {
		value, err := driver.DefaultParameterConverter.ConvertValue(arg)
		if err != nil {
			return 0, fmt.Errorf("argument %d: %w", i+1, err)
		}
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: value})
	}
	r, err := s.(driver.StmtExecContext).ExecContext(ctx, c.args)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// close must not run beside a transaction.
func (c *compiled) close() error {
	if v, ok := c.conn.(driver.Validator); !ok || !v.IsValid() {
		return nil
	}
	return c.closeAll()
}

func (c *compiled) closeAll() error {
	var errs []error
	for _, s := range c.statements {
		errs = append(errs, s.Close())
	}
	c.conn, c.statements = nil, nil
	return errors.Join(errs...)
}
