package config

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode"
)

// fieldOf finds the field of a struct of Config by its key.
func fieldOf(t reflect.Type, key string) (reflect.StructField, bool) {
	for f := range t.Fields() {
		if f.Tag.Get("mapstructure") == key {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

func keysOf(t reflect.Type) []string {
	keys := make([]string, 0, t.NumField())
	for f := range t.Fields() {
		keys = append(keys, f.Tag.Get("mapstructure"))
	}
	return keys
}

// parseScalar reads text, of the file or the environment, as a field's type.
func parseScalar(text string, want reflect.Type) (any, error) {
	if want == reflect.TypeFor[Duration]() {
		d, err := ParseDuration(text)
		return d, err
	}
	switch want.Kind() {
	case reflect.Int:
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("%q is not a whole number", text)
		}
		return int(n), nil
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not a number", text)
		}
		return f, nil
	case reflect.Bool:
		switch text {
		case "true", "false":
			return text == "true", nil
		}
		return nil, fmt.Errorf("%q is neither true nor false", text)
	case reflect.String:
		return text, nil
	}
	return nil, errors.New("cannot be set")
}

// suggest is ", did you mean …?" for the most alike key, or the keys there are.
func suggest(name string, keys []string) string {
	best := nearest(strings.ToLower(name), keys, (len(name)+2)/3)
	if best == "" {
		return "; the keys here are " + strings.Join(keys, ", ")
	}
	return fmt.Sprintf(", did you mean %s?", best)
}

// nearest is the key most like a name, with no more letters wrong than that; empty: none.
func nearest(name string, keys []string, wrong int) (best string) {
	for _, k := range keys {
		if d := editDistance(name, k); d <= wrong {
			best, wrong = k, d-1
		}
	}
	return best
}

// editDistance is Levenshtein's, cut off for names far longer than any key.
func editDistance(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

// printable keeps a stranger's text on one line and of a sane length.
func printable(s string) string {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
	if runes := []rune(clean); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return clean
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
