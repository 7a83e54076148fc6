package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

var authKinds = []string{AuthAuto, AuthPlain, AuthLogin, AuthCRAMMD5, AuthSCRAMSHA1, AuthSCRAMSHA256, AuthXOAUTH2}

// showsPassword are the kinds of Auth by which whoever listens learns it.
var showsPassword = []string{AuthPlain, AuthLogin, AuthXOAUTH2}

func (ps *Problems) checkLogin(s SMTP) {
	for _, f := range [][2]string{{"username", s.Username}, {"password", s.Password}, {"password_file", s.PasswordFile}} {
		if hasControl(f[1]) {
			ps.add("smtp."+f[0], "holds a control character: remove it")
		}
	}
	secret := s.Password != "" || s.PasswordFile != ""
	switch {
	case s.Password != "" && s.PasswordFile != "":
		ps.add("smtp.password_file", "smtp.password is set as well: give one of the two")
	case secret && s.Username == "":
		ps.add("smtp.username", "missing although there is a password: give both or none")
	}
	switch {
	case !slices.Contains(authKinds, s.Auth):
		ps.add("smtp.auth", "%q is not one of %s", printable(s.Auth), strings.Join(authKinds, ", "))
	case s.Auth != AuthAuto && s.Username == "" && !secret:
		ps.add("smtp.username", "missing although smtp.auth is %s: give it and a password, or leave auth at auto", s.Auth)
	case slices.Contains(showsPassword, s.Auth) && s.TLS == TLSNone && !isLoopback(s.Host):
		ps.add("smtp.auth", "%s would send the password unencrypted: set smtp.tls to starttls or implicit", s.Auth)
	}
}

func (ps *Problems) checkDKIM(d DKIM) {
	const most = 2 // an old key and its successor, or one of each kind
	switch _, err := netip.ParseAddr(d.Domain); {
	case d.Domain == "" && len(d.Keys) > 0:
		ps.add("smtp.dkim.domain", "missing: give the domain of the newsletters' from")
	case d.Domain != "" && (!isHost(d.Domain) || err == nil):
		ps.add("smtp.dkim.domain", "%q is not a domain, such as example.org", printable(d.Domain))
	case d.Domain != "" && len(d.Keys) == 0:
		ps.add("smtp.dkim.keys", "empty although there is a domain: give a selector and the file of a private key")
	}
	if len(d.Keys) > most {
		ps.add("smtp.dkim.keys", "%d keys: give at most %d", len(d.Keys), most)
	}
	selectors := map[string]bool{}
	for i, k := range d.Keys {
		key := indexed("smtp.dkim.keys", i)
		selector := strings.ToLower(k.Selector)
		switch {
		case k.Selector == "":
			ps.add(key+".selector", "missing: give the name that the key has in DNS, such as s2026")
		case !isHost(k.Selector):
			ps.add(key+".selector", "%q is not a selector: use letters, digits and hyphens", printable(k.Selector))
		case selectors[selector]:
			ps.add(key+".selector", "%q is the selector of another key as well", k.Selector)
		}
		selectors[selector] = true
		switch {
		case k.File == "":
			ps.add(key+".file", "missing: give the file of the private key")
		case hasControl(k.File):
			ps.add(key+".file", "holds a control character: remove it")
		}
	}
}

// CurrentPassword is the password as it is now: what PasswordFile holds, where
// that is set. The error names the key and says what to do.
func (s SMTP) CurrentPassword() (string, error) {
	if s.PasswordFile == "" {
		return s.Password, nil
	}
	password, err := readSecret(s.PasswordFile)
	if err == nil && hasControl(password) {
		err = fmt.Errorf("%s holds a control character: remove it", s.PasswordFile)
	}
	if err != nil {
		return "", fmt.Errorf("smtp.password_file: %w", err)
	}
	return password, nil
}

// unreadable is the problem that Load finds beside those of Validate, which
// reads no files.
func (s SMTP) unreadable() Problems {
	if _, err := s.CurrentPassword(); err != nil && !hasControl(s.PasswordFile) {
		return Problems{{Key: "smtp.password_file", Text: strings.TrimPrefix(err.Error(), "smtp.password_file: ")}}
	}
	return nil
}
