//go:build unix

package mail

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkSign holds AppendSigned on a message of 32 KB against RSA alone, in
// CPU time, which a busy machine does not distort.
func BenchmarkSign(b *testing.B) {
	tm := template()
	tm.Text += strings.Repeat("The herons came back to Harbour Street on Monday.\n", 60)
	tm.Text += "  and\tso on.\n"
	tm.HTML += strings.Repeat("<p>The herons came back to <b>Harbour Street</b>, and nobody knew why.</p>\n", 380)
	data, err := mustStencil(b, tm).AppendData(nil, person())
	if err != nil {
		b.Fatal(err)
	}
	pair := testKeys(b)
	for name, keys := range map[string][]Key{"RSA": {pair.rsa}, "Ed25519": {pair.ed25519}, "both": {pair.rsa, pair.ed25519}} {
		s, err := NewSigner(SignerOptions{Domain: "example.org", Keys: keys, Now: time.Now})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			var buf []byte
			cpuTime(b, func() {
				if buf, err = s.AppendSigned(buf[:0], data); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
	b.Run("RSA alone", func(b *testing.B) {
		key, err := parseKey(pair.rsa)
		if err != nil {
			b.Fatal(err)
		}
		sum := sha256.Sum256(nil)
		cpuTime(b, func() {
			if _, err := rsa.SignPKCS1v15(nil, key.signer.(*rsa.PrivateKey), crypto.SHA256, sum[:]); err != nil {
				b.Fatal(err)
			}
		})
	})
}

func cpuTime(b *testing.B, f func()) {
	b.ReportAllocs()
	before := used(b)
	for b.Loop() {
		f()
	}
	b.ReportMetric(float64(used(b)-before)/float64(b.N)/1e3, "cpu-µs/op")
}

// used is the CPU time of this process in nanoseconds.
func used(b *testing.B) int64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return r.Utime.Nano() + r.Stime.Nano()
}
