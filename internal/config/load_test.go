package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDefaultsHoldWithoutAFile(t *testing.T) {
	t.Chdir(t.TempDir())
	got, err := Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Default(), got); diff != "" {
		t.Error(diff)
	}
}

func TestShippedFileIsTheDefault(t *testing.T) {
	got, err := Load("../../config.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Default(), got); diff != "" {
		t.Error(diff)
	}
}
