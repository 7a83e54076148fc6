package config

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// nearly is how many letters of a variable's name may be wrong for it to be meant
// for a key.
const nearly = 2

// Strays says of variables in environ that look like ours and set nothing what
// was likely meant, a line for each. Those that resemble no key are another
// program's.
func Strays(environ []string) []string {
	known := map[string]bool{}
	variables(func(_ reflect.StructField, path []string, fromFile bool) {
		name := variable(path)
		known[name] = true
		if fromFile {
			known[name+"_FILE"] = true
		}
	})
	names := slices.Sorted(maps.Keys(known))
	var notes []string
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, envPrefix) || value == "" || known[name] {
			continue
		}
		if meant := nearest(name, names, nearly); meant != "" {
			notes = append(notes, fmt.Sprintf("%s is no variable of ours and sets nothing: did you mean %s?", printable(name), meant))
		}
	}
	return notes
}

// Locate adds to the problems that others found in a configuration's keys which
// file and line, or which variable, set them.
func Locate(path string, environ []string, found Problems) Problems {
	data, _, err := readFile(path)
	if err != nil {
		return found
	}
	t := &tree{file: cmp.Or(path, DefaultFile), lines: map[string]int{}}
	t.parse(data)
	env := readEnvironment(environ)
	located := slices.Clone(found)
	for i, p := range located {
		if p.Key != "" && p.Line == 0 {
			located[i] = locate(p, t, env)
		}
	}
	return located
}
