package digest

import "errors"

// The kinds of error that callers tell apart. Everything else is a failure.
// cmd/digest turns them into exit codes and internal/web into HTTP statuses.
var (
	// ErrUsage: the command line asks for something that cannot be.
	ErrUsage = errors.New("usage")
	// ErrConfig: the configuration is wrong.
	ErrConfig = errors.New("bad configuration")
	// ErrNotFound: no such newsletter, issue, subscriber.
	ErrNotFound = errors.New("not found")
	// ErrBusy: another instance holds what this one needs.
	ErrBusy = errors.New("busy")
	// ErrHeld: an issue is held until something is put right.
	ErrHeld = errors.New("held")
	// ErrIncomplete: some recipients were not delivered to, or are in doubt.
	ErrIncomplete = errors.New("incomplete")
	// ErrRefused: a rule forbids it, such as reviving a subscriber who left.
	ErrRefused = errors.New("refused")
	// ErrSchema: the database has another schema than this program.
	ErrSchema = errors.New("schema")
)
