package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"digest.example/internal/digest"
)

// answerTime is how long a server may take to open a connection or to make a
// change, and how long it may leave what it was sent unacknowledged: far longer
// than any change takes, and no longer than an intent is good for. Without an end,
// one lost machine would keep the only connection that writes for a quarter of an
// hour, and whoever was asked to stop from stopping.
const answerTime = 30 * time.Second

var errNoAnswer = fmt.Errorf("the database's server did not finish within %s", answerTime)

// parameters are what a server is asked for with each connection, unless its address
// says otherwise.
var parameters = map[string]string{
	// A process that sleeps, or a machine that is gone, in the midst of a
	// transaction would lock its rows against all others until it wakes.
	"idle_in_transaction_session_timeout": "10s",
	// The locks of schema and imports last as long as their connection: that of a
	// machine that is gone, two hours by default.
	"tcp_keepalives_idle": "60", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "6",
	// No longer than SQLite waits for its own: who was asked to stop must get to
	// hear of it.
	"lock_timeout": "5s",
}

// careful lets neither side wait for the other for ever.
func careful(config *pgx.ConnConfig) {
	config.RuntimeParams["application_name"] = "digest"
	for name, value := range parameters {
		if config.RuntimeParams[name] == "" {
			config.RuntimeParams[name] = value
		}
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = answerTime
	}
	config.DialFunc = (&net.Dialer{Control: impatient}).DialContext
}

// durable refuses a server that would forget an intent after its dot was sent, and
// keeps the connection as durable as it is, whatever is set on the server later.
func durable(ctx context.Context, conn *pgx.Conn) error {
	var setting string
	err := conn.QueryRow(ctx, `SELECT set_config('synchronous_commit', current_setting('synchronous_commit'), false)`).Scan(&setting)
	if err != nil {
		return err
	}
	if setting == "off" {
		return fmt.Errorf("%w: database: synchronous_commit is off on this server, "+
			"so a crash could send mail twice; ALTER ROLE … SET synchronous_commit = on", digest.ErrConfig)
	}
	return nil
}

// within ends what is done with a server when it takes too long, and says so then.
func within(ctx context.Context, limit time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errNoAnswer)
	defer cancel()
	err := do(ctx)
	if err != nil && errors.Is(context.Cause(ctx), errNoAnswer) {
		return fmt.Errorf("%w: %w", errNoAnswer, err)
	}
	return err
}

// lockTimeout says whether a statement waited in vain for what somebody else has locked
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
func lockTimeout(err error) bool {
	const notAvailable = "55P03"
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == notAvailable
}
