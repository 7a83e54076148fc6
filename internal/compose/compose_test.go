package compose

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"digest.example/internal/digest"
	"digest.example/internal/mail"
	"digest.example/templates"
)

func TestSameInputSameBytes(t *testing.T) {
	issue := variety()
	before := variety()
	a, b := mustRender(t, issue, weekly()), mustRender(t, issue, weekly())
	if a.HTML != b.HTML || a.Text != b.Text || string(message(t, a)) != string(message(t, b)) {
		t.Error("two renderings differ")
	}
	if !reflect.DeepEqual(issue, before) {
		t.Error("rendering changed its input")
	}
}

func TestEmptyIssueIsNotRendered(t *testing.T) {
	if _, err := newComposer(t).Render(digest.Issue{Note: "hello"}, weekly(), testIDs); !errors.Is(err, ErrEmpty) {
		t.Errorf("got %v", err)
	}
}

func message(t *testing.T, r Rendered) []byte {
	t.Helper()
	m, err := r.Stencil.Message(mail.Personal{
		To: "reader@example.net", MessageID: "weekly-47-k3Qv9x@harbour.test",
		Unsubscribe: "https://digest.harbour.test/u/k3Qv9xZt2LmR8sYwB4nC",
		Preferences: "https://digest.harbour.test/p/w7TgKq1LmR8sYwB4nCk3Qv",
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestHeaders(t *testing.T) {
	m, err := netmail.ReadMessage(strings.NewReader(string(message(t, mustRender(t, variety(), weekly())))))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"From":         `"The Harbour Weekly" <digest@harbour.test>`,
		"Reply-To":     "editor@harbour.test",
		"List-Id":      `"The Harbour Weekly" <weekly.digest.harbour.test>`,
		"Feedback-Id":  "47:weekly:digest:harbourtest",
		"List-Archive": "<https://digest.harbour.test/archive/weekly/>",
		"Date":         "Sun, 22 Nov 2026 09:00:00 +0000",
	} {
		got := strings.Trim(m.Header.Get(name), "<>")
		if strings.ReplaceAll(got, `"`, "") != strings.Trim(strings.ReplaceAll(want, `"`, ""), "<>") {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestBodiesComeBack(t *testing.T) {
	r := mustRender(t, variety(), weekly())
	m, err := netmail.ReadMessage(strings.NewReader(string(message(t, r))))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, want := range []struct{ kind, body string }{{"text/plain", r.Text}, {"text/html", r.HTML}} {
		part, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		filled := strings.NewReplacer(
			r.Hole, "https://digest.harbour.test/u/k3Qv9xZt2LmR8sYwB4nC",
			mail.HolePreferences(r.Hole), "https://digest.harbour.test/p/w7TgKq1LmR8sYwB4nCk3Qv",
		).Replace(want.body)
		if got := strings.ReplaceAll(string(body), "\r\n", "\n"); strings.TrimSpace(got) != strings.TrimSpace(filled) {
			t.Errorf("%s differs", want.kind)
		}
		if !strings.HasPrefix(part.Header.Get("Content-Type"), want.kind) {
			t.Errorf("%s where %s belongs", part.Header.Get("Content-Type"), want.kind)
		}
	}
}

func TestSenderThatCannotBeIsAnError(t *testing.T) {
	nl := weekly()
	nl.From = "nobody"
	if _, err := newComposer(t).Render(issueOf(1, 0), nl, testIDs); err == nil || !strings.Contains(err.Error(), "weekly/47") {
		t.Errorf("got %v", err)
	}
}

func TestListID(t *testing.T) {
	for _, c := range []struct{ name, title, url, want string }{
		{"weekly", "The Weekly", "https://digest.example.org", "The Weekly <weekly.digest.example.org>"},
		{"My List_2", `A "B" <c>, d`, "https://X.example.org:8443/", "A B c d <my-list-2.x.example.org>"},
		{"weekly", "W", "", "W <weekly.harbour.test>"},
	} {
		nl := weekly()
		nl.Name, nl.Title, nl.PublicURL = c.name, c.title, c.url
		if got := listID(nl); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// replaced is the program's own templates with one file changed.
func replaced(t *testing.T, name, content string) fs.FS {
	t.Helper()
	out := fstest.MapFS{}
	entries, err := fs.ReadDir(templates.Files, "email")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := fs.ReadFile(templates.Files, "email/"+e.Name())
		if err != nil {
			t.Fatal(err)
		}
		out["email/"+e.Name()] = &fstest.MapFile{Data: data}
	}
	maps.Copy(out, fstest.MapFS{"email/" + name: {Data: []byte(content)}})
	return out
}

func TestBrokenTemplatesAreFoundAtTheStart(t *testing.T) {
	for _, c := range []struct{ name, file, content, want string }{
		{"syntax", "article.html", "<tr>\n{{if}}</tr>", "article.html:2"},
		{"unknown field", "comment.html", "\n\n{{.Nope}}", "comment.html:3"},
		{"unknown look", "title.html", `<p {{look "nope"}}>`, "title.html:1"},
		{"where there is no archive", "footer.html", "{{if .Host}}{{.Unsubscribe}}{{else}}{{.Nope}}{{end}}", "footer.html:1"},
		{"unknown text", "footer.txt", "\n{{text \"nope\"}}", "footer.txt:2"},
		{"unknown function", "thread.txt", "{{shout .}}", "thread.txt:1"},
		{"missing partial", "thread.html", `{{template "gone.html" .}}`, "gone.html"},
		{"script without end", "meta.html", "<script>", "story.html:5"},
		{"a letter", "letter.html", "\n{{.Nope}}", "letter.html:2"},
		{"a letter of one kind", "letter.txt", `{{.Link}}{{if eq .Kind "erase"}}{{.Nope}}{{end}}`, "letter.txt:1"},
		{"a letter without its link", "letter.txt", "{{.Title}}", "no link"},
		{"no hole", "footer.html", "<tr><td>bye</td></tr>", "unsubscribe"},
	} {
		_, err := New(replaced(t, c.file, c.content))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want something with %q", c.name, err, c.want)
		}
	}
	if _, err := New(fstest.MapFS{}); err == nil {
		t.Error("no templates at all went unnoticed")
	}
}

func TestAnotherFolderOfTemplatesIsUsed(t *testing.T) {
	c, err := New(replaced(t, "title.txt", "* {{.Title}}"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Render(variety(), weekly(), testIDs)
	if err != nil || !strings.Contains(r.Text, "\n* What the salt marsh remembers") {
		t.Errorf("%v\n%s", err, r.Text)
	}
}
