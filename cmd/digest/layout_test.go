package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// module is the prefix of our own packages.
const module = "digest.example/"

// floors says on which floor each package stands. Imports go downward only.
var floors = map[string]int{
	"internal/digest": 0, "internal/schedule": 0,
	"internal/alert": 1, "internal/config": 1, "internal/feeds": 1, "internal/fetch": 1, "internal/mail": 1, "internal/sanitize": 1, "internal/texts": 1, "templates": 1,
	"internal/sources": 2, "internal/rank": 2, "internal/compose": 2, "internal/subscribers": 2,
	"internal/delivery": 3, "internal/library": 3, "internal/preflight": 3, "internal/signup": 3,
	"internal/metrics": 4, "internal/preview": 4, "internal/publish": 4, "internal/store": 4, "internal/web": 4,
	"cmd/digest": 5,
}

// testOnly are packages that no program contains.
var testOnly = map[string]bool{"internal/smtptest": true, "internal/smtpsink": true, "internal/sitetest": true, "internal/pgtest": true, "internal/browsertest": true}

// kinds is the folder of the packages for one kind of site each: they stand
// above the one that they implement, and below all else.
const kinds = "internal/sources/"

// imported is one package as go list shows it.
type imported struct {
	ImportPath string
	Imports    []string // of files that are not tests
}

func TestLayout(t *testing.T) {
	for _, p := range list(t) {
		for _, to := range p.Imports {
			if problem := crossing(ours(p.ImportPath), to); problem != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, to, problem)
			}
		}
		if _, known := floorOf(ours(p.ImportPath)); !known && !testOnly[ours(p.ImportPath)] {
			t.Errorf("%s stands on no floor: give it one, here and in docs/ARCHITECTURE.md", p.ImportPath)
		}
	}
}

func TestCrossing(t *testing.T) {
	for _, c := range []struct {
		from, to string
		allowed  bool
	}{
		{"cmd/digest", "digest.example/internal/store", true},
		{"internal/store", "digest.example/internal/publish", false},
		{"internal/store", "digest.example/internal/delivery", true},
		{"internal/rank", "digest.example/internal/sources", false},
		{"internal/digest", "digest.example/internal/schedule", false},
		{"internal/digest", "github.com/spf13/cobra", false},
		{"internal/digest", "time", true},
		{"internal/sources/feed", "digest.example/internal/sources", true},
		{"internal/sources/feed", "digest.example/internal/sources/sample", false},
		{"internal/sources", "digest.example/internal/sources/sample", false},
		{"internal/sources/feed", "digest.example/internal/fetch", true},
		{"internal/publish", "digest.example/internal/sources/sample", true},
		{"internal/web", "digest.example/internal/smtptest", false},
		{"internal/web", "digest.example/internal/nowhere", false},
		{"internal/publish", "digest.example/internal/config", false},
		{"cmd/digest", "digest.example/internal/config", true},
		{"internal/publish", "modernc.org/sqlite", false},
		{"internal/smtptest", "digest.example/internal/mail", true},
	} {
		if problem := crossing(c.from, c.to); (problem == "") != c.allowed {
			t.Errorf("%s → %s: %q", c.from, c.to, problem)
		}
	}
}

// crossing says what is wrong with an import, or nothing.
func crossing(from, to string) string {
	if testOnly[from] {
		return ""
	}
	if !strings.HasPrefix(to, module) {
		return foreign(from, to)
	}
	to = ours(to)
	above, _ := floorOf(from)
	below, known := floorOf(to)
	switch {
	case testOnly[to]:
		return "it is for tests only"
	case !known:
		return "it stands on no floor"
	case to == "internal/config" && from != "cmd/digest":
		return "only cmd/digest reads the configuration"
	case strings.HasPrefix(from, kinds) && to == strings.TrimSuffix(kinds, "/"):
		return ""
	case below >= above:
		return "it is not on a lower floor"
	}
	return ""
}

// foreign says what is wrong with an import of somebody else's package.
func foreign(from, to string) string {
	outside := strings.Contains(strings.Split(to, "/")[0], ".")
	driver := strings.HasPrefix(to, "modernc.org/sqlite") || strings.Contains(to, "/pgx/") || to == "database/sql"
	switch {
	case from == "internal/digest" && outside:
		return "the nouns need the standard library only"
	case driver && from != "internal/store":
		return "only internal/store speaks SQL"
	}
	return ""
}

func floorOf(path string) (floor int, known bool) {
	if strings.HasPrefix(path, kinds) {
		path = strings.TrimSuffix(kinds, "/")
	}
	floor, known = floors[path]
	return floor, known
}

func ours(path string) string { return strings.TrimPrefix(path, module) }

// list asks the go command for all our packages.
func list(t *testing.T) []imported {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []imported
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p imported
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < len(floors)/2 {
		t.Fatalf("go list found only %d packages", len(all))
	}
	return all
}
