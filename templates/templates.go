// Package templates carries the program's own templates, and lets an operator's
// files take their place one by one. What they are filled with, and how they
// must look, is decided by the packages that parse them.
package templates

import "embed"

// Files holds email/, whose *.html and *.txt are the two parts of an issue, and
// web/, the pages that subscribers see.
//
//go:embed email web
var Files embed.FS

// Readme is the name of the file that describes the others to whoever changes
// them.
const Readme = "README.txt"

//go:embed README.txt
var readme string
