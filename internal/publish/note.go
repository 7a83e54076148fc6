package publish

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"digest.example/internal/digest"
)

// noteMax bounds an editor's note; the mail's budget is far below it.
const noteMax = 64 << 10

// readNote reads the editor's next note. No file means no note.
func readNote(file string) (string, error) {
	f, err := os.Open(file)
	if file == "" || errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the editor's note: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, noteMax+1))
	if err != nil {
		return "", fmt.Errorf("read the editor's note: %w", err)
	}
	if len(b) > noteMax {
		return "", fmt.Errorf("%w: the editor's note %s is larger than %d bytes", digest.ErrConfig, file, noteMax)
	}
	return strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(string(b), "\x00", ""), "\uFFFD")), nil
}

// brokenNote is the error of a note that is not right. It is no mistake of the
// configuration: what it amounts to is for the step that meets it.
type brokenNote struct{ error }

func (b brokenNote) Error() string {
	return strings.Replace(b.error.Error(), digest.ErrConfig.Error()+": ", "", 1)
}

// draftNote reads the editor's next note, and returns it with the file as it was
// written. Where a broken one is forced, it counts as none and stays where it is.
func draftNote(file string, force []string) (note, string, error) {
	written, err := readNote(file)
	var n note
	if err == nil {
		if n, err = parseNote(written); err != nil {
			err = fmt.Errorf("%s: %w", file, err)
		}
	}
	switch {
	case err == nil:
		return n, written, nil
	case slices.Contains(force, HoldNote):
		return note{}, "", nil
	default:
		return note{}, "", brokenNote{err}
	}
}

// fileNote puts the note that an issue printed away under the issue's name, so
// that the next issue does not print it again. A note that was edited after the
// freeze is the next issue's, and stays. It may be repeated after a crash.
func fileNote(file string, r digest.IssueRecord, draft string) error {
	note, err := readNote(file)
	if err != nil || note == "" || note != draft {
		return err
	}
	kept := filepath.Join(filepath.Dir(file), strings.ReplaceAll(r.Name(), "/", "-")+".md")
	if err := os.Rename(file, kept); err != nil {
		return fmt.Errorf("put the printed note away: %w", err)
	}
	return nil
}
