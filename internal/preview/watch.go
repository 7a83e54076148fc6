package preview

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

// Watch calls change, and again at each tick at which look answers otherwise
// than before, until ctx ends. What changes while change runs is seen at the
// next tick.
func Watch(ctx context.Context, ticks <-chan time.Time, look func() string, change func()) {
	last := look()
	change()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
		if now := look(); now != last {
			last = now
			change()
		}
	}
}

// Look is the state of files, and of the files in folders but not of what is in
// folders in them, by names, sizes and times: it changes when one of them is
// written, made or removed.
func Look(paths []string) string {
	var b strings.Builder
	note := func(name string, info fs.FileInfo, err error) {
		if err != nil {
			fmt.Fprintf(&b, "%q none\n", name)
			return
		}
		fmt.Fprintf(&b, "%q %v %d %d\n", name, info.Mode(), info.Size(), info.ModTime().UnixNano())
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		note(path, info, err)
		if err != nil || !info.IsDir() {
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			note(path, nil, err)
		}
		for _, e := range entries {
			info, err := e.Info()
			note(e.Name(), info, err)
		}
	}
	return b.String()
}
