package web

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
)

type contextKey int

const (
	keyRequestID contextKey = iota
	keyUser
	keySettings
)

// requestID names the request in the log, in the response and on error pages.
func requestID(r *http.Request) string {
	id, _ := r.Context().Value(keyRequestID).(string)
	return id
}

// statusWriter remembers what was answered, for the log, and that nothing is
// answered twice.
type statusWriter struct {
	http.ResponseWriter
	status int
	over   bool // the answer stands: what is written behind it is dropped
}

func (w *statusWriter) WriteHeader(status int) {
	if w.over {
		return
	}
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.over {
		return len(b), nil
	}
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// finish lets the answer stand as it is.
func (w *statusWriter) finish() { w.over = true }

// writersOf are a writer and what lies behind it, outermost first.
func writersOf(w http.ResponseWriter) []http.ResponseWriter {
	all := []http.ResponseWriter{w}
	for {
		inner, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return all
		}
		w = inner.Unwrap()
		all = append(all, w)
	}
}

// begun tells whether a part of the answer has left already.
func begun(w http.ResponseWriter) bool {
	for _, layer := range writersOf(w) {
		if sw, ok := layer.(*statusWriter); ok {
			return sw.status != 0
		}
	}
	return false
}

// sessionLost answers where a session can be read or kept no more. It is kept
// when the page begins to be written: the page itself must not follow.
func (s *site) sessionLost(w http.ResponseWriter, r *http.Request, err error) {
	s.failPlain(w, r, err)
	for _, layer := range writersOf(w) {
		if f, ok := layer.(interface{ finish() }); ok {
			f.finish()
		}
	}
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (s *site) logging(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()[:12]
		w.Header().Set("X-Request-Id", id)
		sw := &statusWriter{ResponseWriter: w}
		r = r.WithContext(context.WithValue(r.Context(), keyRequestID, id))
		next.ServeHTTP(sw, r)
		level := slog.LevelDebug
		if sw.status >= 500 && r.Context().Err() == nil {
			level = slog.LevelError
		}
		// The path only: a query may hold what somebody searched for.
		s.Log.Log(r.Context(), level, "request", "id", id, "method", r.Method, "path", logPath(r), "status", sw.status)
	})
}

// logPath hides what is a secret of a path: tokens of links.
func logPath(r *http.Request) string {
	if len(r.URL.Path) > 3 && r.URL.Path[:3] == "/u/" {
		return "/u/…"
	}
	if strings.HasPrefix(r.URL.Path, "/b/") {
		return "/b/…"
	}
	if strings.HasPrefix(r.URL.Path, "/l/") {
		return "/l/…"
	}
	if strings.HasPrefix(r.URL.Path, "/join/") {
		return "/join/…"
	}
	return r.URL.Path
}

func (s *site) recovering(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			s.Log.Error("panic", "id", requestID(r), "path", logPath(r), "panic", p, "stack", string(debug.Stack()))
			s.failPlain(w, r, errPanic)
		}()
		next.ServeHTTP(w, r)
	})
}

// securityHeaders: everything comes from this site; no inline script or
// style, no frame around us, and no address leaks to sites we link to.
func securityHeaders(next http.Handler) http.Handler {
	const policy = "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}
