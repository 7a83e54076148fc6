package wordpress

import (
	"regexp"
	"strings"
)

// furnitureClasses begin the names of the classes and ids of what plugins and
// themes put around a text: buttons to share it, ratings, related posts, tables
// of contents, boxes about the author (whose bio is kept apart).
var furnitureClasses = []string{
	"sharedaddy", "sd-sharing", "sd-block", "jp-relatedposts", "jetpack-likes", "jp-post-flair", "addtoany_", "a2a_kit",
	"heateor_sss", "heateorSss", "sfsi_", "sfsiplus", "essb_links", "ssba", "ssbp-", "shareaholic", "swp_social_panel",
	"yarpp-related", "crp_related", "wp_rp_", "zem_rp", "related-posts", "fusion-sharing-box", "social-share", "share-buttons",
	"sharing-buttons", "dpsp-", "mashsb", "simplesocialbuttons", "sharethis", "st-inline-share", "shariff", "novashare",
	"scriptlesssocialsharing", "ez-toc-container", "lwptoc", "toc_container", "kk-star-ratings", "post-ratings", "printfriendly",
	"pf-button", "saboxplugin", "abh_box", "author-box", "about-author", "mc4wp-form", "mailpoet_form", "screen-reader-text", "more-link",
}

var (
	// sharePlea are headings and paragraphs that ask for sharing.
	sharePlea = regexp.MustCompile(`(?i)^(share|like|tweet|spread)( on| it)?( this| the)?( (post|story|article|page|entry|word|love))?(,? choose your platform)?\s*[:!.…]*$`)
	// shareLink are the addresses where a post is shared, mailed or printed.
	shareLink = regexp.MustCompile(`(?i)[?&]share=[a-z-]+|facebook\.com/(sharer|share|dialog)|(twitter|x)\.com/(intent|share)|linkedin\.com/(shareArticle|sharing)|pinterest\.[a-z.]+/pin/create|reddit\.com/submit|(api\.whatsapp\.com|wa\.me)/.*text=|whatsapp://|t\.me/share|telegram\.me/share|tumblr\.com/(share|widgets/share)|getpocket\.com/(save|edit)|^mailto:\?|news\.ycombinator\.com/submitlink|#print$`)
)

// furniture says whether n belongs to the page around the text. What holds most
// of the words is the text, whatever its class.
func (r *reader) furniture(n *node) bool {
	if r.total == 0 || !looksLikeFurniture(n) {
		return false
	}
	return len(n.words())*2 <= r.total || len(n.words()) < 200
}

// looksLikeFurniture goes by names, which plugins keep over the years, and where
// themes have none of their own by what the element says and links to.
func looksLikeFurniture(n *node) bool {
	named := func(name string) bool {
		for _, prefix := range furnitureClasses {
			if strings.HasPrefix(name, prefix) {
				return true
			}
		}
		return false
	}
	if n.hasClass(named) || (n.get("id") != "" && named(n.get("id"))) {
		return true
	}
	switch n.tag {
	case "h2", "h3", "h4", "h5", "h6", "p":
		return asksForSharing(n) || onlyShareLinks(n)
	case "ul", "ol", "li":
		return onlyShareLinks(n)
	case "a":
		return shareLink.MatchString(n.get("href"))
	}
	return false
}

// asksForSharing says whether n is such a plea; one word alone is not.
func asksForSharing(n *node) bool {
	words := strings.Join(strings.Fields(n.words()), " ")
	return len(words) < 60 && (strings.Contains(words, " ") || strings.HasSuffix(words, ":")) && sharePlea.MatchString(words)
}

// onlyShareLinks says whether n is a row of buttons and nothing else.
func onlyShareLinks(n *node) bool {
	links, other := 0, false
	n.walk(func(k *node) bool {
		switch {
		case k.tag == "a" && shareLink.MatchString(k.get("href")):
			links++
			return false
		case k.tag == "a" || k.tag == "img", k.tag == "" && strings.Trim(k.text, " \t\r\n|·•,") != "":
			other = true
		}
		return !other
	})
	return links > 0 && !other
}
