package smtptest

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"
)

// lingering is how long a dropped client may take to read what it was told.
const lingering = time.Second

// pipelining says whether the client was offered PIPELINING.
func (c *session) pipelining() bool {
	return c.extended && slices.ContainsFunc(c.server.options.Extensions, func(e string) bool {
		return strings.EqualFold(e, "PIPELINING")
	})
}

// grouped looks, when a command or a message is complete, at what its client
// wrote behind it without waiting for the answer. RFC 2920, 3.1 allows that
// behind MAIL, RCPT, RSET and the end of a message, where PIPELINING is offered.
func (c *session) grouped(what string) {
	if c.in.Buffered() == 0 {
		return
	}
	switch what = strings.ToUpper(what); {
	case !c.pipelining():
		c.server.recordViolation(c.number, fmt.Sprintf("did not wait for the answer to %s; PIPELINING was not offered", what))
	case !slices.Contains([]string{"MAIL", "RCPT", "RSET", messageEnd}, what):
		c.server.recordViolation(c.number, fmt.Sprintf("wrote on behind %s, which must be the last of its group", what))
	}
}

// messageEnd names the end of a message where commands are named.
const messageEnd = "THE FINAL DOT"

// linger lets the client read the last reply: closing a connection with unread
// input resets it, and a reset takes with it what the client has not read yet.
func (c *session) linger() {
	conn, ok := c.raw.(*net.TCPConn)
	if !ok || conn.CloseWrite() != nil {
		return
	}
	_ = conn.SetReadDeadline(time.Now().Add(lingering))
	_, _ = io.Copy(io.Discard, conn)
}
