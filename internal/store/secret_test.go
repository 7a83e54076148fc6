package store

import "testing"

func testPinSecret(t *testing.T, w *world) {
	pin := func(s *Store, fingerprint string, want bool) {
		t.Helper()
		if same, err := s.PinSecret(w.ctx, fingerprint); err != nil || same != want {
			t.Errorf("%s: %v, %v", fingerprint, same, err)
		}
	}
	reader := opened(t, w.url, Options{Mode: ReadOnly})
	pin(reader, "any", true)
	pin(reader, "other", true) // it keeps none
	w.must(reader.Close())
	pin(w.Store, "first", true)
	pin(w.Store, "first", true)
	pin(w.Store, "second", false)
	reader = opened(t, w.url, Options{Mode: ReadOnly})
	pin(reader, "first", true)
	pin(reader, "second", false)
}
