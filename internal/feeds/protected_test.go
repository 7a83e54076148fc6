package feeds

import (
	"testing"

	"digest.example/internal/digest"
)

func TestProtected(t *testing.T) {
	const sentence = "There is no excerpt because this is a protected post."
	for name, c := range map[string]struct {
		title, html, summary string
		want                 bool
	}{
		"form of today":       {"Members", `<form action="https://harbour.test/wp-login.php?action=postpass" class="post-password-form" method="post">`, "", true},
		"class alone":         {"Mitglieder", `<FORM class='post-password-form'>`, "", true},
		"form in the excerpt": {"Members", "", `<input size=20 name=post_password type=password>`, true},
		"field, quoted":       {"Members", `<p><input type="password" name = 'post_password'></p>`, "", true},
		"excerpt":             {"Protected: Members", "", sentence, true},
		"excerpt as text":     {"Protected: Members", "<p>" + sentence + "</p>", "", true},
		"German excerpt":      {"Geschützt: Mitglieder", "", "Es gibt keinen Auszug, da dies ein geschützter Beitrag ist.", true},
		"quoted sentence":     {"What WordPress says", "", sentence, false},
		"title alone":         {"Protected: how herons live", "<p>They are a protected species.</p>", "Herons", false},
		"two languages":       {"Geschützt: Mitglieder", "", sentence, false},
		"about the form":      {"Themes", `<pre>&lt;form class="post-password-form"&gt; .post-password-form { }</pre>`, "", false},
		"another form":        {"Subscribe", `<form action="/join"><input name="password"><input name="post_password_hint">`, "", false},
		"nothing":             {},
	} {
		e := Entry{Article: digest.Article{Title: c.title, HTML: c.html, Summary: c.summary}}
		if Protected(e) != c.want {
			t.Errorf("%s: %v", name, !c.want)
		}
	}
}
