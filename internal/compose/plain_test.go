package compose

import (
	"bytes"
	"io"
	"mime"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/mail"
)

func plain(t *testing.T, r Rendered) []byte {
	t.Helper()
	r.Stencil = r.Plain
	return message(t, r)
}

// The mail without HTML has the header of the other and says what its text says.
func TestPlain(t *testing.T) {
	r := mustRender(t, variety(), weekly())
	got, err := netmail.ReadMessage(bytes.NewReader(plain(t, r)))
	if err != nil {
		t.Fatal(err)
	}
	full, err := netmail.ReadMessage(bytes.NewReader(message(t, r)))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	if err != nil || kind != "text/plain" || !strings.EqualFold(params["charset"], "utf-8") {
		t.Errorf("Content-Type %q %v: %v", kind, params, err)
	}
	if v := got.Header.Get("Content-Transfer-Encoding"); v != "quoted-printable" {
		t.Errorf("Content-Transfer-Encoding %q", v)
	}
	for _, name := range []string{"Content-Type", "Content-Transfer-Encoding"} {
		delete(got.Header, name)
		delete(full.Header, name)
	}
	if diff := cmp.Diff(full.Header, got.Header); diff != "" {
		t.Errorf("the header differs (-full +plain):\n%s", diff)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(got.Body))
	if err != nil {
		t.Fatal(err)
	}
	want, err := mail.Fill(r.Text, r.Hole, mail.Personal{
		Unsubscribe: "https://digest.harbour.test/u/k3Qv9xZt2LmR8sYwB4nC",
		Preferences: "https://digest.harbour.test/p/w7TgKq1LmR8sYwB4nCk3Qv",
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.TrimRight(want, "\n"), strings.TrimRight(strings.ReplaceAll(string(body), "\r\n", "\n"), "\n")); diff != "" {
		t.Errorf("the text differs (-want +got):\n%s", diff)
	}
}

// TestPlainGolden compares the whole mail; renew it as TestGolden's.
func TestPlainGolden(t *testing.T) {
	const file = "testdata/plain.eml"
	got := bytes.ReplaceAll(plain(t, mustRender(t, variety(), weekly())), []byte("\r\n"), []byte("\n"))
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the mail has changed (-want +got); if rightly so, run with -update:\n%s", diff)
	}
}
