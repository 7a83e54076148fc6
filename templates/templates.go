// Package templates carries the program's own templates. What they are filled
// with, and how they must look, is decided by the packages that parse them.
// Operators may put a folder with the same files in their place.
package templates

import "embed"

// Files holds email/, whose *.html and *.txt are the two parts of an issue, and
// web/, the pages that subscribers see.
//
//go:embed email web
var Files embed.FS
