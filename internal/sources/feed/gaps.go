package feed

import "fmt"

// gaps counts which comments could not be read, to say it in a few lines.
type gaps struct {
	unasked         int // articles
	failures        int
	failure         error // the first
	articles, least int   // with more comments than shown; how many are missing
	example         string
}

func (g *gaps) fail(err error) {
	if g.failures++; g.failure == nil {
		g.failure = err
	}
}

func (g *gaps) short(title string, missing int) {
	if g.articles++; g.example == "" {
		g.example = title
	}
	g.least += missing
}

func (g *gaps) tell(p *pull) {
	if g.articles > 0 {
		p.warn("the feeds of comments show only the newest: %s could not be seen under %s, such as %q (pingbacks count too)",
			some(g.least, "comment"), some(g.articles, "article"), g.example)
	}
	if g.failures > 0 {
		p.warn("the comments on %s cannot be read: %v", some(g.failures, "article"), g.failure)
	}
	if g.unasked > 0 {
		p.warn("the comments on %s were not asked for: it would be too many requests at once, or the site does not answer",
			some(g.unasked, "article"))
	}
}

func some(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
