package store

import (
	"testing"
	"time"

	"digest.example/internal/delivery"
)

func testOutage(t *testing.T, w *world) {
	for _, want := range []delivery.Outage{
		{}, {Since: noon, Last: noon}, {Since: noon, Last: noon.Add(time.Hour), Told: true}, {},
	} {
		w.must(w.SaveOutage(w.ctx, want))
		got, err := w.Outage(w.ctx)
		w.must(err)
		if got != want {
			t.Errorf("kept %+v, want %+v", got, want)
		}
	}
}
