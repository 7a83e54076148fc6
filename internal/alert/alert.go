// Package alert tells an operator, by a command and a webhook of their choice,
// of what needs a person.
package alert

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// timeout is how long one run of the command, or one try of the webhook, may take.
const timeout = 30 * time.Second

// Options is whom to tell. With neither command nor webhook nobody is told.
type Options struct {
	// Command is a line for /bin/sh. It finds the text on its standard input,
	// and as one line in the environment variable DIGEST_ALERT.
	Command string
	// Environ is the environment of the command. What it holds under names that
	// begin with DIGEST_ may be secrets of the program, and is not passed on.
	Environ []string
	// Webhook is an http or https address that gets a POST of the JSON object
	// {"text": …, "at": RFC 3339}. Nobody but the operator chooses it, so it
	// may be private; whoever knows its path can write to it, so that is never logged.
	Webhook   string
	Transport http.RoundTripper // nil: http.DefaultTransport
	Now       func() time.Time
	Log       *slog.Logger
}

// Alerter delivers alerts in the order in which they came, the command and the
// webhook each at its own pace. It is safe for concurrent use.
type Alerter struct {
	now   func() time.Time
	lanes []*lane
	stop  context.CancelFunc
}

// message is one alert.
type message struct {
	text string // as clean leaves it
	at   time.Time
}

// New checks the options and contacts nobody. Close ends what it starts.
func New(o Options) (*Alerter, error) {
	ctx, stop := context.WithCancel(context.Background())
	a := &Alerter{now: o.Now, stop: stop}
	if o.Command != "" {
		c := &command{line: o.Command, environ: o.Environ, timeout: timeout}
		a.lanes = append(a.lanes, newLane("command", o.Log, c.deliver))
	}
	if o.Webhook != "" {
		h, err := newWebhook(o.Webhook, o.Transport)
		if err != nil {
			stop()
			return nil, err
		}
		a.lanes = append(a.lanes, newLane(h.shown, o.Log, h.deliver))
	}
	for _, l := range a.lanes {
		go l.run(ctx)
	}
	return a, nil
}

// Alert has the text delivered and does not wait for that.
func (a *Alerter) Alert(text string) {
	m := message{clean(text), a.now()}
	for _, l := range a.lanes {
		l.add(m)
	}
}

// Close waits until all alerts are delivered or have failed. When ctx ends
// first, it ends what is under way and says how many alerts were given up.
// Later alerts are only logged.
func (a *Alerter) Close(ctx context.Context) error {
	defer a.stop()
	for _, l := range a.lanes {
		l.close()
	}
	var errs []error
	for _, l := range a.lanes {
		select {
		case <-l.done:
		case <-ctx.Done():
			a.stop()
			<-l.done
		}
		if n := l.givenUp(); n > 0 {
			errs = append(errs, fmt.Errorf("stop alerting: %d not delivered by %s", n, l.name))
		}
	}
	return errors.Join(errs...)
}
