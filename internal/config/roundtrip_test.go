package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"
)

// TestEveryKeyArrives: a configuration that is written out key by key, and
// read again, is the same, so that no key is mistaken for another, converted
// or overridden by a default.
func TestEveryKeyArrives(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	rapid.Check(t, func(t *rapid.T) {
		want := anyConfig(t)
		text, err := yaml.Marshal(asYAML(reflect.ValueOf(want)))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Load(path, nil)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s\n%s", diff, text)
		}
	})
}

// TestEnvironmentReachesEveryKey does the same for the keys outside the lists.
func TestEnvironmentReachesEveryKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		want := anyConfig(t)
		want.SMTP.DKIM = DKIM{}
		want.Newsletters, want.Fetch, want.Web.TrustedProxies = Default().Newsletters, Default().Fetch, nil
		var environ []string
		var walk func(v reflect.Value, parent string)
		walk = func(v reflect.Value, parent string) {
			for i := range v.NumField() {
				name := parent + "_" + strings.ToUpper(v.Type().Field(i).Tag.Get("mapstructure"))
				switch f := v.Field(i); f.Kind() {
				case reflect.Struct:
					walk(f, name)
				case reflect.Slice:
				default:
					environ = append(environ, name+"="+scalarText(f))
				}
			}
		}
		walk(reflect.ValueOf(want), "DIGEST")
		got, err := Load(path, environ)
		if err != nil {
			t.Fatalf("%v\n%v", err, environ)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s\n%v", diff, environ)
		}
	})
}

func scalarText(v reflect.Value) string {
	text, _ := yaml.Marshal(asYAML(v))
	if v.Kind() == reflect.String {
		return v.String()
	}
	return strings.TrimSpace(string(text))
}

// asYAML turns a part of a Config into what the YAML library writes.
func asYAML(v reflect.Value) any {
	switch d, ok := v.Interface().(Duration); {
	case ok:
		return d.String()
	case v.Kind() == reflect.Struct:
		m := map[string]any{}
		for i := range v.NumField() {
			m[v.Type().Field(i).Tag.Get("mapstructure")] = asYAML(v.Field(i))
		}
		return m
	case v.Kind() == reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = asYAML(v.Index(i))
		}
		return list
	}
	return v.Interface()
}

var word = rapid.StringMatching(`[A-Za-z0-9.#'":{}é,-][A-Za-z0-9 .#'":{}é,-]{0,20}[a-z]`)

func anyConfig(t *rapid.T) Config {
	pick := func(values ...string) string { return rapid.SampledFrom(values).Draw(t, "choice") }
	c := Config{
		Database: pick("digest.db", "0123", "postgres://u:p@h/db", "~"),
		Web: Web{
			pick(":80", "127.0.0.1:8080"), pick("https://a.example", "http://localhost:8080/x"),
			rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"127.0.0.1", "::1", "10.0.0.0/8"}), 1, 3, rapid.ID).Draw(t, "proxies"),
		},
		Secret: pick("0123456789abcdef0123456789abcdef", "1e100000000000000000000000000000"),
		SMTP: SMTP{
			Host: pick("localhost", "127.0.0.1", "::1"), Port: rapid.IntRange(1, 65535).Draw(t, "port"),
			Username: word.Draw(t, "username"), Password: word.Draw(t, "password"),
			TLS: pick(TLSStartTLS, TLSImplicit, TLSNone), Connections: rapid.IntRange(1, 100).Draw(t, "connections"),
			PerSecond:     rapid.Float64Range(0, 1e6).Draw(t, "per second"),
			PerConnection: rapid.IntRange(0, 1000).Draw(t, "per connection"), Pipelining: rapid.Bool().Draw(t, "pipelining"),
		},
		Alert: Alert{
			Command: word.Draw(t, "command"),
			Webhook: pick("https://hooks.example.org/a?b#c", "http://localhost:9000/x"),
		},
		Fetch: Fetch{AllowHosts: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{
			"wiki.internal:443", "[::1]:80", "10.0.0.1:8080",
		}), 1, 3, rapid.ID).Draw(t, "hosts")},
		Library: Library{
			PullEvery: minPullEvery * Duration(rapid.IntRange(0, 100).Draw(t, "pull every")),
			Keep:      minKeep + Duration(rapid.IntRange(0, 1000).Draw(t, "keep"))*Duration(day),
		},
		Metrics:   Metrics{Listen: rapid.SampledFrom([]string{"", "127.0.0.1:9464", "[::1]:0"}).Draw(t, "metrics")},
		Ledger:    Ledger{Keep: minKeepLedger * Duration(rapid.IntRange(0, 100).Draw(t, "keep ledger"))},
		Templates: word.Draw(t, "templates"),
	}
	if rapid.Bool().Draw(t, "password file") {
		c.SMTP.Password, c.SMTP.PasswordFile = "", "testdata/password"
	}
	c.SMTP.Auth = pick(authKinds...)
	for i := range rapid.IntRange(1, 2).Draw(t, "DKIM keys") {
		c.SMTP.DKIM.Domain = pick("example.org", "news.example")
		c.SMTP.DKIM.Keys = append(c.SMTP.DKIM.Keys, DKIMKey{
			Selector: pick("s", "a.b", "no") + string(rune('0'+i)), File: word.Draw(t, "key file"),
		})
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "newsletters") {
		c.Newsletters = append(c.Newsletters, anyNewsletter(t, string(rune('a'+i)), pick))
	}
	return c
}

func anyNewsletter(t *rapid.T, name string, pick func(...string) string) Newsletter {
	span := func(low int) Duration {
		return Duration(rapid.IntRange(low, 3000*24*60).Draw(t, "minutes")) * Duration(time.Minute)
	}
	n := Newsletter{
		Name: name, Title: word.Draw(t, "title"), From: pick("a@example.org", "Ä B <a@example.org>"),
		ReplyTo: pick("", "b@example.org"), EnvelopeFrom: pick("", "c@example.org"), UnsubscribeMailbox: pick("", "d@example.org"),
		PostalAddress: word.Draw(t, "address"), Language: pick("en", "no", "pt-BR"), Schedule: word.Draw(t, "schedule"),
		Timezone: pick("UTC", "Asia/Tehran"),
		Articles: Articles{rapid.IntRange(1, 100).Draw(t, "max"), span(1)},
		Comments: Comments{
			PerArticle: rapid.IntRange(0, 10).Draw(t, "per article"), Bar: rapid.Float64Range(0, maxBar).Draw(t, "bar"),
			MinAge: span(0), BlockedWords: rapid.SliceOfN(word, 1, 3).Draw(t, "words"),
			BlockedAuthors: rapid.SliceOfN(word, 1, 3).Draw(t, "authors"),
		},
		Delivery: Delivery{pick(InDoubtHold, InDoubtResend)}, CatchUp: span(0), HoldMax: span(1),
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "sources") {
		s := Source{
			Name: name + string(rune('0'+i)), URL: "https://blog.example.org",
			Kind: pick(kinds...), Required: rapid.Bool().Draw(t, "required"),
		}
		if s.Kind == KindSample {
			s.URL = pick("", s.URL)
		}
		n.Sources = append(n.Sources, s)
	}
	return n
}
