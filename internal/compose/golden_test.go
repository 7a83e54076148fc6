package compose

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite testdata with what is rendered now")

// TestGolden compares a whole mail with the one that was last looked at. Renew
// it with: go test ./internal/compose -run Golden -update
func TestGolden(t *testing.T) {
	const file = "testdata/variety.eml"
	got := bytes.ReplaceAll(message(t, mustRender(t, variety(), weekly())), []byte("\r\n"), []byte("\n"))
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
		t.Errorf("the mail has changed (-want +got); if rightly so, run with -update:\n%s", diff)
	}
}
