package compose

import (
	"fmt"
	htmltemplate "html/template"
	"strings"

	"digest.example/internal/sanitize"
)

// The colours in light mode. Those of dark mode stand in style.html, by class:
// t text, s secondary, l link, k code, q bar, line hairline, bg and card.
const (
	ink    = "color:#1f2328;"
	grey   = "color:#57606a;"
	blue   = "color:#0550ae;"
	font   = "font-family:'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"
	breaks = "word-break:break-word;"
	body   = "font-size:16px;line-height:1.5;"
	small  = "font-size:14px;"
	mono   = "font-family:Consolas,Menlo,monospace;"
)

// looks are the named styles, written inline because some programs drop
// <style>. The cells declare the font and everything within inherits it.
var looks = map[string]htmltemplate.HTMLAttr{
	"body":   attr("bg", "margin:0;padding:0;background-color:#f3f5f7;"),
	"page":   attr("bg", "background-color:#f3f5f7;"),
	"margin": attr("bg", "padding:0;background-color:#f3f5f7;"),
	"card":   attr("card", "max-width:600px;background-color:#ffffff;"),
	"head":   attr("pad card t", "padding:32px 32px 24px;background-color:#ffffff;"+font+body+ink),
	"row":    attr("pad line card t", "padding:28px 32px 24px;border-top:1px solid #d8dee4;background-color:#ffffff;"+font+body+ink),
	"foot":   attr("pad line card s", "padding:24px 32px 32px;border-top:1px solid #d8dee4;background-color:#ffffff;"+font+body+grey+breaks),

	"h1":      attr("t", "margin:0;font-size:28px;line-height:36px;font-weight:700;"+ink+breaks),
	"h2":      attr("t", "margin:0;font-size:22px;line-height:29px;font-weight:700;"+ink+breaks),
	"h3":      attr("t", "margin:16px 0 0;font-size:18px;line-height:25px;font-weight:700;"+ink+breaks),
	"section": attr("t", "margin:0 0 4px;font-size:22px;line-height:29px;font-weight:700;"+ink),
	"h2-link": attr("t", "text-decoration:none;"+ink+breaks),

	"meta":       attr("s", "margin:6px 0 0;"+small+grey+breaks),
	"meta-after": attr("s", "margin:14px 0 0;"+small+grey),
	"meta-link":  attr("s", grey),
	"link":       attr("l", blue+breaks),
	"after":      attr("", "margin:14px 0 0;"),
	"item":       attr("t", "margin:10px 0 0;"+ink+breaks),
	"small":      attr("s", small+grey),
	"foot-text":  attr("s", "margin:0 0 10px;"+small+grey),

	"button":      attr("", "margin:24px 0 8px;"),
	"button-cell": attr("b", "padding:0;background-color:#0550ae;border-radius:6px;"),
	"button-link": attr("bt", "display:inline-block;padding:14px 28px;font-weight:700;text-decoration:none;color:#ffffff;"+breaks),

	"comment": attr("", "margin:18px 0 0;"),
	"bar-ltr": attr("q t", "padding:0 0 0 14px;border-left:3px solid #c3cad3;"+font+body+ink),
	"bar-rtl": attr("q t", "padding:0 14px 0 0;border-right:3px solid #c3cad3;"+font+body+ink),
	"by":      attr("s", "margin:0;"+small+grey+breaks),
	"name":    attr("t", ink),
	"rest":    attr("", "margin:6px 0 0;"),
}

// foreign styles the markup that sanitize writes; gap is the space above its
// blocks, and dir the newsletter's direction.
func foreign(gap, dir string) sanitize.Attributes {
	auto := func(class, style string) htmltemplate.HTMLAttr { return `dir="auto" ` + attr(class, style) }
	side := "left"
	if dir == "rtl" {
		side = "right"
	}
	return sanitize.Attributes{
		"p":          auto("t", "margin:"+gap+" 0 0;"+ink+breaks),
		"a":          attr("l", blue+breaks),
		"code":       attr("k", mono+"font-size:14px;background-color:#eef1f4;"+ink),
		"pre":        auto("k", "margin:"+gap+" 0 0;padding:8px 10px;background-color:#eef1f4;"+small+ink+breaks),
		"blockquote": auto("q", "margin:"+gap+" 0 0;padding:0 12px;border-"+side+":1px solid #c3cad3;"),
		"ul":         auto("t", "margin:"+gap+" 0 0;padding:0 24px;"+ink),
		"ol":         auto("t", "margin:"+gap+" 0 0;padding:0 24px;"+ink),
		"li":         auto("t", "margin:0;"+ink+breaks),
	}
}

func attr(class, style string) htmltemplate.HTMLAttr {
	style = strings.TrimSuffix(style, ";")
	if class == "" {
		return htmltemplate.HTMLAttr(`style="` + style + `"`)
	}
	return htmltemplate.HTMLAttr(`class="` + class + `" style="` + style + `"`)
}

// look is the template function for a named style.
func look(name string) (htmltemplate.HTMLAttr, error) {
	a, ok := looks[name]
	if !ok {
		return "", fmt.Errorf("no look is named %q", name)
	}
	return a, nil
}

// outlook writes the blocks that only Outlook's Word engine reads. They are
// comments, which html/template would drop.
func outlook(part string) (htmltemplate.HTML, error) {
	switch part {
	case "head":
		return `<!--[if mso]><xml><o:OfficeDocumentSettings><o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings></xml>` +
			`<style>td,p,a,h1,h2,h3,li,span{font-family:Arial,sans-serif !important;}</style><![endif]-->`, nil
	case "open":
		return `<!--[if mso]><table role="presentation" border="0" cellpadding="0" cellspacing="0" width="600"><tr><td><![endif]-->`, nil
	case "close":
		return `<!--[if mso]></td></tr></table><![endif]-->`, nil
	}
	return "", fmt.Errorf("no block for Outlook is named %q", part)
}

// padding keeps the body's first words out of the inbox line.
func padding() htmltemplate.HTML {
	return htmltemplate.HTML(strings.Repeat("&#847;&zwnj;&nbsp;", 60))
}
