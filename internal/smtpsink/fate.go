//go:build linux

package smtpsink

import (
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"
)

// fate is how a transaction ends.
type fate int

const (
	taken fate = iota
	deferRcpt
	deferDot
	dropBefore // the message is not taken, and the connection drops
	dropAfter  // it is taken, and the connection drops
)

// fateOf decides about the next try of an address.
func (s *Server) fateOf(address []byte) fate {
	if s.options.DropOneOf == 0 && s.options.Defer == 0 {
		return taken
	}
	s.tries[string(address)]++
	return decide(s.options, address, s.tries[string(address)])
}

// decide depends on its arguments alone.
func decide(o Options, address []byte, try int) fate {
	h := fnv.New64a()
	_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(try)))
	_, _ = h.Write(address)
	random := rand.New(rand.NewPCG(o.Seed, h.Sum64()))
	second := random.IntN(2) == 1
	switch {
	case random.Float64() < o.Defer:
		return either(second, deferDot, deferRcpt)
	case o.DropOneOf > 0 && random.IntN(o.DropOneOf) == 0:
		return either(second, dropAfter, dropBefore)
	}
	return taken
}

func either(second bool, b, a fate) fate {
	if second {
		return b
	}
	return a
}
