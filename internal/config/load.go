package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
)

// DefaultFile is read where no other file is named.
const DefaultFile = "config.yaml"

const maxFile = 1 << 20 // bytes; a configuration by hand stays far below

// Load reads the file at path, then what environ, in the form of os.Environ,
// sets over it: DIGEST_ and the key, such as DIGEST_SMTP_PORT, for every key
// outside the lists, and DIGEST_SMTP_PASSWORD_FILE and its like for a file
// that holds a secret. With an empty path it reads DefaultFile, and takes
// Default where there is none. The error is Problems, with all mistakes found.
func Load(path string, environ []string) (Config, error) {
	data, mode, err := readFile(path)
	if err != nil {
		return Config{}, err
	}
	t := &tree{file: cmp.Or(path, DefaultFile), lines: map[string]int{}}
	values := t.parse(data)
	if len(t.problems) > 0 && values == nil {
		return Config{}, t.problems
	}
	env := readEnvironment(environ)
	problems := slices.Concat(t.problems, env.problems)
	cfg, err := decode(values, env.values)
	if err != nil {
		// Only a value that tree let through and should not have ends here.
		return Config{}, append(problems, Problem{File: t.file, Text: oneLine(err.Error())})
	}
	cfg.Web.PublicURL = strings.TrimRight(cfg.Web.PublicURL, "/")
	for _, p := range append(cfg.problems(), cfg.SMTP.unreadable()...) {
		if !reported(problems, p.Key) {
			problems = append(problems, locate(p, t, env))
		}
	}
	problems = append(problems, exposed(t.file, mode, values)...)
	slices.SortStableFunc(problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return cfg, problems.err()
}

// readFile gives the file's content and permissions; neither where the
// default file is missing.
func readFile(path string) ([]byte, fs.FileMode, error) {
	name := cmp.Or(path, DefaultFile)
	f, err := os.Open(name)
	if path == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, unreadable(name, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, unreadable(name, err)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, 0, unreadable(name, err)
	}
	if len(data) > maxFile {
		return nil, 0, Problems{{File: name, Text: "larger than 1 MiB: is this the right file?"}}
	}
	return data, info.Mode(), nil
}

func unreadable(name string, err error) Problems {
	var reason *fs.PathError
	if errors.As(err, &reason) {
		err = reason.Err
	}
	return Problems{{File: name, Text: fmt.Sprintf("cannot be read: %v", err)}}
}

// decode lays the values of the file and of the environment over Default.
func decode(file map[string]any, env map[string]any) (Config, error) {
	v := viper.NewWithOptions(viper.KeyDelimiter("::"), viper.ExperimentalBindStruct())
	if err := v.MergeConfigMap(file); err != nil {
		return Config{}, fmt.Errorf("merge: %w", err)
	}
	for key, value := range env {
		v.Set(key, value)
	}
	cfg := Default()
	err := v.UnmarshalExact(&cfg, viper.DecodeHook(mapstructure.DecodeHookFuncValue(elementDefaults)))
	if err != nil {
		return Config{}, fmt.Errorf("decode: %w", err)
	}
	return cfg, nil
}

// elementDefaults puts the defaults into a new element of a list before the
// decoder sets what the file says over them.
func elementDefaults(from, to reflect.Value) (any, error) {
	switch to.Interface().(type) {
	case Newsletter:
		to.Set(reflect.ValueOf(newsletterDefault()))
	case Source:
		to.Set(reflect.ValueOf(sourceDefault()))
	}
	return from.Interface(), nil
}

// reported says whether a key, or the entry of a list that it stands in, is
// known to be wrong already: what was left out for that is not missing.
func reported(ps Problems, key string) bool {
	return slices.ContainsFunc(ps, func(p Problem) bool {
		return p.Key == key || strings.HasSuffix(p.Key, "]") && strings.HasPrefix(key, p.Key+".")
	})
}

// locate says where a problem's key was set, or where it is missing.
func locate(p Problem, t *tree, env environment) Problem {
	if name, ok := env.origin[p.Key]; ok {
		p.File = name
		return p
	}
	if len(t.lines) == 0 {
		return p
	}
	p.File = t.file
	for key := p.Key; key != ""; key = key[:max(0, strings.LastIndexAny(key, ".["))] {
		if line, ok := t.lines[key]; ok {
			p.Line = line
			break
		}
	}
	return p
}
