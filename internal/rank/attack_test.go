package rank

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
)

// story is the article that is attacked, honest is what people wrote about it.
const story = `<p>The harbour was founded by fishermen who came from the islands in the north and stayed for the herring.
When the railway arrived in 1871 the town doubled within ten years, and the council built a second basin behind the fish market,
with walls of granite that were brought by barge. The herring left after the war, the cannery closed, and for a generation the basin
silted up while planners argued whether to fill it for a car park. This spring the town will dredge it again, at a price of four million,
and open it to pleasure craft. The dredging contract went to a company from the capital, which has promised to finish before the regatta
in August; the fishermen who are left have asked for two berths and a crane.</p>`

var honest = []string{
	tides, bakery, engines, gardens, library,
	"Four million sounds like much until one compares it with the by-pass, which cost eleven and saves three minutes.",
	"I worked in the cannery until it closed. The herring did not leave, the nets of the trawlers from elsewhere took the young fish, and everybody on the quay knew it at the time.",
	"Two berths and a crane are the least the council can do, if it wants anything but plastic boats in there.",
	"The granite came from the quarry at Long Rock; the barges were 14 metres long and drew less than one, which is why the second basin was never deep. Dredge it and you undermine the walls.",
	"Does anybody know whether the old slipway is to be kept? We launch the rowing club's gig there.",
	"My son's class measured the mud last year: 1.8 metres on the landward side, and full of lead from the paint of the old boats. Where will they put that?",
	"Somebody should write down what the people of the cannery remember before it is too late.",
	"The regatta has been moved before, so that date means little. What counts is whether the company pays for every week it is late, and the contract on the council's page says nothing of it.",
	"Lovely pictures, thank you for that.",
	"It was a fine place to fish for crabs when we were children, and nobody cared about the mud.",
	`There is a map of 1880 that shows both basins and the rails, see <a href="https://en.wikipedia.org/wiki/Harbour">here</a>, and one can still find two of the bollards.`,
}

// honestThread is a discussion of six to fourteen honest comments, some in reply to others.
func honestThread(rng *rand.Rand) digest.Article {
	a := article()
	a.HTML = story
	texts := append([]string(nil), honest...)
	rng.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
	for i, text := range texts[:6+rng.IntN(9)] {
		parent := ""
		if i > 0 && rng.IntN(2) == 0 {
			parent = fmt.Sprint("h", rng.IntN(i))
		}
		a.Comments = append(a.Comments, say(fmt.Sprint("h", i), fmt.Sprint("Reader ", rng.IntN(12)), parent, 1+rng.IntN(30), text))
	}
	return a
}

// pitch is an advertisement that passes for conversation.
func pitch(rng *rand.Rand, host string) string {
	begin := []string{"When the basin was dredged in our town", "After the harbour works began", "Before the council finally decided"}
	middle := []string{"we found a firm that restored my father's boat in three weeks and charged half of what the yard wanted", "my neighbour moved his savings and has bought a berth from the proceeds within one season", "the only advice that helped was written up by people who know 20 years of harbour law"}
	end := []string{"everything about it stands at", "the whole list of prices can be read at", "they answer questions by mail through"}
	pick := func(s []string) string { return s[rng.IntN(len(s))] }
	return fmt.Sprintf("%s, %s, which nobody mentions here; %s https://%s/harbour for those who have a boat to look after.", pick(begin), pick(middle), pick(end), host)
}

var praise = []string{
	"I can only confirm every word of this", "Same here, it worked for my cousin", "Thank you so much for sharing that",
	"This helped me more than the article", "They really are as good as described", "I was surprised how quickly they answered me",
	"Exactly what I was looking for today", "My whole family uses them since last spring",
}

// socks are n accounts that answer the comment id with words of praise.
func socks(rng *rand.Rand, id string, n int) []digest.Comment {
	var out []digest.Comment
	for i, p := range rng.Perm(len(praise))[:n] {
		out = append(out, say(fmt.Sprint(id, "-sock", i), fmt.Sprint("Friend ", rng.IntN(1000)), id, 2+rng.IntN(20), praise[p]))
	}
	return out
}

// edited is text with every nth word replaced, left out or followed by another.
func edited(rng *rand.Rand, text string, nth int) string {
	filler := strings.Fields("really quite indeed often always perhaps mostly certainly nearly somewhat truly")
	words := strings.Fields(plainText(text))
	var out []string
	for i, w := range words {
		if i%nth != nth-1 {
			out = append(out, w)
			continue
		}
		switch rng.IntN(3) {
		case 0:
			out = append(out, filler[rng.IntN(len(filler))])
		case 1:
			out = append(out, w, filler[rng.IntN(len(filler))])
		}
	}
	return strings.Join(out, " ")
}

// disguised is text with many letters replaced by such as look alike.
func disguised(rng *rand.Rand, text string) string {
	cyrillic := strings.NewReplacer("a", "а", "e", "е", "o", "о", "p", "р", "c", "с", "x", "х", "i", "і")
	greek := strings.NewReplacer("o", "ο", "v", "ν", "i", "ι", "k", "κ", "u", "υ")
	var out []string
	for _, w := range strings.Fields(plainText(text)) {
		switch rng.IntN(4) {
		case 0:
			w = cyrillic.Replace(w)
		case 1:
			w = greek.Replace(w)
		case 2:
			w = strings.Map(func(r rune) rune {
				if 'a' <= r && r <= 'z' && rng.IntN(2) == 0 {
					return r - 'a' + 'ａ'
				}
				return r
			}, w)
		}
		out = append(out, w)
	}
	return strings.Join(out, " ")
}

// riddled is text with invisible characters strewn into it.
func riddled(rng *rand.Rand, text string) string {
	unseen := []string{"\u200b", "\u200d", "\u2060", "\u00ad", "\u202e\u202c", "\u034f", "\ufeff"}
	var b strings.Builder
	for _, r := range plainText(text) {
		b.WriteRune(r)
		if rng.IntN(3) == 0 {
			b.WriteString(unseen[rng.IntN(len(unseen))])
		}
	}
	return b.String()
}

func plainText(html string) string {
	own, _ := ownWords(html)
	return own
}

// longest is the honest comment that looks best.
func longest(a digest.Article) string {
	best := ""
	for _, c := range a.Comments {
		if len(c.HTML) > len(best) {
			best = c.HTML
		}
	}
	return best
}

const (
	hint  = "If the berths are too dear for you: my uncle earns a fortune by trading; make money as he does, contact me on WhatsApp +440000 any day of this week."
	tirad = "The council lies, the paper lies, and whoever believes in this basin deserves what is coming to him when they take his house for it."
)

// attacks add comments of one attacker to a thread; their ids begin with x.
var attacks = map[string]func(rng *rand.Rand, a digest.Article) []digest.Comment{
	"many names, one site": func(rng *rand.Rand, _ digest.Article) []digest.Comment {
		var out []digest.Comment
		for i := range 6 {
			out = append(out, say(fmt.Sprint("x", i), fmt.Sprint("Guest ", i), "", 1+i, pitch(rng, "boat-refit.example")))
		}
		return out
	},
	"names that vouch in a ring": func(rng *rand.Rand, _ digest.Article) []digest.Comment {
		var out []digest.Comment
		for i := range 4 {
			out = append(out, say(fmt.Sprint("x", i), fmt.Sprint("Guest ", i), fmt.Sprint("x", (i+1)%4), 1+i, pitch(rng, "boat-refit.example")))
		}
		return out
	},
	"own link, answered by friends": func(rng *rand.Rand, _ digest.Article) []digest.Comment {
		return append(socks(rng, "x0", 5), say("x0", "Guest", "", 1, pitch(rng, "boat-refit.example")))
	},
	"own link and site, both by friends": func(rng *rand.Rand, _ digest.Article) []digest.Comment {
		out := append(socks(rng, "x0", 3), say("x0", "Guest", "", 1, pitch(rng, "boat-refit.example")))
		for i := range 3 {
			out = append(out, say(fmt.Sprint("x", i+1), fmt.Sprint("Friend", i), "x0", 3+i, "I looked at www.boat-refit.example too and found it good"))
		}
		return out
	},
	"link that looks known": func(rng *rand.Rand, _ digest.Article) []digest.Comment {
		return []digest.Comment{say("x0", "Guest", "", 1, pitch(rng, "en.wіkipedia.org"))}
	},
	"article, edited": func(rng *rand.Rand, _ digest.Article) []digest.Comment {
		return []digest.Comment{say("x0", "Guest", "", 1, edited(rng, story, 5))}
	},
	"article, disguised": func(rng *rand.Rand, _ digest.Article) []digest.Comment {
		return []digest.Comment{say("x0", "Guest", "", 1, disguised(rng, story))}
	},
	"comment, edited": func(rng *rand.Rand, a digest.Article) []digest.Comment {
		return []digest.Comment{say("x0", "Guest", "", 40, edited(rng, longest(a), 5))}
	},
	"comment, disguised": func(rng *rand.Rand, a digest.Article) []digest.Comment {
		return []digest.Comment{say("x0", "Guest", "", 40, disguised(rng, longest(a)))}
	},
	"comment, riddled": func(rng *rand.Rand, a digest.Article) []digest.Comment {
		return []digest.Comment{say("x0", "Guest", "", 40, riddled(rng, longest(a)))}
	},
	"advert, plain": func(*rand.Rand, digest.Article) []digest.Comment {
		return []digest.Comment{say("x0", "Guest", "", 1, hint)}
	},
	"advert, disguised": func(rng *rand.Rand, _ digest.Article) []digest.Comment {
		return []digest.Comment{say("x0", "Guest", "", 1, disguised(rng, hint))}
	},
	"advert, riddled": func(rng *rand.Rand, _ digest.Article) []digest.Comment {
		return []digest.Comment{say("x0", "Guest", "", 1, riddled(rng, hint))}
	},
	"tirade": func(*rand.Rand, digest.Article) []digest.Comment {
		return []digest.Comment{say("x0", "Guest", "", 12, tirad)}
	},
	"tirade with bought answers": func(rng *rand.Rand, _ digest.Article) []digest.Comment {
		return append(socks(rng, "x0", 8), say("x0", "Guest", "", 12, tirad))
	},
}

// bounds are the shares of attacks that may succeed; those not named, none.
// A tirade without link, insult or copy is an opinion like others, so that it is
// judged like them; what it may not do is to gain much by bought answers.
var bounds = map[string]float64{"tirade": 0.7, "tirade with bought answers": 0.85}

// success is the share of attacked threads in which the attacker has one of the
// first three places. There is no quality bar: an attacker may write well.
func success(attack func(*rand.Rand, digest.Article) []digest.Comment) float64 {
	const threads = 60
	won := 0
	for seed := range uint64(threads) {
		rng := rand.New(rand.NewPCG(seed, 7))
		a := honestThread(rng)
		a.Comments = append(a.Comments, attack(rng, a)...)
		for _, p := range Thread(a, now, Options{PerArticle: 3, MinAge: time.Hour, Forum: true}).Picks {
			if strings.HasPrefix(p.Comment.ID, "x") {
				won++
				break
			}
		}
	}
	return float64(won) / threads
}

func TestAttacksFail(t *testing.T) {
	for name, attack := range attacks {
		if got := success(attack); got > bounds[name] {
			t.Errorf("%s succeeds in %.0f %% of threads, more than %.0f %%", name, 100*got, 100*bounds[name])
		}
	}
}
