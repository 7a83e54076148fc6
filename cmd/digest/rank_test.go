package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ranks runs the command on in and returns what it wrote and its exit code.
func ranks(t *testing.T, in string, args ...string) (out, errors string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	a := &app{in: strings.NewReader(in), out: &o, err: &e}
	code = a.run(context.Background(), append([]string{"rank"}, args...))
	return o.String(), e.String(), code
}

// rankingOf is the ranking of the only thread of in.
func rankingOf(t *testing.T, in string, args ...string) []string {
	t.Helper()
	out, errors, code := ranks(t, in, args...)
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, errors)
	}
	var line rankedThread
	if err := json.Unmarshal([]byte(out), &line); err != nil {
		t.Fatal(err)
	}
	if line.ThreadID != "t1" || strings.Count(out, "\n") != 1 {
		t.Errorf("wrote %q", out)
	}
	return line.Ranking
}

const (
	goodText = "We measured the tides at the old pier for 12 years, and the mean level rose by 4 centimetres; the harbour office keeps the sheets and lends them to whoever asks."
	fairText = "My grandmother ran the bakery across the square, and the flour rationing shaped the recipes, because rye was cheap."
	spamText = "Everybody here should look at https://spam-shop.example/offer because their prices were wonderful this summer."
)

func oneThread(comments ...string) string {
	return `{"thread_id":"t1","title":"The harbour","article_created":1000000,"comments":[` + strings.Join(comments, ",") + "]}\n"
}

func comment(id, author string, created int, text string) string {
	return fmt.Sprintf(`{"id":%q,"author":%q,"created":%d,"text":%q}`, id, author, created, text)
}

func TestRank(t *testing.T) {
	in := oneThread(
		comment("thanks", "Cem", 1003000, "Thanks, nice!"),
		comment("spam", "Bot", 1000001, spamText),
		comment("fair", "Bob", 1002000, fairText),
		comment("good", "Ann", 1001000, goodText),
		comment("again", "Ann", 1004000, "The sheets are kept in the attic of the harbour office."),
	)
	for _, c := range []struct {
		args string
		want []string
	}{
		{"", []string{"good", "fair"}},
		{"-k 1", []string{"good"}},
		{"-k 0", []string{"good", "fair"}},
		{"--bar 1", []string{"fair"}},
		{"--bar 9", []string{}},
		{"--bar -1", []string{"good", "fair"}},
	} {
		if got := rankingOf(t, in, strings.Fields(c.args)...); !slices.Equal(got, c.want) {
			t.Errorf("%q ranks %v, want %v", c.args, got, c.want)
		}
	}
	if got := rankingOf(t, in, "--no-guards"); len(got) != 5 || !slices.Contains(got, "spam") || !slices.Contains(got, "again") {
		t.Errorf("without guards %v are ranked, want all", got)
	}
}

func TestRankCountsVotesAboveTheBase(t *testing.T) {
	in := `{"thread_id":"t1","base":1,"comments":[{"id":"a","author":"Ann","text":"` + goodText + `","votes":1},{"id":"b","author":"Bob","text":"` + fairText + `","votes":9.0}]}`
	if got := rankingOf(t, in); !slices.Equal(got, []string{"b", "a"}) {
		t.Errorf("ranked %v", got)
	}
}

func TestRankTakesWhatIsThere(t *testing.T) {
	for _, in := range []string{
		`{"thread_id":"t1"}`,
		`{"thread_id":"t1","title":null,"article_created":null,"url":null,"comments":null}`,
		`{"thread_id":"t1","comments":[{}]}`,
		`{"thread_id":"t1","comments":[{"text":"` + goodText + `"}]}`,
		`{"thread_id":"t1","unknown":{"x":[1]},"comments":[]}`,
		`{"thread_id":"t1","article_created":-1e300,"comments":[{"id":"","created":1e300,"votes":-1e300},{"id":"","created":1.5}]}`,
	} {
		if got := rankingOf(t, in); len(got) != 0 {
			t.Errorf("%s ranks %q", in, got)
		}
	}
	in := oneThread(comment("a", "Ann", 1001000, goodText), comment("a", "Bob", 1002000, fairText))
	if got := rankingOf(t, in); !slices.Equal(got, []string{"a"}) {
		t.Errorf("an id that occurs twice is ranked %v", got)
	}
}

func TestRankReadsTextsAsPlain(t *testing.T) {
	in := oneThread(comment("a", "Ann", 1001000, "> "+fairText+"\n<script> & 1 < 2: "+goodText), comment("b", "Bob", 1002000, "&gt; "+goodText+"\nI agree"))
	if got := rankingOf(t, in); !slices.Equal(got, []string{"a"}) {
		t.Errorf("ranked %v", got)
	}
}

func TestOtherThreadsVouch(t *testing.T) {
	thread := func(id, author string, text string) string {
		return fmt.Sprintf(`{"thread_id":%q,"comments":[{"id":%q,"author":%q,"created":1000000,"text":%q}]}`+"\n", id, id, author, text+" See https://maps.example/x for it.")
	}
	talk := func(author string) string {
		return comment("talk"+author, author, 1000000, "The sheets are kept in the attic of the harbour office.")
	}
	in := thread("a", "Ann", goodText) + thread("b", "Bob", fairText) + "\n" + thread("c", "Cem", goodText) +
		`{"thread_id":"later","comments":[{"created":2000000},` + talk("Ann") + "," + talk("Bob") + "," + talk("Cem") + "]}"
	out, _, _ := ranks(t, in)
	if !strings.Contains(out, `["a"]`) || !strings.Contains(out, `["c"]`) {
		t.Errorf("three people link to one site, and %s", out)
	}
	if out, _, _ = ranks(t, strings.ReplaceAll(in, "Cem", "Bob")); strings.Contains(out, `["a"]`) {
		t.Errorf("two people link to one site, and %s", out)
	}
	if out, _, _ = ranks(t, strings.ReplaceAll(in, talk("Cem"), talk("Bob"))); strings.Contains(out, `["a"]`) {
		t.Errorf("somebody who says nothing else vouched: %s", out)
	}
}

func TestRankRefuses(t *testing.T) {
	for in, want := range map[string]string{
		oneThread() + "{\n":                    "line 2",
		"\n\n[]\n":                             "line 3",
		`{"thread_id":7}`:                      "line 1",
		`{"thread_id":"t","comments":{}}`:      "line 1",
		`{"comments":[{"created":"today"}]}`:   "line 1",
		`{"comments":[{"text":["a"]}]}`:        "line 1",
		oneThread() + `{"thread_id":"a"} more`: "line 2",
	} {
		out, errors, code := ranks(t, in)
		if code != exitFailure || !strings.Contains(errors, want) || out != "" {
			t.Errorf("%s: code %d, %q, wrote %q", in, code, errors, out)
		}
	}
	for _, args := range [][]string{{"-k", "-1"}, {"-k", "many"}, {"--bar", "NaN"}, {"threads.jsonl"}} {
		if _, _, code := ranks(t, "", args...); code != exitUsage {
			t.Errorf("%v: code %d", args, code)
		}
	}
	if _, _, code := ranks(t, "", "--in", filepath.Join(t.TempDir(), "none")); code != exitFailure {
		t.Errorf("a missing file: code %d", code)
	}
}

func TestRankInPlace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "threads.jsonl")
	if err := os.WriteFile(file, []byte(oneThread(comment("a", "Ann", 1001000, goodText))), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, errors, code := ranks(t, "", "--in", file, "--out", file); code != exitOK || out != "" {
		t.Fatalf("%d %s %s", code, out, errors)
	}
	got, err := os.ReadFile(file)
	if want := `{"thread_id":"t1","ranking":["a"]}` + "\n"; err != nil || string(got) != want {
		t.Errorf("%v: %s", err, got)
	}
}
