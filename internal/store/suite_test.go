package store

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/pgtest"
	"digest.example/internal/publish"
	"digest.example/internal/subscribers"
)

var (
	_ publish.Store     = (*Store)(nil)
	_ subscribers.Store = (*Store)(nil)
)

// engine makes empty databases of one kind.
type engine struct {
	name  string
	fresh func(*testing.T) string // address of a database that holds the schema
}

func TestSQLite(t *testing.T) {
	suite(t, engine{"sqlite", func(t *testing.T) string {
		return filepath.Join(t.TempDir(), "digest.db")
	}})
}

func TestPostgreSQL(t *testing.T) {
	server := pgtest.Start(t)
	template := server.Database(t)
	if err := opened(t, template, Options{Mode: ReadWrite}).Close(); err != nil {
		t.Fatal(err)
	}
	suite(t, engine{"postgres", func(t *testing.T) string { return server.Clone(t, template) }})
}

// suite is what both engines must do alike.
func suite(t *testing.T, e engine) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, *world)
	}{
		{"claims are exclusive", testClaimsAreExclusive},
		{"claims are due, sending and counted", testClaim},
		{"claims skip who left", testClaimSkips},
		{"claims end at a newer schema", testClaimNewerSchema},
		{"claims not heard of", testClaimUnheard},
		{"changes are fenced", testFence},
		{"changes not heard of", testApplyUnheard},
		{"unsubscribed between claim and intent", testIntentAfterLeaving},
		{"bounce", testBounce},
		{"spent once", testSpent},
		{"hostile replies", testHostileReply},
		{"plan resumes", testPlan},
		{"what can be tried again", testRetryable},
		{"letters are posted once", testPost},
		{"letters are exclusive", testLettersAreExclusive},
		{"letters are fenced", testLetterFence},
		{"letters asked for again", testLetterIntentAgain},
		{"letters are freed", testFreeLetters},
		{"letters to who is gone", testLetterToWhoIsGone},
		{"letters to nobody", testLettersToNobody},
		{"letter that bounces", testLetterBounce},
		{"recover letters", testRecoverLetters},
		{"prune letters", testPruneLetters},
		{"list letters", testLettersIn},
		{"letters end at a newer schema", testLettersNewerSchema},
		{"recipients agree with plan", testRecipients},
		{"recipients are counted", testCountRecipients},
		{"recover", testRecover},
		{"leases are renewed", testRenew},
		{"zombie", testZombie},
		{"clock behind the ledger", testAhead},
		{"an outage is kept", testOutage},
		{"deliveries and counts", testDeliveries},
		{"numbers race", testNumberRace},
		{"slots race", testSlotRace},
		{"open issue", testOpenIssue},
		{"move issue", testMoveIssue},
		{"freeze", testFreeze},
		{"printed", testPrinted},
		{"newsletters", testNewsletters},
		{"newsletter id collides", testNewsletterID},
		{"library", testLibrary},
		{"big harvest", testBigHarvest},
		{"gone", testGone},
		{"appeared", testAppeared},
		{"memory", testMemory},
		{"prune the library", testPruneLibrary},
		{"prune by a wrong clock", testPruneByAWrongClock},
		{"save after a wrong clock", testSaveAfterAWrongClock},
		{"health", testHealth},
		{"requests", testRequests},
		{"enrol", testEnrol},
		{"suppressed are left out", testSuppressedAreLeftOut},
		{"drop from an import", testDropFromImport},
		{"move consent", testMoveConsent},
		{"suppressed", testSuppressed},
		{"a bounce is the weakest", testBounceIsTheWeakest},
		{"a bounce renews", testBounceRenews},
		{"a confirmation lifts a bounce", testLift},
		{"lifting races", testLiftingRaces},
		{"letters to who bounced", testLettersToBounced},
		{"settle knows who bounced", testSettleKnowsBounced},
		{"import is visible at once", testImportIsVisibleAtOnce},
		{"import between chunks of a plan", testImportBetweenChunksOfAPlan},
		{"import leaves others as they are", testImportLeavesOthersAsTheyAre},
		{"add while an import is staged", testAddWhileStaged},
		{"imports exclude each other", testImportsExcludeEachOther},
		{"import stops anywhere", testImportStopsAnywhere},
		{"import confirms", testImportConfirms},
		{"import confirms after a crash", testImportConfirmsAfterACrash},
		{"plan beside a long import", testPlanBesideALongImport},
		{"tickets", testTickets},
		{"confirm once", testConfirm},
		{"prefer", testPrefer},
		{"all of a person", testPerson},
		{"erase a person", testErasePerson},
		{"erase whatever happened", testEraseAnything},
		{"erase what comes back", testErasedMarks},
		{"erase from why issues stopped", testErasedFromReasons},
		{"erase an address", testEraseAddressOnly},
		{"lists are counted", testListCounts},
		{"sign-ups are alike", testSignUpsAreAlike},
		{"links are alike", testLinksAreAlike},
		{"letters to oneself are alike", testLettersToOneselfAreAlike},
		{"settle who is new", testSettleWhoIsNew},
		{"settle knows people", testSettleKnowsPeople},
		{"settle counts", testSettleCounts},
		{"settle letters to oneself", testSettlePersonLetters},
		{"settle in order", testSettleInOrder},
		{"settle excludes", testSettleExcludes},
		{"letters are written once", testWrite},
		{"forget", testForget},
		{"archive", testArchive},
		{"present name", testPresentName},
		{"redact a comment", testRedactComment},
		{"redact an article", testRedactArticle},
		{"redact while sending", testRedactWhileSending},
		{"mentions", testMentions},
		{"random histories", testModel},
		{"old ledgers are pruned, counts kept", testPruneLedger},
		{"ledgers that are not over are kept", testPruneLedgerKeeps},
		{"ledgers outlive a wrong clock", testPruneLedgerClock},
		{"pruning ends", testPruneLedgerEnds},
		{"who was pruned is missed", testForgotten},
		{"redactions keep their fingerprints", testFingerprint},
		{"secret", testPinSecret},
		{"secrets are replaced", testRotations},
		{"reads only", testReadOnlyRefusesWrites},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &world{T: t, ctx: t.Context(), url: e.fresh(t)}
			w.Store = opened(t, w.url, Options{Mode: ReadWrite})
			c.run(t, w)
		})
	}
}

// world is a store with what most tests need in it.
type world struct {
	*testing.T
	*Store
	ctx context.Context
	url string
}

// noon is when everything happens that has no other time.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func opened(t testing.TB, url string, o Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// must fails the test on an error.
func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// query reads one value, past the store's own methods.
func (w *world) query(query string, args ...any) (v string) {
	w.Helper()
	w.must(w.read.QueryRowContext(w.ctx, query, args...).Scan(&v))
	return v
}

func (w *world) exec(query string, args ...any) {
	w.Helper()
	_, err := w.write.ExecContext(w.ctx, query, args...)
	w.must(err)
}

func (w *world) newsletter(name string) (id string) {
	w.Helper()
	id, _, err := w.RegisterNewsletter(w.ctx, name, "0 9 * * SUN", "Europe/London", noon)
	w.must(err)
	return id
}

// person is the nth subscriber; their ids sort like their numbers.
func person(n int) subscribers.Subscriber {
	return subscribers.Subscriber{
		ID: fmt.Sprintf("p%015d", n), Address: fmt.Sprintf("P%d@example.org", n),
		Normal: fmt.Sprintf("p%d@example.org", n), Hash: fmt.Sprintf("%064x", n),
		Name: fmt.Sprintf("Person %d", n), Language: "en", Created: noon,
	}
}

// enrolN adds the people from to to-1 to a newsletter's list as active.
func (w *world) enrolN(newsletter string, from, to int) {
	w.Helper()
	var people []subscribers.Subscriber
	for n := from; n < to; n++ {
		people = append(people, person(n))
	}
	_, err := w.Enrol(w.ctx, newsletter, people,
		subscribers.Consent{State: subscribers.Active, Since: noon, How: "operator", Wording: "w1"},
		subscribers.Event{At: noon, To: subscribers.Active, Actor: "operator", How: "operator"})
	w.must(err)
}

// leave unsubscribes a person.
func (w *world) leave(newsletter string, n int) {
	w.Helper()
	moved, err := w.Move(w.ctx, person(n).ID, newsletter, []subscribers.State{subscribers.Active},
		subscribers.Event{At: noon, To: subscribers.Unsubscribed, Actor: "subscriber", How: "one-click"})
	w.must(err)
	if !moved {
		w.Fatalf("person %d was not active", n)
	}
}

func slot(n int) digest.Slot {
	at := noon.AddDate(0, 0, 7*n)
	return digest.Slot{Local: at.Format(digest.SlotLayout), Zone: "Europe/London", At: at}
}

// sending makes a newsletter with n subscribers and an issue that is being sent to them.
func (w *world) sending(n int) (newsletter, issue string) {
	w.Helper()
	newsletter = w.newsletter("weekly")
	w.enrolN(newsletter, 0, n)
	r, _, err := w.OpenIssue(w.ctx, "weekly", digest.EditionScheduled, slot(1), noon)
	w.must(err)
	w.planAll(r.ID)
	w.move(r.ID, digest.IssuePlanning, digest.IssueSending)
	return newsletter, r.ID
}

func (w *world) planAll(issue string) {
	w.Helper()
	for done := false; !done; {
		var err error
		done, err = w.Plan(w.ctx, issue, 1000, noon)
		w.must(err)
	}
}

func (w *world) move(issue string, from, to digest.IssueState) {
	w.Helper()
	moved, err := w.MoveIssue(w.ctx, issue, []digest.IssueState{from}, digest.IssueMove{To: to, At: noon})
	w.must(err)
	if !moved {
		w.Fatalf("issue did not move from %s to %s", from, to)
	}
}

func (w *world) claim(issue, owner string, n int) []delivery.Delivery {
	w.Helper()
	rows, err := w.Claim(w.ctx, delivery.Claim{Issue: issue, Owner: owner, Now: noon, Lease: time.Minute, N: n})
	w.must(err)
	return rows
}

// change is a change of a row as it was claimed.
func change(d delivery.Delivery, from, to delivery.State) delivery.Change {
	return delivery.Change{
		Issue: d.Issue, Subscriber: d.Subscriber, Owner: d.Owner, Epoch: d.Epoch, From: from, To: to,
		Attempts: d.Attempts, IfActive: to == delivery.Committing,
	}
}

func (w *world) apply(changes ...delivery.Change) []bool {
	w.Helper()
	applied, err := w.Apply(w.ctx, noon, changes)
	w.must(err)
	return applied
}

// rows are an issue's states by subscriber number, such as "ready ready skipped".
func (w *world) states(issue string) string {
	w.Helper()
	var all []string
	w.must(each(w.ctx, w.read, func(scan scan) error {
		var s string
		err := scan(&s)
		all = append(all, s)
		return err
	}, `SELECT state FROM delivery WHERE issue = $1 ORDER BY subscriber`, issue))
	return strings.Join(all, " ")
}
