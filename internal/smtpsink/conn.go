//go:build linux

package smtpsink

import (
	"bytes"
	"time"
)

// What a client may send: a command line with its end, and, before it has read
// the reply to a dot, the commands of one more envelope.
const (
	maxLine = 2048
	maxTail = 2048
)

// end ends a message, and starts where its last line does.
const end = "\r\n.\r\n"

// conn is one connection.
type conn struct {
	fd     int    // -1 once it is closed
	rest   []byte // what was read and not yet understood
	inBody bool
	fresh  bool // nothing of the body was read
	size   int64
	to     []byte
	out    answer
}

// take goes through what has arrived and returns what is not complete yet.
func (s *server) take(c *conn, in []byte) []byte {
	for len(in) > 0 && !c.out.hangUp {
		if c.inBody {
			after := c.body(in)
			if c.inBody {
				return after
			}
			in = after
			c.dot()
			continue
		}
		at := bytes.IndexByte(in, '\n')
		if at < 0 {
			return in
		}
		s.command(c, bytes.TrimSuffix(in[:at], []byte("\r")))
		in = in[at+1:]
	}
	return nil
}

// body reads on in a message and returns what it did not use.
func (c *conn) body(in []byte) []byte {
	if c.fresh && len(in) < len(end)-2 {
		return in
	}
	size, used := endOfBody(in), len(end)
	if c.fresh && bytes.HasPrefix(in, []byte(end[2:])) { // the line before is DATA
		size, used = 0, len(end)-2
	}
	c.fresh = false
	if size < 0 {
		kept := min(len(in), len(end)-1)
		c.size += int64(len(in) - kept)
		return in[len(in)-kept:]
	}
	c.size += int64(size)
	c.inBody = false
	return in[size+used:]
}

// endOfBody finds the dot, or returns -1. It looks at the tail only, which spares
// most of the reading: what may follow a dot before its reply was read is short.
func endOfBody(in []byte) int {
	from := max(0, len(in)-maxTail)
	at := bytes.Index(in[from:], []byte(end))
	if at < 0 {
		return -1
	}
	return from + at
}

// command answers one command line.
func (s *server) command(c *conn, line []byte) {
	verb, argument, _ := bytes.Cut(line, []byte(" "))
	switch string(bytes.ToUpper(verb)) {
	case "EHLO", "HELO":
		c.say("250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES")
	case "MAIL":
		c.to = c.to[:0]
		c.say("250 2.1.0 ok")
	case "RCPT":
		s.rcpt(c, argument)
	case "DATA":
		if len(c.to) == 0 {
			c.say("554 5.5.1 no valid recipients")
			return
		}
		c.inBody, c.fresh, c.size = true, true, 0
		c.say("354 go on")
	case "RSET":
		c.to = c.to[:0]
		c.say("250 2.0.0 ok")
	case "NOOP":
		c.say("250 2.0.0 ok")
	case "QUIT":
		c.say("221 2.0.0 bye")
		c.out.hangUp = true
	default:
		c.say("500 5.5.2 unknown command")
	}
}

func (c *conn) say(line string) {
	c.out.text = append(append(c.out.text, line...), "\r\n"...)
}

func (s *server) rcpt(c *conn, argument []byte) {
	_, address, opened := bytes.Cut(argument, []byte("<"))
	address, _, closed := bytes.Cut(address, []byte(">"))
	if !opened || !closed || len(address) == 0 {
		c.say("501 5.5.4 syntax")
		return
	}
	if s.tally.First.IsZero() { // only this thread changes it
		s.mu.Lock()
		s.tally.First = time.Now()
		s.mu.Unlock()
	}
	c.to = append(append(c.to, address...), '\n')
	c.say("250 2.1.5 ok")
}

// dot takes a complete message.
func (c *conn) dot() {
	c.out.messages++
	c.out.size += c.size
	c.out.accepted = append(c.out.accepted, c.to...)
	c.to = c.to[:0]
	c.say("250 2.0.0 queued")
}
