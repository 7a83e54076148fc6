package mail

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"
)

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// shortKey is an RSA key that nobody should use.
func shortKey(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	t.Setenv("GODEBUG", "rsa1024min=0")
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestKeysOfEveryForm(t *testing.T) {
	weak := shortKey(t, 1024)
	for name, c := range map[string]struct {
		pem  []byte
		kind string
		weak bool
	}{
		"RSA, PKCS #8": {testKeys(t).rsa.PEM, "v=DKIM1; k=rsa; p=MIIBIjANBgkq", false},
		"RSA, PKCS #1": {pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(weak)), "v=DKIM1; k=rsa; p=MIGfMA0GCSq", true},
		"Ed25519":      {testKeys(t).ed25519.PEM, "v=DKIM1; k=ed25519; p=", false},
		"words around": {append([]byte("Bag Attributes: none\n"), testKeys(t).ed25519.PEM...), "v=DKIM1; k=ed25519; p=", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := mustSigner(t, Key{"s1", c.pem})
			r := s.Records()[0]
			if r.Name != "s1._domainkey.example.org" || !strings.HasPrefix(r.Value, c.kind) || (r.Weak != "") != c.weak {
				t.Errorf("%+v", r)
			}
			allVerify(t, s, mustSign(t, s, mustData(t, template(), person())))
		})
	}
}

func TestNewSignerRefuses(t *testing.T) {
	good := testKeys(t).ed25519
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(curve.Public())
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(good.PEM)
	damaged[40] ^= 1
	for name, c := range map[string]struct {
		domain string
		keys   []Key
		says   string
	}{
		"no domain":          {"", []Key{good}, "not a domain"},
		"address":            {"[127.0.0.1]", []Key{good}, "not a domain"},
		"umlaut":             {"bücher.example", []Key{good}, "not a domain"},
		"folding domain":     {"example.org;\r\n", []Key{good}, "not a domain"},
		"no key":             {"example.org", nil, "0 keys"},
		"three keys":         {"example.org", []Key{good, good, good}, "3 keys"},
		"no selector":        {"example.org", []Key{{"", good.PEM}}, "not a selector"},
		"bad selector":       {"example.org", []Key{{"s1; l=0", good.PEM}}, "not a selector"},
		"long name":          {strings.Repeat("a.", 115) + "example", []Key{{"s1234", good.PEM}}, "longer than"},
		"same selector":      {"example.org", []Key{good, {strings.ToUpper(good.Selector), good.PEM}}, "given twice"},
		"not PEM":            {"example.org", []Key{{"s1", []byte("heron")}}, "not a PEM file"},
		"empty":              {"example.org", []Key{{"s1", nil}}, "not a PEM file"},
		"two keys in one":    {"example.org", []Key{{"s1", append(bytes.Clone(good.PEM), good.PEM...)}}, "more than one"},
		"public half":        {"example.org", []Key{{"s1", pemOf("PUBLIC KEY", public)}}, "public half"},
		"certificate":        {"example.org", []Key{{"s1", pemOf("CERTIFICATE", public)}}, `type "CERTIFICATE"`},
		"encrypted":          {"example.org", []Key{{"s1", pemOf("ENCRYPTED PRIVATE KEY", public)}}, "openssl pkey"},
		"damaged":            {"example.org", []Key{{"s1", damaged}}, "read the private key"},
		"elliptic":           {"example.org", []Key{{"s1", pkcs8(t, curve)}}, "DKIM knows RSA and Ed25519"},
		"RSA too short":      {"example.org", []Key{{"s1", pkcs8(t, shortKey(t, 768))}}, "768 bits"},
		"names its selector": {"example.org", []Key{{"harbour", nil}}, "DKIM key harbour"},
	} {
		_, err := NewSigner(SignerOptions{Domain: c.domain, Keys: c.keys, Now: time.Now})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "MC4CAQAwBQYDK2Vw") {
			t.Errorf("%s: the error quotes the key: %v", name, err)
		}
	}
}

// TestRSABits bounds keys without making them, which takes long for long ones.
func TestRSABits(t *testing.T) {
	for bits, good := range map[int]bool{1023: false, 1024: true, 4096: true, 4097: false, 16384: false} {
		key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), uint(bits-1)), E: 65537}}
		if _, err := rsaKey("s1", key); (err == nil) != good {
			t.Errorf("%d bits: %v", bits, err)
		}
	}
}

// FuzzParseKey: no file makes it panic, and a key that is taken signs.
func FuzzParseKey(f *testing.F) {
	f.Add(testKeys(f).ed25519.PEM)
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"))
	f.Add([]byte("-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: x\n\nMAA=\n-----END RSA PRIVATE KEY-----\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		k, err := parseKey(Key{"s1", file})
		if err != nil {
			return
		}
		if _, err := k.sign(make([]byte, 32)); err != nil || k.record == "" {
			t.Errorf("%+v: %v", k, err)
		}
	})
}
