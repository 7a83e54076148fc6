// Command digest pulls the new articles of sites and the best comments under
// them, composes an email digest and sends it to subscribers. This package wires
// the others together and holds the command line; it decides nothing itself.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the binary brings its time zones
)

func main() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, environ: os.Environ()}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals // the first: let open transactions finish
		a.stopping()
		stop()
		<-signals // the second: now
		a.abort()
	}()
	os.Exit(a.run(ctx, os.Args[1:]))
}
