package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// Resolver looks names up. A net.Resolver is one.
type Resolver interface {
	// LookupNetIP returns the addresses of host; network is "ip".
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// How long one address may take to connect, and how many of a name are tried: a
// name with a thousand dead addresses must not use up the time of a pull.
const (
	connectTimeout = 10 * time.Second
	maxAddresses   = 4
)

// dialer connects to names. The judgement is made on the address that the
// system is about to connect to, on each connection: so it does not matter what
// a name has resolved to before, or resolves to next.
type dialer struct {
	resolver Resolver
	allowed  map[string]bool
	judge    func(ip netip.Addr) string // special, but in tests
}

// dial connects to key, a host:port whose host check has normalised.
func (d *dialer) dial(ctx context.Context, _, key string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(key)
	if err != nil {
		return nil, fmt.Errorf("dial %q: %w", key, err)
	}
	ips, err := d.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	n := net.Dialer{Timeout: connectTimeout}
	if !d.allowed[key] {
		n.Control = func(_, address string, _ syscall.RawConn) error { return d.control(key, address) }
	}
	return dialAny(ctx, n, ips, port)
}

// dialAny connects to the first address that can be connected to.
func dialAny(ctx context.Context, n net.Dialer, ips []netip.Addr, port string) (net.Conn, error) {
	var failed, refused error
	for _, ip := range ips[:min(len(ips), maxAddresses)] {
		conn, err := n.DialContext(ctx, "tcp", net.JoinHostPort(ip.String(), port))
		switch {
		case err == nil:
			return conn, nil
		case errors.Is(err, ErrForbidden):
			refused = err
		case failed == nil:
			failed = err
		}
	}
	if failed != nil {
		return nil, failed
	}
	return nil, refused
}

func (d *dialer) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	ips, err := d.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", host, err)
	}
	if len(ips) == 0 {
		return nil, fmt.Errorf("look up %s: no address", host)
	}
	return ips, nil
}

// control is called between socket(2) and connect(2).
func (d *dialer) control(key, address string) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %q is not an address", ErrForbidden, address)
	}
	if kind := d.judge(a.Addr()); kind != "" {
		return forbidden(fmt.Sprintf("%s is %s", a.Addr(), kind), key)
	}
	return nil
}
