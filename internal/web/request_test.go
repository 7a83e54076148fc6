package web

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
)

// FuzzRequests: whatever somebody without a link of ours sends, no page fails, and
// nothing is changed.
func FuzzRequests(f *testing.F) {
	for _, raw := range []string{
		"GET /archive/weekly/?before=3 HTTP/1.1\r\nHost: x\r\nAccept-Language: de-AT,*;q=0.1\r\nRange: bytes=0-1,5-\r\nIf-None-Match: *\r\n\r\n",
		"POST /s/weekly HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 33\r\n\r\naddress=a%40b.example&stamp=z.AAA",
		"POST /u/AAAA HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n--b\r\n\r\n0\r\n\r\n",
		"HEAD /mail/p/x HTTP/1.0\r\nX-Forwarded-For: ::1, 1.1.1.1\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		f.Add(raw)
	}
	var s *stand
	f.Fuzz(func(t *testing.T, raw string) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
		if err != nil {
			return
		}
		if s == nil {
			s, _ = withArchive(t, func(o *Options) { o.PublicURL += "/mail" })
		}
		r.RemoteAddr = "127.0.0.1:80"
		if a := s.do(r); a.StatusCode >= http.StatusInternalServerError || a.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%q is answered %s, %v", raw, a.Status, a.Header)
		}
		if log := s.log.String(); log != "" || len(s.list.calls)+len(s.list.changes) > 0 {
			t.Errorf("%q has changed %v, %v; log: %s", raw, s.list.calls, s.list.changes, log)
		}
	})
}
