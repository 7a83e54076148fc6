package mail

// A TLS record's header is its type, two bytes of version and two of length
// (RFC 8446, section 5.1).
const (
	recordHeader    = 5
	recordHandshake = 22
)

// records follows where TLS records begin and end, which TLS itself tells nobody:
// one that began before the dot and ends after it would be taken for its answer.
type records struct {
	on     bool // there is TLS
	header [recordHeader]byte
	have   int // bytes of the next header
	left   int // bytes of the record that are still to come
}

// written looks for where TLS begins: with a handshake of ours, as no SMTP command
// does.
func (r *records) written(p []byte) {
	r.on = r.on || len(p) > 0 && p[0] == recordHandshake
}

// read takes in what was read.
func (r *records) read(p []byte) {
	for r.on && len(p) > 0 {
		if r.left > 0 {
			n := min(r.left, len(p))
			r.left, p = r.left-n, p[n:]
			continue
		}
		n := copy(r.header[r.have:], p)
		r.have, p = r.have+n, p[n:]
		if r.have == recordHeader {
			r.have, r.left = 0, int(r.header[3])<<8|int(r.header[4])
		}
	}
}

// within says whether a record has begun and not ended.
func (r *records) within() bool { return r.have > 0 || r.left > 0 }
