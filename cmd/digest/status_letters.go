package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/sanitize"
	"digest.example/internal/store"
)

// lettersStatus are the letters of the last 30 days, such as confirmations.
type lettersStatus struct {
	Counts  delivery.Counts `json:"counts"`
	Missing []letterStatus  `json:"missing,omitempty"` // at most lettersShown of a kind
}

// letterStatus is one that has not arrived, or may not have.
type letterStatus struct {
	Address  string            `json:"address"`
	Kind     digest.LetterKind `json:"kind"`
	State    delivery.State    `json:"state"`
	Why      string            `json:"why,omitempty"`
	Attempts int               `json:"attempts"`
	Changed  time.Time         `json:"changed"`
	NextTry  time.Time         `json:"next_try,omitzero"`
}

// lettersShown is how many letters of each of lettersNamed status names.
const lettersShown = 50

// lettersNamed are the states whose letters status names, in that order: no
// command puts them right, but their owners may ask why nothing came.
var lettersNamed = [][]delivery.State{
	uncertain,
	{delivery.Failed, delivery.RenderError, delivery.Expired},
	{delivery.Ready},
}

func describeLetters(ctx context.Context, s *store.Store) (lettersStatus, error) {
	var all lettersStatus
	var err error
	if all.Counts, err = s.LetterCounts(ctx); err != nil {
		return all, err
	}
	for _, states := range lettersNamed {
		letters, err := s.LettersIn(ctx, states, lettersShown)
		if err != nil {
			return all, err
		}
		for _, l := range letters {
			if l.State != delivery.Ready || l.LastReply != "" {
				all.Missing = append(all.Missing, describeLetter(l))
			}
		}
	}
	return all, nil
}

func describeLetter(l delivery.Letter) letterStatus {
	one := letterStatus{
		Address: l.Address, Kind: l.Kind, State: l.State, Why: l.LastReply, Attempts: l.Attempts, Changed: l.Changed.Local(),
	}
	if one.Address == "" {
		one.Address = "(erased)"
	}
	if one.Why == "" || stale(l.State) {
		one.Why = meaning[l.State]
	}
	if l.State == delivery.Ready {
		one.NextTry = l.NextAt.Local()
	}
	return one
}

func (l lettersStatus) print(w io.Writer) {
	if l.Counts.Total() == 0 {
		return
	}
	fmt.Fprintf(w, "letters: %s\n", countLine(l.Counts))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, m := range l.Missing {
		line := fmt.Sprintf("    %s\t%s\t%s\t%s\t%s", sanitize.Line(m.Address), m.Kind, words(m.State),
			m.Changed.Format(momentLayout), sanitize.Line(m.Why))
		if !m.NextTry.IsZero() {
			line += "; next try " + m.NextTry.Format(momentLayout)
		}
		fmt.Fprintln(t, line)
	}
	_ = t.Flush()
}
