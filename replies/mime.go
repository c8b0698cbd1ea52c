package replies

import (
	"bytes"
	"strings"
)

// part is one leaf of the message's tree.
type part struct {
	header      header
	mediaType   string // lower case, "text/plain" where nothing is said
	params      map[string]string
	disposition string // inline, attachment or ""
	filename    string
	encoded     encoded
	depth       int
}

// encoded is a body as it came.
type encoded struct {
	bytes    []byte
	encoding string // Content-Transfer-Encoding
}

// all is the body without its transfer encoding.
func (e encoded) all() []byte { return decodeTransfer(e.bytes, e.encoding) }

// head is about the first n bytes of it: no encoding but needless folding
// takes more than four bytes for one.
func (e encoded) head(n int) []byte {
	e.bytes = e.bytes[:min(len(e.bytes), 4*n)]
	b := e.all()
	return b[:min(len(b), n)]
}

// text is the part's body in UTF-8.
func (p part) text() string {
	b := p.encoded.head(maxText)
	return strings.ReplaceAll(strings.ReplaceAll(toUTF8(b, p.params["charset"]), "\r\n", "\n"), "\r", "\n")
}

// walker collects the leaves of a message within the limits.
type walker struct {
	parts   []part
	defects []string
	seen    int
}

func (w *walker) defect(s string) {
	if len(w.defects) < 20 {
		w.defects = append(w.defects, s)
	}
}

// walk visits one entity. Attached messages are leaves here: what is inside
// them is not what the sender wrote.
func (w *walker) walk(h header, body []byte, depth int, fallback string) {
	if w.seen++; w.seen > maxParts {
		w.defect("too many parts")
		return
	}
	mediaType, params := parameters(h.raw("Content-Type"))
	if !strings.Contains(mediaType, "/") {
		switch mediaType {
		case "text": // RFC 1049 mailers
			mediaType = "text/plain"
		default:
			mediaType = fallback
		}
	}
	if strings.HasPrefix(mediaType, "multipart/") {
		if depth >= maxNesting {
			w.defect("nested too deeply")
			return
		}
		if w.walkMultipart(mediaType, params["boundary"], body, depth) {
			return
		}
		w.defect("multipart without parts")
		mediaType = "text/plain"
		if looksLikeHTML(body) {
			mediaType = "text/html"
		}
	}
	disposition, dparams := parameters(h.raw("Content-Disposition"))
	p := part{header: h, mediaType: mediaType, params: params, disposition: disposition, depth: depth}
	if p.filename = decodeWords(dparams["filename"]); p.filename == "" {
		p.filename = decodeWords(params["name"])
	}
	p.encoded = encoded{body, h.raw("Content-Transfer-Encoding")}
	w.parts = append(w.parts, p)
}

func decodeTransfer(body []byte, encoding string) []byte {
	encoding, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(encoding)), ";")
	switch strings.Trim(encoding, `" `) {
	case "base64":
		return decodeBase64(body)
	case "quoted-printable":
		return decodeQP(body)
	}
	return body
}

// walkMultipart visits the parts between the boundaries and reports whether
// there were any. A missing closing boundary ends with the body.
func (w *walker) walkMultipart(mediaType, boundary string, body []byte, depth int) bool {
	if boundary = strings.TrimRight(boundary, " "); boundary == "" {
		return false
	}
	fallback := "text/plain"
	if mediaType == "multipart/digest" {
		fallback = "message/rfc822"
	}
	delim := []byte("--" + boundary)
	start := -1
	found := false
	for pos := 0; pos < len(body); {
		i := bytes.Index(body[pos:], delim)
		if i < 0 {
			break
		}
		at := pos + i
		pos = at + len(delim)
		if at > 0 && body[at-1] != '\n' && body[at-1] != '\r' {
			continue
		}
		closing := bytes.HasPrefix(body[pos:], []byte("--"))
		line, rest := cutLine(body[pos:])
		if tail := bytes.TrimSpace(line); len(tail) > 0 && !closing {
			continue // a longer boundary that begins like this one
		}
		if start >= 0 {
			w.entity(trimLineEnd(body[start:at]), depth+1, fallback)
		}
		found = true
		start = len(body) - len(rest)
		pos = start
		if closing {
			return true
		}
		if w.seen > maxParts {
			return true
		}
	}
	if start >= 0 {
		w.defect("no closing boundary")
		w.entity(body[start:], depth+1, fallback)
	}
	return found
}

func (w *walker) entity(b []byte, depth int, fallback string) {
	// An entity may begin with the empty line: no header at all.
	if line, rest := cutLine(b); len(line) == 0 {
		w.walk(nil, rest, depth, fallback)
		return
	}
	h, body := splitHeader(b)
	w.walk(h, body, depth, fallback)
}

// trimLineEnd removes the line end that belongs to the boundary after it.
func trimLineEnd(b []byte) []byte {
	b = bytes.TrimSuffix(b, []byte("\n"))
	return bytes.TrimSuffix(b, []byte("\r"))
}

func looksLikeHTML(b []byte) bool {
	head := bytes.ToLower(bytes.TrimSpace(b[:min(len(b), 512)]))
	for _, s := range []string{"<html", "<!doctype html", "<body", "<div", "<p>", "<head"} {
		if bytes.HasPrefix(head, []byte(s)) {
			return true
		}
	}
	return false
}
