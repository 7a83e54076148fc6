package preflight_test

import (
	"fmt"
	"strings"
	"testing"

	"digest.example/internal/preflight"
)

const (
	rsaRecord = "v=DKIM1; k=rsa; p=MIIBIjANBgkqh"
	edRecord  = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS"
	keyName   = "s1._domainkey.harbour.test"
)

func TestCheckDKIM(t *testing.T) {
	type sender = *preflight.Sender
	for _, c := range []struct {
		name  string
		spoil func(z *zone, s sender)
		want  string // why, of each finding
		note  string
	}{
		{"published", func(*zone, sender) {}, "", "DKIM of " + keyName + " is published"},
		{"in other words", func(z *zone, _ sender) {
			z.txt[keyName] = []string{"p=MIIBI jANBg\tkqh ; t=s;n=of the harbour"}
		}, "", "is published"},
		{"missing", func(z *zone, _ sender) { delete(z.txt, keyName) }, "there is no record at " + keyName, ""},
		{"no strings", func(z *zone, _ sender) { z.txt[keyName] = nil }, "there is no record at " + keyName, ""},
		{"another key", func(z *zone, _ sender) { z.txt[keyName] = []string{"v=DKIM1; p=MIIBIjANBgkqi"} }, "holds another key", ""},
		{"another kind", func(z *zone, _ sender) { z.txt[keyName] = []string{"v=DKIM1; k=ed25519; p=MIIBIjANBgkqh"} }, "holds another key", ""},
		{"another version", func(z *zone, _ sender) { z.txt[keyName] = []string{"v=DKIM2; p=MIIBIjANBgkqh"} }, "holds another key", ""},
		{"revoked", func(z *zone, _ sender) { z.txt[keyName] = []string{"v=DKIM1; p="} }, "holds another key", ""},
		{"not a record", func(z *zone, _ sender) { z.txt[keyName] = []string{"heron\u202e"} }, "holds another key", ""},
		{"two", func(z *zone, _ sender) { z.txt[keyName] = []string{rsaRecord, rsaRecord} }, "there are 2 records", ""},
		{"DNS is down", func(z *zone, _ sender) {
			delete(z.txt, keyName)
			z.fail[keyName] = true
		}, "", "could not be looked up"},
		{"the second is missing", func(_ *zone, s sender) {
			s.Keys = append(s.Keys, preflight.DKIMKey{Name: "s2._domainkey.harbour.test", Record: edRecord})
		}, "there is no record at s2._domainkey.harbour.test", "DKIM of " + keyName + " is published"},

		{"domain above", func(_ *zone, s sender) { s.From = "digest@news.harbour.test" }, "", ""},
		{"domain below", func(z *zone, s sender) {
			s.Keys[0].Name = "s1._domainkey.news.harbour.test"
			z.txt[s.Keys[0].Name] = []string{rsaRecord}
		}, "", ""},
		{"strictly not", func(z *zone, s sender) {
			s.From = "digest@news.harbour.test"
			z.txt["_dmarc.harbour.test"] = []string{"v=DMARC1; p=none; adkim=s"}
		}, "signature is by harbour.test", ""},
		{"strictly", func(z *zone, s sender) {
			s.From = "digest@Harbour.test"
			z.txt["_dmarc.harbour.test"] = []string{"v=DMARC1; p=none; adkim=s"}
		}, "", ""},
		{"another domain", func(z *zone, s sender) {
			s.Keys[0].Name = "s1._domainkey.relay.test"
			z.txt[s.Keys[0].Name] = []string{rsaRecord}
		}, "mail is from harbour.test, the signature is by relay.test", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			z := wellKept()
			z.txt[keyName] = []string{rsaRecord}
			s := preflight.Sender{
				From: "digest@harbour.test", Envelope: "bounces@harbour.test", Relay: "smtp.relay.test",
				Keys: []preflight.DKIMKey{{Name: keyName, Record: rsaRecord}},
			}
			c.spoil(&z, &s)
			all, notes := preflight.CheckDNS(t.Context(), s, z)
			var why []string
			for _, f := range all {
				if f.Code == preflight.DNSNoDKIM {
					why = append(why, f.Why)
				}
			}
			if got := strings.Join(why, "; "); !strings.Contains(got, c.want) || (got == "") != (c.want == "") || len(why) > 1 {
				t.Errorf("found %q, want %q", got, c.want)
			}
			if text := strings.Join(notes, "\n"); !strings.Contains(text, c.note) || strings.Contains(text, "send --to") {
				t.Errorf("notes %q, want %q", text, c.note)
			}
			if strings.Contains(fmt.Sprint(all, notes), "\u202e") {
				t.Error("a record's own words")
			}
		})
	}
}

func TestAligned(t *testing.T) {
	for _, c := range []struct {
		address, domain string
		want            bool
	}{
		{"a@example.org", "example.org", true},
		{"a@news.example.org", "example.org", true},
		{"a@example.org", "NEWS.example.org", true},
		{"a@example.org", "example.net", false},
		{"a@one.example.co.uk", "two.example.co.uk", true},
		{"a@example.co.uk", "other.co.uk", false},
		{"a@evilexample.org", "example.org", false},
	} {
		if got := preflight.Aligned(c.address, c.domain); got != c.want {
			t.Errorf("%+v", c)
		}
	}
}

// FuzzCheckDKIM: of whatever is published, only the key itself passes, and what
// it says is not repeated.
func FuzzCheckDKIM(f *testing.F) {
	f.Add(rsaRecord)
	f.Add("v=DKIM1; p=; =; ;;")
	f.Add("p=MIIBIjANBgkqh; p=other")
	f.Fuzz(func(t *testing.T, record string) {
		z := wellKept()
		z.txt[keyName] = []string{record}
		found, notes := preflight.CheckDNS(t.Context(), preflight.Sender{
			From: "digest@harbour.test", Envelope: "bounces@harbour.test", Relay: "smtp.relay.test",
			Keys: []preflight.DKIMKey{{Name: keyName, Record: rsaRecord}},
		}, z)
		published := strings.Contains(strings.Join(notes, "\n"), "is published")
		if published != (len(found) == 0) {
			t.Errorf("%q: %v, %q", record, found, notes)
		}
		squeezed := strings.Join(strings.Fields(record), "")
		if published && !strings.Contains(squeezed, "p=MIIBIjANBgkqh") {
			t.Errorf("%q passes", record)
		}
	})
}
