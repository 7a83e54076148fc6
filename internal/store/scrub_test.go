package store

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// page is one of 1024 bytes with a header at start, all else sevens.
func rawPage(start int, kind byte, cells, content uint16) []byte {
	p := bytes.Repeat([]byte{7}, 1024)
	p[start] = kind
	binary.BigEndian.PutUint16(p[start+cellCount:], cells)
	binary.BigEndian.PutUint16(p[start+contentStart:], content)
	return p
}

func TestSlack(t *testing.T) {
	for name, c := range map[string]struct {
		number   int
		page     []byte
		from, to int
	}{
		"leaf of a table":       {2, rawPage(0, leafTable, 10, 900), 28, 900},
		"leaf of an index":      {2, rawPage(0, leafIndex, 0, 1024), 8, 1024},
		"inner page of a table": {2, rawPage(0, interiorTable, 10, 900), 32, 900},
		"inner page of an index": {
			2, rawPage(0, interiorIndex, 1, 14), 14, 14,
		},
		"first page":          {1, rawPage(fileHeader, leafTable, 2, 500), 112, 500},
		"second as the first": {2, rawPage(fileHeader, leafTable, 2, 500), 0, 0},
		"overflow":            {2, rawPage(0, 0, 10, 900), 0, 0},
		"damaged":             {2, rawPage(0, leafTable, 500, 900), 0, 0},
		"beyond its end":      {2, rawPage(0, leafTable, 1, 2000), 0, 0},
		"of 64 KB":            {2, rawPage(0, leafTable, 1, 0), 0, 0}, // which this one is not
		"huge file":           {tooManyPages, rawPage(0, leafTable, 10, 900), 0, 0},
		"no page":             {0, rawPage(0, leafTable, 10, 900), 0, 0},
		"short":               {2, []byte{leafTable}, 0, 0},
	} {
		got := slack(c.number, c.page)
		if len(got) != c.to-c.from || len(got) > 0 && &got[0] != &c.page[c.from] {
			t.Errorf("%s: %d bytes, want %d from %d", name, len(got), c.to-c.from, c.from)
		}
	}
}

// Whatever a page holds, its header, the list of its rows and the rows stay.
func FuzzSlack(f *testing.F) {
	f.Add(1, rawPage(fileHeader, leafTable, 2, 500))
	f.Add(2, rawPage(0, interiorIndex, 65535, 3))
	f.Add(3, rawPage(0, leafTable, 1, 0))
	f.Fuzz(func(t *testing.T, number int, page []byte) {
		before := bytes.Clone(page)
		stale := slack(number, page)
		clear(stale)
		if len(stale) == 0 {
			if !bytes.Equal(before, page) {
				t.Error("changed for nothing")
			}
			return
		}
		start := 0
		if number == 1 {
			start = fileHeader
		}
		list := start + leafHeader + 2*int(binary.BigEndian.Uint16(before[start+cellCount:]))
		rows := int(binary.BigEndian.Uint16(before[start+contentStart:]))
		if rows == 0 {
			rows = 1 << 16
		}
		if !bytes.Equal(before[:list], page[:list]) || !bytes.Equal(before[rows:], page[rows:]) {
			t.Errorf("page %d: something that is in use was changed", number)
		}
	})
}
