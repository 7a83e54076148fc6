package mail

import "bytes"

// canonicalHead gives the names for h= and the fields that they stand for, in
// that order, in relaxed form (RFC 6376, 3.4.2). Of fields that stand twice the
// lowest comes first (5.4.2). Without a From there is neither.
func canonicalHead(head []byte) (names []string, fields []byte) {
	all := splitFields(head)
	pick := func(name string) (n int) {
		for i := len(all) - 1; i >= 0; i-- {
			if hasName(all[i], name) {
				names, fields = append(names, name), appendCanonicalField(fields, all[i])
				n++
			}
		}
		return n
	}
	names = make([]string, 0, 32)
	fields = make([]byte, 0, len(head)+64)
	for _, name := range sealedFields {
		if pick(name) == 0 && name == "from" {
			return nil, nil
		}
		names = append(names, name)
	}
	for _, name := range signedFields {
		pick(name)
	}
	return names, fields
}

// splitFields cuts a header into its fields, each with its folds.
func splitFields(head []byte) [][]byte {
	fields := make([][]byte, 0, 24)
	for start := 0; start < len(head); {
		end := start
		for {
			i := bytes.Index(head[end:], []byte("\r\n"))
			if i < 0 {
				end = len(head)
				break
			}
			end += i + 2
			if end == len(head) || !isBlank(head[end]) {
				break
			}
		}
		fields = append(fields, head[start:end])
		start = end
	}
	return fields
}

// hasName compares a field's name with one in lower case. Blanks before the
// colon are RFC 5322's obsolete syntax.
func hasName(field []byte, name string) bool {
	if len(field) <= len(name) || field[len(name)] != ':' && !isBlank(field[len(name)]) {
		return false
	}
	rest := bytes.TrimLeft(field[len(name):], " \t")
	return bytes.EqualFold(field[:len(name)], []byte(name)) && len(rest) > 0 && rest[0] == ':'
}

// appendCanonicalField writes a field in relaxed form: its name in lower case,
// unfolded, each run of blanks as one space, none around the value.
func appendCanonicalField(dst, field []byte) []byte {
	i := bytes.IndexByte(field, ':')
	for _, c := range bytes.TrimRight(field[:i], " \t") {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	dst = append(dst, ':')
	space := false
	for _, c := range bytes.Trim(field[i+1:], " \t\r\n") {
		if isBlank(c) || c == '\r' || c == '\n' {
			space = true
			continue
		}
		if space {
			dst, space = append(dst, ' '), false
		}
		dst = append(dst, c)
	}
	return append(dst, "\r\n"...)
}

// appendCanonicalBody writes a dot-stuffed body without its last CRLF in relaxed
// form (RFC 6376, 3.4.4): not stuffed, no blanks at the end of lines, each run
// of blanks as one space, no empty lines at the end. Nearly all lines of a
// quoted-printable body have that form, so it copies whole stretches of them:
// going over each byte would cost a tenth of the RSA signature.
func appendCanonicalBody(dst, body []byte) []byte {
	start := len(dst)
	copied, blanks, tab := 0, -1, -1
	for at := 0; at < len(body); {
		end := nextAfter(body, at, "\n")
		if blanks < at {
			blanks = nextAfter(body, at, "  ")
		}
		if tab < at {
			tab = nextAfter(body, at, "\t")
		}
		line := bytes.TrimSuffix(bytes.TrimSuffix(body[at:end], []byte("\n")), []byte("\r"))
		if len(line) > 0 && (line[0] == '.' || isBlank(line[len(line)-1]) || blanks <= end || tab <= end) {
			dst = append(dst, body[copied:at]...)
			dst = appendCanonicalLine(dst, line)
			copied = end
		}
		at = end
	}
	dst = append(append(dst, body[copied:]...), "\r\n"...)
	for bytes.HasSuffix(dst[start:], []byte("\r\n\r\n")) {
		dst = dst[:len(dst)-2]
	}
	if len(dst)-start == 2 {
		return dst[:start]
	}
	return dst
}

// nextAfter is where the next sep behind at ends; or the end of s.
func nextAfter(s []byte, at int, sep string) int {
	if i := bytes.Index(s[at:], []byte(sep)); i >= 0 {
		return at + i + len(sep)
	}
	return len(s)
}

func appendCanonicalLine(dst, line []byte) []byte {
	line = bytes.TrimRight(bytes.TrimPrefix(line, []byte(".")), " \t")
	return append(appendOneSpaced(dst, line), "\r\n"...)
}

// appendOneSpaced writes a line with one space for each run of blanks. It copies
// what lies between the runs whole: most lines have none.
func appendOneSpaced(dst, line []byte) []byte {
	for {
		i := bytes.Index(line, []byte("  "))
		if tab := bytes.IndexByte(line, '\t'); tab >= 0 && (i < 0 || tab < i) {
			i = tab
			for i > 0 && line[i-1] == ' ' {
				i--
			}
		}
		if i < 0 {
			return append(dst, line...)
		}
		dst = append(append(dst, line[:i]...), ' ')
		line = bytes.TrimLeft(line[i:], " \t")
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }
