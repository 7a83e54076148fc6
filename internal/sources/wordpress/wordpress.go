// Package wordpress pulls a WordPress site.
package wordpress
