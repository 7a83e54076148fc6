package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// A person needs a moment to fill a form in, and does not leave it open for ever.
const (
	minFill = 2 * time.Second
	maxFill = 24 * time.Hour
)

// filled is what a stamp says about how long a form was open.
type filled int

const (
	filledWell  filled = iota
	filledFast         // sooner than people are
	filledNever        // not our form, or one of the day before
)

// stamp marks a form of a newsletter with the time at which it was shown. It
// proves nothing about a person; it costs robots a page and a wait.
func (s *site) stamp(newsletter string) string {
	at := strconv.FormatInt(s.Now().Unix(), 36)
	return at + "." + base64.RawURLEncoding.EncodeToString(s.stampMAC(newsletter, at))
}

func (s *site) stampMAC(newsletter, at string) []byte {
	h := hmac.New(sha256.New, s.FormKey)
	h.Write([]byte("form " + newsletter + " " + at))
	return h.Sum(nil)[:16]
}

// judge reads a stamp that came back.
func (s *site) judge(newsletter, stamp string) filled {
	at, code, _ := strings.Cut(stamp, ".")
	mac, err := base64.RawURLEncoding.Strict().DecodeString(code)
	if err != nil || subtle.ConstantTimeCompare(mac, s.stampMAC(newsletter, at)) != 1 {
		return filledNever
	}
	seconds, err := strconv.ParseInt(at, 36, 64)
	if err != nil {
		return filledNever
	}
	// The stamp has whole seconds, cut off: a form is never younger than it says.
	switch open := s.Now().Sub(time.Unix(seconds, 0)); {
	case open < 0, open > maxFill:
		return filledNever
	case open < minFill:
		return filledFast
	}
	return filledWell
}
