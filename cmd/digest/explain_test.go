package main

import (
	"errors"
	"strings"
	"testing"

	"digest.example/internal/digest"
)

func TestExplainArgs(t *testing.T) {
	for _, c := range []struct {
		args        string
		now         bool
		issue, item string
		bad         bool
	}{
		{"", false, "", "", false},
		{"", true, "", "", false},
		{"weekly/47", false, "weekly/47", "", false},
		{"weekly/47 101-6", false, "weekly/47", "101-6", false},
		{"https://a.example/b/1", false, "", "https://a.example/b/1", false},
		{"101-6", true, "", "101-6", false},
		{"weekly/47", true, "", "", true},
		{"a b", false, "", "", true},
		{"weekly/47 a b", false, "", "", true},
	} {
		issue, item, err := explainArgs(strings.Fields(c.args), c.now)
		if issue != c.issue || item != c.item || errors.Is(err, digest.ErrUsage) != c.bad {
			t.Errorf("%q: issue %q, item %q, %v", c.args, issue, item, err)
		}
	}
}

func TestOnly(t *testing.T) {
	pick := func(id string, comments ...string) digest.Pick {
		p := digest.Pick{Article: digest.Article{Source: "s", ID: id, URL: "https://a.example/" + id}}
		for _, c := range comments {
			p.Comments = append(p.Comments, digest.CommentPick{Comment: digest.Comment{ID: c, URL: "https://a.example/" + id + "#" + c}})
		}
		return p
	}
	issue := digest.Issue{
		Lead: []digest.Pick{pick("1", "11", "12"), pick("2", "21")},
		More: []digest.Pick{pick("3")},
		Left: []digest.Omission{
			{Source: "s", Article: "1", Comment: "13", URL: "https://a.example/1#13", Why: "short"},
			{Source: "s", Article: "2", Comment: "22", Why: "copied"},
			{Source: "s", Article: "4", URL: "https://a.example/4", Why: "old"},
		},
	}
	for _, c := range []struct{ item, want string }{
		{"1", "1(11 12) -13"},
		{"https://a.example/1", "1(11 12) -13"},
		{"12", "1(12)"},
		{"https://a.example/2#21", "2(21)"},
		{"13", "1() -13"},
		{"https://a.example/1#13", "1() -13"},
		{"22", "2() -22"},
		{"3", "3()"},
		{"4", "-4"},
		{"https://a.example/4", "-4"},
		{"nothing", ""},
	} {
		got := only(issue, c.item)
		var words []string
		for _, p := range append(append([]digest.Pick{}, got.Lead...), got.More...) {
			var ids []string
			for _, k := range p.Comments {
				ids = append(ids, k.Comment.ID)
			}
			words = append(words, p.Article.ID+"("+strings.Join(ids, " ")+")")
		}
		for _, o := range got.Left {
			if o.Comment == "" {
				words = append(words, "-"+o.Article)
			} else {
				words = append(words, "-"+o.Comment)
			}
		}
		if text := strings.Join(words, " "); text != c.want {
			t.Errorf("%s: %q, want %q", c.item, text, c.want)
		}
	}
	if len(issue.Lead[0].Comments) != 2 {
		t.Error("the issue was changed")
	}
}
