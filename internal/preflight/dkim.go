package preflight

import (
	"errors"
	"net"
	"strings"

	"github.com/emersion/go-msgauth/dmarc"
)

// DKIMKey is a key that mail is signed with.
type DKIMKey struct {
	Name   string // of its record, such as s1._domainkey.example.org
	Record string // what the TXT record must say
}

// domain is the one that signs.
func (k DKIMKey) domain() string {
	_, domain, _ := strings.Cut(k.Name, "._domainkey.")
	return domain
}

// Aligned says whether a signature by domain counts for DMARC under an address,
// where that is not strict (RFC 7489, 3.1.1).
func Aligned(address, domain string) bool {
	return organization(domainOf(address)) == organization(domain)
}

// dkim looks at what is published for the keys, and whether they vouch for the
// sender. policy may be nil.
func (d *dns) dkim(policy *dmarc.Record) {
	if len(d.Keys) == 0 {
		d.note("DKIM cannot be looked up without the relay's selector: send yourself a copy with send --to, "+
			"and look for dkim=pass with header.d=%s in its Authentication-Results", domainOf(d.From))
	}
	for i, k := range d.Keys {
		strict := policy != nil && policy.DKIMAlignment == dmarc.AlignmentStrict && !strings.EqualFold(domainOf(d.From), k.domain())
		if i == 0 && (strict || !Aligned(d.From, k.domain())) {
			d.warn(DNSNoDKIM, "mail is from %s, the signature is by %s, so that it does not count for DMARC", domainOf(d.From), k.domain())
		}
		d.published(k)
	}
}

// published compares a key's record with ours.
func (d *dns) published(k DKIMKey) {
	all, err := d.resolver.LookupTXT(d.ctx, k.Name)
	var failure *net.DNSError
	switch {
	case err != nil && errors.As(err, &failure) && failure.IsNotFound, err == nil && len(all) == 0:
		d.warn(DNSNoDKIM, "there is no record at %s", k.Name)
	case err != nil:
		d.note("DKIM of %s could not be looked up: %s", k.Name, reason(err))
	case len(all) > 1:
		d.warn(DNSNoDKIM, "there are %d records at %s, which must be one", len(all), k.Name)
	case !sameKey(all[0], k.Record):
		d.warn(DNSNoDKIM, "the record at %s holds another key than mail is signed with", k.Name)
	default:
		d.note("DKIM of %s is published", k.Name)
	}
}

// sameKey compares what receivers take from two records (RFC 6376, 3.6.1).
func sameKey(a, b string) bool {
	x, y := tags(a), tags(b)
	return x["p"] == y["p"] && x["k"] == y["k"] && x["v"] == y["v"]
}

// tags reads a tag list with the defaults of a key's record.
func tags(record string) map[string]string {
	t := map[string]string{"v": "DKIM1", "k": "rsa"}
	for tag := range strings.SplitSeq(record, ";") {
		name, value, _ := strings.Cut(tag, "=")
		t[strings.TrimSpace(name)] = strings.Join(strings.Fields(value), "")
	}
	return t
}
