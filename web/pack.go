package web

import (
	"compress/gzip"
	"net/http"
	"strings"
)

// packed sends pages compressed: a full queue shrinks to a tenth. Not what
// another site made the browser ask for: there somebody could choose words of
// the page, compare sizes and guess others of it (BREACH).
func packed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site := r.Header.Get("Sec-Fetch-Site")
		if r.Method == http.MethodHead || site != "same-origin" && site != "none" || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			next.ServeHTTP(w, r)
			return
		}
		p := &packedWriter{ResponseWriter: w}
		defer p.finish()
		next.ServeHTTP(p, r)
	})
}

// packedWriter compresses what turns out to be a page; streams, files and
// exports go through as they are.
type packedWriter struct {
	http.ResponseWriter
	begun, over bool
	zip         *gzip.Writer // nil: it is none
}

func (p *packedWriter) WriteHeader(status int) {
	h := p.Header()
	if !p.begun && !p.over && status >= 200 {
		p.begun = true
		h.Add("Vary", "Accept-Encoding, Sec-Fetch-Site")
		bodiless := status == http.StatusNoContent || status >= 300 && status < 400
		if strings.HasPrefix(h.Get("Content-Type"), "text/html") && h.Get("Content-Encoding") == "" && !bodiless {
			h.Set("Content-Encoding", "gzip")
			h.Del("Content-Length")
			p.zip, _ = gzip.NewWriterLevel(p.ResponseWriter, gzip.BestSpeed) // the level is one
		}
	}
	p.ResponseWriter.WriteHeader(status)
}

func (p *packedWriter) Write(b []byte) (int, error) {
	switch {
	case p.over:
		return len(b), nil
	case !p.begun:
		p.WriteHeader(http.StatusOK)
	}
	if p.zip != nil {
		return p.zip.Write(b)
	}
	return p.ResponseWriter.Write(b)
}

// finish sends what is still held back; what is written behind it is dropped.
func (p *packedWriter) finish() {
	if p.zip != nil && !p.over {
		_ = p.zip.Close() // a reader who left is no failure
	}
	p.over = true
}

// Unwrap lets http.ResponseController reach the connection.
func (p *packedWriter) Unwrap() http.ResponseWriter { return p.ResponseWriter }
