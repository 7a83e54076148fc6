package rank

import (
	"math"
	"slices"
	"testing"
)

// like is a candidate whose vector lies between two terms: 1 is all term 0.
func like(branch int, score float64, cos float32) *entry {
	rest := float32(math.Sqrt(float64(1 - cos*cos)))
	return &entry{branch: branch, score: score, vector: normal(vector{{0, cos}, {1, rest}})}
}

func TestLikenessCosts(t *testing.T) {
	first, alike, other := like(1, 3, 1), like(2, 2.5, 0.8), like(3, 2.4, 0)
	got := choose([]*entry{first, alike, other}, 2)
	if !slices.Equal(got, []*entry{first, other}) {
		t.Error("a little better but much alike was taken before something new")
	}
	much := like(4, 2.9, 0.8)
	if got := choose([]*entry{first, much, other}, 2); !slices.Equal(got, []*entry{first, much}) {
		t.Error("much better must win though it is alike")
	}
}

func TestSameThingIsSaidOnce(t *testing.T) {
	if got := choose([]*entry{like(1, 3, 1), like(2, 2.9, 1)}, 2); len(got) != 1 {
		t.Errorf("%d picks say the same", len(got))
	}
}

func TestTies(t *testing.T) {
	lone := &entry{tie: 1}
	discussed := &entry{tie: 2, repliers: map[string]bool{"Ann": true}}
	later := &entry{tie: 3}
	got := []*entry{later, lone, discussed}
	slices.SortFunc(got, best)
	if !slices.Equal(got, []*entry{discussed, lone, later}) {
		t.Error("ties go to more repliers, then to the smaller hash")
	}
}
