package mail

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// However a stream of records is read, it is within one but where one ends.
func TestRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var stream []byte
		ends := []int{0}
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 600), 1, 5).Draw(t, "lengths") {
			stream = append(append(stream, 23, 3, 3, byte(n>>8), byte(n)), make([]byte, n)...)
			ends = append(ends, len(stream))
		}
		var r records
		r.read([]byte("220 go ahead\r\n")) // before TLS
		r.written([]byte("\x16\x03\x01"))
		for at := 0; at < len(stream); {
			n := rapid.IntRange(1, len(stream)-at).Draw(t, "read")
			r.read(stream[at : at+n])
			at += n
			if r.within() == slices.Contains(ends, at) {
				t.Fatalf("within %v at %d; records end at %v", r.within(), at, ends)
			}
		}
	})
}
