package config

import (
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
)

const (
	envPrefix     = "DIGEST_"
	maxSecretFile = 64 << 10
)

// environment is what DIGEST_ variables set.
type environment struct {
	values   map[string]any    // by viper's key, smtp::port
	origin   map[string]string // the variable that set a key, by smtp.port
	problems Problems
}

// readEnvironment reads the variables that exist for a key. Others that begin
// alike are left alone: orchestrators make such names up (DIGEST_PORT for a
// service that is called digest). An empty variable counts as not set.
func readEnvironment(environ []string) environment {
	vars := map[string]string{}
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok && strings.HasPrefix(name, envPrefix) {
			vars[name] = value
		}
	}
	env := environment{values: map[string]any{}, origin: map[string]string{}}
	variables(func(f reflect.StructField, path []string, fromFile bool) { env.scalar(f, path, vars, fromFile) })
	env.overrule("smtp", "password", "password_file")
	env.overrule("smtp", "password_file", "password")
	return env
}

// overrule has a key that a variable sets take the place of another in the
// file, of which only one may be set.
func (e *environment) overrule(parent, key, other string) {
	if e.origin[parent+"."+key] != "" && e.origin[parent+"."+other] == "" {
		e.values[parent+"::"+other] = ""
	}
}

// variables calls each for every key that a variable can set, with its path.
// fromFile says that _FILE behind its variable names a file that holds the value;
// smtp.password has a key of its own for that.
func variables(each func(f reflect.StructField, path []string, fromFile bool)) {
	variablesOf(reflect.TypeFor[Config](), nil, each)
}

func variablesOf(t reflect.Type, parents []string, each func(f reflect.StructField, path []string, fromFile bool)) {
	for f := range t.Fields() {
		path := append(parents[:len(parents):len(parents)], f.Tag.Get("mapstructure"))
		switch f.Type.Kind() {
		case reflect.Struct:
			variablesOf(f.Type, path, each)
		case reflect.Slice:
		default:
			_, own := fieldOf(t, f.Tag.Get("mapstructure")+"_file")
			each(f, path, f.Tag.Get("secret") != "" && !own)
		}
	}
}

// variable is the name of the variable that sets a key.
func variable(path []string) string { return envPrefix + strings.ToUpper(strings.Join(path, "_")) }

// scalar reads one key.
func (e *environment) scalar(f reflect.StructField, path []string, vars map[string]string, fromFile bool) {
	name := variable(path)
	key := strings.Join(path, ".")
	text := vars[name]
	if file := vars[name+"_FILE"]; file != "" && fromFile {
		if text != "" {
			e.report(name, key, "%s_FILE is set as well: unset one of the two", name)
			return
		}
		name += "_FILE"
		content, err := readSecret(file)
		if err != nil {
			e.report(name, key, "%v", err)
			return
		}
		text = content
	}
	if text == "" {
		return
	}
	v, err := parseScalar(text, f.Type)
	if err != nil {
		e.report(name, key, "%v", err)
		return
	}
	e.values[strings.Join(path, "::")] = v
	e.origin[key] = name
}

func (e *environment) report(name, key, format string, args ...any) {
	e.problems = append(e.problems, Problem{File: name, Key: key, Text: fmt.Sprintf(format, args...)})
}

// readSecret reads a file that holds a secret and, as editors leave it, a line end.
func readSecret(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("cannot be read: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSecretFile+1))
	if err != nil {
		return "", fmt.Errorf("cannot be read: %w", err)
	}
	if len(data) > maxSecretFile {
		return "", fmt.Errorf("%s is larger than 64 KiB: name the file that holds only the secret", path)
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if text == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return text, nil
}
