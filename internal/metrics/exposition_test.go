package metrics

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// read is a reader of the text format that takes nothing which the format does
// not allow. It returns the samples, by name and labels in their order.
func read(text string) (map[string]float64, error) {
	samples, typed, current := map[string]float64{}, map[string]bool{}, ""
	if !strings.HasSuffix(text, "\n") || !utf8.ValidString(text) {
		return nil, fmt.Errorf("the last line has no end, or it is not UTF-8")
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if name, ok := strings.CutPrefix(line, "# HELP "); ok {
			current, _, _ = strings.Cut(name, " ")
			continue
		}
		if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
			if name, kind, _ := strings.Cut(rest, " "); name != current || kind != "gauge" || typed[name] {
				return nil, fmt.Errorf("type: %q", line)
			}
			typed[current] = true
			continue
		}
		m := sampleLine.FindStringSubmatch(line)
		if m == nil || m[1] != current || !typed[current] {
			return nil, fmt.Errorf("sample of %s: %q", current, line)
		}
		value, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			return nil, err
		}
		key := m[1] + unescaped.Replace(m[2])
		if _, twice := samples[key]; twice {
			return nil, fmt.Errorf("twice: %q", line)
		}
		samples[key] = value
	}
	return samples, nil
}

var (
	sampleLine = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)((?:\{[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\\\|\\n|\\")*"(?:,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\\\|\\n|\\")*")*\})?) (\S+)$`)
	unescaped  = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\"`, `"`)
)

func TestExposition(t *testing.T) {
	var e exposition
	e.single("digest_a", "Lines\nand \\ back.", 1.5)
	e.gauge("digest_b", "None.")
	e.gauge("digest_c", "Two.")
	e.sample("digest_c", 2e6, label{"newsletter", "weekly"}, label{"state", "a\"b\\c\nd"})
	e.sample("digest_c", -3)
	const want = `# HELP digest_a Lines\nand \\ back.
# TYPE digest_a gauge
digest_a 1.5
# HELP digest_b None.
# TYPE digest_b gauge
# HELP digest_c Two.
# TYPE digest_c gauge
digest_c{newsletter="weekly",state="a\"b\\c\nd"} 2e+06
digest_c -3
`
	if got := e.b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Whatever a label holds, the reader finds it, and nothing else.
func FuzzLabel(f *testing.F) {
	for _, s := range []string{"", "weekly", "a\"} 1\ndigest_b 2", `\`, `\n`, "\xff", "\x00", "ü\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		var e exposition
		e.single("digest_a", "Anything.", 7, label{"x", value}, label{"y", "z"})
		got, err := read(e.b.String())
		key := `digest_a{x="` + strings.ToValidUTF8(value, "\uFFFD") + `",y="z"}`
		if err != nil || len(got) != 1 || got[key] != 7 {
			t.Errorf("%q came back as %v, %v", value, got, err)
		}
	})
}
