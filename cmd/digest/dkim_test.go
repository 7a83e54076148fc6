package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/rogpeppe/go-internal/testscript"
)

// dkimkey FILE makes a private key.
func dkimkey(ts *testscript.TestScript, _ bool, args []string) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	ts.Check(err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	file := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), file, 0o600))
}

// verified FILE NAME wants every message in the relay to be signed with the key
// in the file, as a receiver finds who looks it up under the name.
func verified(ts *testscript.TestScript, _ bool, args []string) {
	block, _ := pem.Decode([]byte(ts.ReadFile(args[0])))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	ts.Check(err)
	public := key.(ed25519.PrivateKey).Public().(ed25519.PublicKey)
	record := "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
	for _, m := range relayIn(ts).Messages() {
		all, err := dkim.VerifyWithOptions(bytes.NewReader(m.Data), &dkim.VerifyOptions{
			LookupTXT: func(name string) ([]string, error) {
				if name != args[1] {
					return nil, errors.New("no record at " + name)
				}
				return []string{record}, nil
			},
		})
		ts.Check(err)
		if len(all) != 1 || all[0].Err != nil {
			ts.Fatalf("to %v: %d signatures, %+v", m.To, len(all), all)
		}
	}
}

func TestZoneText(t *testing.T) {
	for _, length := range []int{0, 1, 254, 255, 256, 410, 510, 511} {
		record := strings.Repeat("x", length)
		parts := strings.Split(zoneText(record), " ")
		for _, part := range parts {
			if len(part) > 257 || !strings.HasPrefix(part, `"`) || !strings.HasSuffix(part, `"`) {
				t.Errorf("%d: %q", length, part)
			}
		}
		if joined := strings.ReplaceAll(strings.Join(parts, ""), `"`, ""); joined != record {
			t.Errorf("%d: %q", length, joined)
		}
	}
}
