package main

import (
	"context"
	"fmt"
	"runtime/debug"

	"digest.example/internal/metrics"
	"digest.example/internal/publish"
	"digest.example/internal/store"
	"digest.example/internal/web"
)

// metrics opens the address for monitors, if there is to be one, and returns what
// serves it until its context ends.
func (a *app) metrics(s *store.Store, newsletters []publish.Newsletter) (func(context.Context) error, error) {
	if a.config.Metrics.Listen == "" {
		return func(context.Context) error { return nil }, nil
	}
	var names []string
	for _, n := range newsletters {
		names = append(names, n.Name)
	}
	info, _ := debug.ReadBuildInfo()
	server, err := web.Listen(a.config.Metrics.Listen, metrics.New(metrics.Options{
		Store: s, Newsletters: names, Version: versionOf(info).Version, Started: a.now(), Now: a.now, Log: a.log(),
	}), a.log())
	if err != nil {
		return nil, fmt.Errorf("%w: stop what listens there, or let metrics.listen name another address", err)
	}
	a.log().Info("serving metrics", "address", server.Addr(), "path", "/metrics")
	return server.Run, nil
}
