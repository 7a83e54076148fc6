package config

import (
	"fmt"
	"strconv"
	"strings"

	"digest.example/internal/digest"
)

// Problem is one mistake in the configuration, and how to put it right.
type Problem struct {
	File string // the file, or the environment variable, that says it; may be empty
	Line int    // in File, from 1; 0 where unknown
	Key  string // such as smtp.tls or newsletters[0].name; empty: the whole file
	Text string // one line, with the remedy
}

// String is the problem as one line, such as
// config.yaml:12: smtp.tls: "ssl" is not one of starttls, implicit, none.
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		if p.Line > 0 {
			b.WriteString(":" + strconv.Itoa(p.Line))
		}
		b.WriteString(": ")
	}
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString(p.Text)
	return b.String()
}

// Problems are all mistakes of a configuration, at least one. They are a
// digest.ErrConfig.
type Problems []Problem

// Error gives each problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Unwrap makes errors.Is(err, digest.ErrConfig) true.
func (ps Problems) Unwrap() error { return digest.ErrConfig }

// err is nil where there is no problem, which a nil Problems in an error is not.
func (ps Problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

func (ps *Problems) add(key, format string, args ...any) {
	*ps = append(*ps, Problem{Key: key, Text: fmt.Sprintf(format, args...)})
}
