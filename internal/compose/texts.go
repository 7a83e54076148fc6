package compose

import (
	"fmt"
	"time"
)

// english holds every sentence of a mail that is ours. Those with a second form
// take a number, and the first form is for 1.
var english = map[string][2]string{
	"articles":        {"%d article", "%d articles"},
	"comments":        {"%d comment", "%d comments"},
	"votes":           {"%d vote", "%d votes"},
	"all_comments":    {"The %d comment", "All %d comments"},
	"quiet":           {"No comment stood out this week (%d read)."},
	"left_out":        {"%d more article found no room here.", "%d more articles found no room here."},
	"and_more":        {"and %d more", "and %d more"},
	"also":            {"Also:"},
	"on":              {"on"},
	"at":              {"at"},
	"closed":          {"Comments are closed."},
	"more_articles":   {"More articles"},
	"still_discussed": {"Still being discussed"},
	"original":        {"Original article at"},
	"rest":            {"The rest of the comment by"},
	"by_author":       {"the article’s author"},
	"answers":         {"in answer to"},
	"comment_link":    {"comment by"},
	"link":            {"Link"},
	"why":             {"You get this because you subscribed to"},
	"unsubscribe":     {"Unsubscribe"},
	"view_in_browser": {"View in browser"},
	"untitled":        {"Untitled article"},
	"anonymous":       {"Anonymous"},
}

// text is a sentence by its name, and the template function for it. A number
// chooses the form and fills it in.
func text(name string, number ...int) (string, error) {
	forms, ok := english[name]
	if !ok {
		return "", fmt.Errorf("no text is named %q", name)
	}
	if len(number) == 0 {
		return forms[0], nil
	}
	form := forms[0]
	if number[0] != 1 && forms[1] != "" {
		form = forms[1]
	}
	return fmt.Sprintf(form, number[0]), nil
}

// say is text for names that stand in this package, where a test proves that
// each is known.
func say(name string, number ...int) string {
	s, err := text(name, number...)
	if err != nil {
		return name
	}
	return s
}

// day writes a date the way the mail does; the year only where it is not the
// issue's own.
func day(t, issue time.Time) string {
	if t.IsZero() {
		return ""
	}
	if t.Year() == issue.Year() {
		return t.Format("2 January")
	}
	return t.Format("2 January 2006")
}

// rtl are the languages that are written from right to left (their usual script).
var rtl = map[string]bool{
	"ar": true, "arc": true, "ckb": true, "dv": true, "fa": true, "he": true, "iw": true, "ji": true, "ks": true,
	"nqo": true, "ps": true, "sd": true, "syr": true, "ug": true, "ur": true, "yi": true,
}
