package config

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStrays(t *testing.T) {
	got := Strays([]string{
		"DIGEST_SMTP_PASWORD=x", "DIGEST_WEB_PUBLICURL=https://x.example", "DIGEST_SECRET_FIEL=s",
		"DIGEST_SMTP_PASSWORD=x", "DIGEST_SMTP_PASSWORD_FILE=x", "DIGEST_SECRET_FILE=s", "DIGEST_ALERT_WEBHOOK_FILE=w",
		"DIGEST_SMTP_PROT=", "DIGEST_PORT=tcp://10.0.0.1:80", "DIGEST_SERVICE_HOST=10.0.0.1", "PATH=/bin", "broken",
	})
	want := []string{
		"DIGEST_SMTP_PASWORD is no variable of ours and sets nothing: did you mean DIGEST_SMTP_PASSWORD?",
		"DIGEST_WEB_PUBLICURL is no variable of ours and sets nothing: did you mean DIGEST_WEB_PUBLIC_URL?",
		"DIGEST_SECRET_FIEL is no variable of ours and sets nothing: did you mean DIGEST_SECRET_FILE?",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestLocate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte("secret: x\nnewsletters:\n  - name: a\n    schedule: b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	found := Problems{
		{File: "c.yaml", Key: "newsletters[0].schedule", Text: "wrong"},
		{File: "c.yaml", Key: "newsletters[0].sources[0].kind", Text: "wrong"},
		{File: "c.yaml", Key: "database", Text: "wrong"},
		{File: "template.html", Line: 7, Text: "wrong"},
	}
	want := Problems{
		{File: file, Line: 4, Key: "newsletters[0].schedule", Text: "wrong"},
		{File: file, Line: 3, Key: "newsletters[0].sources[0].kind", Text: "wrong"},
		{File: "DIGEST_DATABASE", Key: "database", Text: "wrong"},
		{File: "template.html", Line: 7, Text: "wrong"},
	}
	if d := cmp.Diff(want, Locate(file, []string{"DIGEST_DATABASE=/"}, found)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if d := cmp.Diff(found, Locate(file+".gone", nil, found)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
