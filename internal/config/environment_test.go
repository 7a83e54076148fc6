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
	if got.SMTP != want.SMTP || !reflect.DeepEqual(got.Web, want.Web) || got.Database != want.Database || len(got.Newsletters) != 1 {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestSecretsFromFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	for content, want := range map[string]string{"geheim": "geheim", " a b \r\n": " a b ", "x\n\n": ""} {
		if err := os.WriteFile(file, []byte(content), 0o444); err != nil {
			t.Fatal(err)
		}
		got, err := loadText(t, "smtp: {username: a, password: old}", []string{"DIGEST_SMTP_PASSWORD_FILE=" + file})
		if want == "" {
			if text(err) != "DIGEST_SMTP_PASSWORD_FILE: smtp.password: holds a control character: remove it" {
				t.Errorf("%q: got %v", content, err)
			}
		} else if err != nil || got.SMTP.Password != want {
			t.Errorf("%q: got %q, %v", content, got.SMTP.Password, err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
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
