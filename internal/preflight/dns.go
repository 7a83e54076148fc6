package preflight

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"blitiri.com.ar/go/spf"
	"github.com/emersion/go-msgauth/dmarc"
)

// dnsTime bounds looking up a sender.
const dnsTime = 30 * time.Second

// Resolver looks up DNS. A net.Resolver is one.
type Resolver = spf.DNSResolver

// Sender is who the mail is from, as far as DNS can vouch for it.
type Sender struct {
	From     string    // bare address
	Envelope string    // bare address that bounces go to
	Relay    string    // host that takes our mail
	Keys     []DKIMKey // of our own signatures; none: the relay signs, if anybody
}

// CheckDNS says what DNS knows of a sender. What it cannot know, or could not
// tell, stands in notes.
func CheckDNS(ctx context.Context, s Sender, r Resolver) (found []Finding, notes []string) {
	ctx, cancel := context.WithTimeout(ctx, dnsTime)
	defer cancel()
	d := dns{ctx: ctx, Sender: s, resolver: r}
	d.spf()
	d.dkim(d.dmarc())
	return d.found, d.notes
}

// dns is one look-up.
type dns struct {
	Sender
	ctx      context.Context
	resolver Resolver
	found    []Finding
	notes    []string
}

func (d *dns) note(format string, args ...any) {
	d.notes = append(d.notes, fmt.Sprintf(format, args...))
}

func (d *dns) warn(code, format string, args ...any) {
	d.found = append(d.found, New(code, Warns, fmt.Sprintf(format, args...)))
}

// spf looks at the record of the envelope's domain (RFC 7208), and how it judges
// the addresses of the relay's name. Its verdict on these is no finding: relays
// often send from others than they listen on.
func (d *dns) spf() {
	domain := domainOf(d.Envelope)
	for i, ip := range d.relay() {
		result, err := spf.CheckHostWithSender(ip.ip, domain, d.Envelope, spf.WithContext(d.ctx), spf.WithResolver(d.resolver))
		switch result {
		case spf.None:
			d.warn(DNSNoSPF, "%s has no SPF record", domain)
		case spf.PermError:
			d.warn(DNSNoSPF, "the SPF record of %s cannot be understood: %s", domain, reason(err))
		case spf.TempError:
			d.note("SPF of %s could not be looked up: %s", domain, reason(err))
		case spf.Pass:
			if ip.known {
				d.note("SPF of %s lets %s (%s) send", domain, d.Relay, ip.ip)
			}
			continue
		default:
			if ip.known {
				d.note("SPF of %s says %s for %s (%s), which is well if the relay sends from other addresses",
					domain, result, d.Relay, ip.ip)
			}
			continue
		}
		if i == 0 {
			return // it is the same for all addresses
		}
	}
}

// relayAddress is where mail might come from; one that is not known stands for
// any.
type relayAddress struct {
	ip    net.IP
	known bool
}

// relay are the first addresses of the relay. What is not public, such as a mail
// server on this machine, is not what receivers see.
func (d *dns) relay() []relayAddress {
	const most = 4
	var all []relayAddress
	add := func(ip netip.Addr) {
		ip = ip.Unmap()
		if ip.IsGlobalUnicast() && !ip.IsPrivate() && len(all) < most {
			all = append(all, relayAddress{ip.AsSlice(), true})
		}
	}
	if ip, err := netip.ParseAddr(d.Relay); err == nil {
		add(ip)
	} else if ips, err := d.resolver.LookupIPAddr(d.ctx, d.Relay); err == nil {
		for _, a := range ips {
			if ip, ok := netip.AddrFromSlice(a.IP); ok {
				add(ip)
			}
		}
	}
	if len(all) == 0 {
		all = append(all, relayAddress{ip: net.IPv4(192, 0, 2, 1)}) // RFC 5737: nobody's
	}
	return all
}

// dmarc looks at the record of the sender's domain, or else of the registered
// one (RFC 7489 section 6.6.3), and whether SPF counts for it. It returns the
// record, or nil.
func (d *dns) dmarc() *dmarc.Record {
	from, envelope := domainOf(d.From), domainOf(d.Envelope)
	record, err := d.policy(from)
	if errors.Is(err, dmarc.ErrNoPolicy) && organization(from) != from {
		record, err = d.policy(organization(from))
	}
	switch {
	case errors.Is(err, dmarc.ErrNoPolicy):
		d.warn(DNSNoDMARC, "%s has no DMARC record", from)
	case dmarc.IsTempFail(err):
		d.note("DMARC of %s could not be looked up: %s", from, reason(err))
	case err != nil:
		d.warn(DNSNoDMARC, "the DMARC record of %s cannot be understood: %s", from, reason(err))
	}
	strict := record != nil && record.SPFAlignment == dmarc.AlignmentStrict
	if strict && from != envelope || organization(from) != organization(envelope) {
		d.warn(DNSMisaligned, "mail is from %s, bounces go to %s", from, envelope)
	}
	return record
}

func (d *dns) policy(domain string) (*dmarc.Record, error) {
	return dmarc.LookupWithOptions(domain, &dmarc.LookupOptions{LookupTXT: func(name string) ([]string, error) {
		return d.resolver.LookupTXT(d.ctx, name)
	}})
}

// reason is an error of a library that may quote what a record says.
func reason(err error) string {
	if err == nil {
		return "no reason was given"
	}
	return quoted(err.Error())
}
