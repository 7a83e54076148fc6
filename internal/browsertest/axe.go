package browsertest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// axeVersion is that which "make tools" installs.
const axeVersion = "4.14.1"

// axeFile is below the user's cache folder. axe-core is no part of this project,
// and nothing but its tests ever loads it.
const axeFile = "digest-tools/axe-core-" + axeVersion + "/node_modules/axe-core/axe.min.js"

// Axe reads axe-core. A test that needs it fails where it is missing.
func (b *Browser) Axe() string {
	b.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		b.Fatal(err)
	}
	script, err := os.ReadFile(filepath.Join(cache, filepath.FromSlash(axeFile)))
	if err != nil {
		b.Fatalf("this test needs axe-core %s: run \"make tools\" (%v)", axeVersion, err)
	}
	return string(script)
}

// Barriers are what axe-core, handed in as a script, finds serious or critical on
// the page.
func (t *Tab) Barriers(axe string) []string {
	t.Helper()
	// Its own timers need what the page's scripts may be denied.
	t.call("Emulation.setScriptExecutionDisabled", object{"value": false}, nil)
	defer t.call("Emulation.setScriptExecutionDisabled", object{"value": !t.scripts}, nil)
	var found struct {
		Violations []struct {
			ID, Impact, Help string
			Nodes            []struct{ HTML, FailureSummary string }
		}
		Passes int
	}
	t.Eval(axe+`;axe.run(document, {resultTypes: ["violations"], runOnly: {type: "tag",
		values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}})
		.then(r => ({violations: r.violations, passes: r.passes.length}))`, &found)
	var barriers []string
	if found.Passes == 0 {
		barriers = append(barriers, "axe-core checked nothing")
	}
	for _, v := range found.Violations {
		if v.Impact != "serious" && v.Impact != "critical" {
			continue
		}
		for _, n := range v.Nodes {
			barriers = append(barriers, fmt.Sprintf("%s (%s): %s: %s: %s", v.ID, v.Impact, v.Help, n.HTML,
				strings.ReplaceAll(n.FailureSummary, "\n", " ")))
		}
	}
	return barriers
}
