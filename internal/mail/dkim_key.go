package mail

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
)

// Key is a private key and the selector under which its public half is
// published.
type Key struct {
	Selector string
	PEM      []byte // RSA of 1024 to 4096 bits (PKCS #1 or #8) or Ed25519 (PKCS #8), not encrypted
}

// The algorithms of RFC 6376 and RFC 8463, as a= has them.
const (
	rsaSHA256     = "rsa-sha256"
	ed25519SHA256 = "ed25519-sha256"
)

// What RSA keys receivers must take (RFC 8301, 3.2), and what senders should use.
const (
	minRSABits  = 1024
	goodRSABits = 2048
	maxRSABits  = 4096
)

type signingKey struct {
	selector  string
	algorithm string
	signer    crypto.Signer
	record    string // of DNS
	weak      string // why the key ought to be replaced; or empty
}

// parseKey takes a file with exactly one private key. No error quotes the file.
func parseKey(k Key) (signingKey, error) {
	block, rest := pem.Decode(k.PEM)
	if block == nil {
		return signingKey{}, errors.New("not a PEM file: it must hold -----BEGIN PRIVATE KEY-----")
	}
	if more, _ := pem.Decode(rest); more != nil {
		return signingKey{}, errors.New("the file holds more than one key or certificate: leave one private key in it")
	}
	private, err := parseBlock(block)
	if err != nil {
		return signingKey{}, err
	}
	switch key := private.(type) {
	case *rsa.PrivateKey:
		return rsaKey(k.Selector, key)
	case ed25519.PrivateKey:
		return signingKey{
			selector: k.Selector, algorithm: ed25519SHA256, signer: key,
			record: "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey)),
		}, nil
	}
	return signingKey{}, fmt.Errorf("a key of type %T: DKIM knows RSA and Ed25519", private)
}

func parseBlock(block *pem.Block) (private any, err error) {
	switch {
	case block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "":
		return nil, errors.New("the key is encrypted: openssl pkey -in FILE -out NEW writes it without a password")
	case block.Type == "RSA PRIVATE KEY":
		private, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case block.Type == "PRIVATE KEY":
		private, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case bytes.HasSuffix([]byte(block.Type), []byte("PUBLIC KEY")):
		return nil, errors.New("this is the public half: name the file with the private key")
	default:
		return nil, fmt.Errorf("a PEM file of type %q: it must hold a PRIVATE KEY", clip(block.Type))
	}
	if err != nil {
		return nil, fmt.Errorf("read the private key: %w", err)
	}
	return private, nil
}

func rsaKey(selector string, key *rsa.PrivateKey) (signingKey, error) {
	bits := key.N.BitLen()
	if bits < minRSABits || bits > maxRSABits {
		return signingKey{}, fmt.Errorf("an RSA key of %d bits: receivers take %d to %d, and 2048 is usual", bits, minRSABits, maxRSABits)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return signingKey{}, fmt.Errorf("write the public key: %w", err)
	}
	k := signingKey{
		selector: selector, algorithm: rsaSHA256, signer: key,
		record: "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(public),
	}
	if bits < goodRSABits {
		k.weak = fmt.Sprintf("its RSA key has %d bits, which some receivers no longer trust: make one of %d", bits, goodRSABits)
	}
	return k, nil
}

// KeyRecord is what must be published in DNS for a key.
type KeyRecord struct {
	Name  string // without a last dot
	Value string // of the TXT record, in one piece
	Weak  string // why the key ought to be replaced; or empty
}

// Records are the DNS records of the keys, in their order.
func (s *Signer) Records() []KeyRecord {
	var all []KeyRecord
	for _, k := range s.keys {
		all = append(all, KeyRecord{Name: k.selector + "._domainkey." + s.domain, Value: k.record, Weak: k.weak})
	}
	return all
}

// Domain is the one that signs, in lower case.
func (s *Signer) Domain() string { return s.domain }
