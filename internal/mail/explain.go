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
		return explainRefusal(err, replyOf(refused))
	}
	if hint := hintFor(err, o); hint != "" {
		return fmt.Errorf("%w; %s", err, hint)
	}
	return err
}

func explainRefusal(err error, reply Reply) error {
	// go-mail tells the stage only by the words around the reply.
	switch text := err.Error(); {
	case strings.HasPrefix(text, "SMTP AUTH failed"):
		no := &ReplyError{Reply: reply, Command: "AUTH"}
		if reply.Code == 535 || reply.Code == 534 {
			return fmt.Errorf("%w; check smtp.username and smtp.password (or DIGEST_SMTP_PASSWORD)", no)
		}
		return no
	case strings.Contains(text, "EHLO/HELO"):
		return &ReplyError{Reply: reply, Command: "EHLO"}
	default:
		return &ReplyError{Reply: reply, Command: "CONNECT"}
	}
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
	case strings.Contains(text, "does not support SMTP AUTH"):
		return "leave smtp.username empty if this relay wants no password, or check smtp.port (587 is usual)"
	case strings.Contains(text, "no supported SMTP AUTH"), strings.Contains(text, "unencrypted connection"):
		return "the relay offers no way to log in that is safe here; set smtp.tls: starttls or implicit"
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
