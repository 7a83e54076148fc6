package rank

import (
	"math"
	"slices"
	"time"
)

// feature is something that a comment is described by, as a number in 0..1.
type feature int

const (
	fLength     feature = iota // log(1+words), full at 250
	fEarlyFast                 // how much of the thread came later, fading in slow threads
	fCentral                   // LexRank, share of the thread's largest
	fNovel                     // 1 - largest cosine to an earlier comment
	fFirstHours                // e^(-hours since the article / 6)
	fWordLength                // mean characters a word, 3 to 7; 0.5 outside the alphabets it was fitted on
	fSource                    // links to a site that is vouched for
	fReplies                   // direct answers by others, log, full at 10
	fEarlyTop                  // fEarlyFast of a top-level comment
	fNumbers                   // figures, log, full at 5
	fDepth                     // 0: top level, 1 from depth 5
	fByAuthor                  // written by the article's author
	fChatty                    // the writer's share of the thread beyond one comment
	fQuestion                  // asks something
	featureCount
)

type features [featureCount]float64

// weights were fitted, on the development half of two forums, a social site, a
// question site and a news site, against readers' votes and editors' picks. They
// belong together with the definitions above: a change to either needs a new fit.
var weights = features{
	fLength:     1.46,
	fEarlyFast:  0.83,
	fCentral:    0.74,
	fNovel:      0.54,
	fFirstHours: 0.48,
	fWordLength: 0.46,
	fSource:     0.38,
	fReplies:    0.29,
	fEarlyTop:   0.26,
	fNumbers:    0.13,
	fDepth:      -0.12,
	fByAuthor:   -0.15,
	fChatty:     -0.56,
	fQuestion:   -0.57,
}

const (
	fullLength   = 250
	fullReplies  = 10
	maxPraise    = 2 // answers of a few words that count: they are cheap to invent
	fullNumbers  = 5
	fastHours    = 24 // threads whose median comment is older than this count as slow
	firstHours   = 6
	neutral      = 0.5
	shortestMean = 3 // mean letters of a word at which fWordLength begins
	meanRange    = 4
)

// describe computes the features of all comments that stand.
func (t *thread) describe() {
	standing := t.standing()
	if len(standing) == 0 {
		return
	}
	t.countReplies()
	texts := make([][]uint64, len(standing))
	perAuthor := map[string]float64{}
	for i, e := range standing {
		texts[i] = e.said.terms
		perAuthor[e.author]++
	}
	vectors, terms := vectorsOf(texts)
	centrality, similar := central(vectors, terms), nearest(vectors, terms)
	early, fast := earliness(standing), t.fastness(standing)
	for i, e := range standing {
		e.vector, e.early = vectors[i], early[i]
		t.describeText(e)
		e.x[fCentral] = centrality[i]
		e.x[fNovel] = unit(1 - similar[i])
		e.x[fEarlyFast] = unit(early[i] * fast)
		if e.depth == 0 {
			e.x[fEarlyTop] = e.x[fEarlyFast]
		}
		if e.author != "" {
			e.x[fChatty] = unit((perAuthor[e.author] - 1) / math.Max(4, float64(len(standing))/4))
		}
	}
}

// describeText fills in what a comment and its answers say, whatever the rest of the thread.
func (t *thread) describeText(e *entry) {
	x, s := &e.x, e.said
	x[fLength] = logShare(float64(s.words), fullLength)
	x[fWordLength] = neutral
	if s.spelled > 0 && 2*s.alphabetical >= s.words {
		x[fWordLength] = unit((float64(s.chars)/float64(s.spelled) - shortestMean) / meanRange)
	}
	x[fReplies] = logShare(float64(e.answers+min(e.praise, maxPraise)), fullReplies)
	x[fNumbers] = logShare(float64(s.numbers), fullNumbers)
	x[fDepth] = float64(e.depth) / maxDepth
	if !e.at.IsZero() && !t.published.IsZero() {
		x[fFirstHours] = math.Exp(-math.Max(0, e.at.Sub(t.published).Hours()) / firstHours)
	}
	for _, l := range s.links {
		if t.trusts(e, l.site) {
			x[fSource] = 1
		}
	}
	if t.byWriter(e) {
		x[fByAuthor] = 1
	}
	if s.questions > 0 {
		x[fQuestion] = 1
	}
}

// byWriter says whether the article's author wrote e.
func (t *thread) byWriter(e *entry) bool {
	return e.comment.ByArticleAuthor || e.author != "" && e.author == t.writer
}

// standing are the comments without a veto, in canonical order.
func (t *thread) standing() []*entry {
	var out []*entry
	for _, e := range t.entries {
		if e.veto == "" {
			out = append(out, e)
		}
	}
	return out
}

// countReplies notes who answered whom; only comments that stand count.
func (t *thread) countReplies() {
	for _, e := range t.entries {
		if !t.answers(e) {
			continue
		}
		p := t.entries[e.parent]
		if p.repliers == nil {
			p.repliers, p.backers = map[string]bool{}, map[string]bool{}
		}
		p.repliers[e.author] = true
		if e.said.words < substance {
			p.praise++
			continue
		}
		p.answers++
		p.backers[e.author] = true
	}
}

// earliness is the share of the thread that came after each comment; equal times
// share the middle of their places. Undated comments count as the last.
func earliness(standing []*entry) []float64 {
	n := len(standing)
	out := make([]float64, n)
	for from := 0; from < n; {
		to := from
		for to < n && standing[to].at.Equal(standing[from].at) {
			to++
		}
		place := float64(from+to-1) / 2 / math.Max(1, float64(n-1))
		for ; from < to; from++ {
			out[from] = 1 - place
		}
	}
	return out
}

// fastness is 1 for a thread that was over at once and falls to 0 for slow ones,
// in which being early means little.
func (t *thread) fastness(standing []*entry) float64 {
	var ages []time.Duration
	for _, e := range standing {
		if !e.at.IsZero() {
			ages = append(ages, e.at.Sub(t.published))
		}
	}
	if len(ages) == 0 || t.published.IsZero() {
		return 0
	}
	slices.Sort(ages)
	return math.Exp(-math.Max(0, ages[len(ages)/2].Hours()) / fastHours)
}
