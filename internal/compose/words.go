package compose

import (
	"regexp"
	"strings"

	"digest.example/internal/digest"
	"digest.example/internal/sanitize"
)

// joined puts sep between those that are not empty.
func joined(sep string, parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, sep)
}

// votes are a comment's votes in words; empty where the source has none.
func (v *views) votes(votes *digest.Votes) string {
	switch {
	case votes == nil:
		return ""
	case votes.Down > 0:
		return v.lang.Say("votes_split", votes.Up, "Against", votes.Down)
	}
	return v.lang.Say("votes", votes.Up)
}

// list puts those that are not empty beside each other.
func (v *views) list(parts ...string) string {
	out := ""
	for _, p := range parts {
		switch {
		case out == "":
			out = p
		case p != "":
			out = v.lang.Say("next", "Before", out, "Next", p)
		}
	}
	return out
}

// commentHead is the line above a comment in the plain text.
func (v *views) commentHead(c comment) string {
	by, answers, when := "", "", ""
	if c.ByAuthor {
		by = v.lang.Say("by_author")
	}
	if c.Answers != "" {
		answers = v.lang.Say("answers", "Name", c.Answers)
	}
	if c.Link != nil && c.Link.Words != v.lang.Say("link") {
		when = c.Link.Words
	}
	about := v.list(by, answers, c.Votes, when)
	if about == "" {
		return v.lang.Say("colon", "Words", c.Name)
	}
	return v.lang.Say("said", "Name", c.Name, "About", about)
}

// hostLike is a link's words that claim to be an address.
var hostLike = regexp.MustCompile(`(?i)^(https?://)?[a-z0-9-]+(\.[a-z0-9-]+)+(/\S*)?$`)

// vague are words that name no target, or pretend to be ours.
var vague = regexp.MustCompile(`(?i)^(click here|here|this|that|it|link|more|read more|source|unsubscribe|\W*)$`)

// linkWords are what a stranger's link reads: an address becomes its host, and
// words that claim to be another host, or say nothing, are followed by the host
// that they lead to.
func linkWords(words, href string) string {
	host := sanitize.Host(href)
	trimmed := strings.TrimSpace(words)
	switch {
	case hostLike.MatchString(trimmed):
		shown := trimmed
		if !strings.Contains(shown, "://") {
			shown = "https://" + shown
		}
		if strings.EqualFold(sanitize.Host(shown), host) {
			return host
		}
		return trimmed + " (" + host + ")"
	case vague.MatchString(trimmed):
		return strings.TrimSpace(trimmed + " (" + host + ")")
	}
	return words
}
