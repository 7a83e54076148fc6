package subscribers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/digest"
)

// importing reads a file into a list, and fails the test if that fails.
func imports(t *testing.T, l *List, file string, o ImportOptions) Report {
	t.Helper()
	report, err := tryImport(l, file, o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func tryImport(l *List, file string, o ImportOptions) (Report, error) {
	rows, err := ReadRows(strings.NewReader(file))
	if err != nil {
		return Report{}, err
	}
	o.Newsletter, o.File, o.How = weekly, "list.csv", "sheet"
	return l.Import(context.Background(), rows, o)
}

const mixed = `email,name,state,since,how,wording
Ann@example.org,Ann,active,2026-01-02,web form,I agree
active@example.org,Other Name,,,,
pending@example.org,,,,,
left@example.org,,,,,
bounced@example.org,,,,,
nowhere@example.org,,,,,
ann@EXAMPLE.org,Twice,,,,
rubbish,,,,,
gone@example.org,,unsubscribed,,,
future@example.org,,,2999-01-01,,
nameless@example.org,Now Named,,,,
`

func mixedList(t *testing.T) (*List, *memory, *Keys) {
	l, m, k := testList(t)
	m.put(t, k, "active@example.org", weekly, Active)
	m.put(t, k, "pending@example.org", weekly, Pending)
	m.put(t, k, "left@example.org", weekly, Unsubscribed)
	m.put(t, k, "bounced@example.org", weekly, Bounced)
	m.put(t, k, "nameless@example.org", monthly, Active)
	h := k.AddressHash("nowhere@example.org")
	m.suppressed[h] = Suppression{Hash: h, Reason: "erased", At: noon}
	return l, m, k
}

func TestImportJudgesEveryRow(t *testing.T) {
	l, m, _ := mixedList(t)
	want := Report{
		Rows: 11, Added: 4, Already: 1, Repeated: 1, Refused: 4, Invalid: 1,
		NotAdded: []Trouble{
			{5, Outcome{"left@example.org", Refused, "left on 2026-02-01"}},
			{6, Outcome{"bounced@example.org", Refused, "bounced on 2026-02-01"}},
			{7, Outcome{"nowhere@example.org", Refused, "suppressed on 2026-03-01: erased"}},
			{9, Outcome{"rubbish", Invalid, "there is no @ in it"}},
			{10, Outcome{"gone@example.org", Refused, "the list says that this reader is unsubscribed"}},
		},
	}
	events := len(m.events)
	if d := cmp.Diff(want, imports(t, l, mixed, ImportOptions{DryRun: true})); d != "" {
		t.Errorf("dry run (-want +got):\n%s", d)
	}
	if len(m.events) != events || len(m.people) != 5 {
		t.Error("a dry run changed something")
	}
	seen := 0
	if d := cmp.Diff(want, imports(t, l, mixed, ImportOptions{Progress: func(n int) { seen = n }})); d != "" || seen != 11 {
		t.Errorf("progress %d (-want +got):\n%s", seen, d)
	}
	checkImported(t, m)
	again := imports(t, l, mixed, ImportOptions{})
	if again.Added != 0 || again.Already != 5 || again.Refused != 4 || again.Invalid != 1 {
		t.Errorf("a second time: %+v", again)
	}
}

func checkImported(t *testing.T, m *memory) {
	t.Helper()
	got := map[string]string{}
	for _, c := range m.consents {
		if c.Newsletter == weekly {
			got[c.Subscriber.Address] = fmt.Sprint(c.State, " ", m.people[c.Subscriber.ID].Name, " ", c.How, " ", c.Wording, " ", c.Since.Format(time.DateOnly))
		}
	}
	want := map[string]string{
		"Ann@example.org":      "active Ann web form I agree 2026-01-02",
		"active@example.org":   "active Other Name   2026-02-01",
		"pending@example.org":  "active  sheet  2026-03-01",
		"left@example.org":     "unsubscribed    2026-02-01",
		"bounced@example.org":  "bounced    2026-02-01",
		"future@example.org":   "active  sheet  2026-03-01",
		"nameless@example.org": "active Now Named sheet  2026-03-01",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	e := m.events[slices.IndexFunc(m.events, func(e Event) bool { return e.Evidence == "list.csv, line 2" })]
	if e.To != Active || e.Actor != Operator || e.How != "web form" || !e.At.Equal(noon) {
		t.Errorf("event %+v", e)
	}
}

func TestImportFails(t *testing.T) {
	for what, make := range map[string]func(*List, *memory){
		"store":  func(_ *List, m *memory) { m.fail = digest.ErrBusy },
		"random": func(l *List, _ *memory) { l.random = strings.NewReader("little") },
	} {
		l, m, _ := testList(t)
		make(l, m)
		report, err := tryImport(l, "email\nann@example.org\n", ImportOptions{})
		if err == nil || !strings.Contains(err.Error(), "import list.csv") || report.Rows != 0 || len(m.consents) != 0 {
			t.Errorf("%s: %+v, %v", what, report, err)
		}
	}
	if _, err := tryImport(nil, "name\nAnn\n", ImportOptions{}); !errors.Is(err, digest.ErrRefused) {
		t.Errorf("no list: %v", err)
	}
}

func TestImportRemembersOnlySoManyTroubles(t *testing.T) {
	l, _, _ := testList(t)
	report := imports(t, l, "email\n"+strings.Repeat("rubbish\n", troubleKept+5), ImportOptions{})
	if report.Invalid != troubleKept+5 || len(report.NotAdded) != troubleKept {
		t.Errorf("%d invalid, %d kept", report.Invalid, len(report.NotAdded))
	}
}

func TestNewIDs(t *testing.T) {
	l, _, _ := testList(t)
	ids, err := newIDs(l.random, 1000)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 1000 || ids[0][:3] != ids[999][:3] {
		t.Errorf("ids from %s to %s", ids[0], ids[999])
	}
	for _, id := range ids {
		if _, err := appendID(nil, id); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := newIDs(strings.NewReader(strings.Repeat("\x00", 100)), 3); err == nil {
		t.Error("the reserved id was handed out")
	}
}
