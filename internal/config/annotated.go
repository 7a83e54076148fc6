package config

import (
	"bytes"
	_ "embed" // the file that Annotated fills in
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"unicode"

	"go.yaml.in/yaml/v3"
)

//go:embed annotated.tmpl
var annotatedTemplate string

// Annotated writes c as a file that explains every key, and from which Load
// reads c again, secrets included. Its first lines say what about says.
// Settings that nobody can guess are marked as examples or, in an unfinished
// configuration, as to be changed.
func Annotated(c Config, about []string, unfinished bool) ([]byte, error) {
	example := " Example."
	change := func(int) string { return "" }
	if unfinished {
		example = ""
		change = func(indent int) string { return strings.Repeat(" ", indent) + "# CHANGE THIS:\n" }
	}
	t, err := template.New("config.yaml").Funcs(template.FuncMap{
		"q": plainOrQuoted, "list": flowList, "change": change,
		"example": func() string { return example },
		"number":  func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) },
	}).Parse(annotatedTemplate)
	if err != nil {
		return nil, fmt.Errorf("read the annotated configuration: %w", err)
	}
	var b bytes.Buffer
	err = t.Execute(&b, struct {
		Config
		About []string
	}{c, about})
	if err != nil {
		return nil, fmt.Errorf("write the annotated configuration: %w", err)
	}
	return b.Bytes(), nil
}

// plain is what YAML cannot take for anything but text, nor a person.
var plain = regexp.MustCompile(`^[A-Za-z0-9/][A-Za-z0-9 ./:@<>,_+-]*$`)

// plainOrQuoted writes a text as YAML, with quotes only where they are needed.
func plainOrQuoted(s string) string {
	var n yaml.Node
	err := yaml.Unmarshal([]byte("key: "+s), &n)
	if plain.MatchString(s) && err == nil && len(n.Content) == 1 && len(n.Content[0].Content) == 2 {
		if v := n.Content[0].Content[1]; v.Tag == "!!str" && v.Value == s {
			return s
		}
	}
	return quoted(s)
}

// quoted writes a text in double quotes (YAML 1.2, section 5.7).
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// flowList writes a list in one line.
func flowList(all []string) string {
	parts := make([]string, len(all))
	for i, s := range all {
		parts[i] = quoted(s)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
