package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"math"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"digest.example/internal/digest"
	"digest.example/internal/rank"
)

// maxThreadLine is how long one thread may be, in bytes.
const maxThreadLine = 256 << 20

// ranking is what the rank command was asked for.
type ranking struct {
	in, out  string
	k        int
	bar      float64
	noGuards bool
}

func (a *app) rankCommand() *cobra.Command {
	r := ranking{}
	c := &cobra.Command{
		Use:   "rank [--in THREADS.jsonl] [--out RANKING.jsonl]",
		Short: "Rank the comments of threads in a file, to measure the ranking",
		Long: `Rank the comments of threads in a file as an issue would, to measure the ranking
against known votes. Needs no configuration and no database.

Each line of the input is a thread:

  {"thread_id": "t1", "title": "", "article_text": "", "article_author": "",
   "article_created": 1390835759, "url": "", "base": 0, "comments": [{"id": "c1",
   "parent": null, "author": "", "created": 1390841027, "text": "", "votes": 3}]}

Times are Unix seconds, texts are plain, base is the votes that a comment is born
with, and any field may be missing. Each line of the output is
{"thread_id": "t1", "ranking": ["c1"]}, ids best first. The other threads of the
file stand for the site's archive: what several people link to there may be linked to.

The quality bar of articles is 1.15, that of forums 0.9. Without --bar there is
none, since a comment left out cannot be measured.`,
		Example: `  digest rank --in threads.jsonl --out ranking.jsonl -k 3
  digest rank --bar 1.15 < threads.jsonl`,
		Args: none,
		RunE: func(*cobra.Command, []string) error { return a.rank(r) },
	}
	f := c.Flags()
	f.StringVar(&r.in, "in", "-", "file to read; -: standard input")
	f.StringVar(&r.out, "out", "-", "file to write; -: standard output")
	f.IntVarP(&r.k, "count", "k", 10, "how many comments of a thread to rank; 0: all that may be picked")
	f.Float64Var(&r.bar, "bar", math.Inf(-1), "content score that a comment needs")
	f.BoolVar(&r.noGuards, "no-guards", false, "rank by score alone, without vetoes, bar or diversity")
	return c
}

func (a *app) rank(r ranking) error {
	if r.k < 0 || math.IsNaN(r.bar) {
		return fmt.Errorf("%w: -k takes a count and --bar a number", digest.ErrUsage)
	}
	threads, err := a.readThreads(r.in)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := r.write(&out, threads); err != nil {
		return err
	}
	if r.out == "-" {
		_, err = a.out.Write(out.Bytes())
		return err
	}
	return os.WriteFile(r.out, out.Bytes(), 0o644)
}

// write ranks each thread as of the newest moment in the file, which is the
// least that is known of when it was written.
func (r ranking) write(w io.Writer, threads []rankThread) error {
	articles := make([]digest.Article, len(threads))
	var now time.Time
	for i, t := range threads {
		articles[i] = t.article()
		for _, at := range t.times() {
			if at.After(now) {
				now = at
			}
		}
	}
	o := rank.Options{Bar: &r.bar, Unguarded: r.noGuards, Vouched: rank.Vouched(articles, now)}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for i, t := range threads {
		o.PerArticle = r.k
		if r.k == 0 {
			o.PerArticle = len(t.Comments)
		}
		line := rankedThread{ThreadID: t.ThreadID, Ranking: []string{}}
		for _, p := range rank.Thread(articles[i], t.asOf(now), o).Picks {
			if p.Comment.ID != "" {
				line.Ranking = append(line.Ranking, p.Comment.ID)
			}
		}
		if err := e.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

type rankedThread struct {
	ThreadID string   `json:"thread_id"`
	Ranking  []string `json:"ranking"`
}

// rankThread is one line of the input.
type rankThread struct {
	ThreadID       string        `json:"thread_id"`
	Title          string        `json:"title"`
	ArticleText    string        `json:"article_text"`
	ArticleAuthor  string        `json:"article_author"`
	ArticleCreated *float64      `json:"article_created"`
	URL            string        `json:"url"`
	Base           float64       `json:"base"`
	Snapshot       *float64      `json:"snapshot"` // when votes were counted
	Comments       []rankComment `json:"comments"`
}

type rankComment struct {
	ID      string   `json:"id"`
	Parent  string   `json:"parent"`
	Author  string   `json:"author"`
	Created *float64 `json:"created"`
	Text    string   `json:"text"`
	Votes   *float64 `json:"votes"`
}

func (a *app) readThreads(path string) (threads []rankThread, err error) {
	in := a.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	s := bufio.NewScanner(in)
	s.Buffer(make([]byte, 0, 1<<16), maxThreadLine)
	n := 0
	for s.Scan() {
		n++
		if len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		var t rankThread
		if err := json.Unmarshal(s.Bytes(), &t); err != nil {
			return nil, fmt.Errorf("%s line %d: %w", path, n, err)
		}
		threads = append(threads, t)
	}
	if err := s.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("%s line %d: %w: more than %d bytes", path, n+1, err, maxThreadLine)
	} else if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return threads, nil
}

func (t rankThread) article() digest.Article {
	a := digest.Article{
		ID: t.ThreadID, URL: t.URL, Title: t.Title, HTML: markup(t.ArticleText),
		Author: digest.Author{Name: t.ArticleAuthor}, Published: unixTime(t.ArticleCreated),
		Comments: make([]digest.Comment, len(t.Comments)),
	}
	for i, c := range t.Comments {
		a.Comments[i] = digest.Comment{
			Article: t.ThreadID, ID: c.ID, Parent: c.Parent, Author: digest.Author{Name: c.Author},
			Published: unixTime(c.Created), HTML: markup(c.Text),
		}
		if c.Votes != nil {
			a.Comments[i].Votes = &digest.Votes{Up: whole(*c.Votes), Down: -1, Base: whole(t.Base)}
		}
	}
	return a
}

// times are all that the thread speaks of.
func (t rankThread) times() []time.Time {
	out := []time.Time{unixTime(t.ArticleCreated), unixTime(t.Snapshot)}
	for _, c := range t.Comments {
		out = append(out, unixTime(c.Created))
	}
	return out
}

func (t rankThread) asOf(now time.Time) time.Time {
	if t.Snapshot != nil {
		return unixTime(t.Snapshot)
	}
	return now
}

// markup is plain text as a source would give it. Some sets were cut out of
// pages with their entities left in.
func markup(text string) string {
	if !strings.ContainsAny(text, "<&") {
		return text
	}
	return strings.ReplaceAll(html.EscapeString(html.UnescapeString(text)), "\n", "<br>")
}

// unixTime is zero for a missing time. One before 1900 or after 2200 is taken for those.
func unixTime(seconds *float64) time.Time {
	if seconds == nil || math.IsNaN(*seconds) {
		return time.Time{}
	}
	const first, last = -2208988800, 7258118400
	return time.Unix(int64(math.Max(first, math.Min(last, *seconds))), 0).UTC()
}

// whole is x as votes are counted, within what sums cannot overflow.
func whole(x float64) int {
	const most = 1 << 40
	return int(math.Round(math.Max(-most, math.Min(most, x))))
}
