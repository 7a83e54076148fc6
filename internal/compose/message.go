package compose

import (
	"fmt"
	netmail "net/mail"
	"net/url"
	"strings"

	"digest.example/internal/digest"
	"digest.example/internal/mail"
	"digest.example/internal/sanitize"
)

// template is the message that all recipients get alike.
func template(r Rendered, nl digest.Newsletter, issue digest.Issue, ids IDs) mail.Template {
	return mail.Template{
		From: nl.From, ReplyTo: nl.ReplyTo, Subject: r.Subject,
		Text: r.Text, HTML: r.HTML, Hole: r.Hole,
		Date: ids.Date, Boundary: ids.Boundary,
		ListID:             listID(nl),
		UnsubscribeMailbox: nl.UnsubscribeMailbox,
		Headers:            headers(nl, issue),
	}
}

// headers are the fields that the mail package leaves to us.
func headers(nl digest.Newsletter, issue digest.Issue) []mail.Header {
	all := []mail.Header{{Name: "Feedback-ID", Value: feedbackID(nl, issue)}}
	if archive := ArchiveURL(nl); archive != "" {
		all = append(all, mail.Header{Name: "List-Archive", Value: "<" + archive + ">"}) // RFC 2369
	}
	return all
}

// listID is stable for ever: the newsletter's short name at our host (RFC 2919).
func listID(nl digest.Newsletter) string {
	host := hostOf(nl.PublicURL)
	if host == "" {
		host = senderDomain(nl.From)
	}
	return fmt.Sprintf("%s <%s.%s>", phrase(nl.Title), label(nl.Name), host)
}

// phrase is a display name without what would need quoting.
func phrase(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`"\<>()[]:;@,`, r) {
			return -1
		}
		return r
	}, sanitize.Line(s))
}

// label makes a newsletter's name a DNS label.
func label(name string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, name), "-")
}

// feedbackID is what mailbox providers group complaints by: three fields of
// our own, then a sender id of at most 15 characters that never changes.
func feedbackID(nl digest.Newsletter, issue digest.Issue) string {
	id := strings.ReplaceAll(senderDomain(nl.From), ".", "")
	if len(id) > 15 {
		id = id[len(id)-15:]
	}
	return fmt.Sprintf("%d:%s:digest:%s", issue.Number, label(nl.Name), id)
}

func senderDomain(from string) string {
	a, err := netmail.ParseAddress(from)
	if err != nil {
		return ""
	}
	return strings.ToLower(a.Address[strings.LastIndexByte(a.Address, '@')+1:])
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}
