package mail

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"strings"
)

// Reply is what an SMTP server answered.
type Reply struct {
	Code     int    // 200 to 599
	Enhanced string // RFC 3463 status such as "5.1.1"; empty where the server gives none
	Text     string // one line of printable text, at most 512 bytes, from a stranger
}

// String is the reply on one line, as a log or a ledger shows it.
func (r Reply) String() string {
	s := fmt.Sprintf("%03d", r.Code)
	if r.Enhanced != "" {
		s += " " + r.Enhanced
	}
	if r.Text != "" {
		s += " " + r.Text
	}
	return s
}

// Positive says whether the server did what it was asked.
func (r Reply) Positive() bool { return r.Code/100 == 2 }

// Temporary says whether the server asks to try again later.
func (r Reply) Temporary() bool { return r.Code/100 == 4 }

// ReplyError is a negative reply: the server said no to Command, which is one of
// CONNECT, EHLO, STARTTLS, AUTH (or CONNECT where that cannot be told), MAIL,
// RCPT, DATA, and DOT for the answer to the whole message.
type ReplyError struct {
	Reply   Reply
	Command string
}

// Error names the command and the reply.
func (e *ReplyError) Error() string {
	return "SMTP server refused " + e.Command + ": " + e.Reply.String()
}

// isReply says whether an error is the server's no.
func isReply(err error) bool {
	_, ok := errors.AsType[*ReplyError](err)
	return ok
}

const (
	maxReplyText  = 512
	maxReplyLine  = 2048 // RFC 5321 allows 512; servers with long URLs exceed it
	maxReplyLines = 100
)

// errReply is a reply that is not SMTP; what the server did is unknown.
var errReply = errors.New("malformed SMTP reply")

// readReply reads one reply of one or more lines (RFC 5321, 4.2.1). It stops a
// server that never ends its line or its reply.
func readReply(r *bufio.Reader) (Reply, error) {
	lines := make([]string, 0, 1)
	code := ""
	for range maxReplyLines {
		line, err := readLine(r)
		if err != nil {
			return Reply{}, err
		}
		if !hasCode(line) {
			return Reply{}, fmt.Errorf("%w: %q", errReply, clip(line))
		}
		if code == "" {
			code = line[:3]
		} else if code != line[:3] {
			return Reply{}, fmt.Errorf("%w: codes %s and %s in one", errReply, code, line[:3])
		}
		if len(line) > 4 {
			lines = append(lines, line[4:])
		}
		if len(line) == 3 || line[3] == ' ' {
			return newReply(code, lines), nil
		}
	}
	return Reply{}, fmt.Errorf("%w: more than %d lines", errReply, maxReplyLines)
}

// hasCode says whether a line begins with a code that RFC 5321 allows in an
// answer to a command.
func hasCode(line string) bool {
	return len(line) >= 3 && line[0] >= '2' && line[0] <= '5' && isDigit(line[1]) && isDigit(line[2]) &&
		(len(line) == 3 || line[3] == ' ' || line[3] == '-')
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// readLine relies on the buffer that textproto gives its reader, which is longer
// than any line may be.
func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull) || len(line) > maxReplyLine:
		return "", fmt.Errorf("%w: a line of more than %d bytes", errReply, maxReplyLine)
	case errors.Is(err, io.EOF):
		return "", fmt.Errorf("connection closed by the server: %w", io.ErrUnexpectedEOF)
	case err != nil:
		return "", err
	}
	return string(bytes.TrimRight(line, "\r\n")), nil
}

// enhancedStatus is the RFC 3463 status that a line begins with, or empty.
func enhancedStatus(line string) string {
	status, _, _ := strings.Cut(line, " ")
	class, detail, _ := strings.Cut(status, ".")
	subject, detail, _ := strings.Cut(detail, ".")
	if class != "2" && class != "4" && class != "5" || !isCounter(subject) || !isCounter(detail) {
		return ""
	}
	return status
}

// isCounter takes one to three digits.
func isCounter(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != "" && len(s) <= 3
}

// newReply joins the lines of a reply. Servers repeat the enhanced status on
// every line; it counts only where its class is that of the code (RFC 2034).
func newReply(code string, lines []string) Reply {
	r := Reply{Code: int(code[0]-'0')*100 + int(code[1]-'0')*10 + int(code[2]-'0')}
	for i, line := range lines {
		status := enhancedStatus(line)
		if status == "" || status[0] != code[0] {
			continue
		}
		if r.Enhanced == "" {
			r.Enhanced = status
		}
		if r.Enhanced == status {
			lines[i] = strings.TrimPrefix(line[len(status):], " ")
		}
	}
	r.Text = cleanText(strings.Join(lines, " "))
	return r
}

// cleanText is clean, and cut to maxReplyText at a character's edge.
func cleanText(s string) string {
	if len(s) > 4*maxReplyText {
		s = s[:4*maxReplyText]
	}
	s = clean(s)
	if len(s) > maxReplyText {
		s = strings.TrimSpace(strings.ToValidUTF8(s[:maxReplyText], ""))
	}
	return s
}

// replyOf turns go-mail's form of a negative reply into ours.
func replyOf(e *textproto.Error) Reply {
	if e.Code < 200 || e.Code > 599 {
		return Reply{Code: e.Code, Text: cleanText(e.Msg)}
	}
	return newReply(fmt.Sprintf("%03d", e.Code), strings.Split(e.Msg, "\n"))
}
