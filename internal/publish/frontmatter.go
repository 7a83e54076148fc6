package publish

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"digest.example/internal/digest"
)

// note is what the editor wrote for the next issue.
type note struct {
	Text string // Markdown
	// Pins and Drops are addresses of articles and comments, as the mail links
	// to them.
	Pins, Drops []string
}

// fence begins and ends a note's front matter.
const fence = "---"

// parseNote splits a note into its front matter, YAML between two lines of
// three hyphens at its very start, and its text.
func parseNote(s string) (note, error) {
	first, rest, _ := strings.Cut(s, "\n")
	if strings.TrimRight(first, " \t\r") != fence {
		return note{Text: strings.TrimSpace(s)}, nil
	}
	var matter strings.Builder
	for rest != "" {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		if strings.TrimRight(line, " \t\r") == fence {
			n, err := parseMatter(matter.String())
			n.Text = strings.TrimSpace(rest)
			return n, err
		}
		matter.WriteString(line + "\n")
	}
	return note{}, fmt.Errorf("%w: the note's first line is ---, but no second line of --- ends its front matter", digest.ErrConfig)
}

// parseMatter reads the keys of a front matter; others than these are mistakes.
func parseMatter(s string) (note, error) {
	var keys struct {
		Pin  addresses `yaml:"pin"`
		Drop addresses `yaml:"drop"`
	}
	d := yaml.NewDecoder(bytes.NewReader([]byte(s)))
	d.KnownFields(true)
	if err := d.Decode(&keys); err != nil && !errors.Is(err, io.EOF) {
		return note{}, fmt.Errorf("%w: the note's front matter takes pin: and drop: with addresses of articles or comments: %s",
			digest.ErrConfig, strings.ReplaceAll(err.Error(), "\n", " "))
	}
	return note{Pins: keys.Pin, Drops: keys.Drop}, nil
}

// addresses are one address or a list of them.
type addresses []string

// UnmarshalYAML implements yaml.Unmarshaler.
func (a *addresses) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*a = strings.Fields(n.Value)
		return nil
	}
	var list []string
	if err := n.Decode(&list); err != nil {
		return err
	}
	*a = strings.Fields(strings.Join(list, " "))
	return nil
}
