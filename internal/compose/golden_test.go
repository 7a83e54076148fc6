package compose

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/digest"
)

var update = flag.Bool("update", false, "rewrite testdata with what is rendered now")

// TestGolden compares whole mails with those that were last looked at. Renew
// them with: go test ./internal/compose -run Golden -update
func TestGolden(t *testing.T) {
	golden(t, "variety", variety(), weekly())
	for _, l := range tongues {
		issue, nl := l.mail()
		golden(t, l.tag, issue, nl)
	}
}

func golden(t *testing.T, name string, issue digest.Issue, nl digest.Newsletter) {
	t.Helper()
	file := "testdata/" + name + ".eml"
	got := bytes.ReplaceAll(message(t, mustRender(t, issue, nl)), []byte("\r\n"), []byte("\n"))
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s: the mail has changed (-want +got); if rightly so, run with -update:\n%s", name, diff)
	}
}
