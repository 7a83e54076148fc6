package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/mail"
	"os"
	"path/filepath"
	"time"

	"digest.example/internal/config"
	"digest.example/internal/digest"
	"digest.example/internal/library"
	"digest.example/internal/publish"
	"digest.example/internal/schedule"
)

// newsletters turns the configuration's newsletters into what publishing works
// with, and finds what only the packages concerned can find wrong with them.
func (a *app) newsletters() ([]publish.Newsletter, error) {
	client, err := a.client()
	if err != nil {
		return nil, config.Problems{{File: a.configName(), Key: "fetch", Text: err.Error()}}
	}
	var all []publish.Newsletter
	var found config.Problems
	for i, c := range a.config.Newsletters {
		n, problems := newsletter(c, a.config.Web.PublicURL, siteKinds{client, a.log()})
		for _, p := range problems {
			p.File, p.Key = a.configName(), fmt.Sprintf("newsletters[%d].%s", i, p.Key)
			found = append(found, p)
		}
		n.NoteFile = noteFile(c.Name, len(a.config.Newsletters))
		all = append(all, n)
	}
	if len(found) > 0 {
		return nil, config.Locate(a.configFile, a.environ, found)
	}
	return all, nil
}

func (a *app) configName() string {
	if a.configFile == "" {
		return config.DefaultFile
	}
	return a.configFile
}

// sample says whether there is no configuration, so that the built-in sample
// stands in for it.
func (a *app) sample() bool {
	if a.configFile != "" {
		return false
	}
	_, err := os.Stat(config.DefaultFile)
	return errors.Is(err, fs.ErrNotExist)
}

// sampleNote tells whoever stands in the wrong folder.
func (a *app) sampleNote() string {
	here, err := os.Getwd()
	if err != nil {
		here = "this folder"
	}
	return fmt.Sprintf("there is no %s in %s, so this is the built-in sample: go to the folder of yours, name a file with --config, "+
		"or make one with digest init", config.DefaultFile, here)
}

// tellSample says once that what is about to be changed, or was asked for, belongs
// to the sample.
func (a *app) tellSample() {
	if !a.sampleTold && a.sample() {
		fmt.Fprintln(a.err, "note:", a.sampleNote())
	}
	a.sampleTold = true
}

// noteFile is where the editor writes the next note: notes/NEXT.md, in a folder
// of its own for each newsletter where there are several.
func noteFile(name string, of int) string {
	if of == 1 {
		return filepath.Join("notes", "NEXT.md")
	}
	return filepath.Join("notes", name, "NEXT.md")
}

// newsletter is one of them. The keys of its problems are those within it.
func newsletter(c config.Newsletter, publicURL string, kinds siteKinds) (publish.Newsletter, config.Problems) {
	location, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return publish.Newsletter{}, config.Problems{{Key: "timezone", Text: err.Error()}}
	}
	s, err := schedule.Parse(c.Schedule, c.Timezone)
	if err != nil {
		return publish.Newsletter{}, config.Problems{{Key: "schedule", Text: err.Error()}}
	}
	n := publish.Newsletter{Spec: c.Schedule, Schedule: s, Newsletter: digest.Newsletter{
		Name: c.Name, Title: c.Title, From: c.From, ReplyTo: c.ReplyTo,
		EnvelopeFrom: envelopeFrom(c), UnsubscribeMailbox: c.UnsubscribeMailbox,
		PostalAddress: c.PostalAddress, Language: c.Language, PublicURL: publicURL,
		Location: location, MaxArticles: c.Articles.Max, Window: c.Articles.Window.Std(),
		PerArticle: c.Comments.PerArticle, MinAge: c.Comments.MinAge.Std(), Bar: c.Comments.Bar,
		BlockedWords: c.Comments.BlockedWords, BlockedAuthors: c.Comments.BlockedAuthors,
		Resend:  c.Delivery.InDoubt == config.InDoubtResend,
		HoldMax: c.HoldMax.Std(), CatchUp: c.CatchUp.Std(),
	}}
	var problems config.Problems
	for i, s := range c.Sources {
		ref := digest.SourceRef{Name: s.Name, URL: s.URL, Kind: s.Kind, Required: s.Required}
		site, err := kinds.source(ref)
		if err != nil {
			problems = append(problems, config.Problem{Key: fmt.Sprintf("sources[%d].kind", i), Text: err.Error()})
			continue
		}
		n.Sources = append(n.Sources, library.Source{SourceRef: ref, Source: site})
	}
	return n, problems
}

// envelopeFrom is where bounces go.
func envelopeFrom(c config.Newsletter) string {
	if c.EnvelopeFrom != "" {
		return c.EnvelopeFrom
	}
	from, err := mail.ParseAddress(c.From)
	if err != nil {
		return "" // Validate has refused it
	}
	return from.Address
}
