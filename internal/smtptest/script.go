package smtptest

import (
	"strings"
	"sync"
)

// Stage is a point at which the script is asked.
type Stage string

// The stages, in the order in which a session meets them. Body comes between
// the 354 and the first byte of the message, Dot when the message is complete.
const (
	Connect  Stage = "connect"
	Ehlo     Stage = "ehlo"
	StartTLS Stage = "starttls"
	Auth     Stage = "auth"
	Mail     Stage = "mail"
	Rcpt     Stage = "rcpt"
	Data     Stage = "data"
	Body     Stage = "body"
	Dot      Stage = "dot"
	Rset     Stage = "rset"
	Noop     Stage = "noop"
	Quit     Stage = "quit"
)

// Event is what just happened. From and To are those of the transaction, as
// far as they are known.
type Event struct {
	Stage   Stage
	Session int // from 1
	Nth     int // how many times this session has met this stage, from 1
	From    string
	To      string // the recipient asked about, or the last one
}

// Action is what the server does. The zero value is what a healthy server does.
type Action struct {
	// Reply replaces the usual one: "550 5.1.1 no such user". Lines parted by
	// \n become a multi-line reply; each begins with its code. What is not
	// 2xx (or 354 to DATA) refuses.
	Reply string
	// Raw, not empty, is written in place of a reply, byte by byte as it is.
	// The step counts as refused.
	Raw string
	// After is written behind the reply, byte by byte as it is: an answer that
	// nobody asked for.
	After string
	// Wait, not nil, stalls before the reply until it is closed or the server is.
	Wait <-chan struct{}
	// Drop closes the connection after Reply, or without one. At Body, one
	// line of the message is read first.
	Drop bool
	// Accept, with Drop at Dot, keeps the message although no reply is sent; at
	// Mail, with a Reply that refuses, it goes on as if nothing had been refused.
	Accept bool
}

// Script decides what happens at an event. It is called from many goroutines.
type Script func(Event) Action

// Refuse gives the reply whenever the stage is met.
func Refuse(stage Stage, reply string) Script {
	return func(e Event) Action {
		if e.Stage == stage {
			return Action{Reply: reply}
		}
		return Action{}
	}
}

// At does a whenever the stage is met for the recipient; an empty recipient
// means any.
func At(stage Stage, recipient string, a Action) Script {
	return func(e Event) Action {
		if e.Stage == stage && (recipient == "" || recipient == e.To) {
			return a
		}
		return Action{}
	}
}

// Once lets the script act once, the first time that it would do anything.
func Once(script Script) Script {
	var mu sync.Mutex
	used := false
	return func(e Event) Action {
		mu.Lock()
		defer mu.Unlock()
		if used {
			return Action{}
		}
		a := script(e)
		used = a != Action{}
		return a
	}
}

// FirstOf takes the first script that does anything.
func FirstOf(scripts ...Script) Script {
	return func(e Event) Action {
		for _, script := range scripts {
			if a := script(e); a != (Action{}) {
				return a
			}
		}
		return Action{}
	}
}

// wireReply ends lines with CRLF and marks all but the last as continued.
func wireReply(reply string) string {
	lines := strings.Split(reply, "\n")
	for i, line := range lines {
		if i < len(lines)-1 && len(line) >= 3 {
			lines[i] = line[:3] + "-" + strings.TrimPrefix(line[3:], " ")
		}
	}
	return strings.Join(lines, "\r\n") + "\r\n"
}
