package rank

import (
	"fmt"
	"strings"
	"testing"
)

func TestVetoes(t *testing.T) {
	for name, c := range map[string]struct{ html, why string }{
		"short":              {"Nice one, thank you", "too short"},
		"only a quote":       {"<blockquote>" + tides + "</blockquote>Agreed", "too short"},
		"a quote as in mail": {"> " + tides + "\nAgreed", "too short"},
		"empty":              {"", "too short"},
		"broken":             {"<p", "too short"},
		"copy of article":    {"The harbour was founded by fishermen who came from the islands in the north and stayed for the herring, see", "copied from the article"},
		"links":              {`Look <a href="https://en.wikipedia.org/a">one</a> and <a href="https://en.wikipedia.org/b">two</a> here now`, "mostly links"},
		"capitals":           {"WAKE UP EVERYBODY this is WHAT THEY DO NOT TELL YOU ABOUT THE HARBOUR", "shouting"},
		"bangs":              {"This is so great!!! I cannot believe it!!!", "shouting"},
		"full-width bangs":   {"这个文章写得真好我非常喜欢！！！！！！", "shouting"},
		"insults":            {"Only a moron could write something this stupid about our town.", "swearing or insults"},
		"German insults":     {"Ihr seid doch alle Idioten und der Bürgermeister ist ein Arschloch.", "swearing or insults"},
		"Russian insults":    {"Вы все идиоты, а автор этой статьи просто мудак.", "swearing or insults"},
		"repetition":         {strings.Repeat("buy herring now ", 20), "repeats itself"},
		"advertising":        {`I earn $900 per day from home, see https://cash.example/join for how it works`, "advertising"},
		"unknown link":       {`There is a fine shop for maps at <a href="https://maps-shop.example">this place</a> in town.`, "nobody vouches"},
		"written link":       {"There is a fine shop for old maps at www.maps-shop.xyz in town.", "nobody vouches"},
		"bare link":          {"There is a fine shop for old maps at maps-shop.xyz/start in town.", "nobody vouches"},
		"disguised link":     {"The encyclopaedia has more on this: https://wikipedia.org.maps-shop.xyz/ for all.", "nobody vouches"},
		"blocked word":       {tides + " Herringgate was an inside job.", `blocked word "Herringgate"`},
	} {
		t.Run(name, func(t *testing.T) {
			a := article(say("x", "Xen", "", 1, c.html), say("e", "Eve", "", 5, engines))
			o := top(3)
			o.BlockedWords = []string{"Herringgate"}
			r := Thread(a, now, o)
			if why := whyLost(r, "x"); !strings.Contains(why, c.why) {
				t.Errorf("lost for %q, want %q", why, c.why)
			}
			wantIDs(t, r.Picks, "e")
		})
	}
}

func TestHonestCommentsStand(t *testing.T) {
	for name, html := range map[string]string{
		"a source":           tides + ` See <a href="https://en.wikipedia.org/wiki/Tide">this</a>.`,
		"the article's link": tides + ` The <a href="https://www.museum.example/x">museum</a> has them.`,
		"the site":           tides + ` As <a href="https://blog.example.org/9">before</a>.`,
		"one swear word":     tides + " Damn.",
		"a word in a word":   tides + " Scunthorpe and Penistone keep class assignments.",
		"an exclamation":     tides + " Amazing!",
		"file names":         "We moved the tide tables to node.js and asp.net two years ago, and either/or questions, e.g./i.e. forms, went away with it, as the 12 sheets in the harbour office on the old pier demonstrate to everybody who takes the trouble of asking.",
		"quotes and answers": "<blockquote>The harbour was founded by fishermen who came from the islands in the north</blockquote>" + tides,
		"addresses aside":    "Compare reddit.com/r/beer with its 120 thousand and reddit.com/r/homebrewing with its 76 thousand subscribers: whoever brews also drinks, as 9 surveys demonstrate, and most of them began with somebody else's equipment.",
		"half capitals":      "NATO and EU ships called at HMS Victory's berth. " + tides,
	} {
		t.Run(name, func(t *testing.T) {
			r := Thread(article(say("x", "Xen", "", 1, html)), now, top(1))
			wantIDs(t, r.Picks, "x")
		})
	}
}

func TestBlockedAuthors(t *testing.T) {
	o := top(2)
	o.BlockedAuthors = []string{" ANN "}
	r := Thread(article(say("a", "Ann", "", 1, tides), say("b", "Bob", "", 2, bakery)), now, o)
	wantIDs(t, r.Picks, "b")
}

func TestFirstToSayItIsItsAuthor(t *testing.T) {
	copied := say("0", "Bot", "", 40, tides+" Great.")
	r := Thread(article(copied, say("z", "Ann", "", 1, tides)), now, top(3))
	wantIDs(t, r.Picks, "z")
	if why := whyLost(r, "0"); why != "copied from an earlier comment" {
		t.Error(why)
	}
}

func TestCopyOfSpamIsNoCopy(t *testing.T) {
	spam := say("s", "Bot", "", 1, tides+" https://cash.example/join")
	r := Thread(article(spam, say("a", "Ann", "", 2, tides)), now, top(3))
	wantIDs(t, r.Picks, "a")
}

func TestLinksAreVouchedFor(t *testing.T) {
	const shop = ` More at <a href="https://shop.example/a">the shop</a>.`
	t.Run("by an answer", func(t *testing.T) {
		r := Thread(article(say("a", "Ann", "", 1, tides+shop), say("b", "Bob", "a", 2, "That shop closed in April, sadly, but the one behind the church has maps as well.")), now, top(1))
		wantIDs(t, r.Picks, "a")
	})
	t.Run("by the writer's thanks", func(t *testing.T) {
		r := Thread(article(say("a", "Ann", "", 1, tides+shop), say("b", "Editor", "a", 2, "Thank you, a good find.")), now, top(1))
		wantIDs(t, r.Picks, "a")
	})
	t.Run("not by praise", func(t *testing.T) {
		r := Thread(article(say("a", "Ann", "", 1, tides+shop), say("b", "Bob", "a", 2, "Great, I bought two maps there myself.")), now, top(1))
		wantIDs(t, r.Picks)
	})
	t.Run("not by an answer that goes there too", func(t *testing.T) {
		r := Thread(article(say("a", "Ann", "", 1, tides+shop), say("b", "Bob", "a", 2, "I have been at that shop as well and can only recommend it to everybody."+shop)), now, top(1))
		wantIDs(t, r.Picks)
	})
	t.Run("not by oneself", func(t *testing.T) {
		r := Thread(article(say("a", "Ann", "", 1, tides+shop), say("b", "Ann", "a", 2, "That shop closed in April, sadly.")), now, top(1))
		wantIDs(t, r.Picks)
	})
	t.Run("by two others who take part", func(t *testing.T) {
		r := Thread(article(
			say("a", "Ann", "", 1, tides+shop), say("b", "Bob", "", 2, bakery+shop), say("c", "Cem", "", 3, engines+shop),
			say("d", "Bob", "", 4, gardens), say("e", "Cem", "", 5, library), say("f", "Ann", "", 6, "The sheets are in the attic now."),
		), now, top(9))
		if strings.Contains(whyLost(r, "a")+whyLost(r, "b")+whyLost(r, "c"), "vouches") {
			t.Errorf("%v %v", ids(r.Picks), r.Lost)
		}
	})
	t.Run("not by names that do nothing else", func(t *testing.T) {
		r := Thread(article(say("a", "Ann", "", 1, tides+shop), say("b", "Bob", "", 2, bakery+shop), say("c", "Cem", "", 3, engines+shop)), now, top(3))
		wantIDs(t, r.Picks)
	})
	t.Run("not by one other", func(t *testing.T) {
		r := Thread(article(say("a", "Ann", "", 1, tides+shop), say("b", "Bob", "", 2, bakery+shop)), now, top(3))
		wantIDs(t, r.Picks)
	})
	t.Run("not by fresh links", func(t *testing.T) {
		r := Thread(article(say("a", "Ann", "", 70, tides+shop), say("b", "Bob", "", 71, bakery+shop), say("c", "Cem", "", 71, engines+shop)), now, top(3))
		wantIDs(t, r.Picks)
	})
	t.Run("not by one person twice", func(t *testing.T) {
		r := Thread(article(say("a", "Ann", "", 1, tides+shop), say("b", "Bob", "", 2, bakery+shop), say("c", "Bob", "", 3, engines+shop)), now, top(3))
		wantIDs(t, r.Picks)
	})
	t.Run("by the operator", func(t *testing.T) {
		o := top(1)
		o.Vouched = []string{"shop.example"}
		wantIDs(t, Thread(article(say("a", "Ann", "", 1, tides+shop)), now, o).Picks, "a")
	})
}

func TestChainsOfSpamFall(t *testing.T) {
	a := article(say("0", "Spammer 0", "", 1, tides+" https://cash-shop.example/0"))
	for i := 1; i < 20_000; i++ {
		text := fmt.Sprintf("reply number %d says %s %s https://cash-shop%d.example/", i, letters(uint64(i)), letters(uint64(i*7919)), i)
		a.Comments = append(a.Comments, say(fmt.Sprint(i), fmt.Sprint("Spammer ", i), fmt.Sprint(i-1), 1, text))
	}
	wantIDs(t, Thread(a, now, top(3)).Picks)
}

func TestSiteOf(t *testing.T) {
	for address, want := range map[string]string{
		"https://WWW.Example.org/x":       "example.org",
		"http://a.b.example.co.uk:8080/":  "example.co.uk",
		"https://ann.github.io/x":         "ann.github.io",
		"www.example.org":                 "example.org",
		"blog.example.org":                "example.org",
		"https://good.org@evil.example/":  "evil.example",
		"http://192.0.2.7/x":              "192.0.2.7",
		"https://wikipedia.org.evil.com/": "evil.com",
		"https://exa mple.org/":           "",
		"":                                "",
	} {
		if got := siteOf(address); got != want {
			t.Errorf("siteOf(%q) = %q, want %q", address, got, want)
		}
	}
}
