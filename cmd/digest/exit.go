package main

import (
	"errors"

	"digest.example/internal/digest"
)

// The exit codes that scripts can rely on; digest --help lists them.
const (
	exitOK         = 0
	exitFailure    = 1
	exitUsage      = 2
	exitIncomplete = 3
	exitHeld       = 4
	exitBusy       = 5
	exitConfig     = 78 // EX_CONFIG of sysexits.h
)

// exitCode is the one table from kinds of error to exit codes.
func exitCode(err error) int {
	for _, row := range []struct {
		kind error
		code int
	}{
		{digest.ErrConfig, exitConfig},
		{digest.ErrUsage, exitUsage},
		{digest.ErrBusy, exitBusy},
		{digest.ErrHeld, exitHeld},
		{digest.ErrIncomplete, exitIncomplete},
	} {
		if errors.Is(err, row.kind) {
			return row.code
		}
	}
	if err != nil {
		return exitFailure
	}
	return exitOK
}
