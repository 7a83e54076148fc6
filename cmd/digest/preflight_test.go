package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"digest.example/internal/config"
	"digest.example/internal/digest"
	"digest.example/internal/preflight"
	"digest.example/internal/publish"
)

func TestWouldHold(t *testing.T) {
	blocks := preflight.New(preflight.ListShrank, preflight.Blocks, "why")
	again := preflight.New(preflight.DeadLink, preflight.Blocks, "why")
	warns := preflight.New(preflight.DeadLink, preflight.Warns, "why")
	for _, c := range []struct {
		name      string
		publicURL string
		findings  []preflight.Finding
		want      string // in the error; empty: none
	}{
		{"nothing", "https://news.harbour.test", nil, ""},
		{"a warning", "https://news.harbour.test", []preflight.Finding{warns}, ""},
		{"one", "https://news.harbour.test", []preflight.Finding{blocks, warns}, "weekly/7 would be held: .*--force list-shrank"},
		{"several", "https://news.harbour.test", []preflight.Finding{blocks, again, again}, "--force dead-link,list-shrank"},
		{"forced", "https://news.harbour.test", preflight.Force([]preflight.Finding{blocks}, []string{preflight.ListShrank}), ""},
		{"a first look", config.Default().Web.PublicURL, []preflight.Finding{blocks}, ""},
	} {
		a := app{config: config.Config{Web: config.Web{PublicURL: c.publicURL}}}
		err := a.wouldHold([]plan{{Issue: "monthly/3"}, {Issue: "weekly/7", Findings: c.findings}})
		if (err != nil) != (c.want != "") {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if err == nil {
			continue
		}
		if exitCode(err) != exitHeld || !strings.HasSuffix(err.Error(), c.want[strings.Index(c.want, "--force"):]) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// Help lists all codes, one in a line.
func TestCodeHelp(t *testing.T) {
	text := codeHelp() + "\n"
	for _, k := range preflight.Kinds {
		if strings.Count(text, "\n  "+k.Code+" ") != 1 {
			t.Errorf("%s is not there once", k.Code)
		}
	}
}

func TestFolded(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "one": "one", "one two": "one two", "one two three": "one two|three", "a longerword b": "a|longerword|b",
	} {
		if got := strings.Join(folded(text, 7), "|"); got != want {
			t.Errorf("%q is folded to %q", text, got)
		}
	}
}

// What the example and digest init write for an address is known for what it is.
func TestExampleAddressesAreFound(t *testing.T) {
	for _, address := range []string{placeholderPost, config.Default().Newsletters[0].PostalAddress} {
		found := preflight.Check(preflight.Mail{}, preflight.Facts{PostalAddress: address})
		if !slices.Contains(blockingCodes(found), preflight.PlaceholderLeft) {
			t.Errorf("%s passes: %+v", address, found)
		}
	}
}

func TestLinkProgress(t *testing.T) {
	var out bytes.Buffer
	a := app{err: &out}
	step, end := a.linkProgress("weekly")
	step(1, 2)
	end()
	if out.Len() != 0 {
		t.Errorf("in a log: %q", &out)
	}
}

// silence is a resolver that knows no name.
type silence struct{}

func (silence) LookupTXT(context.Context, string) ([]string, error) { return nil, nil }

func (silence) LookupIPAddr(context.Context, string) ([]net.IPAddr, error) { return nil, nil }

func (silence) LookupMX(context.Context, string) ([]*net.MX, error) { return nil, nil }

func (silence) LookupAddr(context.Context, string) ([]string, error) { return nil, nil }

func TestVouched(t *testing.T) {
	n := &publish.Newsletter{Newsletter: digest.Newsletter{From: "Weekly <a@harbour.test>", EnvelopeFrom: "b@relay.test"}}
	found, notes, err := vouched(t.Context(), n, "smtp.relay.test", nil, silence{})
	if err != nil || len(found) != 3 || len(notes) != 1 {
		t.Errorf("%+v, %q, %v", found, notes, err)
	}
	n.From = "nobody"
	if _, _, err := vouched(t.Context(), n, "", nil, silence{}); !errors.Is(err, digest.ErrConfig) {
		t.Errorf("error %v", err)
	}
}
