package main

import (
	"fmt"
	"slices"
)

// How moments are written for people.
const (
	dayLayout    = "Mon 2 Jan 2006 15:04 MST"
	momentLayout = "Mon 2 Jan 15:04 MST"
)

// plural is "1 reader", "2 readers".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// sortedKeys are the keys of a count, in order.
func sortedKeys(m map[string]int) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
