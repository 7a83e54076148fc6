// Package alert tells an operator, by a command and a webhook of their choice,
// of what needs a person.
package alert
