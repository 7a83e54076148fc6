package metrics

import (
	"strconv"
	"strings"
)

// ContentType is that of the text format
// (https://prometheus.io/docs/instrumenting/exposition_formats/).
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// exposition collects metrics in the text format.
type exposition struct{ b strings.Builder }

// label is a name, which is ours, and a value, which may be anything.
type label struct{ name, value string }

// gauge begins a metric that can go up and down; its samples must follow.
func (e *exposition) gauge(name, help string) {
	e.b.WriteString("# HELP " + name + " " + escapeHelp.Replace(help) + "\n# TYPE " + name + " gauge\n")
}

// sample writes one value of the metric that was begun last.
func (e *exposition) sample(name string, value float64, labels ...label) {
	e.b.WriteString(name)
	for i, l := range labels {
		if i == 0 {
			e.b.WriteByte('{')
		} else {
			e.b.WriteByte(',')
		}
		e.b.WriteString(l.name + `="` + escapeValue.Replace(strings.ToValidUTF8(l.value, "\uFFFD")) + `"`)
	}
	if len(labels) > 0 {
		e.b.WriteByte('}')
	}
	e.b.WriteString(" " + strconv.FormatFloat(value, 'g', -1, 64) + "\n")
}

// single is a metric of one sample.
func (e *exposition) single(name, help string, value float64, labels ...label) {
	e.gauge(name, help)
	e.sample(name, value, labels...)
}

var (
	escapeHelp  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	escapeValue = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)
