package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"digest.example/internal/pgtest"
)

// benchConfig prints as much of the sample site as gives a mail of 30 KB.
const benchConfig = `
secret: "0123456789abcdef0123456789abcdef0123456789abcdef"
web: {public_url: "http://127.0.0.1:1"}
smtp:
  host: 127.0.0.1
  tls: none
newsletters:
  - name: weekly
    title: The Example Weekly
    from: The Example Weekly <digest@example.org>
    postal_address: Example Press, 12 Harbour Street, Bristol
    schedule: "0 9 * * SUN"
    timezone: Europe/London
    articles: {max: 3}
    comments: {per_article: 2}
    sources: [{name: sample, kind: sample}]
`

// install builds the program and makes a database with the subscribers.
func (w *bench) install() {
	w.program = filepath.Join(w.folder, "digest")
	if out, err := exec.Command("go", "build", "-o", w.program, ".").CombinedOutput(); err != nil {
		w.Fatalf("build: %v\n%s", err, out)
	}
	var list strings.Builder
	list.WriteString("email,name\n")
	for i := range w.recipients {
		fmt.Fprintf(&list, "r%d@example.org,Reader %d\n", i, i)
	}
	w.write("config.yaml", benchConfig)
	w.write("readers.csv", list.String())
	w.digestDo(nil, "subscribers", "import", "readers.csv")
	// The sample issue says how large a mail is. That its links lead nowhere
	// blocks it.
	w.digestDo(nil, "send", "--dry-run", "--force", force)
	sample, err := os.ReadFile(filepath.Join(w.folder, "preview", "sample.eml"))
	if err != nil {
		w.Fatal(err)
	}
	w.size = len(sample)
}

func (w *bench) write(name, text string) {
	if err := os.WriteFile(filepath.Join(w.folder, name), []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
}

// digestDo runs the program, which must succeed.
func (w *bench) digestDo(environ []string, args ...string) {
	c := exec.Command(w.program, args...)
	c.Dir, c.Env = w.folder, append(os.Environ(), environ...)
	if out, err := c.CombinedOutput(); err != nil {
		w.Fatalf("%s: %v\n%s", c, err, out)
	}
}

// startPostgres starts a server that keeps what it has promised, as its users'
// do, and makes a database there with the subscribers.
func (w *bench) startPostgres() {
	if w.server != nil {
		return
	}
	w.server = pgtest.Start(w, "fsync=on", "full_page_writes=on", "shared_buffers=256MB")
	w.template = w.server.Database(w)
	w.digestDo([]string{"DIGEST_DATABASE=" + w.template}, "subscribers", "import", "readers.csv")
}

// makeKey makes a key, and a configuration that signs with it.
func (w *bench) makeKey() {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		w.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		w.Fatal(err)
	}
	w.key = key
	w.write("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	w.write("dkim.yaml", strings.Replace(benchConfig, "  tls: none\n",
		"  tls: none\n  dkim: {domain: example.org, keys: [{selector: s1, file: key.pem}]}\n", 1))
}

// signatures says how many a second so many goroutines make, as many times as
// there are cores to each.
func (w *bench) signatures(goroutines int) func() float64 {
	return func() float64 {
		const each = 1000
		digest := sha256.Sum256(nil)
		began := time.Now()
		var signers sync.WaitGroup
		for range goroutines {
			signers.Go(func() {
				for range each {
					if _, err := rsa.SignPKCS1v15(rand.Reader, w.key, crypto.SHA256, digest[:]); err != nil {
						w.Error(err)
					}
				}
			})
		}
		signers.Wait()
		return each * float64(runtime.NumCPU()) / time.Since(began).Seconds()
	}
}

// fsync is what appending 4 KB to a file beside the database and making it
// durable takes, the median of 100.
func (w *bench) fsync() time.Duration {
	f, err := os.CreateTemp(w.folder, "fsync")
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _, _ = f.Close(), os.Remove(f.Name()) }()
	page := make([]byte, 4096)
	var took []time.Duration
	for range 100 {
		began := time.Now()
		if _, err := f.Write(page); err != nil {
			w.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			w.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return median(took)
}

// postfix is where its programs are.
type postfix struct{ smtpSource, libraries string }

// findPostfix finds smtp-source, or unpacks it from Debian's package into the
// user's cache. Postfix is not installed by that and no daemon runs.
func findPostfix(b *testing.B) postfix {
	if found, err := exec.LookPath("smtp-source"); err == nil {
		return postfix{smtpSource: found}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		b.Fatal(err)
	}
	folder := filepath.Join(cache, "digest-bench", "postfix")
	p := postfix{filepath.Join(folder, "usr/sbin/smtp-source"), filepath.Join(folder, "usr/lib/postfix")}
	if _, err := os.Stat(p.smtpSource); err == nil {
		return p
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		b.Fatal(err)
	}
	get := exec.Command("sh", "-c", "apt-get download -qq postfix && dpkg -x postfix_*.deb . && rm postfix_*.deb")
	get.Dir = folder
	if out, err := get.CombinedOutput(); err != nil {
		b.Fatalf("smtp-source: %v (apt-get install postfix, or apt-get update first)\n%s", err, out)
	}
	return p
}
