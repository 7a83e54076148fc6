package rank

// passages knows where an article's pairs of words stand. An article is so long that most
// pairs of words of any comment occur in it somewhere; in a copy they follow
// each other as they do there.
type passages struct {
	first []int32 // of each pair: its last place in the article, +1
	next  []int32 // of each place: the pair's place before, +1
	votes []int32 // room: how many pairs each shift explains
}

// A shift is the distance between a pair's places in the article and in the
// comment, in steps of shiftStep words. A copy keeps to a few neighbouring ones,
// however many words were put in or left out.
const (
	shiftStep  = 32
	shiftSteps = 3
	maxPlaces  = 16 // places of one pair that are looked at
)

func newPassages(article []uint64, numbers *numbering) *passages {
	p := &passages{
		first: make([]int32, numbers.next), next: make([]int32, len(article)),
		votes: make([]int32, (len(article)+maxTerms)/shiftStep+shiftSteps+1),
	}
	runsOf(article, pairWords, func(at int, h uint64) {
		r := numbers.of(h)
		p.next[at], p.first[r] = p.first[r], int32(at)+1
	})
	return p
}

// followed is how many of a comment's pairs follow one passage of the article.
func (p *passages) followed(terms []uint64, c *copier) int32 {
	clear(p.votes)
	runsOf(terms, pairWords, func(at int, h uint64) {
		r := c.numbers.find(h)
		last, places := -1, 0
		if r < 0 || r >= c.article {
			return
		}
		for place := p.first[r]; place > 0 && places < maxPlaces; place = p.next[place-1] {
			if shift := (int(place) - 1 - at + maxTerms) / shiftStep; shift != last {
				p.votes[shift]++
				last = shift
			}
			places++
		}
	})
	best := int32(0)
	for i := range len(p.votes) - shiftSteps + 1 {
		sum := int32(0)
		for _, v := range p.votes[i : i+shiftSteps] {
			sum += v
		}
		best = max(best, sum)
	}
	return best
}
