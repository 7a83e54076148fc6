package store

import (
	"fmt"
	"testing"
)

// What runs often is prepared once, and as good as before; lists of ever new
// lengths are not remembered for ever.
func TestOftenIsPrepared(t *testing.T) {
	p := newPier(t)
	const query = `SELECT COUNT(*) FROM moored WHERE ship = $1`
	for n := range 3 * often {
		p.must(p.change(p.ctx, "moor", func(t tx) error {
			if err := moor("heron", nil)(t); err != nil {
				return err
			}
			count, err := t.count(query, "heron")
			if err == nil && count != n+1 {
				err = fmt.Errorf("%d are moored, want %d", count, n+1)
			}
			return err
		}))
	}
	if !p.write.isPrepared(query) {
		t.Error("what was asked often is not prepared")
	}
	// The schema may change under it.
	p.exec(`ALTER TABLE moored ADD COLUMN flag TEXT`)
	p.must(p.change(p.ctx, "moor", func(t tx) error {
		_, err := t.exec(`INSERT INTO moored VALUES ('gull', 'red')`)
		return err
	}))
	p.must(p.change(p.ctx, "ask", func(tx tx) error {
		if n, err := tx.count(query, "heron"); err != nil || n != 3*often {
			t.Errorf("%d, %v", n, err)
		}
		for i := range 2 * mostAsked {
			if _, err := tx.count(fmt.Sprintf(`SELECT COUNT(*) FROM moored WHERE ship = '%d'`, i)); err != nil {
				return err
			}
		}
		return nil
	}))
	if n := len(p.write.asked); n > mostAsked {
		t.Errorf("%d statements are remembered", n)
	}
}

// A statement that cannot be prepared any more runs, and fails, by itself.
func TestWhatCannotBePrepared(t *testing.T) {
	p := newPier(t)
	for range often {
		p.must(p.change(p.ctx, "moor", moor("heron", nil)))
	}
	p.exec(`DROP TABLE moored`)
	for range 2 {
		if err := p.change(p.ctx, "moor", moor("heron", nil)); err == nil {
			t.Error("a ship is moored nowhere")
		}
	}
	p.exec(`CREATE TABLE moored (ship TEXT)`)
	p.must(p.change(p.ctx, "moor", moor("heron", nil)))
}
