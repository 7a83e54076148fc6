package wordpress

import "testing"

// TestProseInBrackets: what authors write in square brackets stays, letter by letter.
func TestProseInBrackets(t *testing.T) {
	for _, s := range []string{
		"It were [sic] so.", "As shown[1] and [2, 3].", "[…] and so on", "[citation needed]", "[update: the ferry came]",
		"[Editor’s note: this was wrong]", "[laughs]", "array[i] = [x, y]", "[see page 3]", "[video]", "[Video] New lock opens",
		"[/sarcasm]", "[[gallery]]", "[[youtube id=&#34;x&#34;]]", "[E=mc2]", "[ gallery ]", "[a=b]", "[he said [twice] so]", "[not closed",
		"]", "[]", "[/]", "[1x2]", "[John Doe, a=1]", "f[x](y)", "[Your_Name]", "[your_name]", "[LINK]", "[audio]",
	} {
		if got := readableArticle("<p>"+s+"</p>", at); got != "<p>"+s+"</p>" {
			t.Errorf("%s was changed to %s", s, got)
		}
	}
}

// TestShortcodesInCode: they are what the author shows.
func TestShortcodesInCode(t *testing.T) {
	for _, tag := range []string{"pre", "code", "kbd", "samp"} {
		markup := "<" + tag + ">[gallery ids=&#34;1,2&#34;] [et_pb_text]x[/et_pb_text]</" + tag + ">"
		if got := readableArticle(markup, at); got != markup {
			t.Errorf("%s was changed to %s", markup, got)
		}
	}
}

func TestShortcodes(t *testing.T) {
	for name, c := range map[string]struct{ markup, want string }{
		"gallery":           {`a[gallery ids="1,2" columns="3"]b`, `ab`},
		"bare gallery":      {`a[gallery]b`, `ab`},
		"curled quotes":     {`a[contact-form-7 id=&#8221;1234&#8243; title=&#8221;Contact form 1&#8243;]b`, `ab`},
		"unknown":           {`a[frob size="3" name='x y']b`, `ab`},
		"unquoted":          {`a[frobnicate size=3 kind=big /]b`, `ab`},
		"builder":           {`[et_pb_section fb_built="1"][et_pb_row][et_pb_text]Words <em>here</em>[/et_pb_text][/et_pb_row][/et_pb_section]`, `Words <em>here</em>`},
		"over elements":     {`<p>[fusion_text]</p><p>Words</p><p>[/fusion_text]</p>`, `<p></p><p>Words</p><p></p>`},
		"visual composer":   {`[vc_row][vc_column width="1/2"]Half[/vc_column][/vc_row]`, `Half`},
		"pair":              {`[aside]Beside.[/aside] [b]bold[/b]`, `Beside. bold`},
		"caption":           {`[caption id="attachment_7" width="300"]<img src="/1.jpg" alt="i"> A caption[/caption]`, `<img src="https://paper.test/1.jpg" alt="i"> A caption`},
		"old caption":       {`[caption id="a" caption="An old caption"]<img src="/1.jpg">[/caption]`, `An old caption<img src="https://paper.test/1.jpg">`},
		"embed":             {`<p>[embed]https://film.test/1[/embed]</p>`, `<p><a href="https://film.test/1">https://film.test/1</a></p>`},
		"embed in prose":    {`See [embed width="3"]https://film.test/1[/embed] now`, `See <a href="https://film.test/1">https://film.test/1</a> now`},
		"YouTube by id":     {`[youtube id="dQw4w9WgXcQ"]`, `<a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ">youtube.com</a>`},
		"YouTube, bare id":  {`[youtube dQw4w9WgXcQ]`, `<a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ">youtube.com</a>`},
		"YouTube, equals":   {`[youtube=https://www.youtube.com/watch?v=dQw4w9WgXcQ]`, `<a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ">youtube.com</a>`},
		"Vimeo":             {`[vimeo 141358]`, `<a href="https://vimeo.com/141358">vimeo.com</a>`},
		"Fusion's YouTube":  {`[fusion_youtube id="dQw4w9WgXcQ" width="600"]`, `<a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ">youtube.com</a>`},
		"audio":             {`[audio mp3="https://paper.test/talk.mp3"][/audio]`, `<a href="https://paper.test/talk.mp3">paper.test</a>`},
		"tweet":             {`[tweet https://twitter.com/ada/status/1]`, `<a href="https://twitter.com/ada/status/1">twitter.com</a>`},
		"button":            {`[button url="https://shop.test/"]Buy a boat[/button]`, `<a href="https://shop.test/">Buy a boat</a>`},
		"builder's button":  {`[et_pb_button button_url="https://shop.test/" button_text="Buy"][/et_pb_button]`, `<a href="https://shop.test/">Buy</a>`},
		"button to nowhere": {`[button url="javascript:alert(1)"]Buy[/button]`, `Buy`},
		"sic beside":        {`[gallery] It were [sic] so [1].`, ` It were [sic] so [1].`},
		"markup inside":     {`[youtube id="&lt;script&gt;"]`, ``},
	} {
		if got := readableArticle(c.markup, at); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}

func TestOriginal(t *testing.T) {
	for markup, want := range map[string]string{
		`<p><a href="https://paper.example/a">Original article here</a>.</p><p>x</p>`:                       "https://paper.example/a",
		`<p><a href="https://paper.example/a">Read the full original story</a></p>`:                         "https://paper.example/a",
		`<p>Originally published at <a href="https://paper.example/a">The Estuary Paper</a>.</p>`:           "https://paper.example/a",
		`<p>This first appeared in the <em><a href="https://paper.example/a">Estuary</a></em></p>`:          "https://paper.example/a",
		`<p>Original source: <a href="https://paper.example/a">paper.example</a></p>`:                       "https://paper.example/a",
		`<p>See <a href="https://x.example/">this</a>.</p><p><a href="//y.example/o">Original post</a></p>`: "https://y.example/o",
		`<p><a href="https://paper.example/a">An original idea</a></p>`:                                     "",
		`<p>The original article</p><p>Later: <a href="https://x.example/">a boat</a></p>`:                  "",
		`<p><a href="javascript:x">Original article</a></p>`:                                                "",
		`<p><a href="https://paper.test/2026/03/herons/">Original article</a></p>`:                          "",
		`<p><a href="https://x.example/">Original article here ` + "and a very long line of words that goes on about boats and ferries until it is nothing like a link any more at all, is it" + `</a></p>`: "",
		`<p>It was first published</p><p><a href="https://x.example/">A boat</a></p>`: "",
		`<p>No link</p>`: "",
	} {
		if got := original(article(markup, at), at); got != want {
			t.Errorf("%s gives %q, want %q", markup, got, want)
		}
	}
}
