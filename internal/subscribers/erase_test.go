package subscribers

import (
	"errors"
	"testing"

	"digest.example/internal/digest"
)

func TestEraseAddress(t *testing.T) {
	l, m, keys := testList(t)
	id := m.put(t, keys, "ann@example.org", weekly, Active)
	m.suppressed["bounced"] = Suppression{Hash: keys.AddressHash("bob@example.org"), Reason: "bounced"}
	for _, c := range []struct {
		address string
		want    error
	}{
		{"Ann@Example.org", nil},
		{"ann@example.org", digest.ErrNotFound}, // twice
		{"bob@example.org", nil},                // only suppressed
		{"zoe@example.org", digest.ErrNotFound},
		{"zoe", digest.ErrUsage},
	} {
		if err := l.EraseAddress(t.Context(), c.address); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.address, err, c.want)
		}
	}
	if _, known := m.people[id]; known {
		t.Error("ann is still known")
	}
	for _, address := range []string{"ann@example.org", "bob@example.org"} {
		s := m.suppressed[keys.AddressHash(address)]
		if s.Reason != ReasonErased || s.Evidence != "" || !s.At.Equal(noon) {
			t.Errorf("%s leaves %+v", address, s)
		}
	}
	m.fail = errors.New("broken")
	m.put(t, keys, "eve@example.org", weekly, Active)
	if err := l.EraseAddress(t.Context(), "eve@example.org"); !errors.Is(err, m.fail) {
		t.Errorf("a broken store: %v", err)
	}
}

// An address that was erased is refused, whoever adds it, until the operator and
// the person find another way.
func TestErasedIsNotAdded(t *testing.T) {
	l, m, keys := testList(t)
	m.put(t, keys, "ann@example.org", weekly, Active)
	if err := l.EraseAddress(t.Context(), "ann@example.org"); err != nil {
		t.Fatal(err)
	}
	outcomes, err := l.Add(t.Context(), weekly, []string{"ann@example.org"}, "sheet")
	if err != nil || outcomes[0].Result != Refused {
		t.Errorf("added: %+v, %v", outcomes, err)
	}
}
