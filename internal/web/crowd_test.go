package web

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"testing"
	"time"
)

// visitor is somebody at the other end of a connection.
type visitor struct {
	net.Conn
	*testing.T
	answers *bufio.Reader
}

// crowded is a server with room for three, and a page at which a visitor stays
// until it is told to go on.
func crowded(t *testing.T) (visit func(words string) visitor, stay chan struct{}) {
	t.Helper()
	stay = make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	mux.HandleFunc("/stay", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-stay
	})
	mux.HandleFunc("/long", func(w http.ResponseWriter, _ *http.Request) {
		stay <- struct{}{}
		for range 64 {
			_, _ = w.Write(make([]byte, 1<<20)) // more than lies between a server and a client
		}
	})
	s, err := Listen("127.0.0.1:0", mux, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s.crowd.most = 3
	ended := make(chan error, 1)
	go func() { ended <- s.Run(t.Context()) }()
	t.Cleanup(func() {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return func(words string) visitor {
		t.Helper()
		c, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		_, _ = io.WriteString(c, words)
		return visitor{c, t, bufio.NewReader(c)}
	}, stay
}

const (
	whole = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	half  = "GET / HTTP/1.1\r\nHost:"
	long  = "GET /long HTTP/1.1\r\nHost: x\r\n\r\n"
	body  = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx="
	stays = "GET /stay HTTP/1.1\r\nHost: x\r\n\r\n"
)

func (v visitor) hear() error {
	r, err := http.ReadResponse(v.answers, nil)
	if err == nil && r.StatusCode != http.StatusOK {
		v.Errorf("the answer is %s", r.Status)
	}
	return err
}

func (v visitor) answered() {
	v.Helper()
	if err := v.hear(); err != nil {
		v.Fatal(err)
	}
}

// gone says whether the server has closed the connection, or does so soon.
func (v visitor) gone() bool {
	_ = v.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	_, err := v.answers.ReadByte()
	return err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}

// finished reads the end of a page at which one stays, and asks for another.
func (v visitor) finished() {
	v.Helper()
	if _, err := io.ReadFull(v.answers, make([]byte, len("0\r\n\r\n"))); err != nil {
		v.Errorf("who was being answered: %v", err)
	}
	_, _ = io.WriteString(v, whole)
	v.answered()
}

// Who keeps a connection without asking for anything, or asks without end, loses it
// to whoever comes when there is no room.
func TestWhoKeepsTheServerWaitingGoesFirst(t *testing.T) {
	visit, goOn := crowded(t)
	reader := visit(stays)
	reader.answered()
	silent, slow := visit(""), visit(half)
	slower := visit(body)
	idle := visit(whole)
	idle.answered()
	for _, v := range []visitor{silent, slow, slower, idle} {
		for late := time.Now().Add(10 * time.Second); !v.gone(); {
			if time.Now().After(late) {
				t.Fatal("who keeps the server waiting stays")
			}
			_ = visit(whole).hear() // or nothing: that others have been answered is noted a little later
		}
	}
	close(goOn)
	reader.finished()
}

// Who asks for pages and does not read them is not being answered for ever.
func TestWhoDoesNotReadMakesRoom(t *testing.T) {
	visit, begun := crowded(t)
	for range 3 {
		visit(long)
		<-begun
	}
	late := time.Now().Add(10 * time.Second)
	for v := visit(whole); v.hear() != nil; v = visit(whole) {
		_ = v.Close()
		if time.Now().After(late) {
			t.Fatal("who does not read keeps others out")
		}
	}
}

// Where all are being answered, who comes has to come again.
func TestNobodyIsInterrupted(t *testing.T) {
	visit, goOn := crowded(t)
	var all []visitor
	for range 3 {
		v := visit(stays)
		v.answered()
		all = append(all, v)
	}
	if visit(whole).hear() == nil {
		t.Error("there is no end of room")
	}
	close(goOn)
	for _, v := range all {
		v.finished()
	}
}
