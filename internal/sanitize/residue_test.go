package sanitize

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// residues are attempts to have a mail carry more than it may, by the part of a
// sanitizer that they are meant for.
var residues = []string{
	`<script>alert(1)</script>`, `<scr<script>ipt>alert(1)</scr</script>ipt>`,
	`<img src=x onerror=alert(1)>`, `<svg><style><img src=x onerror=alert(1)></style></svg>`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`,
	`<a href="javascript:alert(1)">x</a>`, `<a href=" java&#10;script:alert(1)">x</a>`, `<a href="data:text/html,x">x</a>`,
	`<a href="//evil.test/x">x</a>`, `<a href="https://user:pw@evil.test">x</a>`, `<a href='x" onmouseover="alert(1)'>x</a>`,
	`<a href="mailto:a@b.test">x</a>`, `<a href="https://x.test/"><img src=y></a>`, `<p style="position:fixed" class="t" id="x">x</p>`,
	`<iframe src="https://x.test"></iframe>`, `<form action="https://x.test"><input><button>b</button></form>`,
	`<base href="https://evil.test/">`, `<meta http-equiv=refresh content="0;url=x">`, `<!--[if mso]><b>x</b><![endif]-->`,
	`<![CDATA[<b>x</b>]]>`, `<textarea></textarea><script>1</script></textarea>`, `</p></div></td></tr></table></body></html>`,
	`<plaintext><b>x`, `<title></title><script>x</script>`, "<p\x00 onclick=x>x</p>", "\xff\xfe<b>x", strings.Repeat("<blockquote>", 5000) + "x",
	strings.Repeat("<b><i><ul><li>", 3000) + "x",
	// Names and ends of elements.
	"<script/src=//x.test>1</script>", "<SCRIPT\r\n>1</SCRIPT\t>", "<script\x00>1</script>", "<\x00script>1</script>", "</ script><script >1", "<script<b>1</b>", "<<script>1//<</script>",
	`<x onclick=a><y:script xmlns:y="http://www.w3.org/1999/xhtml">1</y:script>`, "<?xml-stylesheet href=x?><!DOCTYPE x [<!ENTITY y 'z'>]>&y;", "<script", "<b", "<!--", "<a href='", "</", "<?", "<![CDATA[",
	// Attributes.
	"<p/onclick=1/>a", "<b onfocus\x0c=1 autofocus tabindex=1>a", "<p \"onclick=1>a", "<p title='<img src=x onerror=1>'>a", "<a href=https://a.test onclick=1 href=javascript:1>a", "<a xlink:href='javascript:1' href>a",
	"<a href='https://a.test/\" onclick=1 x=\"'>a", "<a href=https://a.test/`onclick=1`>a", "<td background='javascript:1' style='x:expression(1)'>a", "<a ping=https://t.test href=https://a.test target=_top>a",
	// Addresses.
	"<a href='\x01javascript:1'>a", "<a href='java\tscript:1'>a", "<a href='javascript&colon;1'>a", "<a href='&#x6A&#x61vascript:1'>a", "<a href='vbscript:1'>a", "<a href='feed:javascript:1'>a", "<a href='view-source:https://a.test'>a",
	"<a href='data:text/html;base64,PHNjcmlwdD4='>a", "<a href='blob:https://a.test/1'>a", "<a href='https:javascript:1'>a", "<a href='https:/\\x.test'>a", "<a href='\\\\x.test'>a", "<a href='https://a.test\\@x.test'>a",
	"<a href='https://a.test%00.x.test'>a", "<a href='https://[::1'>a", "<a href='https://a.test:99999'>a", "<a href='https://a.test/\u202egnp'>a", "<base href='javascript:1//'><a href='x'>a",
	// What loads or plays.
	`<img src="https://t.test/p.gif" srcset="https://t.test/2x 2x" alt="&lt;script&gt;">`, `<img class=emoji alt="<script>alert(1)</script>">`, `<img class=emoji alt='"><img src=x onerror=1>'>`, `<picture><source srcset=x><img src=x></picture>`,
	`<iframe src="https://t.test/" title="<img src=x onerror=1>"></iframe>`, `<iframe srcdoc="<script>1</script>"></iframe>`, `<iframe src="data:text/html,x" data-src="javascript:1"></iframe>`, `<iframe><script>1</script></iframe>`,
	`<video src=x onerror=1><source onerror=1 src="https://v.test"></video>`, `<object data="https://o.test" type=text/html><param name=src value="javascript:1"><embed src="javascript:1"></object>`, `<embed src="https://e.test" onload=1>`,
	`<link rel=stylesheet href=x><style>@import 'x'</style>`, `<input type=image src=x onerror=1><isindex action=javascript:1>`, `<body background=x onload=1><bgsound src=x><layer src=x>`, `<audio autoplay src="//a.test/&quot;onplay=1">`,
	// Markup that changes when it is read again.
	`<noscript><p title="</noscript><img src=x onerror=1>"></noscript>`, `<svg></p><style><a id="</style><img src=x onerror=1>">`, `<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=1>`,
	`<math><annotation-xml encoding="text/html"><style><img src=x onerror=1></style></annotation-xml></math>`, `<table><td><svg><desc><td></desc></svg><a href=javascript:1>a</table>`, `<select><template><style><!--</select></template><img src=x onerror=1>-->`,
	`<textarea><img title="</textarea><img src=x onerror=1>"></textarea>`, `<xmp><p title="</xmp><svg onload=1>">`, `<listing>&lt;img src=x onerror=1&gt;</listing>`, `<title><a title="</title><svg onload=1>"></title>`, `&lt;script&gt;1&lt;/script&gt;`,
	`&amp;lt;img src=x onerror=1&amp;gt;`, `<a href="https://a.test/?&quot;&gt;&lt;svg onload=1&gt;">&quot;&gt;&lt;svg onload=1&gt;</a>`, `<ol start='1" onclick="1'><li>a`, `<ol start="999999999999999999999"><li>a`, `<ol start="１"><li>a`,
	"<code>&nbsp;</code>\u00a0<pre>\u00a0</pre>", "<p>\ufeff<\u200bscript>1</script>", "+ADw-script+AD4-1", "\xbcscript\xbe1\xbc/script\xbe", "a&NewLine;&Tab;b&ZeroWidthSpace;c&lrm;d&#x202E;e&#0;f&#xD800;g&#1114112;",
	// Depth.
	strings.Repeat("<svg><math>", 3000) + "<img src=x onerror=1>", strings.Repeat("<object>", 3000) + "<embed src=https://a.test>" + strings.Repeat("</object>", 3000) + "b", strings.Repeat("<q><dt><td>", 3000) + "x",
}

// reparsed is markup as a browser would write it down after reading it.
func reparsed(t *testing.T, markup string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader("<!doctype html><body>" + markup))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for n := range doc.Descendants() {
		if n.Data != "body" || n.Type != html.ElementNode {
			continue
		}
		for c := range n.ChildNodes() {
			if err := html.Render(&out, c); err != nil {
				t.Fatal(err)
			}
		}
	}
	return strings.ReplaceAll(out.String(), "<br/>", "<br>")
}
