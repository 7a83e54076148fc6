package smtptest

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
)

// errGone ends a session; why does not matter any more.
var errGone = errors.New("connection is gone")

// session is one connection. Its methods answer errGone once it is to end.
type session struct {
	server *Server
	raw    net.Conn
	conn   net.Conn // raw, or the TLS connection once there is one
	in     *bufio.Reader
	number int
	met    map[Stage]int

	greeted, extended bool // after EHLO or HELO; after EHLO
	secure, authed    bool
	mailed            bool
	utf8              bool // asked for in MAIL
	from              string
	to                []string
}

func newSession(server *Server, conn net.Conn, number int) *session {
	return &session{server: server, raw: conn, conn: conn, in: bufio.NewReader(conn), number: number, met: map[Stage]int{}}
}

func (c *session) run() {
	if c.server.options.Implicit {
		c.upgrade()
	}
	if ok, err := c.answer(Connect, "", "220 smtptest ready"); err != nil || !ok {
		return
	}
	for {
		line, err := c.readLine()
		if err != nil {
			return
		}
		c.server.recordCommand(c.number, line)
		if err := c.command(line); err != nil {
			return
		}
	}
}

func (c *session) upgrade() {
	if below := c.server.options.Below; below != nil {
		c.conn = below(c.conn)
	}
	c.conn = tls.Server(c.conn, c.server.tls)
	c.in = bufio.NewReader(c.conn)
	c.secure = true
}

// readLine reads a command and insists on CRLF.
func (c *session) readLine() (string, error) {
	line, err := c.in.ReadString('\n')
	if err != nil {
		return "", errGone
	}
	text, ok := strings.CutSuffix(line, "\r\n")
	if !ok || strings.ContainsAny(text, "\r\x00") {
		c.server.recordViolation(c.number, fmt.Sprintf("command line %q", line))
		return "", errGone
	}
	return text, nil
}

func (c *session) write(s string) error {
	if _, err := io.WriteString(c.conn, s); err != nil {
		return errGone
	}
	return nil
}

// ask asks the script.
func (c *session) ask(stage Stage, to string) Action {
	c.met[stage]++
	if c.server.options.Script == nil {
		return Action{}
	}
	return c.server.options.Script(Event{
		Stage: stage, Session: c.number, Nth: c.met[stage], From: c.from, To: to,
	})
}

// answer asks the script and replies, by default with usual. It says whether
// the step succeeded.
func (c *session) answer(stage Stage, to, usual string) (bool, error) {
	return c.perform(c.ask(stage, to), usual)
}

// perform does what the script said.
func (c *session) perform(a Action, usual string) (bool, error) {
	if a.Wait != nil {
		select {
		case <-a.Wait:
		case <-c.server.closing:
			return false, errGone
		}
	}
	reply := usual
	if a.Reply != "" {
		reply = a.Reply
	}
	switch {
	case a.Raw != "":
		if err := c.write(a.Raw); err != nil {
			return false, err
		}
	case a.Reply != "" || !a.Drop:
		if err := c.write(wireReply(reply)); err != nil {
			return false, err
		}
	}
	if a.After != "" {
		if err := c.write(a.After); err != nil {
			return false, err
		}
	}
	// A server that says 421 goes, whatever it was asked (RFC 5321, 3.8).
	if a.Drop || strings.HasPrefix(reply, "421") {
		if secure, ok := c.conn.(*tls.Conn); ok {
			_ = secure.CloseWrite() // close_notify
		}
		if !a.Drop || a.Reply+a.Raw+a.After != "" {
			c.linger()
		}
		return false, errGone
	}
	return a.Raw == "" && (reply[0] == '2' || reply[0] == '3'), nil
}

func (c *session) command(line string) error {
	verb, argument, _ := strings.Cut(line, " ")
	c.grouped(verb)
	switch strings.ToUpper(verb) {
	case "EHLO", "HELO":
		c.extended = strings.EqualFold(verb, "EHLO")
		return c.hello(argument)
	case "STARTTLS":
		return c.startTLS()
	case "AUTH":
		return c.auth(argument)
	case "MAIL":
		return c.mail(argument)
	case "RCPT":
		return c.rcpt(argument)
	case "DATA":
		return c.data()
	case "RSET":
		c.reset()
		_, err := c.answer(Rset, "", "250 2.0.0 ok")
		return err
	case "NOOP":
		_, err := c.answer(Noop, "", "250 2.0.0 ok")
		return err
	case "QUIT":
		_, _ = c.answer(Quit, "", "221 2.0.0 bye")
		return errGone
	default:
		return c.write("500 5.5.2 unknown command\r\n")
	}
}

func (c *session) reset() { c.mailed, c.from, c.to = false, "", nil }

func (c *session) hello(name string) error {
	if name == "" {
		c.server.recordViolation(c.number, "EHLO without a name")
	}
	c.reset()
	o := c.server.options
	lines := []string{"250 smtptest", "250 ENHANCEDSTATUSCODES"}
	if o.StartTLS && !c.secure {
		lines = append(lines, "250 STARTTLS")
	}
	if all := o.offersAuth(); len(all) > 0 {
		lines = append(lines, "250 AUTH "+strings.Join(all, " "))
	}
	for _, e := range o.Extensions {
		lines = append(lines, "250 "+e)
	}
	ok, err := c.answer(Ehlo, "", strings.Join(lines, "\n"))
	c.greeted = ok
	return err
}

func (c *session) startTLS() error {
	if !c.server.options.StartTLS || c.secure {
		return c.write("503 5.5.1 not now\r\n")
	}
	ok, err := c.answer(StartTLS, "", "220 2.0.0 go ahead")
	if err != nil || !ok {
		return err
	}
	c.upgrade()
	c.greeted = false
	c.reset()
	return nil
}

// mayMail is the reply that refuses mail, or empty.
func (c *session) mayMail() string {
	o := c.server.options
	switch {
	case !c.greeted || c.mailed:
		return "503 5.5.1 bad sequence"
	case o.StartTLS && !c.secure:
		return "530 5.7.0 must issue STARTTLS first"
	case o.Username != "" && !c.authed:
		return "530 5.7.0 authentication required"
	default:
		return ""
	}
}

func (c *session) mail(argument string) error {
	if refusal := c.mayMail(); refusal != "" {
		return c.write(refusal + "\r\n")
	}
	from, ok := path(argument, "FROM:")
	if !ok {
		return c.write("501 5.5.4 syntax\r\n")
	}
	c.utf8 = slices.Contains(parameters(argument), "SMTPUTF8")
	if refusal := c.badUTF8(from); refusal != "" {
		return c.write(refusal)
	}
	c.from = from
	a := c.ask(Mail, "")
	ok, err := c.perform(a, "250 2.1.0 ok")
	c.mailed = ok || a.Accept
	return err
}

func (c *session) rcpt(argument string) error {
	to, ok := path(argument, "TO:")
	if !c.mailed || !ok || to == "" {
		return c.write("503 5.5.1 bad sequence or syntax\r\n")
	}
	if refusal := c.badUTF8(to); refusal != "" {
		return c.write(refusal)
	}
	ok, err := c.answer(Rcpt, to, "250 2.1.5 ok")
	if ok {
		c.to = append(c.to, to)
	}
	return err
}

// path reads "FROM:<a@example.org> PARAMS".
func path(argument, prefix string) (string, bool) {
	if len(argument) < len(prefix) || !strings.EqualFold(argument[:len(prefix)], prefix) {
		return "", false
	}
	rest, ok := strings.CutPrefix(argument[len(prefix):], "<")
	end := strings.LastIndexByte(rest, '>')
	if !ok || end < 0 {
		return "", false
	}
	return rest[:end], true
}

// nobody is the answer to a message without a recipient (RFC 5321, 3.3).
const nobody = "554 5.5.1 no valid recipients"

func (c *session) data() error {
	if !c.mailed {
		return c.write(nobody + "\r\n")
	}
	// A script may take DATA without a recipient, as RFC 2920, 3.1 lets a server.
	to, usual := "", nobody
	if len(c.to) > 0 {
		to, usual = c.to[len(c.to)-1], "354 end with a dot"
	}
	ok, err := c.answer(Data, to, usual)
	if err != nil || !ok {
		return err
	}
	if err := c.beforeBody(to); err != nil {
		return err
	}
	body, err := c.readBody()
	if err != nil {
		return err
	}
	return c.dot(to, body)
}

// beforeBody lets the script stall, drop or speak before the body is read.
func (c *session) beforeBody(to string) error {
	a := c.ask(Body, to)
	if a == (Action{}) {
		return nil
	}
	if a.Drop {
		_, _ = c.in.ReadString('\n')
	}
	if a.Drop || a.Reply != "" || a.Raw != "" {
		_, err := c.perform(a, "")
		return err
	}
	select {
	case <-a.Wait:
		return nil
	case <-c.server.closing:
		return errGone
	}
}

// readBody reads up to the final dot, insisting on CRLF, and undoes dot-stuffing.
func (c *session) readBody() ([]byte, error) {
	var body bytes.Buffer
	for {
		line, err := c.in.ReadBytes('\n')
		if err != nil {
			return nil, errGone
		}
		if string(line) == ".\r\n" {
			c.grouped(messageEnd)
			return body.Bytes(), nil
		}
		if bad := badLine(line); bad != "" {
			c.server.recordViolation(c.number, fmt.Sprintf("%s in the message: %q", bad, line))
		}
		body.Write(bytes.TrimPrefix(line, []byte(".")))
	}
}

func badLine(line []byte) string {
	text, ok := bytes.CutSuffix(line, []byte("\r\n"))
	switch {
	case !ok:
		return "bare LF"
	case bytes.IndexByte(text, '\r') >= 0:
		return "bare CR"
	case len(text) > 998:
		return "line over 998 octets"
	case len(text) > 0 && text[0] == '.' && (len(text) < 2 || text[1] != '.'):
		return "unstuffed dot"
	default:
		return ""
	}
}

// dot decides about a complete message. It is recorded before the reply is
// sent, as a real server would have queued it by then.
func (c *session) dot(to string, body []byte) error {
	if len(c.to) == 0 {
		return c.lone(body)
	}
	c.checkHeader(body)
	a := c.ask(Dot, to)
	if a.Accept || !a.Drop && a.Raw == "" && (a.Reply == "" || a.Reply[0] == '2') {
		c.server.recordMessage(Message{Session: c.number, From: c.from, To: c.to, Data: body})
	}
	c.reset()
	_, err := c.perform(a, "250 2.0.0 queued")
	return err
}

// lone answers a message for nobody: a client that was given a 354 against its
// wish ends it with a dot and nothing else.
func (c *session) lone(body []byte) error {
	if len(body) > 0 {
		c.server.recordViolation(c.number, "sent a message for nobody")
	}
	c.reset()
	_, err := c.answer(Dot, "", nobody)
	return err
}
