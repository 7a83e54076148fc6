package delivery_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	gomail "github.com/wneessen/go-mail"

	"digest.example/internal/delivery"
	"digest.example/internal/smtptest"
)

// BenchmarkSend compares what a recipient costs here, with the ledger's
// durability (SQLite, synchronous=FULL), with the same mail sent by go-mail
// alone, which remembers nothing. Both talk to the same kind of server in this
// process. One operation is one recipient.
func BenchmarkSend(b *testing.B) {
	body := strings.Repeat(strings.Repeat("x", 70)+"\r\n", 400) // 29 KB
	for _, connections := range []int{1, 4, 10} {
		b.Run(fmt.Sprintf("digest/connections=%d", connections), func(b *testing.B) {
			w := newWorld(b, b.N)
			server := smtptest.New(b, smtptest.Options{})
			job := w.job()
			job.Build = func(dst []byte, d delivery.Delivery) ([]byte, error) {
				dst = append(dst, "Subject: hello\r\nTo: "+d.Address+"\r\n\r\n"...)
				return append(append(dst, body...), "end"...), nil
			}
			e := w.engine(server, connections)
			b.ResetTimer()
			w.run(e, job)
			b.StopTimer()
			if got := w.counts()[delivery.Accepted]; got != b.N {
				b.Fatalf("%d of %d accepted", got, b.N)
			}
		})
	}
	b.Run("go-mail/connections=1", func(b *testing.B) {
		server := smtptest.New(b, smtptest.Options{})
		client, err := gomail.NewClient(server.Host(), gomail.WithPort(server.Port()), gomail.WithTLSPolicy(gomail.NoTLS))
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(b.Context(), time.Hour)
		defer cancel()
		if err := client.DialWithContext(ctx); err != nil {
			b.Fatal(err)
		}
		defer client.Close()
		b.ResetTimer()
		for i := range b.N {
			m := gomail.NewMsg()
			if err := m.From("digest@example.org"); err != nil {
				b.Fatal(err)
			}
			if err := m.To(fmt.Sprintf("r%d@example.org", i)); err != nil {
				b.Fatal(err)
			}
			m.Subject("hello")
			m.SetBodyString(gomail.TypeTextPlain, body)
			if err := client.Send(m); err != nil {
				b.Fatal(err)
			}
		}
	})
}
