package store

import (
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// id makes a random id of n base32 characters (n a multiple of 8). Ids are
// never counted: one that came back would let an old token act on a stranger.
func (s *Store) id(n int) (string, error) {
	raw, err := s.bytes(n * 5 / 8)
	if err != nil {
		return "", err
	}
	return strings.ToLower(base32.StdEncoding.EncodeToString(raw)), nil
}

// ids makes n of 16 characters that lie close together: they begin with the same
// 16 random bits, and have 64 of their own. So rows that are added together
// share the pages of an index.
func (s *Store) ids(n int) ([]string, error) {
	const shared, own = 2, 8
	raw, err := s.bytes(shared + n*own)
	if err != nil {
		return nil, err
	}
	all, one := make([]string, n), make([]byte, shared+own)
	copy(one, raw)
	for i := range all {
		copy(one[shared:], raw[shared+i*own:])
		all[i] = strings.ToLower(base32.StdEncoding.EncodeToString(one))
	}
	return all, nil
}

// shortID makes the 8 hex digits by which tokens name a newsletter.
func (s *Store) shortID() (string, error) {
	raw, err := s.bytes(4)
	return hex.EncodeToString(raw), err
}

func (s *Store) bytes(n int) ([]byte, error) {
	raw := make([]byte, n)
	if _, err := io.ReadFull(s.random, raw); err != nil {
		return nil, fmt.Errorf("make an id: %w", err)
	}
	return raw, nil
}
