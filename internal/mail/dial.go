package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// TLSMode is how a connection to the relay is encrypted.
type TLSMode string

// The modes. With StartTLS a relay that does not offer it is an error, so that
// nobody between can strip the encryption.
const (
	StartTLS    TLSMode = "starttls"
	ImplicitTLS TLSMode = "implicit"
	NoTLS       TLSMode = "none" // only to loopback or a literal private address
)

// Options is how to reach the relay.
type Options struct {
	Host     string
	Port     int
	Username string // empty: no authentication
	Password string // or the access token
	// PasswordFrom, if set, is asked for the password at every dial, so that
	// another program can renew it meanwhile. Its errors say what to do.
	PasswordFrom func() (string, error)
	Auth         AuthKind // empty: AuthAuto
	TLS          TLSMode
	// NoPipelining sends one command at a time, to relays that announce
	// PIPELINING and do not do it.
	NoPipelining bool
	Hello        string // name for EHLO; empty: an address literal, as RFC 5321 4.1.4 has it
	Timeouts     Timeouts
	RootCAs      *x509.CertPool // for tests; nil: the system's
}

// Timeouts are how long the relay may take. Zero fields take the values of
// RFC 5321, 4.5.3.2.
type Timeouts struct {
	Connect time.Duration // TCP; 30 s
	Dial    time.Duration // all of connect, greeting, TLS and AUTH; 5 min
	Command time.Duration // MAIL, RCPT and RSET each; 5 min
	Data    time.Duration // the answer to DATA; 2 min
	Body    time.Duration // writing the body; 3 min
	Dot     time.Duration // the answer to the final dot; 10 min
	Quit    time.Duration // 5 s
}

func (t Timeouts) withDefaults() Timeouts {
	for _, f := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&t.Connect, 30 * time.Second},
		{&t.Dial, 5 * time.Minute},
		{&t.Command, 5 * time.Minute},
		{&t.Data, 2 * time.Minute},
		{&t.Body, 3 * time.Minute},
		{&t.Dot, 10 * time.Minute},
		{&t.Quit, 5 * time.Second},
	} {
		if *f.field <= 0 {
			*f.field = f.value
		}
	}
	return t
}

// Dialer opens sessions with one relay. It is safe for concurrent use.
type Dialer struct {
	options Options
}

// NewDialer checks the options and contacts nobody.
func NewDialer(o Options) (*Dialer, error) {
	o.Timeouts = o.Timeouts.withDefaults()
	if o.Hello == "" {
		o.Hello = "[127.0.0.1]"
	}
	if o.Auth == "" {
		o.Auth = AuthAuto
	}
	switch {
	case !validHost(o.Host):
		return nil, fmt.Errorf("smtp.host: %q is not a host name or address", clip(o.Host))
	case o.Port < 1 || o.Port > 65535:
		return nil, fmt.Errorf("smtp.port: %d is not a port (587 is usual for starttls, 465 for implicit)", o.Port)
	case !validDomain(o.Hello):
		return nil, fmt.Errorf("smtp: %q is no name for EHLO", clip(o.Hello))
	}
	if err := o.checkLogin(); err != nil {
		return nil, err
	}
	switch o.TLS {
	case StartTLS, ImplicitTLS:
	case NoTLS:
		if !privateHost(o.Host) {
			return nil, fmt.Errorf("smtp.tls: none is only for loopback or a literal private address, not %q; set starttls or implicit", o.Host)
		}
	default:
		return nil, fmt.Errorf("smtp.tls: %q is none of starttls, implicit, none", o.TLS)
	}
	return &Dialer{options: o}, nil
}

func (o Options) checkLogin() error {
	switch {
	case !o.Auth.valid():
		return fmt.Errorf("smtp.auth: %q is none of auto, plain, login, cram-md5, scram-sha-1, scram-sha-256, xoauth2", clip(string(o.Auth)))
	case o.Username == "" && (o.Password != "" || o.PasswordFrom != nil):
		return errors.New("smtp.username: empty, but there is a password")
	case o.Username == "" && o.Auth != AuthAuto:
		return fmt.Errorf("smtp.username: empty, but smtp.auth: %s logs in", o.Auth)
	case o.Auth.shows() && o.TLS == NoTLS && !loopbackHost(o.Host):
		return fmt.Errorf("smtp.auth: %s would send the password to %s unencrypted; set smtp.tls: starttls or implicit", o.Auth, o.Host)
	}
	return nil
}

func validHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	return len(s) <= 253 && validDomain(s) && !strings.HasPrefix(s, "[")
}

// privateHost takes names that no resolver is asked for: a public name could
// come to mean any address.
func privateHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && (ip.Unmap().IsLoopback() || ip.Unmap().IsPrivate())
}

// loopbackHost takes this machine itself, from which nothing crosses a network.
func loopbackHost(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

// Dial connects, encrypts and authenticates as the options say. A negative
// reply is a *ReplyError; every error says what to do about it where we know.
func (d *Dialer) Dial(ctx context.Context) (*Session, error) {
	ctx, cancel := context.WithTimeout(ctx, d.options.Timeouts.Dial)
	defer cancel()
	a := &attempt{dialer: d, ctx: ctx, unwatch: func() bool { return true }}
	password, err := d.password()
	if err != nil {
		return nil, err
	}
	client, err := d.client(a.connect, password)
	if err != nil {
		return nil, fmt.Errorf("prepare SMTP: %w", err)
	}
	c, err := client.DialToSMTPClientWithContext(ctx)
	if !a.unwatch() || ctx.Err() != nil {
		err = fmt.Errorf("%w (%v)", context.Cause(ctx), err)
	}
	if err != nil {
		a.drop()
		return nil, fmt.Errorf("connect to %s: %w", d.address(), explain(err, d.options))
	}
	a.conn.release()
	pipelining, _ := c.Extension("PIPELINING")
	utf8, _ := c.Extension("SMTPUTF8")
	return &Session{
		text: c.Text, conn: a.conn, timeouts: d.options.Timeouts,
		pipelining: pipelining && !d.options.NoPipelining, utf8: utf8,
		encrypted: d.options.TLS != NoTLS,
	}, nil
}

func (d *Dialer) password() (string, error) {
	if d.options.PasswordFrom == nil {
		return d.options.Password, nil
	}
	password, err := d.options.PasswordFrom()
	if err != nil {
		return "", fmt.Errorf("password for %s: %w", d.address(), err)
	}
	return password, nil
}

// attempt is one dial. go-mail watches the context only until TCP stands, and
// on an error after that it leaves the connection open; so we keep hold of it.
type attempt struct {
	dialer  *Dialer
	ctx     context.Context // go-mail's own ends as soon as it has dialled
	conn    *guardedConn
	unwatch func() bool
}

func (a *attempt) connect(ctx context.Context, network, _ string) (net.Conn, error) {
	nd := net.Dialer{Timeout: a.dialer.options.Timeouts.Connect}
	raw, err := nd.DialContext(ctx, network, a.dialer.address())
	if err != nil {
		return nil, err
	}
	a.conn = guard(raw)
	a.unwatch = context.AfterFunc(a.ctx, func() { _ = a.conn.Close() })
	if a.dialer.options.TLS != ImplicitTLS {
		return a.conn, nil
	}
	secure := tls.Client(a.conn, a.dialer.tlsConfig())
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	return secure, nil
}

func (a *attempt) drop() {
	if a.conn != nil {
		_ = a.conn.Close()
	}
}

func (d *Dialer) address() string {
	return net.JoinHostPort(d.options.Host, strconv.Itoa(d.options.Port))
}

func (d *Dialer) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: d.options.Host, RootCAs: d.options.RootCAs, MinVersion: tls.VersionTLS12}
}

// client makes a go-mail client. Each dial has its own, because dialling
// changes its state.
func (d *Dialer) client(connect gomail.DialContextFunc, password string) (*gomail.Client, error) {
	o := d.options
	options := []gomail.Option{
		gomail.WithPort(o.Port),
		gomail.WithHELO(o.Hello),
		gomail.WithTimeout(o.Timeouts.Dial),
		gomail.WithTLSConfig(d.tlsConfig()),
		gomail.WithDialContextFunc(connect),
	}
	switch o.TLS {
	case ImplicitTLS:
		options = append(options, gomail.WithSSL())
	case NoTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if o.Username != "" {
		options = append(options, gomail.WithSMTPAuthCustom(&login{
			kind: o.Auth, username: o.Username, password: password, host: o.Host,
		}))
	}
	return gomail.NewClient(o.Host, options...)
}
