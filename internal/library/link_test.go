package library

import (
	"strings"
	"testing"
)

func TestLink(t *testing.T) {
	for address, want := range map[string]string{
		"https://blog.harbour.test/a":                                "blog.harbour.test/a",
		"http://www.Blog.harbour.test:80/a/#comments":                "blog.harbour.test/a",
		"https://blog.harbour.test/?p=7&utm_source=rss&UTM_MEDIUM=x": "blog.harbour.test?p=7",
		"https://blog.harbour.test/a?b=2&a=1&fbclid=x":               "blog.harbour.test/a?b=2&a=1",
		"https://blog.harbour.test:8443/a":                           "blog.harbour.test:8443/a",
		"https://blog.harbour.test/A%2Fb":                            "blog.harbour.test/A%2Fb",
		"https://blog.harbour.test/":                                 "",
		"https://blog.harbour.test/?utm_source=rss":                  "",
		"/a":                    "",
		"mailto:x@harbour.test": "",
		"https://%zz/":          "",
		"":                      "",
	} {
		if got := Link(address); got != want {
			t.Errorf("Link(%q) = %q, want %q", address, got, want)
		}
	}
}

// What Link gives is the same again for an address made of it, and never holds
// what it takes out.
func FuzzLink(f *testing.F) {
	for _, seed := range []string{"https://a.test/b?utm_x=1&c=2#d", "http://www.a.test:80//", "https://a.test/%41?q=%ff", "//a.test/b", "https://[::1]:8/a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		link := Link(address)
		if link == "" {
			return
		}
		if strings.ContainsAny(link, "# \n") || strings.Contains(link, "utm_source=") {
			t.Errorf("Link(%q) = %q", address, link)
		}
		if again := Link("https://" + link); again != link && !strings.HasPrefix(link, "www.") {
			t.Errorf("Link(%q) = %q, and of that %q", address, link, again)
		}
	})
}
