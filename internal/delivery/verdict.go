package delivery

import (
	"errors"
	"regexp"
	"strings"

	"digest.example/internal/mail"
)

// verdict is what a negative SMTP reply means for a recipient and for the issue.
type verdict int

const (
	retryLater verdict = iota // temporary: the same message may pass later
	refused                   // this recipient, for now
	bounce                    // no such mailbox: never mail it again
	policy                    // the receiver dislikes us or the message, not the person
	ownFault                  // our credentials, sender or set-up: stop before it costs anybody
	dropped                   // the relay ended the session: nobody's fault
)

// stage is the part of a session that a reply answers, as mail.ReplyError
// names it.
type stage string

const (
	atConnect stage = "CONNECT"
	atHello   stage = "EHLO"
	atTLS     stage = "STARTTLS"
	atAuth    stage = "AUTH"
	atMail    stage = "MAIL"
	atRcpt    stage = "RCPT"
	atData    stage = "DATA"
	atDot     stage = "DOT"
)

// judge reads a reply by RFC 5321 section 4.2 and, where it carries one, its
// enhanced status code (RFC 3463, RFC 5248 and what is registered under it),
// which says more. Only what speaks of the address and nothing else is a bounce:
// a wrong bounce loses a reader for good, a missed one costs a try each issue.
func judge(at stage, r mail.Reply) verdict {
	switch {
	case r.Code == 421:
		return dropped // RFC 5321 section 3.8
	case isOwnFault(r) || isOwnFaultAt(at, r):
		return ownFault
	case r.Code < 500:
		return retryLater
	case at == atRcpt:
		return judgeRecipient(r)
	default:
		return judgeMessage(r)
	}
}

// refusesUs says whether a session was not opened because the relay will have
// none from us.
func refusesUs(err error) bool {
	var no *mail.ReplyError
	return errors.As(err, &no) && judge(stage(no.Command), no.Reply) == ownFault
}

// judgeRecipient reads a 5xx to RCPT. 550 alone is no bounce: it stands for a
// missing mailbox as well as for "no access" and policy (RFC 5321 section 4.2.3).
// Nor is 5.2.1, since a disabled mailbox may be enabled again (RFC 3463).
func judgeRecipient(r mail.Reply) verdict {
	switch {
	case isTooLarge(r):
		return policy
	case r.Code == 552:
		return retryLater // RFC 5321 section 4.5.3.1.10: it stands for 452
	case r.Code == 556:
		return bounce // the domain takes no mail: RFC 7504 section 4
	case isOfSender.MatchString(r.Text):
		return policy
	case r.Code != 554 && isNoMailbox(r):
		return bounce
	case isOfPerson(r):
		return refused
	case r.Code == 554 || isPolicy(r):
		return policy
	default:
		return refused
	}
}

// judgeMessage reads a 5xx to the message. Its recipient was taken before, so
// that it speaks of the content or of us, unless it says something else.
func judgeMessage(r mail.Reply) verdict {
	switch {
	case isTooLarge(r):
		return policy
	case r.Code == 552 || isOfPerson(r):
		return refused
	default:
		return policy
	}
}

// isOwnFault knows the replies that speak of the sender, whenever they come:
// authentication (RFC 4954, RFC 5248), the sender's address, and the SPF, DKIM
// and DMARC results of RFC 7372.
func isOwnFault(r mail.Reply) bool {
	switch r.Code {
	case 432, 523, 524, 530, 534, 535, 538:
		return true
	}
	if r.Code < 500 {
		return false
	}
	switch r.Enhanced {
	case "5.1.7", "5.1.8",
		"5.7.20", "5.7.21", "5.7.22", "5.7.23", "5.7.24", "5.7.25", "5.7.26", "5.7.27",
		// What one large receiver made up for DMARC, for a client that may not
		// relay, and for a sender that the account may not use.
		"5.7.509", "5.7.515", "5.7.57", "5.7.60", "5.7.64", "5.2.252":
		return true
	}
	return isRelayingDenied.MatchString(r.Text)
}

// isRelayingDenied knows the words of servers that do not forward mail for us;
// they send them with 550, 553 or 554 and any or no enhanced code.
var isRelayingDenied = regexp.MustCompile(`(?i)\b(relay(ing)? (access )?(is )?(denied|prohibited|not (allowed|permitted))|` +
	`not (permitted|allowed|authori[sz]ed) to relay|(unable|refus\w+) to relay|(do|will) not relay)\b`)

// isOwnFaultAt knows the replies that are our fault at one step: whatever is
// refused for good there would be refused for everybody.
func isOwnFaultAt(at stage, r mail.Reply) bool {
	switch at {
	case atAuth, atMail:
		return r.Code >= 500
	case atConnect, atHello:
		return r.Code == 521 // it takes no mail at all: RFC 7504 section 3
	case atRcpt:
		return r.Code == 503
	default:
		return r.Code >= 500 && r.Code <= 504 // we do not speak as the server wants
	}
}

// isNoMailbox: there is no such address. 5.1.4 (ambiguous) is not among them,
// and 5.1.7 and 5.1.8 speak of the sender.
func isNoMailbox(r mail.Reply) bool {
	switch r.Enhanced {
	case "5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10":
		return true
	}
	return false
}

// isOfSender knows the words of servers that say 550, or even 5.1.1, to a sender
// on a block list or above a rate.
var isOfSender = regexp.MustCompile(`(?i)spam|block(ed|list)|black.?list|deny.?list|\brbl\b|dnsbl|reputation|policy|too many|rate limit|\bsender\b`)

// isOfPerson: the reply is about the address or its mailbox (5.1, 5.2), the way
// there (5.4), or an account that is closed or another's (RFC 5248, RFC 7293).
func isOfPerson(r mail.Reply) bool {
	switch r.Enhanced {
	case "5.7.13", "5.7.17", "5.7.18":
		return true
	case "":
		return r.Code == 551 // not local: RFC 5321 section 3.4
	}
	return strings.HasPrefix(r.Enhanced, "5.1.") || strings.HasPrefix(r.Enhanced, "5.2.") ||
		strings.HasPrefix(r.Enhanced, "5.4.")
}

// isPolicy: security and policy (5.7), or the content (5.6.7 is the address's).
func isPolicy(r mail.Reply) bool {
	return strings.HasPrefix(r.Enhanced, "5.7.") || strings.HasPrefix(r.Enhanced, "5.6.") && r.Enhanced != "5.6.7"
}

// isTooLarge: the message is, which is nobody's fault but the issue's.
func isTooLarge(r mail.Reply) bool { return r.Enhanced == "5.2.3" || r.Enhanced == "5.3.4" }

// isCongestion says whether a temporary refusal asks for less at a time:
// insufficient storage (452, and 552 to RCPT), congestion (RFC 3463), too many
// recipients, a flood. One mailbox that is full asks for nothing of the kind.
func isCongestion(r mail.Reply) bool {
	if _, detail, _ := strings.Cut(r.Enhanced, "."); strings.HasPrefix(detail, "2.") {
		return false
	}
	switch r.Enhanced {
	case "4.3.1", "4.4.5", "4.5.3", "4.7.28":
		return true
	}
	return r.Code == 452 || r.Code == 552
}
