package subscribers

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// ImportOptions say what Import is to do. File is the name of the list, kept as
// evidence with each row's line; How says how its people agreed, where a row
// does not. A dry run changes nothing. Progress, unless nil, is told how many
// rows are done.
type ImportOptions struct {
	Newsletter string
	File, How  string
	DryRun     bool
	Progress   func(rows int)
}

// Report says what became of a list.
type Report struct {
	Rows     int       `json:"rows"`
	Added    int       `json:"added"`
	Already  int       `json:"already_active"`
	Repeated int       `json:"repeated"` // the same address as in an earlier row
	Refused  int       `json:"refused"`
	Invalid  int       `json:"invalid"`
	NotAdded []Trouble `json:"not_added"` // the first of those refused or invalid
	Notes    []string  `json:"notes,omitempty"`
}

// Trouble is a row that was not taken.
type Trouble struct {
	Line int `json:"line"`
	Outcome
}

// troubleKept bounds what a report remembers of a hopeless file.
const troubleKept = 10_000

const (
	// importBatch is large since a store can take in people in the order of
	// their addresses faster, and small enough to be held in memory.
	importBatch = 20_000
	seenBytes   = 16
)

// importing is an import under way.
type importing struct {
	*List
	Report
	options ImportOptions
	started time.Time
	batch   Import                   // nil: a dry run
	seen    map[[seenBytes]byte]bool // true: the list says that they left
	left    map[string]Subscriber    // by Hash, people of whom it said so after it had said otherwise
	confirm []Entry                  // pending people, whom the operator's word makes active
	names   []Subscriber             // people who had no name
}

// Import puts the people of a list on a newsletter's, by the rules of Add. It
// stages them in batches, and makes them visible at one instant once the last
// row is read: an import that fails or is killed has changed nothing. What is
// wrong with a row is reported and costs no other. It fails with digest.ErrBusy
// while another import runs. A row whose state says that its person left is
// refused, and with it all others of the same address, before and after it: no
// list brings anybody back.
func (l *List) Import(ctx context.Context, rows *Rows, o ImportOptions) (report Report, err error) {
	i := &importing{List: l, options: o, started: l.now(), seen: map[[seenBytes]byte]bool{}, left: map[string]Subscriber{}}
	i.NotAdded = []Trouble{}
	if !o.DryRun {
		if i.batch, err = l.store.OpenImport(ctx, o.Newsletter, o.How, i.started); err != nil {
			return Report{}, fmt.Errorf("import %s: %w", o.File, err)
		}
		defer func() { err = errors.Join(err, i.batch.Close()) }()
	}
	if err := i.run(ctx, rows); err != nil {
		return Report{}, fmt.Errorf("import %s: %w", o.File, err)
	}
	i.Notes = rows.Notes()
	slices.SortStableFunc(i.NotAdded, func(a, b Trouble) int { return cmp.Compare(a.Line, b.Line) })
	return i.Report, nil
}

func (i *importing) run(ctx context.Context, rows *Rows) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	readings := make(chan reading)
	go i.readAhead(ctx, rows, readings)
	for last := false; !last; {
		var r reading
		select {
		case r = <-readings:
		case <-ctx.Done(): // even if standard input never ends
			return ctx.Err()
		}
		if r.err != nil {
			return r.err
		}
		if err := i.take(ctx, r); err != nil {
			return err
		}
		if i.options.Progress != nil {
			i.options.Progress(i.Rows)
		}
		last = r.last
	}
	if err := i.drop(ctx); err != nil || i.batch == nil {
		return err
	}
	if err := i.batch.Show(ctx, From(Active, Operator), i.confirm); err != nil {
		return err
	}
	return i.store.SetNames(ctx, i.names)
}

// reading is a part of a file: the people whose address can be used and was not
// met before, and what became of the other rows.
type reading struct {
	people         []Entry
	left           []Subscriber // who was met before
	rows, repeated int
	troubles       []Trouble
	last           bool
	err            error
}

// readAhead reads while the part before is being stored.
func (i *importing) readAhead(ctx context.Context, rows *Rows, readings chan<- reading) {
	for {
		r := i.read(rows)
		select {
		case readings <- r:
		case <-ctx.Done():
			return
		}
		if r.last || r.err != nil {
			return
		}
	}
}

func (i *importing) read(rows *Rows) (r reading) {
	for len(r.people) < importBatch && r.rows < 2*importBatch {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			r.last = true
			break
		}
		if err != nil {
			return reading{err: err}
		}
		r.rows++
		switch {
		case row.Why != "":
			r.troubles = append(r.troubles, Trouble{row.Line, Outcome{row.Entry, Invalid, row.Why}})
			continue
		case row.Left != "":
			why := "the list says that this reader is " + string(row.Left)
			r.troubles = append(r.troubles, Trouble{row.Line, Outcome{row.Entry, Refused, why}})
		}
		switch e := i.entry(row); i.meet(e.Person.Hash, row.Left != "") {
		case fresh:
			r.people = append(r.people, e)
		case repeated:
			r.repeated++
		case takenBack:
			r.left = append(r.left, e.Person)
		}
	}
	r.err = i.identify(r.people)
	return r
}

// met is what a row is after the others of its address.
type met int

const (
	fresh met = iota
	repeated
	leaving   // it only says that they left
	takenBack // so it does, and a row before it did not
)

// meet remembers an address by half of its hash: no two addresses share that.
func (i *importing) meet(hash string, left bool) met {
	var half [seenBytes]byte
	_, _ = hex.Decode(half[:], []byte(hash[:2*seenBytes]))
	leftBefore, seen := i.seen[half]
	i.seen[half] = leftBefore || left
	switch {
	case left && seen && !leftBefore:
		return takenBack
	case left:
		return leaving
	case seen:
		return repeated
	}
	return fresh
}

func (i *importing) entry(row Row) Entry {
	a := row.Address
	e := Entry{
		Person: Subscriber{
			Address: a.Mailbox, Normal: a.Normal, Hash: i.keys.AddressHash(a.Normal), Name: a.Name, Created: i.started,
		},
		Line: row.Line, How: row.How, Wording: row.Wording, Since: row.Since,
		Evidence: fmt.Sprintf("%s, line %d", i.options.File, row.Line),
	}
	if e.How == "" {
		e.How = i.options.How
	}
	if e.Since.IsZero() || e.Since.After(i.started) {
		e.Since = i.started
	}
	return e
}

func (i *importing) identify(batch []Entry) error {
	ids, err := newIDs(i.random, len(batch))
	for n := range ids {
		batch[n].Person.ID = ids[n]
	}
	return err
}

// take counts what was read, and stages whoever is new to the list.
func (i *importing) take(ctx context.Context, r reading) error {
	i.Rows += r.rows
	i.Repeated += r.repeated
	for _, p := range r.left {
		i.left[p.Hash] = p
	}
	for _, t := range r.troubles {
		i.trouble(t.Result, t.Line, t.Entry, t.Why)
	}
	if len(r.people) == 0 {
		return nil
	}
	stage := i.standings
	if i.batch != nil {
		stage = i.batch.Stage
	}
	standings, err := stage(ctx, r.people)
	if err != nil {
		return err
	}
	for n, e := range r.people {
		i.judge(e, standings[n])
	}
	return nil
}

func people(batch []Entry) []Subscriber {
	all := make([]Subscriber, len(batch))
	for n, e := range batch {
		all[n] = e.Person
	}
	return all
}

// standings are what Stage would return.
func (i *importing) standings(ctx context.Context, batch []Entry) ([]Standing, error) {
	standings, err := i.store.Standings(ctx, i.options.Newsletter, people(batch))
	if err != nil {
		return nil, err
	}
	suppressed, err := i.store.Suppressions(ctx, i.options.Newsletter, people(batch))
	for n, e := range batch {
		standings[n].Suppressed = suppressed[e.Person.Hash]
	}
	return standings, err
}

// drop leaves those out again whom the list would have added before it said that
// they left. Their first rows count as repeated: the last is the refused one.
func (i *importing) drop(ctx context.Context) error {
	if len(i.left) == 0 {
		return nil
	}
	var batch []Entry
	for _, p := range i.left {
		batch = append(batch, Entry{Person: p})
	}
	standings, err := i.standings(ctx, batch) // of what is only staged they know nothing
	if err != nil {
		return err
	}
	for _, s := range standings {
		if s.Suppressed.Hash == "" && (s.State == "" || s.State == Pending) {
			i.Added--
			i.Repeated++
		}
	}
	i.confirm = slices.DeleteFunc(i.confirm, func(e Entry) bool { return i.isLeft(e.Person) })
	i.names = slices.DeleteFunc(i.names, i.isLeft)
	if i.batch == nil {
		return nil
	}
	return i.batch.Drop(ctx, people(batch))
}

func (i *importing) isLeft(p Subscriber) bool {
	_, left := i.left[p.Hash]
	return left
}

// judge counts a row by how its person stood.
func (i *importing) judge(e Entry, s Standing) {
	if s.Suppressed.Hash != "" {
		i.trouble(Refused, e.Line, e.Person.Address, s.Suppressed.why())
		return
	}
	if s.Subscriber != "" {
		e.Person.ID = s.Subscriber
		if s.Name == "" && e.Person.Name != "" {
			i.names = append(i.names, e.Person)
		}
	}
	switch s.State {
	case "":
		i.Added++
	case Active:
		i.Already++
	case Pending:
		i.Added++
		i.confirm = append(i.confirm, e)
	default:
		o := Outcome{}
		o.judge(s.State, s.Since)
		i.trouble(o.Result, e.Line, e.Person.Address, o.Why)
	}
}

func (i *importing) trouble(r Result, line int, entry, why string) {
	if r == Invalid {
		i.Invalid++
	} else {
		i.Refused++
	}
	if len(i.NotAdded) < troubleKept {
		i.NotAdded = append(i.NotAdded, Trouble{line, Outcome{entry, r, why}})
	}
}
