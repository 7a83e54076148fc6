package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// tree turns YAML into the maps that viper takes, keeping only what fits
// Config, so that one mistake does not hide the next. What does not fit becomes
// a problem, and the place of every key is remembered for the checks to come.
//
// Going over the nodes rather than letting the YAML library decode has three
// more uses: a password written 0123 stays these four characters, a key given
// twice is seen, and aliases are never expanded.
type tree struct {
	file     string
	lines    map[string]int // by key; a problem's key has one here or its parent has
	problems Problems
}

// parse reads one YAML document.
func (t *tree) parse(data []byte) map[string]any {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err == nil {
		err = dec.Decode(&second)
		if err == nil {
			t.report(second.Line, "", "a second document starts here: remove the --- line and what follows")
			return nil
		}
	}
	if !errors.Is(err, io.EOF) {
		t.syntax(err, data)
		return nil
	}
	root := doc.Content[0]
	if isNull(root) {
		return nil
	}
	values, _ := t.value(root, reflect.TypeFor[Config](), "").(map[string]any)
	return values
}

var syntaxLine = regexp.MustCompile(`^line (\d+): `)

// syntax reports an error of the YAML library, which puts the line into its text.
func (t *tree) syntax(err error, data []byte) {
	text := oneLine(strings.TrimPrefix(err.Error(), "yaml: "))
	line := 0
	if m := syntaxLine.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = strings.TrimPrefix(text, m[0])
	}
	if strings.Contains(text, "cannot start any token") && bytes.ContainsRune(data, '\t') {
		text += "; a tab cannot indent: use spaces"
	}
	t.report(line, "", "not YAML: %s", text)
}

func (t *tree) report(line int, key, format string, args ...any) {
	t.problems = append(t.problems, Problem{t.file, line, key, fmt.Sprintf(format, args...)})
}

// value gives what stands at a node as a type of Config wants it, or nil.
func (t *tree) value(n *yaml.Node, want reflect.Type, key string) any {
	if n.Kind == yaml.AliasNode {
		t.report(n.Line, key, "refers to *%s: write the value out, references are not read", n.Value)
		return nil
	}
	switch want.Kind() {
	case reflect.Struct:
		if n.Kind == yaml.MappingNode {
			return t.mapping(n, want, key)
		}
		t.report(n.Line, key, "takes keys with values below it: %s", strings.Join(keysOf(want), ", "))
	case reflect.Slice:
		if n.Kind == yaml.SequenceNode {
			return t.sequence(n, want.Elem(), key)
		}
		t.report(n.Line, key, "takes a list: start each entry with a hyphen and a space")
	default:
		return t.scalar(n, want, key)
	}
	return nil
}

func (t *tree) mapping(n *yaml.Node, want reflect.Type, key string) map[string]any {
	values := map[string]any{}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, child := n.Content[i], n.Content[i+1]
		path := joinKey(key, printable(name.Value))
		if first, twice := seen[name.Value]; twice {
			t.report(name.Line, path, "given twice, first in line %d: remove one", first)
			continue
		}
		seen[name.Value] = name.Line
		field, known := fieldOf(want, name.Value)
		if !known || name.Kind != yaml.ScalarNode {
			t.report(name.Line, path, "unknown key%s", suggest(name.Value, keysOf(want)))
			continue
		}
		t.lines[path] = name.Line
		if isNull(child) && field.Type.Kind() != reflect.Slice {
			continue // "password:" with nothing after it is a key left out
		}
		if v := t.value(orEmptyList(child), field.Type, path); v != nil {
			values[name.Value] = v
		}
	}
	return values
}

// orEmptyList makes a list of a key with nothing after it: all its entries are
// commented out, which must not bring back the default ones.
func orEmptyList(n *yaml.Node) *yaml.Node {
	if isNull(n) {
		return &yaml.Node{Kind: yaml.SequenceNode, Line: n.Line}
	}
	return n
}

func (t *tree) sequence(n *yaml.Node, elem reflect.Type, key string) []any {
	values := make([]any, 0, len(n.Content))
	for i, child := range n.Content {
		path := key + "[" + strconv.Itoa(i) + "]"
		t.lines[path] = child.Line
		v := t.value(child, elem, path)
		if v == nil {
			v = map[string]any{} // keeps the numbers of those behind it
		}
		values = append(values, v)
	}
	return values
}

func (t *tree) scalar(n *yaml.Node, want reflect.Type, key string) any {
	plain := n.Kind == yaml.ScalarNode && n.Tag != "!!binary" && strings.HasPrefix(n.Tag, "!!")
	if !plain {
		t.report(n.Line, key, "takes a single value")
		return nil
	}
	v, err := parseScalar(n.Value, want)
	if err != nil {
		t.report(n.Line, key, "%v", err)
		return nil
	}
	return v
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func joinKey(parent, name string) string {
	if parent == "" {
		return name
	}
	return parent + "." + name
}
