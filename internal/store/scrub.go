package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"digest.example/internal/digest"
)

const (
	// foldWait is how long, in milliseconds, Scrub waits for those who read.
	foldWait = 100

	scrubChunk = 100 // pages that one transaction cleans
)

// Scrub takes what was deleted out of the database's files. SQLite overwrites a
// row that it deletes, but neither the copies that remain where rows were moved
// to another page, nor what its log held before. It returns false where that
// could not be done now, because others are reading, or not at all, with
// PostgreSQL, which keeps old rows until VACUUM FULL. It takes many short
// transactions.
func (s *Store) Scrub(ctx context.Context) (bool, error) {
	if s.file == "" {
		return false, nil
	}
	// Looking through a long database is in vain while somebody reads.
	folded, err := s.foldLog(ctx)
	if err == nil && folded {
		if err = s.cleanPages(ctx); err == nil {
			folded, err = s.foldLog(ctx)
		}
	}
	if err != nil {
		return false, fmt.Errorf("scrub the database's files: %w", err)
	}
	return folded, nil
}

// rest waits, so that others have the database to themselves.
func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// foldLog moves the write-ahead log into the database and empties it, and says
// whether it could. Nobody writes while it waits for readers, so it does not wait
// for long.
func (s *Store) foldLog(ctx context.Context) (folded bool, err error) {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	var patience int
	if err := conn.QueryRowContext(ctx, `PRAGMA busy_timeout`).Scan(&patience); err != nil {
		return false, err
	}
	if _, err := conn.ExecContext(ctx, fmt.Sprintf(`PRAGMA busy_timeout = %d`, foldWait)); err != nil {
		return false, err
	}
	defer func() {
		_, again := conn.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf(`PRAGMA busy_timeout = %d`, patience))
		err = errors.Join(err, again)
	}()
	var busy, log, done int
	// What readers allow is moved first, while others may write.
	for _, how := range []string{"PASSIVE", "TRUNCATE"} {
		err := failed(conn.QueryRowContext(ctx, `PRAGMA wal_checkpoint(`+how+`)`).Scan(&busy, &log, &done))
		if errors.Is(err, digest.ErrBusy) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("fold the log: %w", err)
		}
	}
	return busy == 0, nil
}

// cleanPages overwrites what stands between the rows of pages and is none of
// theirs. It looks for such pages beside the transactions that clean them.
func (s *Store) cleanPages(ctx context.Context) error {
	var dirty []int
	var raw sql.RawBytes
	err := each(ctx, s.read, func(scan scan) error {
		var number int
		if err := scan(&number, &raw); err != nil {
			return err
		}
		if slices.ContainsFunc(slack(number, raw), nonzero) {
			dirty = append(dirty, number)
		}
		return nil
	}, `SELECT pgno, data FROM sqlite_dbpage`)
	if err != nil {
		return fmt.Errorf("look for what rows left: %w", err)
	}
	for part := range slices.Chunk(dirty, scrubChunk) {
		if err := s.change(ctx, "clean pages", func(t tx) error { return t.cleanPages(part) }); err != nil {
			return err
		}
		if err := rest(ctx, stageGap); err != nil {
			return err
		}
	}
	return nil
}

func nonzero(b byte) bool { return b != 0 }

func (t tx) cleanPages(numbers []int) error {
	for _, number := range numbers {
		page, err := one(t.ctx, t, func(scan scan) (v []byte, err error) { return v, scan(&v) },
			`SELECT data FROM sqlite_dbpage WHERE pgno = $1`, number)
		if errors.Is(err, digest.ErrNotFound) {
			continue // the file has become shorter
		}
		if err != nil {
			return err
		}
		stale := slack(number, page)
		if !slices.ContainsFunc(stale, nonzero) {
			continue
		}
		clear(stale)
		if _, err := t.exec(`UPDATE sqlite_dbpage SET data = $1 WHERE pgno = $2`, page, number); err != nil {
			return err
		}
	}
	return nil
}

// The parts of a page's header (https://www.sqlite.org/fileformat2.html,
// section 1.6), and the size of the file's own before that of the first page.
const (
	fileHeader = 100

	interiorIndex, interiorTable = 2, 5
	leafIndex, leafTable         = 10, 13

	cellCount, contentStart = 3, 5 // where they stand
	leafHeader, innerHeader = 8, 12

	// From here on the first byte of a page of another kind, which is that of a
	// page's number, could look like one of these. It is 64 GB or more.
	tooManyPages = 1 << 24
)

// slack is the part of a page of a table or an index between the list of its
// rows and the first of them, which belongs to none; nothing of other pages.
func slack(number int, page []byte) []byte {
	start := 0
	if number == 1 {
		start = fileHeader
	}
	if number < 1 || number >= tooManyPages || len(page) < 512 {
		return nil
	}
	header := page[start:]
	from := start
	switch header[0] {
	case leafIndex, leafTable:
		from += leafHeader
	case interiorIndex, interiorTable:
		from += innerHeader
	default:
		return nil
	}
	from += 2 * int(binary.BigEndian.Uint16(header[cellCount:]))
	to := int(binary.BigEndian.Uint16(header[contentStart:]))
	if to == 0 {
		to = 1 << 16
	}
	if from > to || to > len(page) {
		return nil
	}
	return page[from:to]
}
