package delivery_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"digest.example/internal/delivery"
	"digest.example/internal/mail"
	"digest.example/internal/smtptest"
)

// signingEngine sends what sign makes of each message.
func (w *world) signingEngine(server *smtptest.Server, sign func(dst, data []byte) ([]byte, error)) *delivery.Engine {
	dialer, err := mail.NewDialer(mail.Options{Host: server.Host(), Port: server.Port(), TLS: mail.NoTLS})
	w.must(err)
	return delivery.New(w.store, delivery.Options{
		Connect: func(ctx context.Context) (delivery.Session, error) { return dialer.Dial(ctx) },
		Owner:   "this", Connections: 4, Sign: sign, Lease: time.Minute, Drain: 10 * time.Second,
		Now: w.clock, Random: func() float64 { return 0.5 }, Log: slog.New(slog.DiscardHandler),
	})
}

// TestEveryMessageIsSigned, each for its own recipient, by several workers at
// once that look ahead.
func TestEveryMessageIsSigned(t *testing.T) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte("heron..."), 4))
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := mail.NewSigner(mail.SignerOptions{
		Domain: "example.org", Now: time.Now,
		Keys: []mail.Key{{Selector: "s1", PEM: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, 40)
	server := smtptest.New(t, smtptest.Options{Extensions: []string{"PIPELINING"}})
	j := w.job()
	j.Build = func(m *mail.Data, d delivery.Delivery) error {
		return m.Set([]byte("From: digest@example.org\r\nTo: " + d.Address + "\r\n\r\n..herons"))
	}
	w.run(w.signingEngine(server, signer.AppendSigned), j)
	w.once(server)
	for _, m := range server.Messages() {
		all, err := dkim.VerifyWithOptions(bytes.NewReader(m.Data), &dkim.VerifyOptions{
			LookupTXT: func(string) ([]string, error) { return []string{signer.Records()[0].Value}, nil },
		})
		if err != nil || len(all) != 1 || all[0].Err != nil {
			t.Errorf("%v, %v\n%s", all, err, m.Data)
		}
		if !bytes.Contains(m.Data, []byte("To: "+m.To[0]+"\r\n\r\n.herons\r\n")) {
			t.Errorf("to %s:\n%s", m.To, m.Data)
		}
	}
}

// TestUnsignedMessageIsNotSent: it would be taken for forged.
func TestUnsignedMessageIsNotSent(t *testing.T) {
	w := newWorld(t, 3)
	server := smtptest.New(t, smtptest.Options{})
	report := w.run(w.signingEngine(server, func(dst, data []byte) ([]byte, error) {
		if bytes.Contains(data, []byte("r1@example.org")) {
			return dst, errors.New("no key")
		}
		return append(dst, data...), nil
	}), w.job())
	if got := w.counts(); got[delivery.Accepted] != 2 || got[delivery.RenderError] != 1 || len(server.Messages()) != 2 {
		t.Errorf("ledger %v, report %+v", got, report)
	}
}
