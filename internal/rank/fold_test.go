package rank

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"Plain  text\n here": "plain text here",
		"саsinо Ρаураl":      "casino paypal",
		"ＣＡＳＩＮＯ 𝐜𝐚𝐬𝐢𝐧𝐨 ⓒⓐⓢⓘⓝⓞ": "casino casino casino",
		"cafe\u0301 café": "café café",
		"l’eau":           "l'eau",
		"ﬁsh":             "fish",
		"ΝEWS":            "news",
		"汉字 かな 한국어 हिन्दी":            "汉字 かな 한국어 हिन्दी",
		"x\u0336y\u0336z\u0300\u0301": "xyz",
	} {
		if got := fold(in).text; got != want {
			t.Errorf("%q folds to %q, want %q", in, got, want)
		}
	}
	if f := fold("АБВ абв ABC 汉字 123"); f.cased != 9 || f.upper != 6 {
		t.Errorf("%d of %d letters are capitals", f.upper, f.cased)
	}
}

func TestFoldedTextIsPlain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := fold(rapid.StringMatching(`([A-Za-z ]|[ \n\t\x{a0}\x{3000}]|[а-яА-Я]|\x{301}|[a-z]{3})*`).Draw(t, "text"))
		if strings.ContainsAny(f.text, "\n\t\u00a0\u3000ABCDEFGHIJKLMNOPQRSTUVWXYZ") || strings.Contains(f.text, "  ") || f.upper > f.cased {
			t.Fatalf("folds to %q, %d of %d capitals", f.text, f.upper, f.cased)
		}
	})
}

func TestDifferentRussianWordsStayDifferent(t *testing.T) {
	words := []string{"сор", "вода", "рак", "мак", "хор", "тор", "нос", "сон", "уха", "река", "море"}
	seen := map[string]bool{}
	for _, w := range words {
		seen[fold(w).text] = true
	}
	if len(seen) != len(words) {
		t.Errorf("%d words became %d", len(words), len(seen))
	}
}

func TestPhrases(t *testing.T) {
	p := newPhrases([]string{"Buy Now", "x", "赚钱", "t.me/", " "})
	for text, want := range map[string]int{
		"please buy  now!": 1, "buy nowhere": 0, "x": 1, "xx": 0, "x and buy now": 2, "在家赚钱吧": 1, "see t.me/abc": 1, "": 0, "buy now, buy now": 1,
	} {
		if got := p.distinct(fold(text).text); got != want {
			t.Errorf("%q has %d phrases, want %d", text, got, want)
		}
	}
	if newPhrases(nil).first("x") != "" {
		t.Error("no phrases were found")
	}
}

func TestNumbering(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, want := newNumbering(0), map[uint64]int32{}
		for _, h := range rapid.SliceOfN(rapid.Uint64Range(0, 300), 0, 500).Draw(t, "hashes") {
			if _, known := want[h]; !known {
				if n.find(h) >= 0 {
					t.Fatalf("%d was found before it came", h)
				}
				want[h] = int32(len(want))
			}
			if got := n.of(h); got != want[h] || n.find(h) != got {
				t.Fatalf("%d has the number %d, want %d", h, got, want[h])
			}
		}
	})
}

func TestCutLinks(t *testing.T) {
	for text, want := range map[string][3][]string{
		"see https://a.test/x, and www.b.test.":     {{"see   and  "}, {"https://a.test/x", "www.b.test"}, nil},
		"(HTTP://A.test/y)?":                        {{"( )?"}, {"HTTP://A.test/y"}, nil},
		"at shop.example.com/x now":                 {{"at   now"}, nil, {"shop.example.com/x"}},
		"either/or, node.js/x, e.g./i.e. http:// 1": {{"either/or, node.js/x, e.g./i.e. http:// 1"}, nil, nil},
		"见https://a.test/x。谢谢":                      {{"见 。谢谢"}, {"https://a.test/x"}, nil},
	} {
		rest, full, bare := cutLinks(text)
		if rest != want[0][0] || !slices.Equal(full, want[1]) || !slices.Equal(bare, want[2]) {
			t.Errorf("%q: %q %q %q", text, rest, full, bare)
		}
	}
}
