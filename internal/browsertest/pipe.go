package browsertest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// object is a JSON object of the protocol.
type object = map[string]any

// errClosed: the browser has gone.
var errClosed = errors.New("the browser has closed its pipe")

// pipe is a connection to Chromium as --remote-debugging-pipe has it: JSON messages,
// each ended by a NUL.
type pipe struct {
	in io.WriteCloser

	mu        sync.Mutex
	last      int
	waiting   map[int]chan message
	listeners map[string]func(method string, params json.RawMessage)
	gone      chan struct{} // closed when nothing comes any more
}

// message is a command, its answer or an event, by which fields it has.
type message struct {
	ID      int             `json:"id,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *struct {
		Message string `json:"message"`
		Data    string `json:"data"`
	} `json:"error,omitempty"`
}

func newPipe(in io.WriteCloser, out io.ReadCloser) *pipe {
	p := &pipe{
		in: in, waiting: map[int]chan message{}, gone: make(chan struct{}),
		listeners: map[string]func(string, json.RawMessage){},
	}
	go p.read(out)
	return p
}

func (p *pipe) close() {
	_ = p.in.Close()
	<-p.gone
}

func (p *pipe) read(out io.ReadCloser) {
	defer close(p.gone)
	defer func() { _ = out.Close() }()
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes(0)
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(line[:len(line)-1], &m) != nil {
			continue
		}
		p.mu.Lock()
		answer, listener := p.waiting[m.ID], p.listeners[m.Session]
		delete(p.waiting, m.ID)
		p.mu.Unlock()
		switch {
		case answer != nil:
			answer <- m
		case m.Method != "" && listener != nil:
			listener(m.Method, m.Params)
		}
	}
}

// listen has the events of a session told to somebody, who must be quick.
func (p *pipe) listen(session string, listener func(method string, params json.RawMessage)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listeners[session] = listener
}

// call runs a command in a session, or with none in the browser, and reads its
// answer into result, which may be nil.
func (p *pipe) call(session, method string, params, result any) error {
	if params == nil {
		params = object{}
	}
	raw, err := json.Marshal(params)
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	answer := make(chan message, 1)
	if err := p.write(message{Session: session, Method: method, Params: raw}, answer); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	select {
	case m := <-answer:
		if m.Error != nil {
			return fmt.Errorf("%s: the browser says: %s %s", method, m.Error.Message, m.Error.Data)
		}
		if result == nil {
			return nil
		}
		if err := json.Unmarshal(m.Result, result); err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		return nil
	case <-p.gone:
		return fmt.Errorf("%s: %w", method, errClosed)
	case <-time.After(patience):
		return fmt.Errorf("%s: no answer in %s", method, patience)
	}
}

func (p *pipe) write(m message, answer chan message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	m.ID = p.last
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	p.waiting[m.ID] = answer
	_, err = p.in.Write(append(line, 0))
	return err
}
