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
	variables(reflect.TypeFor[Config](), nil, known)
	names := slices.Sorted(maps.Keys(known))
	var notes []string
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		key, ours := strings.CutPrefix(name, envPrefix)
		if !ours || value == "" || known[key] {
			continue
		}
		best, distance := "", nearly+1
		for _, k := range names {
			if d := editDistance(key, k); d < distance {
				best, distance = k, d
			}
		}
		if best != "" {
			notes = append(notes, fmt.Sprintf("%s is no variable of ours and sets nothing: did you mean %s%s?", printable(name), envPrefix, best))
		}
	}
	return notes
}

// variables adds what stands behind the prefix in the names of all variables.
func variables(t reflect.Type, parents []string, known map[string]bool) {
	for f := range t.Fields() {
		path := append(parents[:len(parents):len(parents)], f.Tag.Get("mapstructure"))
		name := strings.ToUpper(strings.Join(path, "_"))
		switch f.Type.Kind() {
		case reflect.Struct:
			variables(f.Type, path, known)
		case reflect.Slice:
		default:
			known[name] = true
			if f.Tag.Get("secret") != "" {
				known[name+"_FILE"] = true
			}
		}
	}
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
