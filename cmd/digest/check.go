package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"digest.example/internal/config"
	"digest.example/internal/digest"
	"digest.example/internal/publish"
	"digest.example/internal/store"
)

func (a *app) checkCommand() *cobra.Command {
	var smtp bool
	c := &cobra.Command{
		Use:   "check",
		Short: "Say what is wrong with the configuration",
		Long: `Say what is wrong with the configuration, each mistake in a line with its file, key
and remedy, and whether it fits the database. --smtp also connects to the relay and
authenticates, without sending. What digest init could not know and nobody has set
yet is named in notes, which are no mistakes; so is what to publish in DNS for the
keys of smtp.dkim. Nothing is changed.`,
		Example: `  digest check
  digest check --smtp --config /etc/digest/config.yaml`,
		Args: none,
		RunE: func(c *cobra.Command, _ []string) error { return a.check(c.Context(), smtp) },
	}
	c.Flags().BoolVar(&smtp, "smtp", false, "connect to the relay and authenticate")
	return c
}

// checked is what digest check prints.
type checked struct {
	OK       bool      `json:"ok"`
	Sample   bool      `json:"built_in_sample,omitempty"` // there is no configuration
	Problems []problem `json:"problems"`
	Notes    []string  `json:"notes,omitempty"`
}

// problem is one mistake in it.
type problem struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	Key  string `json:"key,omitempty"`
	Text string `json:"text"`
}

func (a *app) check(ctx context.Context, smtp bool) error {
	found, err := a.problems(ctx)
	if err != nil {
		return err
	}
	result := checked{OK: len(found) == 0, Sample: a.sample(), Problems: []problem{}}
	for _, p := range found {
		result.Problems = append(result.Problems, problem(p))
	}
	if result.Sample {
		result.Notes = append(result.Notes, a.sampleNote())
	}
	if result.OK {
		result.Notes = append(result.Notes, placeholders(a.config)...)
		more, err := a.dkimNotes()
		if err != nil {
			return err
		}
		result.Notes = append(append(result.Notes, more...), config.Strays(a.environ)...)
	}
	var greeting error
	if smtp && result.OK {
		var note string
		if note, greeting = a.greet(ctx); greeting == nil {
			result.Notes = append(result.Notes, note)
		}
		result.OK = greeting == nil
	}
	err = a.print(result, func(w io.Writer) { result.print(w, found, a.configName()) })
	if err == nil && len(found) > 0 {
		err = fmt.Errorf("%w: %s", digest.ErrConfig, plural(len(found), "mistake"))
	}
	return errors.Join(err, greeting)
}

func (r checked) print(w io.Writer, found config.Problems, name string) {
	for _, p := range found {
		fmt.Fprintln(w, p)
	}
	switch {
	case len(found) > 0:
	case r.Sample:
		fmt.Fprintln(w, "no mistakes found")
	default:
		fmt.Fprintln(w, name+": no mistakes found")
	}
	for _, n := range r.Notes {
		fmt.Fprintln(w, "note:", n)
	}
}

// problems are the mistakes that would keep digest from starting: those of the
// configuration, and where that has none, those that its parts find when they
// are made from it.
func (a *app) problems(ctx context.Context) (config.Problems, error) {
	newsletters, err := a.load()
	var found config.Problems
	if errors.As(err, &found) {
		return found, nil
	}
	if err != nil {
		return nil, err
	}
	if _, err := a.dialer(); err != nil {
		found = append(found, config.Problem{File: a.configName(), Key: "smtp", Text: remedy(err)})
	}
	if _, err := a.signer(); err != nil {
		found = append(found, config.Problem{File: a.configName(), Key: "smtp.dkim", Text: remedy(err)})
	}
	var wrong config.Problems
	if _, err := a.composer(); errors.As(err, &wrong) {
		found = append(found, wrong...)
	} else if err != nil {
		return nil, err
	}
	more, err := a.misfits(ctx, newsletters)
	return config.Locate(a.configFile, a.environ, append(found, more...)), err
}

// remedy is what an error says without the names of its kind and of the key,
// which a problem has already.
func remedy(err error) string {
	text := err.Error()
	for _, known := range []string{digest.ErrConfig.Error() + ": ", "open database: ", "database: ", "secret: ", "smtp.dkim: "} {
		text = strings.Replace(text, known, "", 1)
	}
	return text
}

// misfits is where configuration, key and database do not belong together.
func (a *app) misfits(ctx context.Context, newsletters []publish.Newsletter) (found config.Problems, err error) {
	s, err := a.open(ctx, store.ReadOnly)
	if errors.Is(err, digest.ErrConfig) {
		return config.Problems{{File: a.configName(), Key: "database", Text: remedy(err)}}, nil
	}
	if err != nil {
		return nil, err
	}
	defer closing(&err, s)
	return a.misfitsWith(ctx, s, newsletters)
}

// misfitsWith is what of the configuration does not belong to the database.
func (a *app) misfitsWith(ctx context.Context, s *store.Store, newsletters []publish.Newsletter) (found config.Problems, err error) {
	if _, err := a.keys(ctx, s, true); errors.Is(err, digest.ErrConfig) || errors.Is(err, fs.ErrPermission) {
		found = append(found, config.Problem{File: a.configName(), Key: "secret", Text: remedy(err)})
	} else if err != nil {
		return nil, err
	}
	known, err := s.Newsletters(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range known {
		if !slices.ContainsFunc(newsletters, func(n publish.Newsletter) bool { return n.Name == name }) {
			found = append(found, config.Problem{File: a.configName(), Key: "newsletters", Text: fmt.Sprintf(
				"%q is in the database but not here: put it back, or say what became of it: "+
					"digest newsletters rename %s NEW, or digest newsletters retire %s", name, name, name)})
		}
	}
	return found, nil
}

// greet opens and ends a session with the relay, and says with whom.
func (a *app) greet(ctx context.Context) (string, error) {
	session, err := a.dial(ctx)
	if err != nil {
		return "", err
	}
	c := a.config.SMTP
	login := "no login"
	if c.Username != "" {
		login = "logged in as " + c.Username
	}
	return fmt.Sprintf("%s:%d takes mail from us (tls: %s, %s)", c.Host, c.Port, c.TLS, login), session.Close()
}
