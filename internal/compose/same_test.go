package compose

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// printSums makes the test below, run by itself in another process, write what
// it would compare.
const printSums = "DIGEST_TEST_PRINT_SUMS"

// TestSameBytesEverywhere composes in other processes, with other zones and
// languages of the machine, and another order of every map.
func TestSameBytesEverywhere(t *testing.T) {
	if os.Getenv(printSums) != "" {
		fmt.Println("sums:", sums(t))
		return
	}
	want := sums(t)
	for _, environment := range [][]string{
		{"TZ=Asia/Tokyo", "LANG=ja_JP.UTF-8"}, {"TZ=America/St_Johns", "LANG=ar", "LC_ALL=ar_EG.UTF-8", "LANGUAGE=ar"}, {"TZ=", "LANG=C", "GOMAXPROCS=1"},
	} {
		child := exec.Command(os.Args[0], "-test.run=^TestSameBytesEverywhere$", "-test.count=1")
		child.Env = append(append(os.Environ(), environment...), printSums+"=1")
		out, err := child.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", environment, err, out)
		}
		if !strings.Contains(string(out), "sums: "+want+"\n") {
			t.Errorf("%v: other bytes than %s:\n%s", environment, want, out)
		}
	}
}

// sums stand for all bytes of some mails.
func sums(t *testing.T) string {
	t.Helper()
	h := sha256.New()
	for _, l := range tongues {
		issue, nl := l.mail()
		_, _ = h.Write(message(t, mustRender(t, issue, nl)))
	}
	r := mustRender(t, heavy(40, 200), weekly())
	_, _ = fmt.Fprint(h, r.Items, r.Trimmed, r.Subject, r.Preheader)
	_, _ = h.Write(message(t, r))
	return fmt.Sprintf("%x", h.Sum(nil))
}
