package delivery

import (
	"strings"

	"digest.example/internal/mail"
)

// verdict is what a negative SMTP reply means for a recipient and for the issue.
type verdict int

const (
	retryLater verdict = iota // temporary: the same message may pass later
	refused                   // this recipient, for good
	bounce                    // no such mailbox: never mail it again
	policy                    // the receiver dislikes us or the message, not the person
	ownFault                  // our credentials, sender or set-up: stop before it costs anybody
	dropped                   // the relay ended the session: nobody's fault
)

// stage is the part of a transaction that a reply answers, as mail.ReplyError
// names it.
type stage string

const (
	atMail stage = "MAIL"
	atRcpt stage = "RCPT"
	atData stage = "DATA"
	atDot  stage = "DOT"
)

// judge reads a reply by RFC 5321 section 4.2 and, where it carries one, its
// enhanced status code (RFC 3463, RFC 7372).
func judge(at stage, r mail.Reply) verdict {
	switch {
	case r.Code == 421:
		return dropped
	case isOwnFault(r):
		return ownFault
	case r.Code < 500:
		return retryLater
	case at == atMail:
		return ownFault // the same sender would be refused for everybody
	case at == atRcpt && r.Code == 552:
		return retryLater // a full mailbox: RFC 5321 section 4.5.3.1.10 reads it as 452
	case at == atRcpt && r.Code != 554 && strings.HasPrefix(r.Enhanced, "5.1."):
		return bounce
	case r.Code == 554 || strings.HasPrefix(r.Enhanced, "5.7."):
		return policy
	default:
		return refused
	}
}

// isOwnFault knows the replies that speak of the sender: authentication
// (RFC 4954), the sender's address, and the SPF, DKIM and DMARC results of
// RFC 7372 together with the code that one large receiver made up beside them.
func isOwnFault(r mail.Reply) bool {
	switch r.Code {
	case 530, 534, 535, 538:
		return true
	}
	switch r.Enhanced {
	case "5.1.7", "5.1.8", "5.7.515",
		"5.7.20", "5.7.21", "5.7.22", "5.7.23", "5.7.24", "5.7.25", "5.7.26", "5.7.27":
		return true
	}
	return false
}
