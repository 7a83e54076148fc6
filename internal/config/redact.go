package config

import (
	"fmt"
	"io/fs"
	"net/url"
	"reflect"
	"strings"
)

const hidden = "(hidden)"

// Redacted is the configuration with every secret replaced, fit to be shown.
func (c Config) Redacted() Config {
	hide(reflect.ValueOf(&c).Elem())
	return c
}

// hide works on the fields of a struct in place. It needs not enter the lists,
// which hold no secrets and share their memory with the original; a test holds
// that to be so.
func hide(v reflect.Value) {
	for i := range v.NumField() {
		f := v.Field(i)
		if f.Kind() == reflect.Struct {
			hide(f)
			continue
		}
		switch v.Type().Field(i).Tag.Get("secret") {
		case "all":
			if f.String() != "" {
				f.SetString(hidden)
			}
		case "url":
			f.SetString(withoutPassword(f.String()))
		case "origin":
			f.SetString(originOf(f.String()))
		}
	}
}

// withoutPassword hides the password of an address such as
// postgres://user:password@host/db?password=…; a file name stays as it is.
func withoutPassword(address string) string {
	if !isAddress(address) {
		return address
	}
	u, err := url.Parse(address)
	if err != nil {
		return hidden
	}
	if _, has := u.User.Password(); has {
		u.User = url.UserPassword(u.User.Username(), "hidden")
	}
	q := u.Query()
	for key := range q {
		if strings.Contains(strings.ToLower(key), "password") {
			q.Set(key, "hidden")
			u.RawQuery = q.Encode()
		}
	}
	return u.String()
}

// originOf keeps of an address what does not say how to use it.
func originOf(address string) string {
	if address == "" {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return hidden
	}
	return u.Scheme + "://" + u.Host + "/" + hidden
}

func isAddress(database string) bool { return strings.Contains(database, "://") }

// exposed finds secrets in a file that others than its owner may read.
// Mounted secrets, which _FILE variables name, are often readable by all inside
// their container, so only the configuration itself is held to it.
func exposed(file string, mode fs.FileMode, values map[string]any) Problems {
	if !mode.IsRegular() || mode.Perm()&0o077 == 0 {
		return nil
	}
	var ps Problems
	for _, key := range secretKeys(reflect.TypeFor[Config](), values, "") {
		ps = append(ps, Problem{File: file, Key: key, Text: fmt.Sprintf(
			"a secret in a file that others may read (mode %04o): chmod 600 %s", mode.Perm(), file)})
	}
	return ps
}

// secretKeys lists the keys of values that hold a secret.
func secretKeys(t reflect.Type, values map[string]any, parent string) []string {
	var keys []string
	for f := range t.Fields() {
		name := f.Tag.Get("mapstructure")
		path := joinKey(parent, name)
		switch v := values[name].(type) {
		case map[string]any:
			keys = append(keys, secretKeys(f.Type, v, path)...)
		case string:
			kind := f.Tag.Get("secret")
			if v != "" && (kind == "all" || kind == "origin") || kind == "url" && withoutPassword(v) != v {
				keys = append(keys, path)
			}
		}
	}
	return keys
}
