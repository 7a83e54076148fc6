//go:build linux

package smtpsink

import (
	"bufio"
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"smtpsink": Main})
}

// client speaks SMTP with a server, as it is told.
type client struct {
	*testing.T
	net.Conn
	in *bufio.Reader
}

func dial(t *testing.T, address string) client {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(15 * time.Second)); err != nil {
		t.Fatal(err)
	}
	c := client{t, conn, bufio.NewReader(conn)}
	c.wants("220")
	return c
}

func (c client) sends(text string) {
	c.Helper()
	if _, err := io.WriteString(c.Conn, text); err != nil {
		c.Fatal(err)
	}
}

// wants reads replies, one for each code.
func (c client) wants(codes ...string) {
	c.Helper()
	for _, code := range codes {
		line, err := c.in.ReadString('\n')
		for err == nil && len(line) > 3 && line[3] == '-' {
			line, err = c.in.ReadString('\n')
		}
		if err != nil || !strings.HasPrefix(line, code) {
			c.Fatalf("%q, %v, want %s", line, err, code)
		}
	}
}

// gone wants the server to have hung up.
func (c client) gone() {
	c.Helper()
	if b, err := c.in.ReadByte(); err == nil || errors.Is(err, context.DeadlineExceeded) {
		c.Fatalf("%q, %v, want the end", b, err)
	}
}

func envelope(to string) string {
	return "MAIL FROM:<a@example.org>\r\nRCPT TO:<" + to + ">\r\nDATA\r\n"
}

func start(t *testing.T, o Options) *server {
	t.Helper()
	s, err := listen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

func TestCountsWhatItTakes(t *testing.T) {
	s := start(t, Options{})
	c := dial(t, s.addr())
	c.sends("EHLO test\r\n")
	c.wants("250")
	c.sends(envelope("b@example.net"))
	c.wants("250", "250", "354")
	c.sends("Subject: x\r\n\r\n..\r\nbody\r\n.\r\n" + envelope("c@example.net"))
	c.wants("250", "250", "250", "354")
	c.sends("second\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\nRCPT TO:<d@example.net>\r\nDATA\r\n")
	c.wants("250", "250", "250", "250", "354")
	c.sends("third\r\n.\r\nQUIT\r\n")
	c.wants("250", "221")
	c.gone()
	got := s.count()
	want := map[string]int{"b@example.net": 2, "c@example.net": 1, "d@example.net": 1}
	if !maps.Equal(got.Counts, want) || got.Messages != 3 || got.Connections != 1 || got.Duplicates() != 1 {
		t.Errorf("%+v", got)
	}
	if size := int64(len("Subject: x\r\n\r\n..\r\nbody") + len("second") + len("third")); got.Bytes != size {
		t.Errorf("%d bytes, want %d", got.Bytes, size)
	}
	if got.First.IsZero() || got.Last.Before(got.First) {
		t.Errorf("from %s to %s", got.First, got.Last)
	}
}

func TestAnswersOutOfOrder(t *testing.T) {
	s := start(t, Options{})
	c := dial(t, s.addr())
	c.sends("DATA\r\nRCPT TO:b@example.net\r\nRCPT TO:<>\r\nVRFY b\r\nNOOP\r\n")
	c.wants("554", "501", "501", "500", "250")
	c.sends("MAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\nRSET\r\nDATA\r\n")
	c.wants("250", "250", "250", "554")
	c.sends(envelope("b@example.net"))
	c.wants("250", "250", "354")
	c.sends(".\r\n") // no message at all
	c.wants("250")
	c.sends(strings.Repeat("x", 2*maxLine))
	c.gone()
	if got := s.count(); got.Messages != 1 || got.Bytes != 0 {
		t.Errorf("%+v", got)
	}
}

func TestLargeMessagesInPieces(t *testing.T) {
	s := start(t, Options{})
	c := dial(t, s.addr())
	body := strings.Repeat(strings.Repeat("x", 76)+"\r\n", 10_000)
	for i := range 5 { // the dot arrives cut at each place
		c.sends(envelope("b@example.net"))
		c.wants("250", "250", "354")
		c.sends(body)
		c.sends("end\r\n.\r\n"[:3+i])
		c.sends("end\r\n.\r\n"[3+i:])
		c.wants("250")
	}
	if got := s.count(); got.Bytes != 5*int64(len(body)+3) || got.Messages != 5 {
		t.Errorf("%+v", got)
	}
}

// With latency, replies to commands that travel together come together.
func TestLatencyOverlaps(t *testing.T) {
	const latency = 50 * time.Millisecond
	s := start(t, Options{Latency: latency})
	c := dial(t, s.addr())
	began := time.Now()
	const commands = 400 // one after another they would take the client's patience
	c.sends(strings.Repeat("NOOP\r\n", commands))
	c.wants(slices.Repeat([]string{"250"}, commands)...)
	if took := time.Since(began); took < latency {
		t.Errorf("the replies took %s", took)
	}
	c.sends(envelope("b@example.net"))
	c.wants("250", "250", "354")
	c.sends("x\r\n.\r\n")
	c.wants("250")
	if n := s.count().Messages; n != 1 {
		t.Errorf("%d accepted after the reply", n)
	}
	// Who has hung up is counted all the same.
	c.sends(envelope("c@example.net"))
	c.wants("250", "250", "354")
	c.sends("x\r\n.\r\n")
	_ = c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := s.await(ctx, 2); err != nil {
		t.Error(err)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	s := start(t, Options{})
	c := dial(t, s.addr())
	waited := make(chan error, 1)
	go func() { waited <- s.await(context.Background(), 1) }()
	s.close()
	s.close()
	c.gone()
	if err := <-waited; err == nil {
		t.Error("still waiting")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := start(t, Options{}).await(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestProcess(t *testing.T) {
	p := Spawn(t, "smtpsink", Options{Latency: time.Millisecond})
	c := dial(t, p.Addr())
	c.sends(envelope("b@example.net"))
	c.wants("250", "250", "354")
	c.sends("x\r\n.\r\n")
	if err := p.Await(1); err != nil {
		t.Fatal(err)
	}
	got, cpu, err := p.Stop()
	if err != nil || got.Counts["b@example.net"] != 1 || cpu <= 0 {
		t.Errorf("%+v, %s, %v", got, cpu, err)
	}
}

func TestProcessRefusesNonsense(t *testing.T) {
	for options, input := range map[string]string{"{": "", "{}": "what\n"} {
		if err := serveInput(options, strings.NewReader(input), io.Discard); err == nil {
			t.Errorf("%s, %q", options, input)
		}
	}
}

// FuzzPieces: it does not matter into which pieces the network cuts what a client
// sends.
func FuzzPieces(f *testing.F) {
	for _, in := range []string{
		"EHLO x\r\n" + envelope("b@example.net") + "x\r\n.\r\nQUIT\r\n",
		envelope("b@example.net") + ".\r\n" + envelope("c@example.net") + "\r\n.\r\n",
		envelope("b@example.net") + "end.\r\nx\r\n.\r\n",
	} {
		for at := range len(in) {
			f.Add([]byte(in), uint16(at))
		}
	}
	f.Fuzz(func(t *testing.T, in []byte, at uint16) {
		if len(in) > maxTail {
			return
		}
		cut := int(at) % (len(in) + 1)
		whole, pieces := &conn{}, &conn{}
		feed(whole, in)
		feed(pieces, in[:cut])
		feed(pieces, in[cut:])
		if string(whole.out.text) != string(pieces.out.text) || string(whole.out.accepted) != string(pieces.out.accepted) ||
			whole.out.size != pieces.out.size {
			t.Errorf("%+v\n%+v", whole.out, pieces.out)
		}
	})
}

func feed(c *conn, piece []byte) {
	c.rest = (&server{}).take(c, append(c.rest[:len(c.rest):len(c.rest)], piece...))
}
