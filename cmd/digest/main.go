// Command digest pulls the new articles of sites and the best comments under
// them, composes an email digest and sends it to subscribers. This package wires
// the others together and holds the command line; it decides nothing itself.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // the binary brings its time zones
)

func main() { os.Exit(execute(newApp())) }

// execute runs the process's command line under its signals.
func execute(a *app) (code int) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // by nohup, that is
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		<-signals // the first: let open transactions finish
		stop()
		a.stopping()
		passEchoes(signals)
		<-signals // the second: now
		a.abort()
	}()
	return a.run(ctx, os.Args[1:])
}

// echo is how long after a signal another counts as the same wish: timeout(1)
// sends one to the program and one to its group.
const echo = 200 * time.Millisecond

// passEchoes takes what comes meanwhile.
func passEchoes(signals <-chan os.Signal) {
	over := time.After(echo)
	for {
		select {
		case <-signals:
		case <-over:
			return
		}
	}
}

// outlivePipes has a write to a pipe that nobody reads any more fail, where it
// would end the process: who stops "digest send | tee log" stops tee first. It is
// not ignored as nohup ignores, since the programs that we start would inherit that.
func outlivePipes() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }
