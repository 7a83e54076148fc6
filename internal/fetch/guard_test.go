package fetch

import (
	"errors"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
)

func newClient(t testing.TB, allow ...string) *Client {
	t.Helper()
	c, err := New(Options{UserAgent: "digest/1", AllowHosts: allow})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCheckAccepts(t *testing.T) {
	c := newClient(t, "blog:8080", "127.0.0.1:8000", "[::1]:80", "Own.Example.:80")
	for raw, want := range map[string]string{
		"http://example.com":                     "http://example.com example.com:80",
		"HTTPS://Example.COM./a%2Fb?q=%20#f@g":   "https://example.com/a%2Fb?q=%20 example.com:443",
		"http://example.com:0443/":               "http://example.com:443/ example.com:443",
		"https://example.com:/":                  "https://example.com/ example.com:443",
		"https://bücher.example/ü":               "https://xn--bcher-kva.example/%C3%BC xn--bcher-kva.example:443",
		"https://the_heron.example/":             "https://the_heron.example/ the_heron.example:443",
		"https://8.8.8.8/":                       "https://8.8.8.8/ 8.8.8.8:443",
		"https://8.8.8.8./":                      "https://8.8.8.8/ 8.8.8.8:443",
		"https://８.8.８.8/":                       "https://8.8.8.8/ 8.8.8.8:443",
		"https://[2600:0:0::1]/":                 "https://[2600::1]/ [2600::1]:443",
		"https://[::ffff:8.8.8.8]/":              "https://[::ffff:8.8.8.8]/ [::ffff:8.8.8.8]:443",
		"https://3com.example/":                  "https://3com.example/ 3com.example:443",
		"https://example.com/@heron":             "https://example.com/@heron example.com:443",
		"http://BLOG:8080/":                      "http://blog:8080/ blog:8080",
		"https://blog:8080/":                     "https://blog:8080/ blog:8080",
		"http://127.0.0.1:8000/":                 "http://127.0.0.1:8000/ 127.0.0.1:8000",
		"http://[0::1]/":                         "http://[::1]/ [::1]:80",
		"http://own.example/":                    "http://own.example/ own.example:80",
		"http://localhost/":                      "http://localhost/ localhost:80", // judged when dialled
		"http://example.com/?u=http://127.0.0.1": "http://example.com/?u=http://127.0.0.1 example.com:80",
	} {
		got, err := c.check(raw)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
		} else if s := got.url.String() + " " + got.key; s != want {
			t.Errorf("%s gives %s, want %s", raw, s, want)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	c := newClient(t, "127.0.0.1:8000", "blog:8080")
	for why, addresses := range map[string][]string{
		"scheme": {
			"", "/feed", "//example.com/", "ftp://example.com/", "file:///etc/passwd",
			"gopher://127.0.0.1:25/_", "data:text/xml,x", "javascript:x", "feed://example.com/",
		},
		"user name":       {"http://a@example.com/", "http://a:b@example.com/", "http://:@example.com/"},
		"unclear":         {"http://example.com#@127.0.0.1/", "http://example.com?@127.0.0.1/"},
		"is not a port":   {"http://example.com:0/", "http://example.com:65536/", "http://example.com:65616/"},
		"80 and 443":      {"http://example.com:22/", "https://example.com:8443/", "http://blog:8081/", "http://blog.:25/"},
		"invalid":         {"http://example.com:-1/", "http://a b/", "http://example.com\t/", "http://x/\x00", "http://127.0.0.1:80\\@a.test/", "http://[v1.x]/"},
		"missing ']'":     {"http://[::1/"},
		"is not a host":   {"http:///", "http:example.com", "http://?", "http://:80/", "http://./", "http://a..b/", "http://a!b/", "http://*.example.com/", "http://" + strings.Repeat("a", 64) + ".test/", "http://" + strings.Repeat("a.", 127) + "test/"},
		"holds a zone":    {"http://[fe80::1%25eth0]/", "http://[2600::1%25eth0]/"},
		"not a name":      {"http://a\u202eb.test/", "http://xn--\u00fc.test/"},
		"usual form":      {"http://127.1/", "http://0x7f.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://1.2.3.4.5/", "http://example.0x/", "http://256.256.256.256/", "http://①②⑦.⓪.1/", "http://a.1/"},
		"loopback":        {"http://127.0.0.1/", "https://127.0.0.1:80/", "http://127.0.0.1./", "http://１２７。0.0.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[64:ff9b::7f00:1]/"},
		"link-local":      {"http://169.254.169.254/latest/meta-data/", "http://[fe80::1]/"},
		"private":         {"http://10.0.0.1/", "http://[fd00:ec2::254]/"},
		"in fetch.allow_": {"http://10.0.0.1/", "http://example.com:22/"},
	} {
		for _, raw := range addresses {
			got, err := c.check(raw)
			if !errors.Is(err, ErrForbidden) || !strings.Contains(err.Error(), why) {
				t.Errorf("%q gives %v, %v; want an error with %q", raw, got.url, err, why)
			}
		}
	}
}

func TestErrorsKeepSecrets(t *testing.T) {
	w := newWorld(t)
	to := ""
	url := w.serve(func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, to, http.StatusFound) })
	for _, raw := range []string{
		"http://u:secret@example.com/", "http://u:secret@exa mple.com/", "http://u:secret@h\x7f/",
		"http://127.0.0.1/?key=secret", "http://unknown.test/?key=secret", url + "/?key=secret",
	} {
		_, err := w.get(Request{URL: raw})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", raw, err)
		}
	}
	for _, to = range []string{"/?key=secret", "http://u:secret@example.com/", "ftp://example.com/secret"} {
		_, err := w.get(Request{URL: url})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("to %q: %v", to, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, o := range []Options{
		{},
		{UserAgent: "a\r\nb"},
		{UserAgent: "a", AllowHosts: []string{"blog"}},
		{UserAgent: "a", AllowHosts: []string{"http://blog:80"}},
		{UserAgent: "a", AllowHosts: []string{"blog:0"}},
		{UserAgent: "a", AllowHosts: []string{"blog:http"}},
		{UserAgent: "a", AllowHosts: []string{":80"}},
		{UserAgent: "a", AllowHosts: []string{"127.1:80"}},
		{UserAgent: "a", AllowHosts: []string{"[fe80::1%eth0]:80"}},
		{UserAgent: "a", AllowHosts: []string{"10.0.0.0/8:80"}},
		{UserAgent: "a", AllowHosts: []string{"*:80"}},
	} {
		if _, err := New(o); err == nil || !strings.HasPrefix(err.Error(), "fetch.") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// What passes names one host in one form, on a usual port, and that is all it
// says to a server; checked again it is the same.
func FuzzCheck(f *testing.F) {
	for _, s := range []string{
		"http://example.com/", "https://[::1]:443/", "http://127.1/", "http://①②⑦.0.0.1/", "http://a@b/",
		"http://xn--bcher-kva.example:80/", "https://a_b.test.?x#y", "http:a", "//x", "http://0x.test:080",
	} {
		f.Add(s)
	}
	c := newClient(f)
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := c.check(raw)
		if err != nil {
			if !errors.Is(err, ErrForbidden) {
				t.Fatalf("%q: %v", raw, err)
			}
			return
		}
		u := got.url
		if u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Fragment != "" || u.Opaque != "" {
			t.Fatalf("%q passes as %s", raw, u)
		}
		port, err := portOf(u)
		if err != nil || port != 80 && port != 443 {
			t.Fatalf("%q passes with port %d, %v", raw, port, err)
		}
		if !strings.HasSuffix(got.key, ":"+strconv.Itoa(port)) || !strings.HasPrefix(got.key, strings.TrimSuffix(u.Host, ":"+u.Port())) {
			t.Fatalf("%q: %s is dialled as %s", raw, u.Host, got.key)
		}
		ip, err := netip.ParseAddr(u.Hostname())
		if err == nil && special(ip) != "" || err != nil && (endsInNumber(u.Hostname()) || !validName(u.Hostname())) {
			t.Fatalf("%q passes with host %q", raw, u.Hostname())
		}
		again, err := c.check(u.String())
		if err != nil || again.url.String() != u.String() || again.key != got.key {
			t.Fatalf("%q gives %s, and that gives %v, %v", raw, u, again.url, err)
		}
	})
}
