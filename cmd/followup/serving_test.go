package main

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"sync"
	"testing"
	"time"
)

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}
func (s *syncBuffer) String() string { s.mu.Lock(); defer s.mu.Unlock(); return s.b.String() }

var servedAt = regexp.MustCompile(`running at (http://\S+)`)

func (s shell) awaitURL(out, errs *syncBuffer) string {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if m := servedAt.FindStringSubmatch(out.String()); m != nil {
			return m[1]
		}
	}
	s.t.Fatalf("the server did not say where it runs: %s %s", out.String(), errs.String())
	return ""
}

func awaitHealthy(t *testing.T, url string) {
	t.Helper()
	last := ""
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get(url + "/healthz")
		if err != nil {
			last = err.Error()
			continue
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			page, err := http.Get(url + "/sign-in")
			if err != nil || page.StatusCode != http.StatusOK {
				t.Fatalf("the sign-in page: %v %v", page, err)
			}
			page.Body.Close()
			return
		}
		last = resp.Status + " " + string(body)
	}
	t.Fatalf("/healthz never turned green: %s", last)
}
