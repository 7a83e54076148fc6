package rank

import (
	"math"
	"strings"

	"digest.example/internal/digest"
)

// authorKey names a person within a thread; empty for the nameless, who are
// never taken for one another.
func authorKey(a digest.Author) string {
	if n := strings.Join(strings.Fields(strings.ToLower(a.Name)), " "); n != "" {
		return n
	}
	return strings.TrimSpace(a.URL)
}

// wilsonZ is the normal quantile of a 95 % interval.
const wilsonZ = 1.96

// wilson is the lower bound of the share of up among n votes (E. B. Wilson, 1927).
func wilson(up, n float64) float64 {
	if n <= 0 {
		return 0
	}
	p, z2 := math.Min(1, up/n), wilsonZ*wilsonZ
	return (p + z2/(2*n) - wilsonZ*math.Sqrt(p*(1-p)/n+z2/(4*n*n))) / (1 + z2/n)
}

// votesOf is how many votes above its source's base a comment has, 0 where there
// are none. Where both counts are known, the surplus is discounted by how sure
// it is, so that 10 against 0 beats 60 against 50.
func votesOf(c digest.Comment) float64 {
	if c.Votes == nil {
		return 0
	}
	up := float64(c.Votes.Up) - float64(c.Votes.Base)
	if c.Votes.Down < 0 {
		return up
	}
	down := float64(c.Votes.Down)
	if up <= down {
		return up - down
	}
	return (up - down) * wilson(up, up+down)
}
