package main

import (
	"runtime"
	"time"

	"digest.example/internal/smtpsink"
)

// rows are the figures that docs/PERFORMANCE.md shows.
func (w *bench) rows() []row {
	ours := sender{name: "digest", run: w.sqlite(nil)}
	c := sender{name: "smtp-source", run: w.smtpSource}
	goMail := sender{name: "go-mail", part: 10, run: w.goMail}
	slowed := sender{name: "digest, commits slowed by 2 ms", run: w.sqlite([]string{slowCommits + "=2ms"})}
	unawaited := sender{name: "digest, commits not waited for", run: w.sqlite([]string{noWaiting + "=yes"})}
	signed := sender{name: "digest, signing", signs: true, run: w.sqlite(nil, "--config", "dkim.yaml")}
	shared := sender{name: "digest on PostgreSQL", run: w.postgres(1)}
	two := sender{name: "two of them", run: w.postgres(2)}
	all := []sender{ours, c, goMail}
	return []row{
		{name: "10 connections", connections: 10, senders: all, base: 1},
		{name: "20 connections", connections: 20, senders: all, base: 1},
		{name: "50 connections", connections: 50, senders: all, base: 1},
		{
			name: "50, 5 ms a reply", connections: 50, senders: []sender{ours, c}, base: 1,
			options: smtpsink.Options{Latency: 5 * time.Millisecond},
		},
		{name: "10, no waiting for commits", connections: 10, senders: []sender{unawaited, c}, base: 1},
		{name: "50, no waiting for commits", connections: 50, senders: []sender{unawaited, c}, base: 1},
		{name: "50, slow commits", connections: 50, senders: []sender{slowed, c, ours}, base: 1},
		{
			name: "50, DKIM", connections: 50, base: 1, prepare: w.makeKey,
			senders: []sender{
				signed,
				{name: "RSA-2048 signatures of one core × cores", alone: w.signatures(1)},
				{name: "RSA-2048 signatures of all cores", alone: w.signatures(runtime.NumCPU())},
			},
		},
		{name: "PostgreSQL, 20", connections: 20, prepare: w.startPostgres, senders: []sender{shared, ours}, base: 1},
		{name: "two processes, 20 each", connections: 20, prepare: w.startPostgres, senders: []sender{two, shared}, base: 1},
	}
}
