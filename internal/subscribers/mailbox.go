package subscribers

import "strings"

// sameProvider are domains under which a provider has the same mailboxes as under
// another.
var sameProvider = map[string]string{
	"googlemail.com": "gmail.com",
	"protonmail.com": "proton.me", "pm.me": "proton.me",
	"me.com": "icloud.com", "mac.com": "icloud.com",
	"ya.ru": "yandex.ru", "yandex.com": "yandex.ru", "yandex.by": "yandex.ru", "yandex.kz": "yandex.ru", "yandex.ua": "yandex.ru",
	"fastmail.fm": "fastmail.com",
}

// notTold are characters that a provider does not tell apart, or leaves out.
var notTold = map[string]*strings.Replacer{
	"gmail.com": strings.NewReplacer(".", ""),
	"proton.me": strings.NewReplacer(".", "", "-", "", "_", ""),
	"yandex.ru": strings.NewReplacer("-", "."),
}

// mailbox is what counts as one mailbox where letters to strangers are limited:
// without the +tag, and by what is known of large providers, with whom one mailbox
// has many addresses. It is never mailed to, so that being wrong costs somebody a
// day at most.
func mailbox(normal string) string {
	local, domain, _ := strings.Cut(normal, "@")
	if tag := strings.IndexByte(local, '+'); tag > 0 {
		local = local[:tag]
	}
	for _, of := range []string{"fastmail.com", "fastmail.fm"} {
		// anything@ann.fastmail.com is ann+anything@fastmail.com.
		if owner, below := strings.CutSuffix(domain, "."+of); below {
			local, domain = owner[strings.LastIndexByte(owner, '.')+1:], of
		}
	}
	if same := sameProvider[domain]; same != "" {
		domain = same
	}
	if told := notTold[domain]; told != nil {
		local = told.Replace(local)
	}
	return local + "@" + domain
}
