package store

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

// loaded is a database with an issue that is planned for n people.
func loaded(b *testing.B, n int) (*Store, string) {
	b.Helper()
	s := opened(b, filepath.Join(b.TempDir(), "digest.db"), Options{Mode: ReadWrite})
	ctx := b.Context()
	id, _, err := s.RegisterNewsletter(ctx, "weekly", "", "", noon)
	if err != nil {
		b.Fatal(err)
	}
	people := make([]subscribers.Subscriber, n)
	for i := range people {
		people[i] = person(i)
	}
	_, err = s.Enrol(ctx, id, people, subscribers.Consent{State: subscribers.Active, Since: noon}, subscribers.Event{At: noon})
	if err != nil {
		b.Fatal(err)
	}
	r, _, err := s.OpenIssue(ctx, "weekly", digest.EditionScheduled, slot(1), noon)
	if err != nil {
		b.Fatal(err)
	}
	return s, r.ID
}

func planAll(b *testing.B, s *Store, issue string, chunk int) (longest time.Duration) {
	b.Helper()
	for done := false; !done; {
		start := time.Now()
		var err error
		if done, err = s.Plan(b.Context(), issue, chunk, noon); err != nil {
			b.Fatal(err)
		}
		longest = max(longest, time.Since(start))
	}
	return longest
}

// BenchmarkSend takes rows through their whole way, group by group: claim,
// intent, result; one operation is one row.
func BenchmarkSend(b *testing.B) {
	for _, group := range []int{1, 10, 100} {
		b.Run(fmt.Sprint("group ", group), func(b *testing.B) {
			const rows = 20_000
			s, issue := loaded(b, rows)
			planAll(b, s, issue, 5000)
			if _, err := s.MoveIssue(b.Context(), issue, []digest.IssueState{digest.IssuePlanning},
				digest.IssueMove{To: digest.IssueSending}); err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			for n := 0; n < b.N; {
				claimed, err := s.Claim(b.Context(), delivery.Claim{Issue: issue, Owner: "a", Now: noon, N: max(group, 50)})
				if err != nil {
					b.Fatal(err)
				}
				if len(claimed) == 0 {
					b.StopTimer()
					if _, err := s.write.Exec(`UPDATE delivery SET state = 'ready'`); err != nil {
						b.Fatal(err)
					}
					b.StartTimer()
				}
				for len(claimed) > 0 && n < b.N {
					k := min(group, len(claimed))
					send(b, s, claimed[:k])
					claimed, n = claimed[k:], n+k
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func send(b *testing.B, s *Store, rows []delivery.Delivery) {
	b.Helper()
	for _, step := range [][2]delivery.State{
		{delivery.Claimed, delivery.Committing}, {delivery.Committing, delivery.Accepted},
	} {
		changes := make([]delivery.Change, len(rows))
		for i, d := range rows {
			changes[i] = change(d, step[0], step[1])
		}
		applied, err := s.Apply(b.Context(), noon, changes)
		if err != nil || !applied[0] {
			b.Fatal(applied, err)
		}
	}
}

func BenchmarkPlan(b *testing.B) {
	const people = 100_000
	s, issue := loaded(b, people)
	var longest time.Duration
	for b.Loop() {
		b.StopTimer()
		for _, q := range []string{`DELETE FROM delivery`, `UPDATE issue SET plan_after = ''`} {
			if _, err := s.write.Exec(q); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		longest = max(longest, planAll(b, s, issue, 5000))
	}
	b.ReportMetric(float64(longest.Milliseconds()), "ms/longest-chunk")
}

func BenchmarkClaim1000(b *testing.B) {
	s, issue := loaded(b, 1000)
	planAll(b, s, issue, 5000)
	if _, err := s.MoveIssue(b.Context(), issue, []digest.IssueState{digest.IssuePlanning},
		digest.IssueMove{To: digest.IssueSending}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		rows, err := s.Claim(b.Context(), delivery.Claim{Issue: issue, Owner: "a", Now: noon, N: 1000})
		if err != nil || len(rows) != 1000 {
			b.Fatal(len(rows), err)
		}
		b.StopTimer()
		if _, err := s.write.Exec(`UPDATE delivery SET state = 'ready'`); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
