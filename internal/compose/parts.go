package compose

import (
	"bytes"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"strings"
	texttemplate "text/template"

	"digest.example/internal/texts"
)

// parts are the parsed templates. Each file is a template by its own name.
type parts struct {
	html *htmltemplate.Template
	text *texttemplate.Template
}

// fragment is a part of an issue in both forms.
type fragment struct {
	HTML htmltemplate.HTML
	Text string
}

func parse(files fs.FS, lang *texts.Language) (parts, error) {
	html, err := htmltemplate.New("email").Funcs(htmlFuncs(lang)).Option("missingkey=error").ParseFS(files, "email/*.html")
	if err != nil {
		return parts{}, fmt.Errorf("parse: %w", err)
	}
	plain, err := texttemplate.New("email").Funcs(textFuncs(lang)).Option("missingkey=error").ParseFS(files, "email/*.txt")
	if err != nil {
		return parts{}, fmt.Errorf("parse: %w", err)
	}
	return parts{html: html, text: plain}, nil
}

// htmlFuncs are the functions of the HTML part: text says something, and own
// isolates what a view says in our words.
func htmlFuncs(lang *texts.Language) htmltemplate.FuncMap {
	return htmltemplate.FuncMap{
		"text": lang.HTML, "own": lang.Isolate, "look": look, "outlook": outlook, "padding": padding,
	}
}

func textFuncs(lang *texts.Language) texttemplate.FuncMap {
	return texttemplate.FuncMap{"text": lang.Text, "wrap": wrap, "rule": rule}
}

// in are copies of the parts that speak a language.
func (p parts) in(lang *texts.Language) (parts, error) {
	html, err := p.html.Clone()
	if err != nil {
		return parts{}, fmt.Errorf("copy the templates: %w", err)
	}
	text, err := p.text.Clone()
	if err != nil {
		return parts{}, fmt.Errorf("copy the templates: %w", err)
	}
	return parts{html: html.Funcs(htmlFuncs(lang)), text: text.Funcs(textFuncs(lang))}, nil
}

// fragment renders name.html and name.txt. Nothing in a fragment is ours to
// fill in per reader, so whatever looks like the hole's key goes: a comment
// must not be able to print a reader's personal link.
func (p parts) fragment(name string, data any, key string) (fragment, error) {
	html, text, err := p.render(name, data)
	if err != nil {
		return fragment{}, err
	}
	return fragment{
		HTML: htmltemplate.HTML(strings.ReplaceAll(html, key, "-")), // safe: html/template wrote it
		Text: strings.ReplaceAll(tidy(text), key, "-"),
	}, nil
}

// frame renders the whole issue.
func (p parts) frame(pg *page) (html, text string, err error) {
	html, text, err = p.render("issue", pg)
	return html, tidy(text), err
}

func (p parts) render(name string, data any) (html, text string, err error) {
	var h, t bytes.Buffer
	if err := p.html.ExecuteTemplate(&h, name+".html", data); err != nil {
		return "", "", fmt.Errorf("render: %w", err)
	}
	if err := p.text.ExecuteTemplate(&t, name+".txt", data); err != nil {
		return "", "", fmt.Errorf("render: %w", err)
	}
	return h.String(), t.String(), nil
}
