package main

import (
	"fmt"
	"net/mail"
	"net/url"
	"strings"

	"digest.example/internal/config"
	"digest.example/internal/preflight"
)

// placeholderPost is the postal address that digest init writes.
const placeholderPost = "Your name, street and town"

// placeholders are the settings that still have the values of an example, each
// with what it keeps from working.
func placeholders(c config.Config) []string {
	var notes []string
	add := func(key, value, until string) {
		notes = append(notes, fmt.Sprintf("%s is still the placeholder %s: %s", key, value, until))
	}
	if placeholder(c.Web.PublicURL) {
		add("web.public_url", c.Web.PublicURL, "nothing goes out until readers can unsubscribe there")
	}
	if preflight.ReservedHost(c.SMTP.Host) {
		add("smtp.host", c.SMTP.Host, "name the server that takes your mail")
	}
	for i, n := range c.Newsletters {
		key := fmt.Sprintf("newsletters[%d].", i)
		if placeholderMailbox(n.From) {
			add(key+"from", n.From, "give an address of your own, or mail will be taken for forged")
		}
		if placeholderMailbox(n.ReplyTo) {
			add(key+"reply_to", n.ReplyTo, "give a mailbox that somebody reads, or leave it empty")
		}
		if n.PostalAddress == placeholderPost || n.PostalAddress == config.Default().Newsletters[0].PostalAddress {
			add(key+"postal_address", n.PostalAddress, "say where the publisher can be reached, as the law of many countries asks")
		}
	}
	return notes
}

// placeholder says whether an address lies in a domain that is reserved for
// examples (RFC 2606), where nothing can ever answer.
func placeholder(address string) bool {
	u, err := url.Parse(address)
	return err == nil && preflight.ReservedHost(u.Hostname())
}

func placeholderMailbox(mailbox string) bool {
	a, err := mail.ParseAddress(mailbox)
	if err != nil {
		return false
	}
	_, host, _ := strings.Cut(a.Address, "@")
	return preflight.ReservedHost(host)
}
