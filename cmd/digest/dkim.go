package main

import (
	"errors"
	"fmt"
	"io/fs"
	netmail "net/mail"
	"strings"

	"digest.example/internal/digest"
	"digest.example/internal/mail"
	"digest.example/internal/preflight"
)

// signer is what mail is signed with; nil where it is not.
func (a *app) signer() (*mail.Signer, error) {
	c := a.config.SMTP.DKIM
	if len(c.Keys) == 0 {
		return nil, nil
	}
	o := mail.SignerOptions{Domain: c.Domain, Now: a.now}
	for i, k := range c.Keys {
		file, err := readKey(k.File)
		if err != nil {
			return nil, keyError(i, err)
		}
		o.Keys = append(o.Keys, mail.Key{Selector: k.Selector, PEM: file})
	}
	s, err := mail.NewSigner(o)
	if err != nil {
		return nil, fmt.Errorf("%w: smtp.dkim: %w", digest.ErrConfig, err)
	}
	return s, nil
}

func keyError(i int, err error) error {
	if errors.Is(err, digest.ErrConfig) {
		return err
	}
	why := err.Error()
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		why = fmt.Sprintf("%s: %v", path.Path, path.Err)
	}
	return fmt.Errorf("%w: smtp.dkim: keys[%d].file: cannot be read: %s", digest.ErrConfig, i, why)
}

// sign is the step between building a message and sending it; nil where mail is
// not signed.
func (a *app) sign() (func(dst, data []byte) ([]byte, error), error) {
	s, err := a.signer()
	if s == nil {
		return nil, err
	}
	return s.AppendSigned, nil
}

// signed is a message as it goes out.
func (a *app) signed(data []byte) ([]byte, error) {
	sign, err := a.sign()
	if sign == nil {
		return data, err
	}
	return sign(nil, data)
}

// dkimKeys are the keys as DNS should have them.
func dkimKeys(s *mail.Signer) []preflight.DKIMKey {
	if s == nil {
		return nil
	}
	var keys []preflight.DKIMKey
	for _, r := range s.Records() {
		keys = append(keys, preflight.DKIMKey{Name: r.Name, Record: r.Value})
	}
	return keys
}

// dkimNotes say what to publish for the keys, and what the signature is not
// worth. Where nothing is signed there are none.
func (a *app) dkimNotes() ([]string, error) {
	s, err := a.signer()
	if s == nil {
		return nil, err
	}
	var notes []string
	for _, r := range s.Records() {
		notes = append(notes, "DKIM: publish "+r.Name+". TXT "+zoneText(r.Value))
		if r.Weak != "" {
			notes = append(notes, "DKIM: "+r.Name+": "+r.Weak)
		}
	}
	for i, n := range a.config.Newsletters {
		from, err := netmail.ParseAddress(n.From)
		if err == nil && !preflight.Aligned(from.Address, s.Domain()) {
			notes = append(notes, fmt.Sprintf("newsletters[%d].from: %s does not belong to smtp.dkim.domain %s, so that "+
				"the signature does not count for DMARC", i, from.Address, s.Domain()))
		}
	}
	return notes, nil
}

// zoneText is a TXT record as a zone file has it: in strings of 255 characters
// at most (RFC 1035, 3.3).
func zoneText(s string) string {
	const most = 255
	var parts []string
	for len(s) > most {
		parts = append(parts, `"`+s[:most]+`"`)
		s = s[most:]
	}
	return strings.Join(append(parts, `"`+s+`"`), " ")
}
