package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"digest.example/internal/config"
	"digest.example/internal/smtptest"
)

// TestDialerLogsInAsConfigured, with the token that is in the file at the moment.
func TestDialerLogsInAsConfigured(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	write := func(text string) {
		if err := os.WriteFile(token, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server := smtptest.New(t, smtptest.Options{Username: "ann", Password: "fresh", Auth: []string{"PLAIN", "XOAUTH2"}})
	a := &app{out: io.Discard, err: io.Discard, now: time.Now, config: config.Default()}
	c := &a.config.SMTP
	c.Host, c.Port, c.TLS = server.Host(), server.Port(), config.TLSNone
	c.Username, c.PasswordFile, c.Auth = "ann", token, config.AuthXOAUTH2
	dialer, err := a.dialer()
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ token, says string }{
		{"stale", "access token in the file of smtp.password_file"}, {"", "is empty"}, {"fresh\n", ""}, {"stale", "535"},
	} {
		write(step.token)
		session, err := dialer.Dial(t.Context())
		if step.says != "" {
			if err == nil || !strings.Contains(err.Error(), step.says) {
				t.Errorf("%q: %v", step.token, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	}
	if logins := strings.Join(server.Commands(), "\n"); strings.Contains(logins, "AUTH PLAIN") {
		t.Errorf("another mechanism:\n%s", logins)
	}
	c.Auth = "ntlm"
	if _, err := a.dialer(); err == nil {
		t.Error("an unknown mechanism was taken")
	}
}
