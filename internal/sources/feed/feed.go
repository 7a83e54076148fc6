// Package feed pulls a site through its feeds.
package feed
