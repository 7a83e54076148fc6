package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/sanitize"
)

func (o overviewOf) print(w io.Writer) {
	for _, p := range o.Problems {
		fmt.Fprintf(w, "serve and send refuse to start: %s\n", p)
	}
	if !o.AwaySince.IsZero() {
		fmt.Fprintf(w, "the relay cannot be reached since %s, last tried %s: digest check --smtp tries it\n",
			o.AwaySince.Local().Format(dayLayout), o.AwayTried.Local().Format(dayLayout))
	}
	for _, n := range o.Newsletters {
		n.print(w)
	}
	o.Letters.print(w)
	for _, s := range o.Sources {
		s.print(w)
	}
}

func (n newsletterStatus) print(w io.Writer) {
	fmt.Fprintf(w, "%s: %s", n.Name, plural(n.Active, "active subscriber"))
	for _, reason := range sortedKeys(n.LeftOut) {
		fmt.Fprintf(w, ", %d %s", n.LeftOut[reason], reason)
	}
	fmt.Fprintf(w, "\n  next slot: %s\n", n.Next.Format(dayLayout))
	for _, i := range n.Issues {
		i.print(w)
	}
}

func (s sourceStatus) print(w io.Writer) {
	fmt.Fprintf(w, "source %s: %s, %s", s.Name, plural(s.Articles, "article"), plural(s.Comments, "comment"))
	if s.Succeeded.IsZero() {
		fmt.Fprint(w, "; never pulled")
	} else {
		fmt.Fprintf(w, "; last pulled %s", s.Succeeded.Local().Format(dayLayout))
	}
	if s.Failures > 0 {
		fmt.Fprintf(w, "; failed %s since: %s", plural(s.Failures, "time"), sanitize.Line(s.LastError))
	}
	fmt.Fprintln(w)
	for _, warning := range s.Warnings {
		fmt.Fprintf(w, "  warning: %s\n", sanitize.Line(warning))
	}
}

// uncertainShown is how many recipients whose fate is uncertain are named in
// print; JSON names them all.
const uncertainShown = 100

func (i issueStatus) print(w io.Writer) {
	fmt.Fprintf(w, "  %s  %s  %s", i.Name, i.Slot.Format(dayLayout), i.State)
	if !i.HoldUntil.IsZero() {
		fmt.Fprintf(w, " until %s", i.HoldUntil.Format(momentLayout))
	}
	if i.Reason != "" {
		fmt.Fprintf(w, " (%s)", i.Reason)
	}
	if line := countLine(i.Counts); line != "" {
		fmt.Fprintf(w, ": %s", line)
	}
	if i.State == digest.IssueSending && !i.NextTry.IsZero() {
		fmt.Fprintf(w, "; next try %s", i.NextTry.Format(momentLayout))
	}
	fmt.Fprintln(w)
	i.printMissing(w)
}

func (i issueStatus) printMissing(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	named := map[delivery.State]int{}
	for _, m := range i.Missing {
		named[m.State]++
		if n := named[m.State]; m.State == delivery.InDoubt && n > uncertainShown {
			continue
		}
		line := fmt.Sprintf("    %s\t%s\t%s", sanitize.Line(m.Address), words(m.State), sanitize.Line(m.Why))
		if !m.NextTry.IsZero() {
			line += "; next try " + m.NextTry.Format(momentLayout)
		}
		fmt.Fprintln(t, strings.TrimRight(line, "\t"))
	}
	if n := named[delivery.InDoubt] - uncertainShown; n > 0 {
		fmt.Fprintf(t, "    and %d more\tin doubt\tall of them: digest status --issue %s --json\n", n, i.Name)
	}
	_ = t.Flush()
	if i.Forgotten > 0 {
		fmt.Fprintf(w, "    %s no longer known by name (ledger.keep)\n", plural(i.Forgotten, "recipient"))
	}
}
