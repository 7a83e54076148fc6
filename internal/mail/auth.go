package mail

import (
	"bytes"
	"errors"
	"fmt"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail/smtp"
)

// AuthKind is how we log in to the relay.
type AuthKind string

// The mechanisms, and AuthAuto for the best of what the relay offers.
const (
	AuthAuto        AuthKind = "auto"
	AuthPlain       AuthKind = "plain"         // RFC 4616
	AuthLogin       AuthKind = "login"         // draft-murchison-sasl-login
	AuthCRAMMD5     AuthKind = "cram-md5"      // RFC 2195
	AuthSCRAMSHA1   AuthKind = "scram-sha-1"   // RFC 5802
	AuthSCRAMSHA256 AuthKind = "scram-sha-256" // RFC 7677
	AuthXOAUTH2     AuthKind = "xoauth2"       // Google's and Microsoft's; the password is an access token
)

// autoOrder is what AuthAuto prefers: first what never shows a server the
// password. A token is no password, so XOAUTH2 is only used where it is asked for.
// NTLM and the channel-binding kinds are left out: proxies in front of relays
// break them.
var autoOrder = []AuthKind{AuthSCRAMSHA256, AuthSCRAMSHA1, AuthPlain, AuthLogin, AuthCRAMMD5}

// valid takes the kinds that there are; the empty one is AuthAuto.
func (k AuthKind) valid() bool {
	return k == "" || k == AuthAuto || k == AuthXOAUTH2 || slices.Contains(autoOrder, k)
}

// shows says whether the server, and who listens, learns the password or token.
func (k AuthKind) shows() bool { return k == AuthPlain || k == AuthLogin || k == AuthXOAUTH2 }

// Why nobody logs in although the relay refused nothing.
var (
	errNoAuth      = errors.New("the server offers no AUTH")
	errNoMechanism = errors.New("the server offers no such way to log in")
	errInClear     = errors.New("the password would cross the network unencrypted")
	errNoProof     = errors.New("the server did not prove that it knows the password (RFC 5802, 3)")
	errIterations  = errors.New("the server asks for a number of hash iterations that nobody should use")
)

// How often SCRAM hashes the password: RFC 7677, 4 asks for 4,096 at least, so
// that what was overheard cannot be guessed; a server must not occupy us either.
const (
	minIterations = 4096
	maxIterations = 1_000_000
)

// login is the SASL exchange of one connection. It chooses the mechanism, which
// go-mail then speaks, and refuses what go-mail would go along with.
type login struct {
	kind               AuthKind
	username, password string
	host               string

	chosen    smtp.Auth
	mechanism AuthKind
	asked     bool // by a SCRAM server that sent salt and nonce
	proven    bool // that it knows the password
}

// Start chooses among what the server offers.
func (l *login) Start(server *smtp.ServerInfo) (string, []byte, error) {
	var offered []AuthKind
	for _, m := range server.Auth {
		if m != "" {
			offered = append(offered, AuthKind(strings.ToLower(m)))
		}
	}
	if len(offered) == 0 {
		return "", nil, errNoAuth
	}
	safe := server.TLS || loopbackHost(l.host)
	wanted := autoOrder
	if l.kind != AuthAuto {
		wanted = []AuthKind{l.kind}
	}
	err := fmt.Errorf("%w: it offers %s", errNoMechanism, clip(cleanText(strings.Join(server.Auth, " "))))
	for _, k := range wanted {
		switch {
		case !slices.Contains(offered, k):
		case k.shows() && !safe:
			err = errInClear
		default:
			l.mechanism, l.chosen = k, l.speak(k, server.Name)
			return l.chosen.Start(server)
		}
	}
	return "", nil, err
}

// speak is go-mail's side of a mechanism. That the connection is safe enough
// has been judged before.
func (l *login) speak(k AuthKind, server string) smtp.Auth {
	switch k {
	case AuthPlain:
		return smtp.PlainAuth("", l.username, l.password, server, true)
	case AuthLogin:
		return smtp.LoginAuth(l.username, l.password, server, true)
	case AuthCRAMMD5:
		return smtp.CRAMMD5Auth(l.username, l.password)
	case AuthSCRAMSHA1:
		return smtp.ScramSHA1Auth(l.username, l.password)
	case AuthXOAUTH2:
		return smtp.XOAuth2Auth(l.username, l.password)
	}
	return smtp.ScramSHA256Auth(l.username, l.password)
}

// Next answers a challenge, or hears that the server is content.
func (l *login) Next(challenge []byte, more bool) ([]byte, error) {
	if l.mechanism == AuthSCRAMSHA1 || l.mechanism == AuthSCRAMSHA256 {
		return l.scram(challenge, more)
	}
	return l.speakOn(challenge, more)
}

// speakOn has go-mail answer, whose errors quote the server.
func (l *login) speakOn(challenge []byte, more bool) ([]byte, error) {
	answer, err := l.chosen.Next(challenge, more)
	if err != nil {
		return nil, fmt.Errorf("AUTH %s: %s", l.mechanism, cleanText(err.Error()))
	}
	return answer, nil
}

// scram keeps a server to the order of RFC 5802: go-mail would take its word
// without a proof, and for a proof what anybody can compute who has not asked yet.
func (l *login) scram(challenge []byte, more bool) ([]byte, error) {
	first, proof := bytes.HasPrefix(challenge, []byte("r=")), bytes.HasPrefix(challenge, []byte("v="))
	switch {
	case !more && !l.proven, more && proof && !l.asked:
		return nil, errNoProof
	case more && bytes.HasPrefix(challenge, []byte("e=")):
		// SCRAM's own word for what SMTP says by 535.
		return nil, &textproto.Error{Code: 535, Msg: "5.7.8 " + string(challenge)}
	case more && first:
		if err := checkIterations(challenge); err != nil {
			return nil, err
		}
	}
	answer, err := l.speakOn(challenge, more)
	if err == nil && more {
		l.asked = l.asked || first
		l.proven = l.proven || proof
	}
	return answer, err
}

// checkIterations looks at SCRAM's server-first-message.
func checkIterations(message []byte) error {
	for part := range bytes.SplitSeq(message, []byte(",")) {
		if count, ok := bytes.CutPrefix(part, []byte("i=")); ok {
			n, err := strconv.Atoi(string(count))
			if err != nil || n < minIterations || n > maxIterations {
				return fmt.Errorf("%w: %q", errIterations, clip(string(count)))
			}
		}
	}
	return nil
}
