package config

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
)

func TestDefaultIsValid(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
}

// TestValues changes one setting of Default at a time.
func TestValues(t *testing.T) {
	for _, tc := range []struct {
		key  string
		set  func(*Config, string)
		good string
		bad  string
	}{
		{
			"web.public_url",
			func(c *Config, v string) { c.Web.PublicURL = v },
			"https://a.example https://a.example:8443/news http://localhost:8080 http://127.0.0.1 http://[::1]:80 https://xn--bcher-kva.example",
			"a.example http://a.example http://10.0.0.1 ftp://a.example https:// https://u@a.example https://a.example/?q https://a.example/? https://a.example/# https://a.example:0 https://a.example:99999 https://a.example/\r\n javascript:alert(1) //a.example https://:80",
		},
		{
			"web.listen",
			func(c *Config, v string) { c.Web.Listen = v },
			"127.0.0.1:8080 :8080 [::1]:0 localhost:80",
			"8080 127.0.0.1 127.0.0.1:http 127.0.0.1:65536 ::1:80",
		},
		{
			"database",
			func(c *Config, v string) { c.Database, c.Secret = v, strings.Repeat("s", minSecret) },
			"digest.db /var/lib/digest/digest.db postgres://u@host/db postgresql://host/db",
			"mysql://host/db postgres://host:port/db a\x00b",
		},
		{
			"templates",
			func(c *Config, v string) { c.Templates = v },
			"templates ../mine /etc/digest/templates",
			"a\x00b a\tb",
		},
		{
			"secret",
			func(c *Config, v string) { c.Database, c.Secret, _ = strings.Cut(v, "#") },
			"digest.db# digest.db#" + strings.Repeat("s", minSecret) + " postgres://u@host/db#" + strings.Repeat("s", minSecret),
			"digest.db#" + strings.Repeat("s", minSecret-1) + " postgres://u@host/db#",
		},
		{
			"smtp.tls",
			func(c *Config, v string) { c.SMTP.TLS, c.SMTP.Host, _ = strings.Cut(v, "@") },
			"starttls@a.example implicit@10.0.0.1 none@localhost none@127.0.0.1 none@127.9.9.9 none@::1 none@10.1.2.3 none@192.168.0.1 none@fd00::1 none@::ffff:10.0.0.1",
			"none@a.example none@8.8.8.8 none@2001:db8::1 none@localhost.example STARTTLS@a.example @a.example",
		},
		{
			"smtp.auth",
			func(c *Config, v string) {
				c.SMTP.Username = "ann"
				c.SMTP.Auth, c.SMTP.TLS, _ = strings.Cut(v, "@")
				c.SMTP.TLS, c.SMTP.Host, _ = strings.Cut(c.SMTP.TLS, "@")
			},
			"auto@none@10.1.2.3 plain@starttls@a.example login@implicit@a.example cram-md5@none@10.1.2.3 scram-sha-1@none@10.1.2.3 scram-sha-256@starttls@a.example xoauth2@none@127.0.0.1 plain@none@localhost",
			"plain@none@10.1.2.3 login@none@10.1.2.3 xoauth2@none@fd00::1 PLAIN@starttls@a.example ntlm@starttls@a.example @starttls@a.example scram-sha-256-plus@starttls@a.example",
		},
		{
			"smtp.username",
			func(c *Config, v string) { c.SMTP.Auth, c.SMTP.Username, _ = strings.Cut(v, "@") },
			"auto@ plain@ann xoauth2@ann",
			"plain@ scram-sha-256@ xoauth2@ auto@a\x00",
		},
		{
			"smtp.dkim.domain",
			func(c *Config, v string) { c.SMTP.DKIM = DKIM{Domain: v, Keys: []DKIMKey{{"s1", "s1.pem"}}} },
			"example.org EXAMPLE.ORG mail.example.org xn--bcher-kva.example",
			"@ example.org. [127.0.0.1] 127.0.0.1 ::1 bücher.example a;b https://example.org",
		},
		{
			"smtp.dkim.keys[1].selector",
			func(c *Config, v string) {
				c.SMTP.DKIM = DKIM{Domain: "example.org", Keys: []DKIMKey{{"s1", "s1.pem"}, {v, "s2.pem"}}}
			},
			"s2 2026 a.b s_2",
			"s1 S1 s; s\r\n .s s2.",
		},
		{
			"newsletters[0].from",
			func(c *Config, v string) { c.Newsletters[0].From = strings.ReplaceAll(v, "_", " ") },
			"a@example.org <a@example.org> Ann_<a@example.org> \"Ann,_Editor\"_<a@example.org> Ännchen_<a@example.org> =?utf-8?q?=C3=84?=_<a@example.org>",
			"example.org a@ @example.org a@b,c@d a@example.org\r\nBcc:x@y Ann <ä@example.org> \"a\\\nb\"_<a@example.org> =?utf-8?q?=0D=0A?=_<a@example.org> a@[127.0.0.1]",
		},
		{
			"newsletters[0].envelope_from",
			func(c *Config, v string) { c.Newsletters[0].EnvelopeFrom = v },
			"bounces@example.org a+b@sub.example.org root@localhost",
			"<a@example.org> a@exa\tmple.org \"a b\"@example.org a@b@c " + strings.Repeat("a", 65) + "@example.org",
		},
		{
			"newsletters[0].name",
			func(c *Config, v string) { c.Newsletters[0].Name = v },
			"a weekly 2nd-try " + strings.Repeat("a", 40),
			"-a Weekly a_b ä a/b " + strings.Repeat("a", 41),
		},
		{
			"newsletters[0].timezone",
			func(c *Config, v string) { c.Newsletters[0].Timezone = v },
			"UTC Europe/London Australia/Lord_Howe Etc/GMT+3",
			"Local Mars/Olympus ../etc/passwd /etc/localtime GMT+25",
		},
		{
			"newsletters[0].language",
			func(c *Config, v string) { c.Newsletters[0].Language = v },
			"en de pt-BR zh-Hant ar",
			"english-language en_US x 12 \"><script>",
		},
		{
			"newsletters[0].sources[0].url",
			func(c *Config, v string) {
				c.Newsletters[0].Sources[0].Kind, c.Newsletters[0].Sources[0].URL = KindAuto, v
			},
			"https://blog.example.org http://10.0.0.1:8080/feed",
			" blog.example.org file:///etc/passwd https://u:p@example.org https://exa\nmple.org",
		},
		{
			"newsletters[0].sources[0].kind",
			func(c *Config, v string) {
				c.Newsletters[0].Sources[0].Kind = v
				c.Newsletters[0].Sources[0].URL = "https://blog.example.org"
			},
			"auto wordpress feed sample",
			"WordPress rss gopher\x00 ",
		},
		{
			"alert.webhook",
			func(c *Config, v string) { c.Alert.Webhook = v },
			"https://hooks.example.org/a?b=c http://localhost:9000/ http://127.0.0.1 http://10.0.0.1:8080/x http://[::1]/",
			"http://hooks.example.org hooks.example.org ftp://10.0.0.1/ https:// https://u:p@hooks.example.org https://h:0/ https://h/\x00",
		},
		{
			"fetch.allow_hosts[1]",
			func(c *Config, v string) { c.Fetch.AllowHosts = []string{"a.example:80", v} },
			"b.example:443 10.0.0.1:8080 [::1]:80",
			"b.example b.example: b.example:http b.example:0 b.example:65536 :80 ::1:80 https://b.example:443 b.example:443/x *.example:80 a.example:80",
		},
		{
			"web.trusted_proxies[1]",
			func(c *Config, v string) { c.Web.TrustedProxies = []string{"::1", v} },
			"127.0.0.1 10.0.0.0/8 10.1.2.3/8 fd00::/8 2001:db8::1",
			"localhost 10.0.0.0/33 10.0.0 0.0.0.0/0 ::/0 * 127.0.0.1:80 [::1] fe80::1%eth0 fd00::%eth0/8",
		},
		{
			"library.pull_every",
			func(c *Config, v string) { c.Library.PullEvery, _ = ParseDuration(v) },
			"0 10m 1h 7d",
			"1s 9m59s 4000d",
		},
		{
			"library.keep",
			func(c *Config, v string) { c.Library.Keep, _ = ParseDuration(v) },
			"60d 365d 3660d",
			"0 59d 3661d",
		},
		{
			"ledger.keep",
			func(c *Config, v string) { c.Ledger.Keep, _ = ParseDuration(v) },
			"0 30d 365d 3660d",
			"1s 29d 3661d",
		},
	} {
		t.Run(tc.key, func(t *testing.T) {
			for v := range strings.FieldsSeq(tc.good) {
				c := Default()
				tc.set(&c, v)
				if err := c.Validate(); err != nil {
					t.Errorf("%q: %v", v, err)
				}
			}
			for v := range strings.SplitSeq(tc.bad, " ") {
				c := Default()
				tc.set(&c, v)
				err := c.Validate()
				if !errors.Is(err, digest.ErrConfig) || !strings.HasPrefix(err.Error(), tc.key+": ") {
					t.Errorf("%q: got %v", v, err)
				}
			}
		})
	}
}

func TestLongTextIsRefused(t *testing.T) {
	c := Default()
	c.Newsletters[0].Title = strings.Repeat("ä", 251)
	c.SMTP.Host = strings.Repeat("a.", 127) + "a"
	err := c.Validate()
	if err == nil || !strings.Contains(err.Error(), "newsletters[0].title: longer than 500 bytes") || !strings.Contains(err.Error(), "smtp.host: ") {
		t.Errorf("got %v", err)
	}
}

func TestPasswordsInAddressesAreNotPrinted(t *testing.T) {
	c := Default()
	c.Web.PublicURL = "https://me:geheim@a.example"
	c.Newsletters[0].Sources[0].URL = "https://me:geheim@a.example"
	if err := c.Validate(); err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("got %v", err)
	}
}

func TestDurations(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"7d": 7 * day, "2w": 14 * day, "24h": day, "90m": 90 * time.Minute, "1w2d3h": 9*day + 3*time.Hour,
		"0": 0, "0s": 0, "0d": 0, "1d12h": 36 * time.Hour, "1.5h": 90 * time.Minute,
	} {
		got, err := ParseDuration(s)
		if err != nil || got.Std() != want {
			t.Errorf("%q: got %v, %v", s, got, err)
		}
		if again, err := ParseDuration(got.String()); err != nil || again != got {
			t.Errorf("%v is written %s and read %v, %v", want, got, again, err)
		}
	}
	for _, s := range []string{"", "7", "d", "-7d", "7d-1h", "1d2w", "1.5d", "7 d", "+7d", "99999999999d", "4000000000w", "106751d24h", "1d1d", "NaNh"} {
		if got, err := ParseDuration(s); err == nil {
			t.Errorf("%q: got %v", s, got)
		}
	}
}

func TestRedactedHidesWhatIsTagged(t *testing.T) {
	c := Default()
	c.Secret, c.SMTP.Password, c.Alert.Webhook = "geheim", "geheim", "https://hooks.example.org/geheim?geheim"
	for database, want := range map[string]string{
		"digest.db":                          "digest.db",
		"postgres://u:geheim@host/db":        "postgres://u:hidden@host/db",
		"postgres://h/db?sslpassword=geheim": "postgres://h/db?sslpassword=hidden",
		"postgres://u:geheim@host:x/db":      hidden,
	} {
		c.Database = database
		r := c.Redacted()
		if r.Alert.Webhook != "https://hooks.example.org/"+hidden {
			t.Errorf("the webhook shows as %s", r.Alert.Webhook)
		}
		if r.Database != want || r.Secret != hidden || r.SMTP.Password != hidden {
			t.Errorf("got %+v", r)
		}
		if c.Secret != "geheim" {
			t.Fatal("the original was changed")
		}
	}
	if r := Default().Redacted(); r.Secret != "" || r.SMTP.Password != "" || r.Alert.Webhook != "" {
		t.Error("an empty secret must show as empty")
	}
}

// TestNoSecretsInLists holds what hide relies on, and that each field has a key.
func TestNoSecretsInLists(t *testing.T) {
	var walk func(typ reflect.Type, list bool)
	walk = func(typ reflect.Type, list bool) {
		for f := range typ.Fields() {
			if f.Tag.Get("mapstructure") == "" || list && f.Tag.Get("secret") != "" {
				t.Errorf("%s.%s", typ, f.Name)
			}
			switch f.Type.Kind() {
			case reflect.Struct:
				walk(f.Type, list)
			case reflect.Slice:
				if f.Type.Elem().Kind() == reflect.Struct {
					walk(f.Type.Elem(), true)
				}
			}
		}
	}
	walk(reflect.TypeFor[Config](), false)
}
