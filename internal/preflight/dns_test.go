package preflight_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"digest.example/internal/preflight"
)

// zone is what DNS knows: texts and addresses by name.
type zone struct {
	txt  map[string][]string
	ip   map[string][]string
	fail map[string]bool // names that nobody answers for at the moment
}

func (z zone) absent(name string) error {
	name = strings.TrimSuffix(name, ".")
	if z.fail[name] {
		return &net.DNSError{Err: "server misbehaving", Name: name, IsTemporary: true}
	}
	return &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func (z zone) LookupTXT(_ context.Context, name string) ([]string, error) {
	if txt, ok := z.txt[strings.TrimSuffix(name, ".")]; ok {
		return txt, nil
	}
	return nil, z.absent(name)
}

func (z zone) LookupIPAddr(_ context.Context, host string) ([]net.IPAddr, error) {
	ips, ok := z.ip[strings.TrimSuffix(host, ".")]
	if !ok {
		return nil, z.absent(host)
	}
	var all []net.IPAddr
	for _, ip := range ips {
		all = append(all, net.IPAddr{IP: net.ParseIP(ip)})
	}
	return all, nil
}

func (z zone) LookupMX(_ context.Context, name string) ([]*net.MX, error) { return nil, z.absent(name) }

func (z zone) LookupAddr(_ context.Context, addr string) ([]string, error) {
	return nil, z.absent(addr)
}

// wellKept is a zone in which all is as it should be.
func wellKept() zone {
	return zone{
		txt: map[string][]string{
			"harbour.test":        {"google-site-verification=x", "v=spf1 include:spf.relay.test -all"},
			"spf.relay.test":      {"v=spf1 ip4:203.0.113.0/24 -all"},
			"_dmarc.harbour.test": {"v=DMARC1; p=quarantine"},
		},
		ip:   map[string][]string{"smtp.relay.test": {"203.0.113.7"}},
		fail: map[string]bool{},
	}
}

func TestCheckDNS(t *testing.T) {
	type sender = *preflight.Sender
	for _, c := range []struct {
		name  string
		spoil func(z *zone, s sender)
		want  string // findings
		why   string // in the first
		note  string // in a note
	}{
		{"all is well", func(*zone, sender) {}, "", "", "SPF of harbour.test lets smtp.relay.test (203.0.113.7) send"},
		{"DKIM cannot be known", func(*zone, sender) {}, "", "", "header.d=harbour.test"},
		{"no SPF", func(z *zone, _ sender) {
			delete(z.txt, "harbour.test")
			z.ip["smtp.relay.test"] = []string{"203.0.113.7", "203.0.113.8"} // and yet said once
		}, "warns dns-no-spf", "harbour.test has no SPF record", ""},
		{"other texts", func(z *zone, _ sender) { z.txt["harbour.test"] = []string{"v=spf2"} }, "warns dns-no-spf", "has no SPF record", ""},
		{"two SPF records", func(z *zone, _ sender) { z.txt["harbour.test"] = []string{"v=spf1 -all", "v=spf1 +all"} }, "warns dns-no-spf", "cannot be understood", ""},
		{"bad SPF", func(z *zone, _ sender) { z.txt["harbour.test"] = []string{"v=spf1 nonsense -all"} }, "warns dns-no-spf", "cannot be understood", ""},
		{"DNS is down", func(z *zone, _ sender) {
			delete(z.txt, "harbour.test")
			delete(z.txt, "_dmarc.harbour.test")
			z.fail["harbour.test"], z.fail["_dmarc.harbour.test"] = true, true
		}, "", "", "DMARC of harbour.test could not be looked up"},
		{"SPF cannot be told", func(z *zone, _ sender) {
			delete(z.txt, "harbour.test")
			z.fail["harbour.test"] = true
		}, "", "", "SPF of harbour.test could not be looked up"},
		{"another relay", func(z *zone, _ sender) { z.ip["smtp.relay.test"] = []string{"198.51.100.1"} }, "", "", "says fail for smtp.relay.test"},
		{"one of two", func(z *zone, _ sender) { z.ip["smtp.relay.test"] = []string{"203.0.113.7", "198.51.100.1"} }, "", "", "(198.51.100.1), which is well"},
		{"an address", func(_ *zone, s sender) { s.Relay = "203.0.113.9" }, "", "", "lets 203.0.113.9"},
		{"a relay that nobody knows", func(_ *zone, s sender) { s.Relay = "smtp.nowhere.test" }, "", "", "DKIM"},
		{"the envelope's domain counts", func(z *zone, s sender) {
			s.Envelope = "b@bounces.harbour.test"
		}, "warns dns-no-spf", "bounces.harbour.test has no SPF", ""},

		{"no DMARC", func(z *zone, _ sender) { delete(z.txt, "_dmarc.harbour.test") }, "warns dns-no-dmarc", "harbour.test has no DMARC record", ""},
		{"bad DMARC", func(z *zone, _ sender) { z.txt["_dmarc.harbour.test"] = []string{"v=DMARC1; p=\u202enonsense"} }, "warns dns-no-dmarc", "cannot be understood", ""},
		{"DMARC of the domain above", func(_ *zone, s sender) { s.From = "digest@news.harbour.test" }, "", "", ""},

		{"misaligned", func(z *zone, s sender) {
			s.Envelope = "b@relay.test"
			z.txt["relay.test"] = []string{"v=spf1 ip4:203.0.113.0/24 -all"}
		}, "warns dns-misaligned", "mail is from harbour.test, bounces go to relay.test", ""},
		{"a sub-domain is aligned", func(z *zone, s sender) {
			s.Envelope = "b@bounces.harbour.test"
			z.txt["bounces.harbour.test"] = z.txt["harbour.test"]
		}, "", "", ""},
		{"but not strictly", func(z *zone, s sender) {
			s.Envelope = "b@bounces.harbour.test"
			z.txt["bounces.harbour.test"] = z.txt["harbour.test"]
			z.txt["_dmarc.harbour.test"] = []string{"v=DMARC1; p=none; aspf=s"}
		}, "warns dns-misaligned", "bounces.harbour.test", ""},
		{"nothing at all", func(z *zone, s sender) { *z = zone{}; s.Envelope = "b@relay.test" }, "warns dns-no-spf warns dns-no-dmarc warns dns-misaligned", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			z := wellKept()
			s := preflight.Sender{From: "digest@harbour.test", Envelope: "bounces@harbour.test", Relay: "smtp.relay.test"}
			c.spoil(&z, &s)
			found, notes := preflight.CheckDNS(t.Context(), s, z)
			if got := strings.Join(told(found), " "); got != c.want {
				t.Fatalf("%+v, want %q; notes %q", found, c.want, notes)
			}
			if len(found) > 0 && !strings.Contains(found[0].Why, c.why) {
				t.Errorf("why %q, want %q in it", found[0].Why, c.why)
			}
			if all := strings.Join(notes, "\n"); !strings.Contains(all, c.note) {
				t.Errorf("notes %q, want %q", all, c.note)
			}
			if text := fmt.Sprint(found, notes); strings.Contains(text, "\u202e") {
				t.Errorf("a record's own words: %q", text)
			}
		})
	}
}

// A relay on this machine says nothing of what receivers see.
func TestCheckDNSOfALocalRelay(t *testing.T) {
	for _, relay := range []string{"127.0.0.1", "localhost", "10.1.2.3", "::1"} {
		z := wellKept()
		z.ip["localhost"] = []string{"127.0.0.1", "::1"}
		found, notes := preflight.CheckDNS(t.Context(), preflight.Sender{From: "a@harbour.test", Envelope: "a@harbour.test", Relay: relay}, z)
		if len(found) != 0 || len(notes) != 1 {
			t.Errorf("%s: %v, %q", relay, found, notes)
		}
	}
}
