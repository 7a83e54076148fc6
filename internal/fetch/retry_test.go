package fetch

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestParseRetryAfter(t *testing.T) {
	for in, want := range map[string]string{
		"120": "2m0s", " 7 ": "7s", "0": "1s", "007": "7s", "86400": "24h0m0s", "86401": "24h0m0s",
		"99999999999999999999999999": "24h0m0s", "9223372037": "24h0m0s",
		"Mon, 02 Nov 2026 09:00:30 GMT":  "30s",
		"Monday, 02-Nov-26 09:00:30 GMT": "30s",
		"Mon Nov  2 09:00:30 2026":       "30s",
		"Mon, 02 Nov 2026 09:00:00 GMT":  "1s",
		"Sun, 01 Nov 2026 09:00:00 GMT":  "1s",
		"Fri, 31 Dec 9999 23:59:59 GMT":  "24h0m0s",
		"Mon, 01 Jan 0001 00:00:00 GMT":  "1s",
		"":                               "", "-1": "", "+5": "", "1.5": "", "5s": "", "0x10": "", "soon": "", "5, 6": "", "٣": "",
		"2026-11-02T09:00:30Z": "", "Mon, 02 Nov 2026 09:00:30 +0100": "",
	} {
		got := ""
		if d, ok := parseRetryAfter(in, start); ok {
			got = d.String()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// What is read lies within the bounds, does not depend on padding, and is what
// the standard library makes of a date, or the number.
func FuzzParseRetryAfter(f *testing.F) {
	for _, s := range []string{"120", "Mon, 02 Nov 2026 09:00:30 GMT", "", "-1", "99999999999999999999"} {
		f.Add(s, int64(1793610000))
	}
	f.Fuzz(func(t *testing.T, s string, unix int64) {
		now := time.Unix(unix%(1<<36), 0)
		d, ok := parseRetryAfter(s, now)
		if again, ok2 := parseRetryAfter("\t"+s+" ", now); again != d || ok2 != ok {
			t.Fatalf("%q: %s, padded %s", s, d, again)
		}
		if !ok {
			return
		}
		if d < minDelay || d > maxDelay {
			t.Fatalf("%q: %s", s, d)
		}
		at, err := http.ParseTime(strings.TrimSpace(s))
		want := at.Sub(now)
		if err != nil {
			var n int64
			if _, err := fmt.Sscan(strings.TrimLeft(strings.TrimSpace(s), "0")+" ", &n); err != nil {
				n = 1 << 30
				if strings.Trim(strings.TrimSpace(s), "0") == "" {
					n = 0
				}
			}
			want = time.Duration(min(n, 1<<30)) * time.Second
		}
		if want = min(max(want, minDelay), maxDelay); d != want {
			t.Fatalf("%q at %s: %s, want %s", s, now, d, want)
		}
	})
}
