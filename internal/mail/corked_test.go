package mail

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// sockets are the two ends of a connection.
func sockets(t *testing.T) (near, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	near, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}

// What does not go out at once follows, in order and whole, and is counted,
// whatever the connection is and however many parts there are.
func TestCorkedWritesAll(t *testing.T) {
	for name, ends := range map[string]func(*testing.T) (near, far net.Conn){
		"sockets":   sockets,
		"no socket": func(*testing.T) (near, far net.Conn) { return net.Pipe() },
	} {
		t.Run(name, func(t *testing.T) {
			near, far := ends(t)
			var parts [][]byte
			for i := range 3000 {
				parts = append(parts, bytes.Repeat([]byte{byte(i)}, i%5000))
			}
			want := bytes.Join(parts, nil)
			g := guard(near)
			go func() {
				defer near.Close()
				if n, err := g.WriteParts(parts); n != int64(len(want)) || err != nil {
					t.Errorf("wrote %d of %d: %v", n, len(want), err)
				}
				g.more = true
				if n, err := g.Write([]byte("and more")); n != len("and more") || err != nil {
					t.Errorf("wrote %d: %v", n, err)
				}
			}()
			got, err := io.ReadAll(far)
			if err != nil || string(got) != string(want)+"and more" || g.written.Load() != int64(len(got)) {
				t.Errorf("%v; %d bytes arrived, %d counted, of %d", err, len(got), g.written.Load(), len(want))
			}
		})
	}
}

// A server that does not read ends the wait, and what it was not sent is not counted.
func TestCorkedKeepsTheDeadline(t *testing.T) {
	near, _ := sockets(t)
	g := guard(near)
	whole := make([]byte, 64<<20)
	if err := g.SetDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	n, err := g.WriteParts([][]byte{whole})
	if !errors.Is(err, os.ErrDeadlineExceeded) || n >= int64(len(whole)) || g.written.Load() != n {
		t.Errorf("wrote %d, counted %d: %v", n, g.written.Load(), err)
	}
	_ = near.Close()
	if n, err := g.WriteParts([][]byte{[]byte("x")}); !errors.Is(err, net.ErrClosed) || n != 0 {
		t.Errorf("closed: wrote %d: %v", n, err)
	}
}
