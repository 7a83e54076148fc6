package feeds

import (
	"regexp"
	"strings"
)

// passwordForm is WordPress's form in place of a text that asks for a password.
// Only tags count: every style sheet of WordPress names the form's class.
var passwordForm = regexp.MustCompile(
	`(?i)<form\b[^>]*(?:\bpost-password-form\b|\baction=postpass\b)|<input\b[^>]*\bname\s*=\s*["']?post_password\b`)

// PasswordForm says whether markup asks for the password of a post.
func PasswordForm(markup string) bool { return passwordForm.MatchString(markup) }

// withheld are what WordPress puts before the title of a protected post, and
// into the place of its excerpt, by language.
var withheld = []struct{ title, excerpt string }{
	{"Protected:", "this is a protected post"},
	{"Geschützt:", "Es gibt keinen Auszug"},
	{"Beveiligd:", "Er is geen samenvatting"},
	{"Protegido:", "No hay extracto"},
}

// Protected says whether an entry stands for a text that is not for everybody.
// Where a feed has excerpts only, no form betrays it: title and excerpt must
// both say so then, since articles are about protected things as well.
func Protected(e Entry) bool {
	if PasswordForm(e.HTML) || PasswordForm(e.Summary) {
		return true
	}
	for _, w := range withheld {
		if strings.HasPrefix(e.Title, w.title) && strings.Contains(e.HTML+" "+e.Summary, w.excerpt) {
			return true
		}
	}
	return false
}
