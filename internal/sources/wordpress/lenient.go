package wordpress

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Plugins change what the API answers: a field may hold false, a number or a
// list where WordPress itself has a string. Such a field is empty, and does not
// cost the whole post.

// decode reads JSON into v and leaves empty what is of another type than v's.
func decode(b []byte, v any) error {
	err := json.Unmarshal(b, v)
	var other *json.UnmarshalTypeError
	if errors.As(err, &other) {
		return nil
	}
	return err
}

// ident is an id: a positive number, sometimes in quotes.
type ident int64

// UnmarshalJSON never fails: an id that is none is 0, which no item has.
func (i *ident) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseInt(string(bytes.Trim(b, `"`)), 10, 64)
	if err == nil && n > 0 {
		*i = ident(n)
	}
	return nil
}

func (i ident) String() string { return strconv.FormatInt(int64(i), 10) }

// rendered is markup as WordPress renders it.
type rendered struct {
	Rendered  string `json:"rendered"`
	Protected flag   `json:"protected"`
}

// flag is true unless the value clearly says no: what may be protected is.
type flag bool

// UnmarshalJSON never fails: a strange value is true.
func (f *flag) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "false", "null", "0", `""`, `"0"`, `"false"`:
		*f = false
	default:
		*f = true
	}
	return nil
}

// gmt reads a date of the API that is in UTC and does not say so. Zero: none.
func gmt(s string) time.Time {
	t, err := time.Parse("2006-01-02T15:04:05", strings.TrimSuffix(s, "Z"))
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

// clip shortens what is quoted to an operator.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + "…"
}
