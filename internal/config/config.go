// Package config says what an operator can set, what holds where nothing is
// set, and which settings cannot be. It reads config.yaml and the environment
// and tells every mistake with its place. It knows nothing of what the other
// packages do with a setting: cmd/digest turns a Config into their options.
package config

import (
	"net/netip"
	"time"
)

// Config is everything that an operator can set. The tags name the keys of
// config.yaml; a field tagged secret is hidden by Redacted ("url": only the
// password of an address is; "origin": all but its scheme and host).
type Config struct {
	Database    string       `mapstructure:"database" secret:"url"` // a file, or postgres://user@host/db
	Web         Web          `mapstructure:"web"`
	Metrics     Metrics      `mapstructure:"metrics"`
	Secret      string       `mapstructure:"secret" secret:"all"` // empty: the key file beside the database
	SMTP        SMTP         `mapstructure:"smtp"`
	Alert       Alert        `mapstructure:"alert"`
	Fetch       Fetch        `mapstructure:"fetch"`
	Library     Library      `mapstructure:"library"`
	Ledger      Ledger       `mapstructure:"ledger"`
	Templates   string       `mapstructure:"templates"` // a folder; empty: the shipped ones
	Newsletters []Newsletter `mapstructure:"newsletters"`
}

// Web is where the pages for subscribers are served, and where readers find them.
type Web struct {
	Listen    string `mapstructure:"listen"`     // host:port
	PublicURL string `mapstructure:"public_url"` // no trailing slash once loaded
	// TrustedProxies are addresses, or networks such as 10.0.0.0/8, of proxies
	// that tell whom they ask for.
	TrustedProxies []string `mapstructure:"trusted_proxies"`
}

// Metrics says where monitors are told how it is going.
type Metrics struct {
	Listen string `mapstructure:"listen"` // host:port; empty: nowhere
}

// The values of SMTP.TLS.
const (
	TLSStartTLS = "starttls" // RFC 3207, required
	TLSImplicit = "implicit" // RFC 8314, section 3.3
	TLSNone     = "none"     // only to this machine or a literal private address
)

// SMTP is the server that takes the mail.
type SMTP struct {
	Host     string `mapstructure:"host"` // name or literal address, without brackets
	Port     int    `mapstructure:"port"`
	Username string `mapstructure:"username"` // empty: no AUTH
	Password string `mapstructure:"password" secret:"all"`
	// PasswordFile holds the password instead; see CurrentPassword.
	PasswordFile string  `mapstructure:"password_file"`
	Auth         string  `mapstructure:"auth"` // one of the Auth constants
	TLS          string  `mapstructure:"tls"`  // one of the TLS constants
	Connections  int     `mapstructure:"connections"`
	PerSecond    float64 `mapstructure:"per_second"` // messages; 0: no limit
	// PerConnection is how many messages one connection carries; 0: no limit.
	PerConnection int  `mapstructure:"per_connection"`
	Pipelining    bool `mapstructure:"pipelining"` // RFC 2920, where the server offers it
	DKIM          DKIM `mapstructure:"dkim"`
}

// The values of SMTP.Auth: SASL mechanisms.
const (
	AuthAuto        = "auto" // what the server offers and shows the password least
	AuthPlain       = "plain"
	AuthLogin       = "login"
	AuthCRAMMD5     = "cram-md5"
	AuthSCRAMSHA1   = "scram-sha-1"
	AuthSCRAMSHA256 = "scram-sha-256"
	AuthXOAUTH2     = "xoauth2" // the password is an access token
)

// DKIM is what mail is signed with; without keys it is not.
type DKIM struct {
	Domain string    `mapstructure:"domain"`
	Keys   []DKIMKey `mapstructure:"keys"` // at most two
}

// DKIMKey is a private key and where its public half is published.
type DKIMKey struct {
	Selector string `mapstructure:"selector"` // <selector>._domainkey.<domain>
	File     string `mapstructure:"file"`     // PEM
}

// Alert says who is told, beside the log, of what needs a person.
type Alert struct {
	Command string `mapstructure:"command"`                 // empty: none
	Webhook string `mapstructure:"webhook" secret:"origin"` // empty: none; the path of one is its password
}

// Fetch says how sites are asked.
type Fetch struct {
	// AllowHosts are the host:port that may be asked although they are not public.
	AllowHosts []string `mapstructure:"allow_hosts"`
}

// Library says how what was pulled is kept.
type Library struct {
	PullEvery Duration `mapstructure:"pull_every"` // by digest serve, between issues; 0: only for an issue
	Keep      Duration `mapstructure:"keep"`       // how long after it was published
}

// Ledger says how long it is known who got an issue.
type Ledger struct {
	Keep Duration `mapstructure:"keep"` // after the issue ended; 0: for ever
}

// Newsletter is one publication.
type Newsletter struct {
	Name               string   `mapstructure:"name"`
	Title              string   `mapstructure:"title"`
	From               string   `mapstructure:"from"`                // RFC 5322 mailbox
	ReplyTo            string   `mapstructure:"reply_to"`            // RFC 5322 mailbox or empty
	EnvelopeFrom       string   `mapstructure:"envelope_from"`       // bare address; empty: From's
	UnsubscribeMailbox string   `mapstructure:"unsubscribe_mailbox"` // bare address or empty
	PostalAddress      string   `mapstructure:"postal_address"`
	Language           string   `mapstructure:"language"` // BCP 47
	Schedule           string   `mapstructure:"schedule"` // for schedule.Parse
	Timezone           string   `mapstructure:"timezone"` // IANA name
	Articles           Articles `mapstructure:"articles"`
	Comments           Comments `mapstructure:"comments"`
	Delivery           Delivery `mapstructure:"delivery"`
	CatchUp            Duration `mapstructure:"catch_up"` // 0: a missed slot is always skipped
	HoldMax            Duration `mapstructure:"hold_max"`
	Sources            []Source `mapstructure:"sources"`
}

// Articles says how many articles an issue prints.
type Articles struct {
	Max    int      `mapstructure:"max"`    // in full; the rest as titles
	Window Duration `mapstructure:"window"` // how far back the first issue reaches
}

// Comments says which comments an issue prints.
type Comments struct {
	PerArticle int      `mapstructure:"per_article"` // 0: none
	Bar        float64  `mapstructure:"bar"`         // content score that a comment needs; 0: the usual one
	MinAge     Duration `mapstructure:"min_age"`     // settling time of a thread
	// BlockedWords are words or phrases, BlockedAuthors names; any case.
	BlockedWords   []string `mapstructure:"blocked_words"`
	BlockedAuthors []string `mapstructure:"blocked_authors"`
}

// The values of Delivery.InDoubt.
const (
	InDoubtHold   = "hold"
	InDoubtResend = "resend"
)

// Delivery says what happens to a mail whose arrival nobody can know.
type Delivery struct {
	InDoubt string `mapstructure:"in_doubt"` // one of the InDoubt constants
}

// The values of Source.Kind.
const (
	KindAuto      = "auto" // found out from the site
	KindWordPress = "wordpress"
	KindFeed      = "feed"
	KindSample    = "sample" // built in, needs no url
)

// Source is a site that a newsletter is pulled from.
type Source struct {
	Name     string `mapstructure:"name"`
	URL      string `mapstructure:"url"`
	Kind     string `mapstructure:"kind"`     // one of the Kind constants
	Required bool   `mapstructure:"required"` // whether an issue waits for it
}

// Proxies are the networks of TrustedProxies; one that cannot be read, which
// Validate finds, is left out.
func (w Web) Proxies() []netip.Prefix {
	var all []netip.Prefix
	for _, s := range w.TrustedProxies {
		if p, err := parseNetwork(s); err == nil {
			all = append(all, p)
		}
	}
	return all
}

// Postgres says whether the database is a PostgreSQL server, not a file.
func (c Config) Postgres() bool { return isPostgres(c.Database) }

// Default is what holds where neither config.yaml nor the environment says
// anything: a newsletter made from the built-in sample site.
func Default() Config {
	n := newsletterDefault()
	n.Name = "weekly"
	n.Title = "The Example Weekly"
	n.From = "The Example Weekly <digest@example.org>"
	n.ReplyTo = "editor@example.org"
	n.PostalAddress = "Example Press, 12 Harbour Street, Bristol"
	n.Timezone = "Europe/London"
	src := sourceDefault()
	src.Name = "sample"
	src.Kind = KindSample
	n.Sources = []Source{src}
	return Config{
		Database: "digest.db",
		Web:      Web{Listen: "127.0.0.1:8080", PublicURL: "https://digest.example.org"},
		SMTP: SMTP{
			Host:        "smtp.example.org",
			Port:        587,
			Auth:        AuthAuto,
			TLS:         TLSStartTLS,
			Connections: 10,
			Pipelining:  true,
		},
		Library:     Library{PullEvery: Duration(time.Hour), Keep: Duration(365 * day)},
		Ledger:      Ledger{Keep: Duration(365 * day)},
		Newsletters: []Newsletter{n},
	}
}

// newsletterDefault is what holds where a newsletter leaves a key out. What
// has no sensible default stays empty here, and Validate asks for it.
func newsletterDefault() Newsletter {
	return Newsletter{
		Language: "en",
		Schedule: "0 9 * * SUN",
		Timezone: "UTC",
		Articles: Articles{Max: 10, Window: Duration(7 * day)},
		Comments: Comments{PerArticle: 2, MinAge: Duration(24 * time.Hour)},
		Delivery: Delivery{InDoubt: InDoubtHold},
		CatchUp:  Duration(48 * time.Hour),
		HoldMax:  Duration(24 * time.Hour),
	}
}

// sourceDefault is what holds where a source leaves a key out.
func sourceDefault() Source { return Source{Kind: KindAuto, Required: true} }
