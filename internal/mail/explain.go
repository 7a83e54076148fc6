package mail

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"
)

// explain adds to a dial's error what the operator can do about it, and makes
// a server's refusal a *ReplyError.
func explain(err error, o Options) error {
	var refused *textproto.Error
	if errors.As(err, &refused) {
		return explainRefusal(err, replyOf(refused), o)
	}
	if hint := hintFor(err, o); hint != "" {
		return fmt.Errorf("%w; %s", err, hint)
	}
	return err
}

func explainRefusal(err error, reply Reply, o Options) error {
	// go-mail tells the stage only by the words around the reply.
	switch text := err.Error(); {
	case strings.HasPrefix(text, "SMTP AUTH failed"):
		no := &ReplyError{Reply: reply, Command: "AUTH"}
		if reply.Code == 535 || reply.Code == 534 {
			return fmt.Errorf("%w; %s", no, credentials(o))
		}
		return no
	case strings.Contains(text, "EHLO/HELO"):
		return &ReplyError{Reply: reply, Command: "EHLO"}
	default:
		return &ReplyError{Reply: reply, Command: "CONNECT"}
	}
}

// credentials says where to look when the relay does not know us.
func credentials(o Options) string {
	where := "smtp.password (or DIGEST_SMTP_PASSWORD)"
	if o.PasswordFrom != nil {
		where = "the file of smtp.password_file"
	}
	if o.Auth == AuthXOAUTH2 {
		return "check smtp.username, and whether the access token in " + where + " is still valid"
	}
	return "check smtp.username and " + where
}

func hintFor(err error, o Options) string {
	var (
		record  tls.RecordHeaderError
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		dns     *net.DNSError
		netErr  net.Error
	)
	text := err.Error()
	switch {
	case strings.Contains(text, "does not support STARTTLS"):
		return "set smtp.tls: implicit for port 465, or ask the relay's operator why it offers no encryption"
	case errors.Is(err, errNoAuth):
		return "leave smtp.username empty if this relay wants no password, or check smtp.port (587 is usual)"
	case errors.Is(err, errNoMechanism), errors.Is(err, errIterations):
		return "set smtp.auth to one that it offers, or to auto"
	case errors.Is(err, errInClear):
		return "set smtp.tls: starttls or implicit"
	case errors.Is(err, errNoProof):
		return "is it the right server? smtp.auth: plain does without the proof, under TLS"
	case errors.As(err, &record):
		return "the port does not begin with TLS: set smtp.tls: starttls (port 587), or use port 465"
	case errors.As(err, &unknown), errors.As(err, &name), errors.As(err, &invalid):
		return "the relay's certificate is not valid for smtp.host: set smtp.host to the name in the certificate, or have the certificate renewed"
	case errors.As(err, &dns):
		return "check smtp.host and this machine's DNS"
	case errors.As(err, &netErr) && netErr.Timeout() && o.TLS == StartTLS && o.Port == 465:
		return "port 465 speaks TLS from the start: set smtp.tls: implicit"
	case strings.Contains(text, "connection refused"):
		return "nothing listens there: check smtp.host and smtp.port"
	}
	return ""
}
