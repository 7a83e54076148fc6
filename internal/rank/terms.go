package rank

// numbering gives hashes small numbers, in the order in which they first come.
// It is a map with open addressing: the hashes are well mixed already, and
// numbering words is where a thread's time goes.
type numbering struct {
	hashes  []uint64
	numbers []int32 // number+1 of the hash in the same place; 0: free
	next    int32
}

// newNumbering has room for about n hashes.
func newNumbering(n int) *numbering {
	size := 64
	for size < 2*n {
		size *= 2
	}
	return &numbering{hashes: make([]uint64, size), numbers: make([]int32, size)}
}

// of is the number of hash, a new one where it is new.
func (t *numbering) of(hash uint64) int32 {
	mask := len(t.hashes) - 1
	for i := int(spread(hash)) & mask; ; i = (i + 1) & mask {
		switch {
		case t.numbers[i] == 0:
			t.next++
			t.hashes[i], t.numbers[i] = hash, t.next
			if int(t.next)*2 > len(t.hashes) {
				t.grow()
			}
			return t.next - 1
		case t.hashes[i] == hash:
			return t.numbers[i] - 1
		}
	}
}

// find is the number of hash, -1 if it has none.
func (t *numbering) find(hash uint64) int32 {
	mask := len(t.hashes) - 1
	for i := int(spread(hash)) & mask; t.numbers[i] != 0; i = (i + 1) & mask {
		if t.hashes[i] == hash {
			return t.numbers[i] - 1
		}
	}
	return -1
}

func (t *numbering) grow() {
	old := *t
	t.hashes, t.numbers = make([]uint64, 2*len(old.hashes)), make([]int32, 2*len(old.hashes))
	mask := len(t.hashes) - 1
	for i, n := range old.numbers {
		if n == 0 {
			continue
		}
		j := int(spread(old.hashes[i])) & mask
		for t.numbers[j] != 0 {
			j = (j + 1) & mask
		}
		t.hashes[j], t.numbers[j] = old.hashes[i], n
	}
}

// spread moves what distinguishes two hashes into their low bits.
func spread(h uint64) uint64 { return (h ^ h>>32) * 0x9e3779b97f4a7c15 >> 20 }
