package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"digest.example/internal/pgtest"
	"digest.example/internal/smtpsink"
	"digest.example/internal/smtptest"
)

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == victimName {
		victimMain()
	}
	testscript.Main(m, map[string]func(){
		"digest": main, "digest-bench": digestBench, "go-mail-bench": goMailBench, "smtpsink": smtpsink.Main,
	})
}

// patience is how long a script waits for what must come.
const patience = 30 * time.Second

// TestScripts runs the program as its users do. Each script has a folder, a port
// for the pages and, after "smtp", a relay of its own.
func TestScripts(t *testing.T) {
	testscript.Run(t, scripts("script", setup))
}

// TestScriptsOnPostgreSQL runs it with a database on a server.
func TestScriptsOnPostgreSQL(t *testing.T) {
	server := pgtest.Start(t)
	testscript.Run(t, scripts("postgres", func(e *testscript.Env) error {
		e.Vars = append(e.Vars, "DIGEST_DATABASE="+server.Database(t))
		return setup(e)
	}))
}

func scripts(folder string, setup func(*testscript.Env) error) testscript.Params {
	return testscript.Params{
		Dir:   filepath.Join("testdata", folder),
		Setup: setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "smtp": relay, "release": goOn, "term": terminate, "messages": messages, "await": await,
			"link": link, "http": request, "page": page, "listing": listing, "mode": mode, "json": isJSON,
			"plan": planIsTrue, "sql": execSQL, "rows": rows, "age": age, "yesterday": yesterday, "readers": readers,
			"site": siteCommand, "shows": shows, "signup": signUp, "linkto": linkTo, "dkimkey": dkimkey, "verified": verified, "letter": letter,
		},
		RequireUniqueNames: true,
	}
}

// yesterday writes the name of yesterday's weekday for the word YESTERDAY in a
// file: a weekly slot on that day is missed by less than two days, and the next
// is far, whenever the test runs.
func yesterday(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: yesterday file")
	}
	file := ts.MkAbs(args[0])
	london, err := time.LoadLocation("Europe/London")
	ts.Check(err)
	day := strings.ToUpper(time.Now().In(london).AddDate(0, 0, -1).Format("Mon"))
	text := strings.ReplaceAll(ts.ReadFile(args[0]), "YESTERDAY", day)
	ts.Check(os.WriteFile(file, []byte(text), 0o600))
}

// freePort is an address of this machine that nobody listened on a moment ago.
// It lies below those that the system gives to servers of other tests meanwhile.
func freePort() (address string, err error) {
	for range 100 {
		var l net.Listener
		address = fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(20_000))
		if l, err = net.Listen("tcp", address); err == nil {
			return address, l.Close()
		}
	}
	return "", err
}

// setup gives a script two free ports, and settings that need no file.
func setup(e *testscript.Env) error {
	address, err := freePort()
	if err != nil {
		return err
	}
	second, err := freePort()
	if err != nil {
		return err
	}
	e.Vars = append(e.Vars, "LISTEN="+second)
	e.Vars = append(e.Vars, "DIGEST_WEB_LISTEN="+address, "DIGEST_WEB_PUBLIC_URL=http://"+address,
		"PAGES=http://"+address, "DIGEST_SMTP_HOST=127.0.0.1", "DIGEST_SMTP_PORT=1", "DIGEST_SMTP_TLS=none",
		"DIGEST_SMTP_CONNECTIONS=3", "PAST_HOLDS=--force=unsubscribe-unreachable")
	e.Values[relayKey{}] = &relayOf{gate: make(chan struct{})}
	e.Values[siteKey{}] = &siteOf{}
	return nil
}

type relayKey struct{}

// relayOf is a script's relay.
type relayOf struct {
	*smtptest.Server
	gate chan struct{}
}

func relayIn(ts *testscript.TestScript) *relayOf { return ts.Value(relayKey{}).(*relayOf) }

// exits CODE COMMAND... runs a command and wants that exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("%v exited with %d, not %s", args[1:], code, args[0])
	}
}

// smtp [ADDRESS ACTION] starts a relay that refuses an address, or its mail by
// policy, puts it off, hangs up after its dot, or stalls it until release.
func relay(ts *testscript.TestScript, _ bool, args []string) {
	r := relayIn(ts)
	var script smtptest.Script
	if len(args) == 2 {
		switch to := args[0]; args[1] {
		case "refuse":
			script = smtptest.At(smtptest.Rcpt, to, smtptest.Action{Reply: "550 5.1.1 no such user"})
		case "policy":
			script = smtptest.At(smtptest.Dot, to, smtptest.Action{Reply: "554 5.7.1 not from you"})
		case "later":
			script = smtptest.At(smtptest.Rcpt, to, smtptest.Action{Reply: "450 4.2.0 come again"})
		case "hangup":
			script = smtptest.At(smtptest.Dot, to, smtptest.Action{Drop: true})
		case "stall":
			script = smtptest.At(smtptest.Dot, "", smtptest.Action{Wait: r.gate})
		default:
			ts.Fatalf("unknown action %q", args[1])
		}
	}
	s, err := smtptest.Start(smtptest.Options{Script: script})
	ts.Check(err)
	ts.Defer(s.Close)
	r.Server = s
	ts.Setenv("DIGEST_SMTP_PORT", strconv.Itoa(s.Port()))
}

// release lets a stalled relay go on.
func goOn(ts *testscript.TestScript, _ bool, _ []string) { close(relayIn(ts).gate) }

// term [NAME] sends SIGTERM to a command that runs in the background: that of
// the name second, or the first.
func terminate(ts *testscript.TestScript, _ bool, args []string) {
	n := 0
	if len(args) > 0 && args[0] == "second" {
		n = 1
	}
	ts.Check(ts.BackgroundCmds()[n].Process.Signal(syscall.SIGTERM))
}

// rows FILE QUERY N waits until the query's one number is N.
func rows(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("sqlite", ts.MkAbs(args[0])+"?_pragma=busy_timeout(5000)")
	ts.Check(err)
	defer db.Close()
	poll(ts, args[2]+" rows", func() bool {
		var n string
		ts.Check(db.QueryRow(args[1]).Scan(&n))
		return n == args[2]
	})
}

// messages N wants that many messages in the relay, and nobody with two.
// messages -stalled N waits for so many DATA commands.
func messages(ts *testscript.TestScript, _ bool, args []string) {
	r := relayIn(ts)
	want, err := strconv.Atoi(args[len(args)-1])
	ts.Check(err)
	if args[0] == "-stalled" {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		ts.Check(r.Await(ctx, "stalled messages", func() bool {
			n := 0
			for _, c := range r.Commands() {
				if strings.HasSuffix(strings.ToUpper(c), " DATA") {
					n++
				}
			}
			return n >= want
		}))
		return
	}
	if got := len(r.Messages()); got != want {
		ts.Fatalf("the relay has %d messages, not %d", got, want)
	}
	for address, n := range r.Accepted() {
		if n > 1 {
			ts.Fatalf("%s got %d messages", address, n)
		}
	}
	if v := r.Violations(); len(v) > 0 {
		ts.Fatalf("violations of SMTP: %v", v)
	}
}

// poll waits until ok, for what other processes do and nothing announces.
func poll(ts *testscript.TestScript, what string, ok func() bool) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		if ok() {
			return
		}
	}
	ts.Fatalf("waited in vain for %s", what)
}

// await URL waits until it answers with 200.
func await(ts *testscript.TestScript, _ bool, args []string) {
	poll(ts, args[0], func() bool {
		resp, err := http.Get(args[0])
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// shows URL TEXT waits until the page holds that text.
func shows(ts *testscript.TestScript, _ bool, args []string) {
	poll(ts, args[1]+" in "+args[0], func() bool {
		resp, err := http.Get(args[0])
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return err == nil && strings.Contains(string(body), args[1])
	})
}

// link ADDRESS VARIABLE sets the unsubscribe link of the last message to address.
func link(ts *testscript.TestScript, _ bool, args []string) {
	for _, m := range relayIn(ts).Messages() {
		if m.To[0] != args[0] {
			continue
		}
		parsed, err := mail.ReadMessage(bytes.NewReader(m.Data))
		ts.Check(err)
		url, _, _ := strings.Cut(strings.TrimPrefix(parsed.Header.Get("List-Unsubscribe"), "<"), ">")
		ts.Setenv(args[1], url)
	}
	if ts.Getenv(args[1]) == "" {
		ts.Fatalf("no message to %s has a link", args[0])
	}
}

// http METHOD URL CODE [BODY] asks a page.
func request(ts *testscript.TestScript, _ bool, args []string) {
	req, err := http.NewRequest(args[0], args[1], strings.NewReader(strings.Join(args[3:], "")))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if strconv.Itoa(resp.StatusCode) != args[2] {
		ts.Fatalf("%s %s answered %s:\n%s", args[0], args[1], resp.Status, body)
	}
}

// page prints what is behind an address.
func page(ts *testscript.TestScript, _ bool, args []string) {
	resp, err := http.Get(args[0])
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s\n%s", resp.Status, body)
}

// listing prints the names, modes and sizes of what is in the folder, with the
// databases' hashes and without preview/.
func listing(ts *testscript.TestScript, _ bool, _ []string) {
	root := ts.MkAbs(".")
	fmt.Fprintln(ts.Stdout(), "in this folder:")
	ts.Check(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		name, _ := filepath.Rel(root, path)
		if d.IsDir() {
			if name == "preview" || name == ".tmp" {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasPrefix(name, "listing") {
			return nil
		}
		fmt.Fprint(ts.Stdout(), name)
		if strings.HasSuffix(name, ".db") || strings.HasSuffix(name, "-wal") {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(ts.Stdout(), " %x", sha256.Sum256(b))
		}
		info, err := d.Info()
		if err == nil {
			fmt.Fprintln(ts.Stdout(), "", info.Mode(), info.Size())
		}
		return err
	}))
}

// mode FILE MODE wants that mode.
func mode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has mode %s, not %s", args[0], got, args[1])
	}
}

// json wants that the last command printed JSON values and nothing else.
func isJSON(ts *testscript.TestScript, _ bool, _ []string) {
	d := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	for n := 0; ; n++ {
		var v any
		err := d.Decode(&v)
		if errors.Is(err, io.EOF) && n > 0 {
			return
		}
		ts.Check(err)
	}
}

// plan FOLDER wants that plan.json names every item with a reason, and that both
// parts of the mail link to it.
func planIsTrue(ts *testscript.TestScript, _ bool, args []string) {
	var p struct {
		Printed []struct {
			Article, Comment, URL string
			Why                   []string
		}
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(filepath.Join(args[0], "plan.json"))), &p))
	html, text := ts.ReadFile(filepath.Join(args[0], "issue.html")), ts.ReadFile(filepath.Join(args[0], "issue.txt"))
	comments := 0
	for _, item := range p.Printed {
		if item.Comment != "" {
			comments++
		}
		if len(item.Why) == 0 {
			ts.Fatalf("no reason for %+v", item)
		}
		if item.URL == "" || !strings.Contains(html, item.URL) || !strings.Contains(text, item.URL) {
			ts.Fatalf("the address of %+v is not in both parts", item)
		}
	}
	if comments == 0 || comments == len(p.Printed) {
		ts.Fatalf("%d of the %d printed items are comments", comments, len(p.Printed))
	}
}

// sql FILE STATEMENT changes a database behind the program's back.
func execSQL(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	defer db.Close()
	_, err = db.Exec(args[1])
	ts.Check(err)
}

// age FILE makes the newsletters' schedules look as if they were two days old.
func age(ts *testscript.TestScript, _ bool, args []string) {
	execSQL(ts, false, []string{args[0], fmt.Sprintf("UPDATE newsletter SET schedule_seen = %d",
		time.Now().AddDate(0, 0, -2).UnixMilli())})
}

// readers N FILE writes that many addresses to a file.
func readers(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "Reader %d <r%d@example.org>\n", i, i)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(b.String()), 0o600))
}
