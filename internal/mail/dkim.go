package mail

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// SignerOptions are what messages are signed with.
type SignerOptions struct {
	Domain string // d=: receivers count a signature for DMARC where it belongs to From's domain
	// Keys are one, or two for a change of keys or for RSA and Ed25519 side by
	// side; each makes a signature of its own.
	Keys []Key
	Now  func() time.Time // t=
}

// Signer signs messages with DKIM (RFC 6376), relaxed/relaxed and without a
// body length. It is immutable and safe for concurrent use.
type Signer struct {
	domain string
	keys   []signingKey
	now    func() time.Time
}

// NewSigner checks domain, selectors and keys; their errors name the selector.
func NewSigner(o SignerOptions) (*Signer, error) {
	if !validDomain(o.Domain) || strings.HasPrefix(o.Domain, "[") {
		return nil, fmt.Errorf("DKIM: %q is not a domain", clip(o.Domain))
	}
	if len(o.Keys) == 0 || len(o.Keys) > 2 {
		return nil, fmt.Errorf("DKIM: %d keys: give one or two", len(o.Keys))
	}
	s := &Signer{domain: strings.ToLower(o.Domain), now: o.Now}
	for _, k := range o.Keys {
		if !validDomain(k.Selector) || strings.HasPrefix(k.Selector, "[") {
			return nil, fmt.Errorf("DKIM: %q is not a selector: use letters, digits and hyphens", clip(k.Selector))
		}
		if name := k.Selector + "._domainkey." + o.Domain; len(name) > 253 {
			return nil, fmt.Errorf("DKIM: %s is longer than a name of DNS may be", clip(name))
		}
		key, err := parseKey(k)
		if err != nil {
			return nil, fmt.Errorf("DKIM key %s: %w", k.Selector, err)
		}
		for _, other := range s.keys {
			if strings.EqualFold(other.selector, k.Selector) {
				return nil, fmt.Errorf("DKIM: the selector %s is given twice", k.Selector)
			}
		}
		s.keys = append(s.keys, key)
	}
	return s, nil
}

// sealedFields are signed once more than they stand in the message, so that
// nobody can add one: mail programs show the first of two (RFC 6376, 8.15).
var sealedFields = []string{
	"from", "reply-to", "to", "subject", "date", "message-id", "mime-version", "content-type",
}

// signedFields are signed where they stand. Google counts a Feedback-ID and
// List-Unsubscribe-Post (RFC 8058, 3) only if they are.
var signedFields = []string{
	"list-id", "list-unsubscribe", "list-unsubscribe-post", "list-archive",
	"feedback-id", "auto-submitted", "precedence", "x-auto-response-suppress",
}

var errNotMessage = errors.New("DKIM: not a message with a From")

// AppendSigned appends data, a message as Stencil.AppendData gives it, with a
// DKIM-Signature field in front for each key. What is signed is the message
// that the receiver gets: not dot-stuffed, with its last CRLF. Signing the same
// data again changes nothing but t= and so b=. dst and data must not overlap.
func (s *Signer) AppendSigned(dst, data []byte) ([]byte, error) {
	head, body, ok := bytes.Cut(data, []byte("\r\n\r\n"))
	if !ok {
		head, body = bytes.TrimSuffix(data, []byte("\r\n")), nil
	}
	names, fields := canonicalHead(head)
	if len(fields) == 0 {
		return dst, errNotMessage
	}
	// The tail of dst is where the message will stand; until then it serves as
	// scratch space.
	scratch := appendCanonicalBody(dst, body)
	bodyHash := sha256.Sum256(scratch[len(dst):])
	dst = scratch[:len(dst)]
	for _, k := range s.keys {
		field := s.field(k, names, bodyHash[:])
		hash := sha256.New()
		hash.Write(fields)
		hash.Write(bytes.TrimSuffix(appendCanonicalField(nil, field), []byte("\r\n")))
		signature, err := k.sign(hash.Sum(nil))
		if err != nil {
			return dst, fmt.Errorf("DKIM: sign with %s: %w", k.selector, err)
		}
		dst = append(dst, field...)
		dst = appendWrapped(dst, base64.StdEncoding.EncodeToString(signature))
		dst = append(dst, "\r\n"...)
	}
	return append(dst, data...), nil
}

// field is a DKIM-Signature up to "b=", folded.
func (s *Signer) field(k signingKey, names []string, bodyHash []byte) []byte {
	f := make([]byte, 0, 1024)
	f = append(f, "DKIM-Signature: v=1; a="+k.algorithm+"; c=relaxed/relaxed;\r\n d="...)
	f = append(f, s.domain+";\r\n s="+k.selector+"; t="...)
	f = strconv.AppendInt(f, s.now().Unix(), 10)
	f = append(f, ";\r\n h="...)
	column := len(" h=")
	for i, name := range names {
		if i > 0 {
			f = append(f, ':')
			column++
		}
		if column+len(name)+1 > foldAt {
			f = append(f, "\r\n "...)
			column = 1
		}
		f = append(f, name...)
		column += len(name)
	}
	f = append(f, ";\r\n bh="...)
	f = base64.StdEncoding.AppendEncode(f, bodyHash)
	return append(f, ";\r\n b="...)
}

// appendWrapped writes base64 on lines of their own length behind " b=".
func appendWrapped(dst []byte, s string) []byte {
	for room := foldAt - len(" b="); len(s) > room; room = foldAt - 1 {
		dst = append(dst, s[:room]...)
		dst = append(dst, "\r\n "...)
		s = s[room:]
	}
	return append(dst, s...)
}

// sign signs a SHA-256 sum: for Ed25519 as it is (RFC 8463, 3), for RSA as PKCS #1.
func (k signingKey) sign(sum []byte) ([]byte, error) {
	hash := crypto.SHA256
	if k.algorithm == ed25519SHA256 {
		hash = 0
	}
	return k.signer.Sign(rand.Reader, sum, hash)
}
