package rank

import "strings"

// These lists are short on purpose: they hold what an email should not put
// first whatever the subject, in the languages that the authors could judge.
// Operators add their own by Options.BlockedWords.

var insults = hashesOf(
	"fuck fucking fucked fucker shit shitty bullshit crap asshole arsehole bitch bastard dick cunt piss pissed damn goddamn",
	"wtf stfu idiot idiots idiotic moron morons moronic stupid dumb dumbass retard retarded scum scumbag loser losers trash pathetic",
	"scheiße scheisse arschloch wichser hurensohn idioten idiotisch trottel vollidiot dummkopf schwachkopf abschaum dreckskerl",
	"merde connard connards connasse putain salope enculé imbécile imbéciles crétin crétins abruti abrutis débile débiles",
	"mierda puta puto cabrón gilipollas idiotas imbécil imbéciles estúpido estúpidos pendejo pendejos",
	"merda stronzo stronzi cazzo vaffanculo coglione coglioni idiota idioti cretino cretini imbecille imbecilli",
	"caralho porra imbecil imbecis otário otários",
	"блять сука хуй хуйня пизда пиздец ебать мудак мудаки идиот идиоты дебил дебилы придурок придурки урод уроды тварь",
	"احمق أحمق أغبياء غبي", "傻逼 傻屄 操你 他妈 妈的 白痴 蠢货 馬鹿 死ね クズ 阿呆",
)

// advertising are phrases, not words: "cheap" and "investment" occur in honest talk.
var advertising = newPhrases([]string{
	"earn $", "earn €", "per day from home", "working from home, just", "work from home and earn", "contact me on", "contact him on",
	"contact her on", "whatsapp me", "on whatsapp +", "whatsapp:", "whatsapp +", "t.me/", "click here to", "full story here", "online casino", "casino bonus",
	"crypto recovery", "recovered my", "recover your lost", "loan offer", "best price", "buy now", "discount code", "promo code",
	"viagra", "cialis", "essay writing service", "seo service", "visit my website", "visit my site", "visit my blog", "check out my",
	"dm me", "make money", "made money online", "binary option", "forex trading", "trading platform", "bonus of", "cheap online",
	"geld verdienen", "jetzt kaufen", "hier klicken", "rabattcode", "kredit ohne schufa", "gagner de l'argent", "cliquez ici", "code promo",
	"gana dinero", "haz clic aquí", "ganhar dinheiro", "clique aqui", "guadagnare soldi", "clicca qui",
	"заработок в интернете", "заработать деньги", "онлайн казино", "переходите по ссылке", "ربح المال", "اضغط هنا",
	"加微信", "赚钱", "点击这里", "在线赌场", "副業で稼", "こちらをクリック", "稼げる",
})

// hashSet is a set that says no in a moment.
type hashSet struct {
	low [64]uint64 // a bit for the low 12 bits of each member
	all map[uint64]bool
}

func (s *hashSet) has(hash uint64) bool {
	return s.low[hash>>6&63]&(1<<(hash&63)) != 0 && s.all[hash]
}

func hashesOf(lists ...string) *hashSet {
	s := &hashSet{all: map[uint64]bool{}}
	for _, l := range lists {
		for _, word := range strings.Fields(l) {
			for _, h := range wholeWords(fold(word).text) {
				s.low[h>>6&63] |= 1 << (h & 63)
				s.all[h] = true
			}
		}
	}
	return s
}

// wholeWords are the hashes that wording takes note of when it reads one word,
// or one run of a script without blanks.
func wholeWords(word string) []uint64 {
	var pairs []uint64
	var prev rune
	h := uint64(hashStart)
	for _, r := range word {
		h = mix(h, uint64(r))
		if prev != 0 && isSpaceless(r) {
			pairs = append(pairs, mix(mix(hashStart, uint64(prev)), uint64(r)))
		}
		prev = r
	}
	if pairs != nil {
		return pairs
	}
	return []uint64{h}
}
