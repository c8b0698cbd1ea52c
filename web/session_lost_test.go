package web_test

import (
	"bytes"
	"database/sql"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"followup/web/webtest"
)

// A session that cannot be kept is noticed while the answer begins to be
// written: one error page is sent, and nothing of the other answer behind it.
func TestASessionThatCannotBeKept(t *testing.T) {
	path := webtest.SQLitePath(t)
	app := webtest.New(t, webtest.Options{DSN: path})
	var said bytes.Buffer
	server := httptest.NewUnstartedServer(app.Handler)
	server.Config.ErrorLog = log.New(&said, "", 0)
	server.Start()
	rep := app.SignIn(app.Rep) // cookies do not know ports
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec(`CREATE TRIGGER full BEFORE INSERT ON sessions BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{"", "same-origin"} { // as it is, and packed
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/me", strings.NewReader(form("zone", "America/New_York", "digest", "1").Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", from)
		res, err := rep.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != http.StatusInternalServerError || strings.Count(string(body), "<!doctype html>") != 1 || !strings.HasSuffix(strings.TrimSpace(string(body)), "</html>") {
			t.Errorf("status %d (%v)\n%s", res.StatusCode, err, body)
		}
	}
	server.Close()
	if strings.Contains(said.String(), "superfluous") {
		t.Errorf("the server was answered twice: %s", said.String())
	}
}
