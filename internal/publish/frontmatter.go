package publish

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"digest.example/internal/digest"
	"digest.example/internal/sanitize"
)

// note is what the editor wrote for the next issue.
type note struct {
	Text string // Markdown
	// Subject and Preheader take the place of those that would be made; clean.
	Subject, Preheader string
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
		Subject   string    `yaml:"subject"`
		Preheader string    `yaml:"preheader"`
		Pin       addresses `yaml:"pin"`
		Drop      addresses `yaml:"drop"`
	}
	d := yaml.NewDecoder(bytes.NewReader([]byte(s)))
	d.KnownFields(true)
	if err := d.Decode(&keys); err != nil && !errors.Is(err, io.EOF) {
		return note{}, fmt.Errorf("%w: %s; the note's front matter takes subject: and preheader: with a line of text (in "+
			"quotes, where it has a colon), pin: and drop: with addresses of articles or comments", digest.ErrConfig, slips(err))
	}
	n := note{Pins: keys.Pin, Drops: keys.Drop}
	var err error
	if n.Subject, err = headline("subject", keys.Subject, subjectMost); err != nil {
		return n, err
	}
	n.Preheader, err = headline("preheader", keys.Preheader, preheaderMost)
	return n, err
}

var (
	slipLine = regexp.MustCompile(`\bline (\d+): `)
	slipKey  = regexp.MustCompile(`field (\S+) not found in type .*`)
	slipKind = regexp.MustCompile(`cannot unmarshal !!\S+ .*`)
)

// slips are an editor's mistakes, where the YAML library speaks to programmers.
func slips(err error) string {
	said := []string{strings.TrimPrefix(err.Error(), "yaml: ")}
	var several *yaml.TypeError
	if errors.As(err, &several) {
		said = several.Errors
	}
	for i, s := range said {
		s = slipKey.ReplaceAllString(s, `there is no key $1`)
		s = slipKind.ReplaceAllString(s, `not what stands after this key`)
		said[i] = slipLine.ReplaceAllStringFunc(s, func(line string) string {
			n, _ := strconv.Atoi(slipLine.FindStringSubmatch(line)[1])
			return fmt.Sprintf("line %d: ", n+1) // after the fence
		})
	}
	return strings.ReplaceAll(strings.Join(said, ", "), "\n", " ")
}

// The characters that an editor may write where inboxes show the mail. Phones
// show 60 of a subject and 110 of a preheader; a little more is the editor's own
// choice, a paragraph is a slip.
const (
	subjectMost   = 100
	preheaderMost = 160
)

// headline is an editor's line, clean.
func headline(key, s string, most int) (string, error) {
	if strings.ContainsAny(strings.TrimSpace(s), "\r\n") {
		return "", fmt.Errorf("%w: the note's %s: has several lines: give it one", digest.ErrConfig, key)
	}
	line := sanitize.Line(s)
	if n := utf8.RuneCountInString(line); n > most {
		return "", fmt.Errorf("%w: the note's %s: has %d characters: give it %d at most", digest.ErrConfig, key, n, most)
	}
	return line, nil
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
