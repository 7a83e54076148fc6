package store

import (
	"errors"
	"testing"

	"digest.example/internal/digest"
)

func testPinSecret(t *testing.T, w *world) {
	pin := func(s *Store, fingerprint string, want bool) {
		t.Helper()
		if same, err := s.PinSecret(w.ctx, fingerprint); err != nil || same != want {
			t.Errorf("%s: %v, %v", fingerprint, same, err)
		}
	}
	pinned := func(s *Store, want bool) {
		t.Helper()
		if is, err := s.Pinned(w.ctx); err != nil || is != want {
			t.Errorf("pinned: %v, %v", is, err)
		}
	}
	reader := opened(t, w.url, Options{Mode: ReadOnly})
	pin(reader, "any", true)
	pin(reader, "other", true) // it keeps none
	pinned(reader, false)
	w.must(reader.Close())
	pin(w.Store, "first", true)
	pin(w.Store, "first", true)
	pin(w.Store, "second", false)
	pinned(w.Store, true)
	reader = opened(t, w.url, Options{Mode: ReadOnly})
	pin(reader, "first", true)
	pin(reader, "second", false)
}

func testRotations(t *testing.T, w *world) {
	if all, err := w.Rotations(w.ctx); err != nil || len(all) != 0 {
		t.Errorf("at first: %v, %v", all, err)
	}
	w.must(w.Rotate(w.ctx, 2, noon))
	w.must(w.Rotate(w.ctx, 3, noon.AddDate(0, 1, 0)))
	if err := w.Rotate(w.ctx, 3, noon); !errors.Is(err, digest.ErrBusy) {
		t.Errorf("twice: %v", err)
	}
	all, err := w.Rotations(w.ctx)
	if err != nil || len(all) != 2 || !all[0].Equal(noon) || !all[1].Equal(noon.AddDate(0, 1, 0)) {
		t.Errorf("then: %v, %v", all, err)
	}
	if same, err := w.PinSecret(w.ctx, "first"); err != nil || !same {
		t.Errorf("pinned: %v, %v", same, err)
	}
}
