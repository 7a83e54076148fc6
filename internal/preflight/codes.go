package preflight

// The codes of all findings. An operator who knows better goes past one with
// --force CODE.
const (
	Unreachable = "unsubscribe-unreachable"
	// The library knows the latter two by these names as well.
	SourceFailed = "source-failed"
	SourceSilent = "source-silent"
	SourceMoved  = "source-moved"
	NoteBroken   = "note-broken"

	NoUnsubscribe   = "no-unsubscribe"
	NoPostalAddress = "no-postal-address"
	TooLarge        = "too-large"
	EmptyText       = "empty-text"
	MissingTitle    = "missing-title"
	MissingSubject  = "missing-subject"
	InsecureLink    = "insecure-link"
	MissingAlt      = "missing-alt"
	PlaceholderLeft = "placeholder-left"
	SameSubject     = "same-subject"
	ListShrank      = "list-shrank"
	ListGrew        = "list-grew"
	NoRecipients    = "no-recipients"

	DeadLink      = "dead-link"
	DNSNoSPF      = "dns-no-spf"
	DNSNoDMARC    = "dns-no-dmarc"
	DNSMisaligned = "dns-misaligned"
	DNSNoDKIM     = "dns-no-dkim"
)

// Kind is a code with what it means.
type Kind struct {
	Code   string
	Level  string // in words: some block or warn as the case may be
	What   string
	Remedy string
	// Asked is the flag that looks for it; empty: every issue is checked for it.
	Asked string
}

// Kinds are all that can be found, in the order in which a manual lists them.
var Kinds = []Kind{
	{Unreachable, "blocks", "the unsubscribe page does not answer", "start digest serve where web.public_url leads", ""},
	{
		SourceFailed, "blocks; warns for a source that is not required", "a source gave nothing",
		"digest sources test shows what it answers", "",
	},
	{
		SourceSilent, "as source-failed", "a site's comments disappeared, or nobody commented for a week",
		"look whether comments are still to be seen on the site", "",
	},
	{
		SourceMoved, "as source-failed", "nearly all articles of a site have other ids than before",
		"look whether the site is the one that it was", "",
	},
	{
		NoteBroken, "blocks", "the editor's note cannot be read, or its front matter is wrong; forced, the issue goes without it",
		"mend notes/NEXT.md: digest preview shows what is wrong", "",
	},
	{
		NoUnsubscribe, "blocks", "the unsubscribe link is missing in the HTML, the text or the header",
		"print {{.Unsubscribe}} in footer.html and footer.txt", "",
	},
	{
		NoPostalAddress, "blocks", "the postal address is not configured, or missing in the HTML or the text",
		"set postal_address, and print {{.Address}} in footer.html and footer.txt", "",
	},
	{
		TooLarge, "blocks over 80,000 bytes of HTML, warns from 90 % of that", "Gmail would clip the mail and its unsubscribe link",
		"make the templates or the note shorter, or articles.max smaller", "",
	},
	{EmptyText, "blocks", "the plain text says nothing", "look at issue.txt among the templates", ""},
	{MissingSubject, "blocks", "there is no subject", "look at subject in the note's front matter", ""},
	{MissingTitle, "warns", "the HTML has no title, which screen readers read first", "put a <title> into issue.html", ""},
	{
		InsecureLink, "blocks for a page of ours, else warns", "a link is not https",
		"set web.public_url to https", "",
	},
	{MissingAlt, "warns", "an image has no alt text", `give each <img> an alt, empty (alt="") where it only decorates`, ""},
	{
		PlaceholderLeft, "blocks", "something was left as the example has it, or a template's code is printed",
		"set the key that it names; or look at the templates and the note", "",
	},
	{SameSubject, "warns", "the subject is the last issue's", "give a subject in the note's front matter", ""},
	{
		ListShrank, "blocks", "the list has lost more than 25 % since the last issue (lists of 20 and more)",
		"digest subscribers list shows who is on it: is this the right database?", "",
	},
	{
		ListGrew, "warns", "the list has grown by more than 25 % since the last issue (lists of 20 and more)",
		"look whether all of them asked for the mail", "",
	},
	{NoRecipients, "warns", "nobody is on the list", "digest subscribers add", ""},
	{
		DeadLink, "blocks for a page of ours, else warns", "a link leads nowhere: 404, 410, or no such host",
		"drop the article or comment in the note's front matter, or leave it", "--check-links",
	},
	{
		DNSNoSPF, "warns", "the envelope sender's domain has no SPF record, or one that cannot be understood",
		"publish a TXT record such as v=spf1 include:RELAY -all, with what your relay asks for", "--check-dns",
	},
	{
		DNSNoDMARC, "warns", "the sender's domain has no DMARC record, or one that cannot be understood",
		"publish a TXT record at _dmarc such as v=DMARC1; p=none", "--check-dns",
	},
	{
		DNSMisaligned, "warns", "bounces go to another domain than the sender's, so SPF does not count for DMARC",
		"set envelope_from to an address in the sender's domain, or be sure that the relay signs with DKIM for it", "--check-dns",
	},
	{
		DNSNoDKIM, "warns", "the key that mail is signed with is not published, or its domain is not the sender's",
		"publish what digest check prints, and set smtp.dkim.domain to the domain of from", "--check-dns",
	},
}

// Codes are the codes of all kinds.
func Codes() []string {
	var all []string
	for _, k := range Kinds {
		all = append(all, k.Code)
	}
	return all
}
