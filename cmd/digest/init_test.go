package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"digest.example/internal/config"
	"digest.example/internal/sources"
)

// TestInitAlwaysWritesAConfiguration: whatever a site says of itself, the file
// that is made of it can be read.
func TestInitAlwaysWritesAConfiguration(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		site := sources.Site{
			Kind:     rapid.SampledFrom([]string{sources.KindWordPress, sources.KindFeed}).Draw(t, "kind"),
			Home:     rapid.SampledFrom([]string{"https://heron.test/", "http://[::1]:80/a/", "https://xn--bcher-kva.test/"}).Draw(t, "home"),
			Title:    rapid.OneOf(rapid.StringN(0, 300, 2000), rapid.Just("Z"+strings.Repeat("\u0301", 900)), rapid.Just(`a\"b<c>@,`)).Draw(t, "title"),
			Language: rapid.SampledFrom([]string{"", "en-GB", "x-private", "zh-Hant"}).Draw(t, "language"),
			Timezone: rapid.SampledFrom([]string{"", "Europe/Lisbon"}).Draw(t, "zone"),
		}
		site.Address = site.Home
		c := configFor(site, []string{"[::1]:80"})
		n := newSite{output: filepath.Join(folder, "config.yaml"), force: true}
		if err := n.write(c); err != nil {
			t.Fatal(err)
		}
		got, err := config.Load(n.output, nil)
		if err != nil {
			t.Fatal(err)
		}
		first := got.Newsletters[0]
		if first.Title == "" || first.Sources[0].URL != site.Home || first.Sources[0].Kind != site.Kind || !placeholderMailbox(first.From) {
			t.Errorf("%+v", first)
		}
		if notes := placeholders(got); len(notes) != 4 {
			t.Errorf("%q", notes)
		}
	})
}

func TestWriteOverwritesNothingUnasked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	n := newSite{output: file}
	c := configFor(sources.Site{Kind: sources.KindFeed, Home: "https://heron.test/", Address: "https://heron.test/feed/"}, nil)
	if err := n.free(); exitCode(err) != exitUsage {
		t.Error(err)
	}
	// It may appear while the site is asked.
	if err := n.write(c); err == nil {
		t.Error("written over")
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "mine" {
		t.Errorf("%q, %v", text, err)
	}
	if n.force = true; n.free() != nil || n.write(c) != nil {
		t.Error("not even by force")
	}
}

func TestSourceName(t *testing.T) {
	for address, want := range map[string]string{
		"https://www.heron.test/a": "heron-test", "http://127.0.0.1:8801/": "127-0-0-1", "https://blog.heron.test": "blog-heron-test",
		"https://" + strings.Repeat("a", 39) + ".test/": strings.Repeat("a", 39), "nonsense": "site", "http://[::1]:80/": "1",
	} {
		if got := sourceName(address); got != want {
			t.Errorf("%s: %q", address, got)
		}
	}
}

func TestMailboxOf(t *testing.T) {
	for name, want := range map[string]string{
		"The Heron": "The Heron <a@b.test>", "Fjärd": "Fjärd <a@b.test>", "Herons, Ltd": `"Herons, Ltd" <a@b.test>`, `a "b" \c`: `"a \"b\" \\c" <a@b.test>`,
		"a\x00b": "a@b.test",
	} {
		if got := mailboxOf(name, "a@b.test"); got != want {
			t.Errorf("%q: %s", name, got)
		}
	}
}

func TestPlaceholders(t *testing.T) {
	if notes := placeholders(config.Default()); len(notes) != 5 || !strings.HasPrefix(notes[0], "web.public_url is still the placeholder https://digest.example.org: ") {
		t.Errorf("%q", notes)
	}
	c := config.Default()
	c.Web.PublicURL, c.SMTP.Host = "https://digest.heron.test", "smtp.heron.test"
	c.Newsletters[0].From, c.Newsletters[0].ReplyTo, c.Newsletters[0].PostalAddress = "a@heron.test", "", "1 Harbour Street"
	if notes := placeholders(c); len(notes) != 0 {
		t.Errorf("%q", notes)
	}
}
