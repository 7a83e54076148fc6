package main

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"digest.example/internal/config"
	"digest.example/internal/digest"
)

func TestExitCode(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want int
	}{
		{"done", nil, 0},
		{"any error", io.ErrUnexpectedEOF, 1},
		{"not found", digest.ErrNotFound, 1},
		{"refused", digest.ErrRefused, 1},
		{"schema", digest.ErrSchema, 1},
		{"usage", digest.ErrUsage, 2},
		{"incomplete", digest.ErrIncomplete, 3},
		{"held", digest.ErrHeld, 4},
		{"busy", digest.ErrBusy, 5},
		{"configuration", digest.ErrConfig, 78},
		{"problems", config.Problems{{Text: "x"}}, 78},
		{"wrapped", fmt.Errorf("send: %w", digest.ErrHeld), 4},
		{"two: what must be put right first", errors.Join(digest.ErrIncomplete, digest.ErrHeld), 4},
		{"two: never hides an incomplete issue", errors.Join(io.ErrUnexpectedEOF, digest.ErrIncomplete), 3},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestUsageOfCobra(t *testing.T) {
	if err := usage(errors.New(`unknown command "x" for "digest"`)); !errors.Is(err, digest.ErrUsage) {
		t.Errorf("an unknown command is %v", err)
	}
	if err := usage(io.EOF); errors.Is(err, digest.ErrUsage) {
		t.Error("any error is a usage error")
	}
	if usage(nil) != nil {
		t.Error("success is an error")
	}
}
