package compose

import (
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
)

func titled(titles ...string) digest.Issue {
	out := digest.Issue{Slot: digest.Slot{At: sunday}}
	for _, title := range titles {
		out.Lead = append(out.Lead, digest.Pick{Article: digest.Article{Title: title, HTML: "<p>" + prose(0, 4) + "</p>"}})
	}
	return out
}

func viewsOf(t testing.TB, issue digest.Issue) *views {
	t.Helper()
	return newViews(issue, weekly(), testIDs, strings.Repeat("h", 60), speaking(t, "en"))
}

func TestSubject(t *testing.T) {
	for _, c := range []struct {
		name   string
		titles []string
		want   string
	}{
		{"one", []string{"The night bus that stops for owls"}, "The night bus that stops for owls (22 Nov)"},
		{"several", []string{"The night bus that stops for owls", "b", "c"}, "The night bus that stops for owls and 2 more (22 Nov)"},
		{"long", []string{strings.Repeat("Tide mills ", 20), "b"}, "Tide mills Tide mills Tide mills Tide… and 1 more (22 Nov)"},
		{"short", []string{"Owls", "b"}, "Owls and 1 more (22 November 2026)"},
		{"looks like a reply", []string{"RE: Fwd: The night bus that stops for owls"}, "The night bus that stops for owls (22 Nov)"},
		{"pictures of several parts", []string{"🎉 Festival week 👩‍👩‍👧‍👦🇺🇦 — naïve café 👍🏽"}, "Festival week — naïve café (22 Nov)"},
		{"a rare form of a letter stays", []string{"The bridge of 葛\U000E0100城 opens"}, "The bridge of 葛\U000E0100城 opens (22 Nov)"},
		{"shouts", []string{"🦉🦉 The night bus stops for owls!!! 🎉"}, "The night bus stops for owls! (22 Nov)"},
		{"header injection", []string{"The night bus\r\nBcc: all@x.test stops"}, "The night bus Bcc: all@x.test stops (22 Nov)"},
		{"no title", []string{"\u200b"}, "Untitled article (22 November 2026)"},
		{"only a picture", []string{"🦉"}, "Untitled article (22 November 2026)"},
	} {
		issue := titled(c.titles...)
		got := viewsOf(t, issue).subject(issue)
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		if n := chars(got); n > subjectMax || n < 30 {
			t.Errorf("%s: %d characters", c.name, n)
		}
	}
}

func TestTheEditorsLinesComeFirst(t *testing.T) {
	issue := titled("The night bus that stops for owls", "b")
	issue.Subject, issue.Preheader = "Owls\r\nBcc: all@x.test, again", "And\u202e herons"
	v := viewsOf(t, issue)
	if got, want := v.subject(issue), "Owls Bcc: all@x.test, again"; got != want {
		t.Errorf("subject %q, want %q", got, want)
	}
	if got, want := v.preheader(issue), "And herons"; got != want {
		t.Errorf("preheader %q, want %q", got, want)
	}
	issue.Subject, issue.Preheader = " \u200b ", "\n"
	if v.subject(issue) == "" || v.preheader(issue) == "" {
		t.Error("lines in which nothing can be seen are taken")
	}
}

func TestSubjectDiffersNextWeek(t *testing.T) {
	this, next := titled("Open thread"), titled("Open thread")
	next.Slot.At = sunday.AddDate(0, 0, 7)
	if a, b := viewsOf(t, this).subject(this), viewsOf(t, next).subject(next); a == b {
		t.Errorf("both are %q", a)
	}
}

func TestPreheaderNamesTheOtherStories(t *testing.T) {
	issue := titled("First of all stories", "The lighthouse library", "Counting herons with a borrowed radar", strings.Repeat("x", 200))
	got := viewsOf(t, issue).preheader(issue)
	if want := "Also: The lighthouse library; Counting herons with a borrowed radar"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPreheaderIsNeverShort(t *testing.T) {
	for _, titles := range [][]string{{"One"}, {"One", "Two"}, {"One", strings.Repeat("long ", 90), strings.Repeat("longer ", 90)}} {
		issue := titled(titles...)
		if got := viewsOf(t, issue).preheader(issue); chars(got) < preheaderMin || chars(got) > preheaderMax {
			t.Errorf("%d characters: %q", chars(got), got)
		}
	}
}

func TestDay(t *testing.T) {
	newYear := titled("x")
	newYear.Slot.At = time.Date(2027, 1, 3, 9, 0, 0, 0, time.UTC)
	v := viewsOf(t, newYear)
	for _, c := range []struct {
		t    time.Time
		want string
	}{
		{time.Time{}, ""}, {newYear.Slot.At.AddDate(0, 0, -1), "2 January"}, {newYear.Slot.At.AddDate(0, 0, -5), "29 December 2026"},
	} {
		if got := v.day(c.t); got != c.want {
			t.Errorf("%v: got %q, want %q", c.t, got, c.want)
		}
	}
}

func TestDatesAreTheNewslettersOwn(t *testing.T) {
	nl := weekly()
	nl.Location = time.FixedZone("far", 14*3600)
	issue := issueOf(1, 0)
	issue.Slot.At = time.Date(2026, 11, 21, 22, 0, 0, 0, time.UTC)
	if r := mustRender(t, issue, nl); !strings.Contains(r.HTML, "22 November 2026") {
		t.Error("the date is not the newsletter's local one")
	}
}

func TestVotes(t *testing.T) {
	for _, c := range []struct {
		votes *digest.Votes
		want  string
	}{
		{nil, ""},
		{&digest.Votes{Up: 1, Down: -1}, "1 vote"},
		{&digest.Votes{Up: 12}, "12 votes"},
		{&digest.Votes{Up: 12, Down: 3}, "12 votes for, 3 against"},
		{&digest.Votes{Up: 0, Down: -1}, "0 votes"},
	} {
		if got := viewsOf(t, titled("x")).votes(c.votes); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.votes, got, c.want)
		}
	}
}

func TestLabelsTellTargetsApart(t *testing.T) {
	v := viewsOf(t, titled("x"))
	for _, c := range []struct{ before, words, href, want string }{
		{"", "a.test", "https://a.test/1", "a.test"},
		{"", "a.test", "https://a.test/1", "a.test"},
		{"", "A.test", "https://a.test/2", "A.test (2)"},
		{"", "a.test", "https://a.test/3", "a.test (3)"},
		{"", "a.test", "https://a.test/2", "A.test (2)"},
		{"", "a.test (4)", "https://a.test/9", "a.test (4)"},
		{"", "a.test", "https://a.test/4", "a.test (4) (2)"},
		{"on ", "a.test", "https://a.test/5", "a.test"},
		{"", "unsubscribe", "https://evil.test", "unsubscribe (2)"},
	} {
		whole := func(words string) string { return c.before + words }
		if got := v.label(whole, c.words, c.href); got != c.want {
			t.Errorf("%q to %s: got %q, want %q", c.words, c.href, got, c.want)
		}
	}
}
