package store

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/pgtest"
)

// onServer is a store on a server, by a way that a test can block.
func onServer(t *testing.T, server *pgtest.Server, more string) (*world, *pgtest.Proxy) {
	t.Helper()
	url := server.Database(t)
	proxy := server.Proxy(t)
	w := &world{T: t, ctx: t.Context(), url: url}
	w.Store = opened(t, proxy.Through(url)+more, Options{Mode: ReadWrite})
	return w, proxy
}

// A server that falls silent in a transaction fails it in time and in words; what
// was asked for can be asked for again.
func TestServerFallsSilent(t *testing.T) {
	w, proxy := onServer(t, pgtest.Start(t), "")
	_, issue := w.sending(2)
	rows := w.claim(issue, "a", 1)
	open := func() {}
	err := within(w.ctx, 100*time.Millisecond, func(ctx context.Context) error {
		return w.alone(ctx, func(own tx) error {
			_, err := own.exec(`UPDATE delivery SET last_reply = 'unheard'`)
			open = proxy.Block()
			return err
		})
	})
	if !errors.Is(err, errNoAnswer) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a silent server: %v", err)
	}
	open()
	if !w.apply(change(rows[0], delivery.Claimed, delivery.Committing))[0] {
		t.Error("it does not go on when the server answers again")
	}
	if err := within(w.ctx, time.Hour, func(context.Context) error { return digest.ErrBusy }); err != digest.ErrBusy {
		t.Errorf("an error of its own became %v", err)
	}
}

// What commits mean is settled when a connection is made, and again for the next.
func TestCommitsStayDurable(t *testing.T) {
	server := pgtest.Start(t)
	w, proxy := onServer(t, server, "")
	other := opened(t, w.url, Options{Mode: ReadWrite})
	for _, statement := range []string{`ALTER SYSTEM SET synchronous_commit = off`, `SELECT pg_reload_conf()`} {
		if _, err := other.write.ExecContext(w.ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	setting := func(s *Store) (v string) {
		w.must(s.write.QueryRowContext(w.ctx, `SHOW synchronous_commit`).Scan(&v))
		return v
	}
	// The server reads its settings when it gets to it.
	for fresh := ""; fresh != "off"; {
		w.must(other.read.QueryRowContext(w.ctx, `SHOW synchronous_commit`).Scan(&fresh))
	}
	if got := setting(w.Store); got != "on" {
		t.Errorf("a connection that was durable has become %s", got)
	}
	proxy.Cut()
	nothing := func(tx) error { return nil }
	for range 2 { // the first may find out that its connection is gone
		if err := w.change(w.ctx, "x", nothing); err == nil {
			t.Error("it commits by a connection that is not durable")
		} else if errors.Is(err, digest.ErrConfig) && strings.Contains(err.Error(), "synchronous_commit") {
			return
		}
	}
	t.Error("nobody says that synchronous_commit is off")
}

// Who waits for what somebody else has locked hears of it, readers too.
func TestServerLocked(t *testing.T) {
	server := pgtest.Start(t)
	w, _ := onServer(t, server, "&lock_timeout=50")
	_, issue := w.sending(1)
	busy := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, digest.ErrBusy) {
			t.Errorf("%s: %v", what, err)
		}
	}
	other := opened(t, w.url, Options{Mode: ReadWrite})
	w.must(other.change(w.ctx, "lock", func(own tx) error {
		if _, err := own.exec(`LOCK TABLE delivery, issue IN ACCESS EXCLUSIVE MODE`); err != nil {
			return err
		}
		_, err := w.Counts(w.ctx, issue)
		busy("reading", err)
		_, err = w.Claim(w.ctx, delivery.Claim{Issue: issue, Owner: "a", Now: noon, Lease: time.Hour, N: 1})
		busy("a claim", err)
		return nil
	}))
	unlock, err := other.advise(w.ctx)
	w.must(err)
	defer unlock()
	_, err = Open(w.ctx, w.url+"&lock_timeout=50", Options{Mode: Upgrade})
	busy("opening", err)
}

// Neither side waits for ever for the other.
func TestConnectionsEnd(t *testing.T) {
	config, err := pgx.ParseConfig("postgres://x/x?lock_timeout=7s&connect_timeout=3")
	if err != nil {
		t.Fatal(err)
	}
	careful(config)
	if got := config.RuntimeParams["lock_timeout"]; got != "7s" || config.ConnectTimeout != 3*time.Second {
		t.Errorf("the address is overruled: %s, %s", got, config.ConnectTimeout)
	}
	if config, err = pgx.ParseConfig("postgres://x/x"); err != nil {
		t.Fatal(err)
	}
	careful(config)
	for name, want := range map[string]string{
		"lock_timeout": "5s", "idle_in_transaction_session_timeout": "10s", "tcp_keepalives_idle": "60",
	} {
		if got := config.RuntimeParams[name]; got != want || config.ConnectTimeout != answerTime {
			t.Errorf("%s is %q, and connecting may take %s", name, got, config.ConnectTimeout)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	conn, err := config.DialFunc(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if got := userTimeout(t, conn.(*net.TCPConn)); got != answerTime {
		t.Errorf("what is not acknowledged ends a connection after %s", got)
	}
}

// userTimeout is how long what was sent may stay unacknowledged.
func userTimeout(t *testing.T, c *net.TCPConn) (d time.Duration) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Control(func(fd uintptr) {
		n, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT)
		if err != nil {
			t.Error(err)
		}
		d = time.Duration(n) * time.Millisecond
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}
