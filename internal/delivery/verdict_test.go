package delivery

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"digest.example/internal/mail"
)

// reply reads "550 5.1.1 text" as internal/mail does.
func reply(code int, enhanced, text string) mail.Reply {
	return mail.Reply{Code: code, Enhanced: enhanced, Text: text}
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name     string
		at       stage
		code     int
		enhanced string
		text     string
		want     verdict
	}{
		{"greylisting", atRcpt, 450, "4.2.0", "", retryLater},
		{"greylisting with a policy code", atRcpt, 451, "4.7.1", "", retryLater},
		{"local error", atRcpt, 451, "", "", retryLater},
		{"insufficient storage", atRcpt, 452, "4.3.1", "", retryLater},
		{"mailbox full as 552", atRcpt, 552, "5.2.2", "", retryLater},
		{"too many recipients as 552", atRcpt, 552, "5.5.3", "", retryLater},
		{"sender deferred", atMail, 451, "", "", retryLater},
		{"DKIM looked at later", atDot, 451, "4.7.20", "", retryLater},
		{"authentication out of order", atAuth, 454, "4.7.0", "", retryLater},
		{"no such user, temporarily", atRcpt, 450, "4.1.1", "", retryLater},

		{"shutting down", atRcpt, 421, "4.3.2", "", dropped},
		{"shutting down at the dot", atDot, 421, "", "", dropped},
		{"shutting down with a status that is ours", atMail, 421, "4.7.28", "", dropped},

		{"no such user", atRcpt, 550, "5.1.1", "User unknown", bounce},
		{"no such domain", atRcpt, 550, "5.1.2", "", bounce},
		{"bad syntax of mailbox", atRcpt, 553, "5.1.3", "", bounce},
		{"syntax of mailbox as 501", atRcpt, 501, "5.1.3", "", bounce},
		{"moved", atRcpt, 551, "5.1.6", "", bounce},
		{"null MX", atRcpt, 556, "5.1.10", "", bounce},
		{"the domain takes no mail", atRcpt, 556, "", "", bounce},

		{"no such user, told after the body", atDot, 550, "5.1.1", "", refused},
		{"550 without an enhanced code", atRcpt, 550, "", "User unknown", refused},
		{"ambiguous", atRcpt, 550, "5.1.4", "", refused},
		{"mailbox disabled", atRcpt, 550, "5.2.1", "", refused},
		{"mailbox full for good", atRcpt, 550, "5.2.2", "", refused},
		{"not local, without a status", atRcpt, 551, "", "", refused},
		{"not local, told after the body", atDot, 551, "", "", refused},
		{"name not allowed", atRcpt, 553, "", "", refused},
		{"no such user, as a failed transaction", atRcpt, 554, "5.1.1", "", refused},
		{"its host takes no mail", atRcpt, 521, "", "", refused},
		{"storage exceeded by the body", atDot, 552, "5.2.2", "", refused},
		{"no route", atDot, 550, "5.4.4", "", refused},
		{"address needs SMTPUTF8", atRcpt, 553, "5.6.7", "", refused},
		{"an address that cannot be read", atRcpt, 501, "5.5.4", "", refused},
		{"account disabled", atRcpt, 525, "5.7.13", "", refused},
		{"mailbox of another by now", atRcpt, 550, "5.7.17", "", refused},

		{"transaction failed", atDot, 554, "5.6.0", "", policy},
		{"transaction failed, no status", atDot, 554, "", "", policy},
		{"transaction failed at RCPT", atRcpt, 554, "", "", policy},
		{"policy", atDot, 550, "5.7.1", "", policy},
		{"policy at RCPT", atRcpt, 550, "5.7.1", "", policy},
		{"550 to the message", atDot, 550, "", "", policy},
		{"listed, in the words of a missing mailbox", atRcpt, 553, "5.1.3", "see the Spamhaus block list", policy},
		{"rate, in the words of a missing mailbox", atRcpt, 550, "5.1.1", "sent to too many recipients", policy},
		{"policy with a status of authentication", atDot, 554, "5.7.9", "not accepted for policy reasons", policy},
		{"too large", atDot, 552, "5.3.4", "", policy},
		{"too large, told early", atRcpt, 552, "5.2.3", "", policy},
		{"flood", atDot, 550, "5.7.28", "", policy},

		{"authentication required", atMail, 530, "5.7.0", "", ownFault},
		{"authentication required at RCPT", atRcpt, 530, "", "", ownFault},
		{"credentials invalid", atAuth, 535, "5.7.8", "", ownFault},
		{"mechanism unknown", atAuth, 504, "5.5.4", "", ownFault},
		{"password must be changed", atAuth, 432, "4.7.12", "", ownFault},
		{"account disabled at AUTH", atAuth, 525, "5.7.13", "", ownFault},
		{"no mail here", atConnect, 521, "", "", ownFault},
		{"sender refused", atMail, 550, "5.1.0", "", ownFault},
		{"bad sender", atRcpt, 553, "5.1.8", "", ownFault},
		{"sender's syntax", atRcpt, 501, "5.1.7", "", ownFault},
		{"out of order", atRcpt, 503, "5.5.1", "", ownFault},
		{"DATA unknown", atData, 502, "", "", ownFault},
		{"SPF", atDot, 550, "5.7.23", "", ownFault},
		{"DKIM", atDot, 550, "5.7.20", "", ownFault},
		{"sender has null MX", atDot, 550, "5.7.27", "", ownFault},
		{"DMARC of one receiver", atDot, 550, "5.7.515", "", ownFault},
		{"not allowed to send as that", atDot, 550, "5.7.60", "", ownFault},
		{"relaying denied", atRcpt, 554, "5.7.1", "<bob@example.org>: Relay access denied", ownFault},
		{"relaying denied without a status", atRcpt, 550, "", "relaying denied", ownFault},
		{"we do not relay", atRcpt, 550, "5.7.1", "We do not relay", ownFault},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := judge(c.at, reply(c.code, c.enhanced, c.text)); got != c.want {
				t.Errorf("judged %d, want %d", got, c.want)
			}
		})
	}
}

// The codes for which nobody's reader may be lost or blamed, at any step.
func TestOurOwnFaultsAreNobodysElse(t *testing.T) {
	for _, enhanced := range []string{
		"5.1.7", "5.1.8", "5.7.20", "5.7.21", "5.7.22", "5.7.23", "5.7.24", "5.7.25", "5.7.26", "5.7.27", "5.7.515",
	} {
		for _, at := range []stage{atMail, atRcpt, atData, atDot} {
			for _, code := range []int{501, 550, 551, 552, 553, 554} {
				if judge(at, reply(code, enhanced, "")) != ownFault {
					t.Errorf("%d %s at %s costs somebody", code, enhanced, at)
				}
			}
		}
	}
}

// Whatever a server says: only a 5xx to RCPT suppresses, and never one with
// 554, 552 or a policy status; 4xx is never final.
func TestOnlyTheAddressIsSuppressed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.IntRange(400, 599).Draw(t, "code")
		r := reply(code, "", rapid.StringN(0, 60, 200).Draw(t, "text"))
		if rapid.Bool().Draw(t, "with status") {
			r.Enhanced = fmt.Sprintf("%d.%d.%d", code/100, rapid.IntRange(0, 7).Draw(t, "subject"), rapid.IntRange(0, 30).Draw(t, "detail"))
		}
		at := rapid.SampledFrom([]stage{atConnect, atHello, atTLS, atAuth, atMail, atRcpt, atData, atDot, "?"}).Draw(t, "stage")
		v := judge(at, r)
		switch {
		case v == bounce && (at != atRcpt || code < 500 || code == 552 || code == 554 || isPolicy(r)):
			t.Fatalf("%s at %s suppresses the address", r, at)
		case code < 500 && code != 432 && v != retryLater && v != dropped:
			t.Fatalf("%s at %s is final", r, at)
		case (code == 421) != (v == dropped):
			t.Fatalf("%s at %s is judged %d", r, at, v)
		case at == atMail && code >= 500 && v != ownFault:
			t.Fatalf("%s to the sender costs a recipient", r)
		}
	})
}

func TestIsCongestion(t *testing.T) {
	for _, c := range []struct {
		code     int
		enhanced string
		want     bool
	}{
		{452, "4.3.1", true},
		{452, "4.5.3", true},
		{452, "", true},
		{552, "", true}, // to RCPT: elsewhere it is no temporary refusal
		{552, "5.5.3", true},
		{451, "4.4.5", true},
		{450, "4.7.28", true},
		{452, "4.2.2", false},
		{552, "5.2.2", false},
		{450, "4.7.1", false},
		{451, "", false},
	} {
		if got := isCongestion(reply(c.code, c.enhanced, "")); got != c.want {
			t.Errorf("%d %s: %v", c.code, c.enhanced, got)
		}
	}
}
