package main

import (
	"errors"
	"strings"
	"testing"

	"digest.example/internal/config"
	"digest.example/internal/digest"
	"digest.example/internal/publish"
)

// configured is the default configuration's newsletter twice, under two names.
func configured() *app {
	a := &app{config: config.Default()}
	second := a.config.Newsletters[0]
	second.Name = "other"
	second.Sources = append([]config.Source{}, second.Sources...)
	a.config.Newsletters = append(a.config.Newsletters, second)
	return a
}

func TestProblemsNameTheirKey(t *testing.T) {
	for want, spoil := range map[string]func(*config.Newsletter){
		"newsletters[1].schedule":        func(n *config.Newsletter) { n.Schedule = "61 * * * *" },
		"newsletters[1].timezone":        func(n *config.Newsletter) { n.Timezone = "Nowhere/Land" },
		"newsletters[1].sources[0].kind": func(n *config.Newsletter) { n.Sources[0].Kind = "gopher" },
	} {
		a := configured()
		spoil(&a.config.Newsletters[1])
		_, err := a.newsletters()
		var found config.Problems
		if !errors.As(err, &found) || len(found) != 1 || found[0].Key != want || found[0].File != config.DefaultFile {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestNewslettersAreComplete(t *testing.T) {
	all, err := configured().newsletters()
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	if n := all[1]; n.Name != "other" || n.NoteFile != "notes/other/NEXT.md" || len(n.Sources) != 1 || n.EnvelopeFrom == "" || n.Location == nil {
		t.Errorf("%+v", n)
	}
}

func TestEnvelopeFrom(t *testing.T) {
	for _, c := range []struct{ envelope, from, want string }{
		{"", "The Weekly <digest@example.org>", "digest@example.org"},
		{"bounces@example.org", "The Weekly <digest@example.org>", "bounces@example.org"},
		{"", "nonsense", ""},
	} {
		if got := envelopeFrom(config.Newsletter{EnvelopeFrom: c.envelope, From: c.from}); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestPlaceholder(t *testing.T) {
	for address, want := range map[string]bool{
		"https://digest.example.org": true, "https://EXAMPLE.com/x": true, "https://a.example": true,
		"https://a.invalid:8080": true, "https://example.dev": false, "https://notexample.org": false,
		"http://127.0.0.1:8080": false, "://": false,
	} {
		if placeholder(address) != want {
			t.Errorf("placeholder(%q) is %v", address, !want)
		}
	}
}

func TestPick(t *testing.T) {
	one := []publish.Newsletter{{Newsletter: digest.Newsletter{Name: "weekly"}}}
	two := append(one, publish.Newsletter{Newsletter: digest.Newsletter{Name: "monthly"}})
	if n, err := pick(one, ""); err != nil || n.Name != "weekly" {
		t.Errorf("the only one: %v", err)
	}
	if n, err := pick(two, "monthly"); err != nil || n.Name != "monthly" {
		t.Errorf("the named one: %v", err)
	}
	for _, name := range []string{"", "daily"} {
		_, err := pick(two, name)
		if !errors.Is(err, digest.ErrUsage) || !strings.Contains(err.Error(), "weekly, monthly") {
			t.Errorf("%q: %v", name, err)
		}
		if name != "" {
			if all, err := picks(two, name); err == nil || len(all) > 0 {
				t.Errorf("%q picks %v", name, all)
			}
		}
	}
	if all, err := picks(two, ""); err != nil || len(all) != 2 {
		t.Errorf("all: %v, %v", all, err)
	}
}
