package feeds

import (
	"net/url"
	"slices"
	"strings"

	"github.com/mmcdole/gofeed/atom"
	"github.com/mmcdole/gofeed/json"

	"digest.example/internal/digest"
)

// person is the name in one of the forms that RSS and Dublin Core authors come
// in: "Anna", "anna@harbour.test (Anna)", "Anna (anna@harbour.test)",
// "Anna <anna@harbour.test>". Mail addresses are never anybody's name, since
// names get printed.
func person(s string) string {
	s = plain(s, true, maxName)
	if isMail(s) {
		return ""
	}
	for _, brackets := range [...]string{"()", "<>"} {
		before, inside, found := strings.Cut(s, brackets[:1])
		if !found || !strings.HasSuffix(inside, brackets[1:]) {
			continue
		}
		before, inside = strings.Trim(before, ` "`), strings.TrimSpace(strings.TrimSuffix(inside, brackets[1:]))
		switch {
		case isMail(inside):
			return before
		case isMail(before):
			return inside
		}
	}
	return s
}

// isMail says whether s can be nothing but a mail address.
func isMail(s string) bool {
	local, host, found := strings.Cut(s, "@")
	return found && local != "" && strings.Contains(host, ".") && !strings.ContainsAny(s, " ()<>,")
}

// joined names several people as one author.
func joined(names []string) digest.Author {
	var all []string
	for _, name := range names {
		if name = person(name); name != "" && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return digest.Author{Name: cut(strings.Join(all, ", "), maxName)}
}

// atomAuthor is the author of an Atom entry: a page of theirs is known only if
// there is one of them.
func atomAuthor(base *url.URL, persons []*atom.Person) digest.Author {
	var names []string
	for _, p := range persons {
		names = append(names, p.Name)
	}
	author := joined(names)
	if len(persons) == 1 {
		author.URL = resolve(base, persons[0].URI)
	}
	return author
}

// jsonAuthor is the same for JSON Feed, whose version 1 has one author.
func jsonAuthor(base *url.URL, all []*json.Author, one *json.Author) digest.Author {
	if len(all) == 0 {
		all = []*json.Author{one}
	}
	var names []string
	for _, a := range all {
		if a != nil {
			names = append(names, a.Name)
		}
	}
	author := joined(names)
	if len(all) == 1 && all[0] != nil {
		author.URL = resolve(base, all[0].URL)
	}
	return author
}
