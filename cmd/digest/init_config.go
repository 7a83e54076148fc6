package main

import (
	"fmt"
	"io"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"

	"digest.example/internal/config"
	"digest.example/internal/sanitize"
	"digest.example/internal/sources"
)

// configFor is a configuration with a newsletter made from a site, complete but
// for what only its operator knows.
func configFor(site sources.Site, allowHosts []string) config.Config {
	c := config.Default()
	c.Fetch.AllowHosts = allowHosts
	n := &c.Newsletters[0]
	n.Title = titleOf(site)
	n.From = mailboxOf(n.Title, "digest@example.org")
	n.ReplyTo = ""
	n.PostalAddress = placeholderPost
	n.Timezone = "UTC"
	if site.Timezone != "" {
		n.Timezone = site.Timezone
	}
	if tag, err := language.Parse(site.Language); err == nil {
		n.Language = tag.String()
	}
	address := siteAddress(site)
	n.Sources = []config.Source{{Name: sourceName(address), URL: address, Kind: site.Kind, Required: true}}
	return c
}

// siteAddress is where the site will be looked for: its front page, unless a
// certain feed was asked for.
func siteAddress(site sources.Site) string {
	if site.Kind == sources.KindFeed {
		return site.Address
	}
	return site.Home
}

// maxTitle keeps a title within what the configuration takes, in bytes.
const maxTitle = 200

// titleOf is what the site calls itself, or its host.
func titleOf(site sources.Site) string {
	title := sanitize.Short(sanitize.Line(site.Title), 80)
	for len(title) > maxTitle {
		_, size := utf8.DecodeLastRuneInString(title)
		title = title[:len(title)-size]
	}
	if title = strings.TrimSpace(title); title == "" {
		return sanitize.Host(site.Home)
	}
	return title
}

// mailboxOf writes name and address as RFC 5322 has it, with quotes only where
// they are needed.
func mailboxOf(name, address string) string {
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	for _, mailbox := range []string{name + " <" + address + ">", `"` + quote.Replace(name) + `" <` + address + ">"} {
		if a, err := mail.ParseAddress(mailbox); err == nil && a.Name == name && a.Address == address {
			return mailbox
		}
	}
	return address
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// sourceName makes a name of the host of an address.
func sourceName(address string) string {
	name := notInNames.ReplaceAllString(strings.ToLower(sanitize.Host(address)), "-")
	name = strings.Trim(name, "-")
	name = strings.Trim(name[:min(len(name), 40)], "-")
	if name == "" {
		return "site"
	}
	return name
}

// write puts the configuration into its file, once it has been read again
// without a mistake.
func (n newSite) write(c config.Config) error {
	text, err := config.Annotated(c, []string{
		"Written by digest init for " + sanitize.Line(c.Newsletters[0].Sources[0].URL),
		"on " + time.Now().Format("2 January 2006") + ". What is marked with CHANGE THIS only you can know.",
	}, true)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "digest-init-")
	if err != nil {
		return fmt.Errorf("check the new configuration: %w", err)
	}
	defer os.RemoveAll(folder)
	draft := filepath.Join(folder, config.DefaultFile)
	if err := os.WriteFile(draft, text, 0o600); err != nil {
		return fmt.Errorf("check the new configuration: %w", err)
	}
	if _, err := config.Load(draft, nil); err != nil {
		return fmt.Errorf("what the site says of itself makes no configuration: %w", err)
	}
	// A password may come into it, which only its owner may then read.
	return writeFile(n.output, n.force, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}
