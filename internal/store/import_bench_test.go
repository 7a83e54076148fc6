package store

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"digest.example/internal/subscribers"
)

// sheet is a CSV file with n readers, whose addresses are in no order.
func sheet(n int) []byte {
	b := bytes.NewBufferString("email,name\n")
	for i := range n {
		fmt.Fprintf(b, "r%07x.%d@example%d.org,Reader Number %d\n", uint32(i)*2654435761, i, i%977, i)
	}
	return b.Bytes()
}

// BenchmarkImport takes a whole file in; one operation is one row.
func BenchmarkImport(b *testing.B) {
	s := opened(b, filepath.Join(b.TempDir(), "digest.db"), Options{Mode: ReadWrite})
	id, _, err := s.RegisterNewsletter(b.Context(), "weekly", "0 9 * * SUN", "Europe/London", noon)
	if err != nil {
		b.Fatal(err)
	}
	keys, err := subscribers.NewKeys(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		b.Fatal(err)
	}
	list := subscribers.NewList(subscribers.Options{Store: s, Keys: keys, Now: time.Now, Random: rand.Reader})
	file := sheet(b.N)
	b.ResetTimer()
	rows, err := subscribers.ReadRows(bytes.NewReader(file))
	if err != nil {
		b.Fatal(err)
	}
	report, err := list.Import(b.Context(), rows, subscribers.ImportOptions{Newsletter: id, File: "f", How: "h"})
	if err != nil || report.Added != b.N {
		b.Fatal(report, err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
