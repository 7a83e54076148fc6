package main

import (
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"digest.example/internal/compose"
	"digest.example/internal/digest"
	"digest.example/internal/publish"
	"digest.example/internal/signup"
	"digest.example/internal/store"
)

// letterPaths are where the single-use links of letters lead, below public_url.
var letterPaths = map[digest.LetterKind]string{
	digest.LetterConfirm: "/c/", digest.LetterData: "/d/", digest.LetterErase: "/e/",
}

// clerk answers what people ask for on the pages.
func (a *app) clerk(s *store.Store, composer *compose.Composer, newsletters []publish.Newsletter) *signup.Clerk {
	return signup.New(signup.Options{
		Store: s, Composer: letterWriter{composer, newsletters},
		Link: func(kind digest.LetterKind, token string) string {
			return a.config.Web.PublicURL + letterPaths[kind] + token
		},
		Alert: a.alert, Now: a.now, Random: rand.Reader, Log: a.log(),
	})
}

// letterWriter writes letters in the name of newsletters.
type letterWriter struct {
	composer    *compose.Composer
	newsletters []publish.Newsletter
}

// Compose implements signup.Composer.
func (w letterWriter) Compose(kind digest.LetterKind, newsletter, language, address, link string, at time.Time) (from string, data []byte, err error) {
	i := slices.IndexFunc(w.newsletters, func(n publish.Newsletter) bool { return n.ID == newsletter })
	// What is about a person is about all newsletters, and its reader may have
	// asked from a mail of one that is gone.
	if i < 0 && kind != digest.LetterConfirm && len(w.newsletters) > 0 {
		i = 0
	}
	if i < 0 {
		return "", nil, fmt.Errorf("%w: the configuration has no newsletter with the id %s", digest.ErrNotFound, newsletter)
	}
	n := w.newsletters[i]
	data, err = w.composer.Letter(kind, n.Newsletter, language, address, link, at)
	return n.EnvelopeFrom, data, err
}
