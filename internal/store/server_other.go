//go:build !linux

package store

import "syscall"

// impatient needs what only Linux has. Elsewhere the system gives a connection up
// that gets no acknowledgement when it thinks best.
func impatient(string, string, syscall.RawConn) error { return nil }
