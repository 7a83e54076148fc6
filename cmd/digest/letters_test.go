package main

import (
	"context"
	"fmt"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"digest.example/internal/digest"
	"digest.example/internal/store"
)

// letter ID ADDRESS posts a letter to a subscriber.
func letter(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: letter ID ADDRESS")
	}
	ctx := context.Background()
	s, err := store.Open(ctx, ts.MkAbs("digest.db"), store.Options{Mode: store.ReadWrite})
	ts.Check(err)
	defer s.Close()
	p, err := s.SubscriberByAddress(ctx, args[1])
	ts.Check(err)
	ts.Check(s.Post(ctx, digest.Letter{
		ID: args[0], Kind: digest.LetterConfirm, Subscriber: p.ID, From: "digest@example.org",
		Data:    fmt.Appendf(nil, "Subject: letter %s\r\n\r\nherons", args[0]),
		Created: time.Now(), GiveUp: time.Now().Add(time.Hour),
	}))
}
