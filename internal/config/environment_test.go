package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestEnvironmentOverridesTheFile(t *testing.T) {
	got, err := loadText(t, "smtp: {port: 25, username: file, connections: 3}\n", []string{
		"DIGEST_SMTP_PORT=2525", "DIGEST_SMTP_PER_SECOND=0.5", "DIGEST_DATABASE=other.db",
		"DIGEST_WEB_PUBLIC_URL=https://env.example/", "DIGEST_SMTP_USERNAME=", "DIGEST_SMTP_PASSWORD=p=q",
		"DIGEST_PORT=tcp://10.0.0.1:80", "DIGEST_NEWSLETTERS=none", "PATH=/bin", "broken",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Database = "other.db"
	want.Web.PublicURL = "https://env.example"
	want.SMTP.Port, want.SMTP.PerSecond, want.SMTP.Connections = 2525, 0.5, 3
	want.SMTP.Username, want.SMTP.Password = "file", "p=q"
	if !reflect.DeepEqual(got.SMTP, want.SMTP) || !reflect.DeepEqual(got.Web, want.Web) || got.Database != want.Database || len(got.Newsletters) != 1 {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestSecretsFromFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("0123456789abcdef 0123456789abcdef\r\n"), 0o444); err != nil {
		t.Fatal(err)
	}
	got, err := loadText(t, "secret: fedcba9876543210fedcba9876543210", []string{"DIGEST_SECRET_FILE=" + file})
	if want := "0123456789abcdef 0123456789abcdef"; err != nil || got.Secret != want {
		t.Errorf("got %q, %v", got.Secret, err)
	}
}

func TestPasswordFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	for content, want := range map[string]string{"geheim": "geheim", " a b \r\n": " a b ", "x\n\n": ""} {
		if err := os.WriteFile(file, []byte(content), 0o444); err != nil {
			t.Fatal(err)
		}
		got, err := loadText(t, "smtp: {username: a, password: old}", []string{"DIGEST_SMTP_PASSWORD_FILE=" + file})
		if want == "" {
			if text(err) != "DIGEST_SMTP_PASSWORD_FILE: smtp.password_file: "+file+" holds a control character: remove it" {
				t.Errorf("%q: got %v", content, err)
			}
			continue
		}
		now, readErr := got.SMTP.CurrentPassword()
		if err != nil || readErr != nil || now != want || got.SMTP.Password != "" {
			t.Errorf("%q: got %q, %v, %v", content, now, err, readErr)
		}
	}
	s := SMTP{PasswordFile: file}
	for content, want := range map[string]string{"first": "first", "second\n": "second", "": ""} {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := s.CurrentPassword(); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v", content, got, err)
		}
	}
}

// TestPasswordOrFile: what the environment sets counts, and of two in one place
// nobody can tell which is meant.
func TestPasswordOrFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	const both = "smtp.password is set as well: give one of the two"
	for name, c := range map[string]struct{ yaml, environ, password, problem string }{
		"variable over file":   {"password_file: nowhere", "DIGEST_SMTP_PASSWORD=env", "env", ""},
		"file from variable":   {"password: old", "DIGEST_SMTP_PASSWORD_FILE=" + file, "new", ""},
		"both in the file":     {"password: old, password_file: " + file, "", "", "config.yaml:1: smtp.password_file: " + both},
		"both from variables":  {"", "DIGEST_SMTP_PASSWORD=env DIGEST_SMTP_PASSWORD_FILE=" + file, "", "DIGEST_SMTP_PASSWORD_FILE: smtp.password_file: " + both},
		"missing":              {"password_file: nowhere", "", "", "config.yaml:1: smtp.password_file: cannot be read: open nowhere: no such file or directory"},
		"missing, by variable": {"", "DIGEST_SMTP_PASSWORD_FILE=nowhere", "", "DIGEST_SMTP_PASSWORD_FILE: smtp.password_file: cannot be read: open nowhere: no such file or directory"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := loadText(t, "smtp: {username: a, "+c.yaml+"}", strings.Fields(c.environ))
			if text(err) != c.problem {
				t.Fatalf("got %v", err)
			}
			if now, err := got.SMTP.CurrentPassword(); c.problem == "" && (err != nil || now != c.password) {
				t.Errorf("got %q, %v", now, err)
			}
		})
	}
}

func TestMistakesInTheEnvironment(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for name, tc := range map[string]struct{ environ, want string }{
		"type":    {"DIGEST_SMTP_PORT=many", `DIGEST_SMTP_PORT: smtp.port: "many" is not a whole number`},
		"value":   {"DIGEST_SMTP_TLS=ssl", `DIGEST_SMTP_TLS: smtp.tls: "ssl" is not one of starttls, implicit, none`},
		"both":    {"DIGEST_SECRET=0123456789abcdef0123456789abcdef DIGEST_SECRET_FILE=x", "DIGEST_SECRET: secret: DIGEST_SECRET_FILE is set as well: unset one of the two"},
		"missing": {"DIGEST_SECRET_FILE=" + dir + "/none", "DIGEST_SECRET_FILE: secret: cannot be read: open " + dir + "/none: no such file or directory"},
		"folder":  {"DIGEST_SECRET_FILE=" + dir, "DIGEST_SECRET_FILE: secret: cannot be read: read " + dir + ": is a directory"},
		"empty":   {"DIGEST_SECRET_FILE=" + write("empty", "\n"), "DIGEST_SECRET_FILE: secret: " + dir + "/empty is empty"},
		"huge":    {"DIGEST_SECRET_FILE=" + write("huge", strings.Repeat("x", 1<<17)), "DIGEST_SECRET_FILE: secret: " + dir + "/huge is larger than 64 KiB: name the file that holds only the secret"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := loadText(t, "", strings.Fields(tc.environ)); text(err) != tc.want {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}

// TestOnlySecretsTakeFiles keeps _FILE from reading files for other keys.
func TestOnlySecretsTakeFiles(t *testing.T) {
	got, err := loadText(t, "", []string{"DIGEST_SMTP_HOST_FILE=/etc/hostname"})
	if err != nil || got.SMTP.Host != Default().SMTP.Host {
		t.Errorf("got %q, %v", got.SMTP.Host, err)
	}
}
