package feeds

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"
)

// generated is a feed as WordPress makes it: n articles of some 900 words, or n
// comments of some 60.
func generated(n int, comments bool) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"
	xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wfw="http://wellformedweb.org/CommentAPI/"
	xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"
	xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/">
<channel><title>Harbour Street</title><link>https://harbour.test</link><description>News</description>
<atom:link href="https://harbour.test/feed/" rel="self" type="application/rss+xml" /><language>en-GB</language>
<sy:updatePeriod>hourly</sy:updatePeriod><generator>https://wordpress.org/?v=6.7</generator>`)
	paragraph := "<p>The herons came back to <a href=\"https://harbour.test/quay/\">the quay</a> &#8211; all nine of them, said the pilot&#8217;s wife, who counts them <em>every</em> spring, whatever the weather, and writes it down.</p>\n"
	count := 26
	if comments {
		count = 2
	}
	at := time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)
	for i := range n {
		fmt.Fprintf(&b, `<item><title>Herons &#8220;again&#8221; %[1]d</title><link>https://harbour.test/2026/03/herons-%[1]d/</link>
<comments>https://harbour.test/2026/03/herons-%[1]d/#comments</comments><dc:creator><![CDATA[Ada Quay]]></dc:creator>
<pubDate>%[2]s</pubDate><category><![CDATA[Birds]]></category><category><![CDATA[Harbour]]></category>
<guid isPermaLink="false">https://harbour.test/?p=%[1]d</guid>
<description><![CDATA[The herons came back to the quay &#8211; all nine of them [&#8230;]]]></description>
<content:encoded><![CDATA[<figure><img src="/uploads/heron-%[1]d.jpg" srcset="/uploads/heron-%[1]d.jpg 300w, /uploads/heron-%[1]d-big.jpg 900w" alt="A heron"></figure>
%[3]s]]></content:encoded>
<wfw:commentRss>https://harbour.test/2026/03/herons-%[1]d/feed/</wfw:commentRss><slash:comments>7</slash:comments></item>`,
			i, at.Add(-time.Duration(i)*time.Hour).Format(time.RFC1123Z), strings.Repeat(paragraph, count))
	}
	b.WriteString("</channel></rss>")
	return []byte(b.String())
}

// BenchmarkParse reads each document with this package and with gofeed alone,
// which does less with it; the metric "x-gofeed" is how many times as fast this
// package is.
func BenchmarkParse(b *testing.B) {
	for name, doc := range map[string][]byte{"articles": generated(50, false), "comments": generated(50, true)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			var bare, ours time.Duration
			for b.Loop() {
				start := time.Now()
				if _, err := gofeed.NewParser().Parse(bytes.NewReader(doc)); err != nil {
					b.Fatal(err)
				}
				middle := time.Now()
				if f, err := Parse(doc, home, "application/rss+xml; charset=UTF-8"); err != nil || len(f.Entries) != 50 {
					b.Fatal(err)
				}
				bare, ours = bare+middle.Sub(start), ours+time.Since(middle)
			}
			speed := func(d time.Duration) float64 { return float64(len(doc)) * float64(b.N) / d.Seconds() / 1e6 }
			b.ReportMetric(speed(ours), "MB/s-ours")
			b.ReportMetric(speed(bare), "MB/s-gofeed")
			b.ReportMetric(bare.Seconds()/ours.Seconds(), "x-gofeed")
			b.ReportMetric(0, "MB/s") // of both together: says nothing
		})
	}
}
