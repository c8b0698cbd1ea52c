package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// shell runs commands against one data folder.
type shell struct {
	t    *testing.T
	data string
}

type result struct {
	status   int
	out, err string
}

func newShell(t *testing.T) shell { return shell{t, t.TempDir()} }

func (s shell) run(args ...string) result {
	s.t.Helper()
	return s.runWith("", args...)
}

func (s shell) runWith(input string, args ...string) result {
	s.t.Helper()
	var out, errs bytes.Buffer
	status := run(terminal{
		ctx: s.t.Context(), in: strings.NewReader(input), out: &out, err: &errs,
		environ: func() []string { return []string{"FOLLOWUP_DATA=" + s.data, "FOLLOWUP_LOG__LEVEL=warn"} },
		clock:   func() time.Time { return monday },
	}, args)
	return result{status, out.String(), errs.String()}
}

func (s shell) ok(args ...string) string {
	s.t.Helper()
	r := s.run(args...)
	if r.status != 0 {
		s.t.Fatalf("followup %s: status %d\n%s%s", strings.Join(args, " "), r.status, r.out, r.err)
	}
	return r.out
}

func (s shell) file(name, content string) string {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// workspace has a rep and a prospect.
func workspace(t *testing.T) shell {
	t.Helper()
	s := newShell(t)
	s.ok("migrate")
	if out := s.ok("user", "add", "rae@example.com", "--name", "Rae Moss"); !strings.Contains(out, "Password: ") {
		t.Fatalf("user add: %s", out)
	}
	out := s.ok("import", s.file("people.csv", "first_name,last_name,email,phone,country,state\nDana,Reyes,dana@example.com,(212) 555-0123,US,NY\nNo,Zone,nozone@example.com,,US,TX\n"),
		"--owner", "rae@example.com", "--consent", "written")
	if !strings.Contains(out, "2 added, 0 changed, 0 unchanged, 0 rejected") {
		t.Fatalf("import: %s", out)
	}
	return s
}

func TestWrongCommandLine(t *testing.T) {
	s := newShell(t)
	for _, args := range [][]string{{"fly"}, {"serve", "--nope"}, {"import"}, {"user", "add", "x@example.com"}, {"enroll", "--sequence", "x"}} {
		if r := s.run(args...); r.status != 2 || !strings.Contains(r.err, "followup") {
			t.Errorf("%v: status %d, %q", args, r.status, r.err)
		}
	}
	if r := s.run("--help"); r.status != 0 || !strings.Contains(r.out, "inspect-mail") {
		t.Errorf("--help: %+v", r)
	}
	if r := s.run("--config", filepath.Join(s.data, "none.yaml"), "doctor"); r.status != 1 || !strings.Contains(r.out+r.err, "none.yaml") {
		t.Errorf("a configuration file that is not there: %+v", r)
	}
}

func TestEnrollByCommand(t *testing.T) {
	s := workspace(t)
	plan := s.ok("enroll", "--sequence", "booked-call-back", "--prospect", "dana@example.com", "--call", "2026-12-03 15:00", "--dry-run")
	for _, want := range []string{"Plan for Dana Reyes (America/New_York)", "Wed 2 Dec 2026 09:00 EST", "Thu 3 Dec 2026 15:00 EST", "Dry run: nothing was changed."} {
		if !strings.Contains(plan, want) {
			t.Errorf("the plan does not say %q:\n%s", want, plan)
		}
	}
	for want, args := range map[string][]string{
		"give a time to come": {"--sequence", "booked-call-back", "--prospect", "dana@example.com", "--call", "2020-01-01 10:00"},
		"is no time":          {"--sequence", "booked-call-back", "--prospect", "dana@example.com", "--call", "teatime"},
		"no prospect has":     {"--sequence", "booked-call-back", "--prospect", "nobody@example.com"},
		"sequence list":       {"--sequence", "nope", "--prospect", "dana@example.com"},
	} {
		if r := s.run(append([]string{"enroll"}, args...)...); r.status != 1 || !strings.Contains(r.err, want) {
			t.Errorf("%v: status %d, %q; want %q", args, r.status, r.err, want)
		}
	}
	s.ok("enroll", "--sequence", "booked-call-back", "--prospect", "+12125550123", "--call", "2026-12-03T15:00:00-05:00")
	if r := s.run("enroll", "--sequence", "booked-call-back", "--prospect", "dana@example.com", "--call", "2026-12-04 15:00"); r.status != 1 || !strings.Contains(r.err, "already") {
		t.Errorf("enrolling twice: %+v", r)
	}
}

func TestImportByCommand(t *testing.T) {
	s := workspace(t)
	bad := s.file("bad.csv", "email,first_name\nnot-an-address,X\ngood@example.com,Good\n")
	r := s.run("import", bad, "--owner", "rae@example.com", "--consent", "none", "--json")
	if r.status != 1 {
		t.Errorf("a rejected row must make the status 1, got %d", r.status)
	}
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	var row struct {
		Line           int
		Status, Reason string
	}
	if err := json.Unmarshal([]byte(lines[0]), &row); err != nil || row.Line != 2 || row.Status != "rejected" || row.Reason == "" {
		t.Errorf("first row: %+v %v in %s", row, err, r.out)
	}
	if len(lines) != 2 {
		t.Errorf("rows: %s", r.out)
	}
	if r := s.run("import", filepath.Join(s.data, "none.csv"), "--owner", "rae@example.com", "--consent", "none"); r.status != 1 || !strings.Contains(r.err, "none.csv") {
		t.Errorf("a file that is not there: %+v", r)
	}
	if r := s.runWith("email\nstdin@example.com\n", "import", "-", "--owner", "rae@example.com", "--consent", "none"); r.status != 0 {
		t.Errorf("standard input: %+v", r)
	}
}

func TestSequencesByCommand(t *testing.T) {
	s := workspace(t)
	if r := s.run("sequence", "list"); r.status != 0 {
		t.Fatal(r)
	}
	source := "key: hello\nname: Hello\nsteps:\n  - key: mail\n    channel: email\n    timing: {after: {days: 1, at: \"09:00\"}}\n    subject: Your pumps\n    body: |\n      Hi {{ prospect.first_name | default: \"there\" }}, just checking in.\n"
	path := s.file("hello.yaml", source)
	if r := s.run("sequence", "lint", path); r.status != 1 || !strings.Contains(r.out, "hello.yaml:9:") || !strings.Contains(r.out, "checking in") {
		t.Errorf("lint: %+v", r)
	}
	if r := s.run("sequence", "push", path); r.status != 1 || !strings.Contains(r.err, "checking in") {
		t.Errorf("push against the lint: %+v", r)
	}
	s.ok("sequence", "push", path, "--override", "a test")
	if out := s.ok("sequence", "pull", "hello"); out != source {
		t.Errorf("pulled:\n%s\npushed:\n%s", out, source)
	}
	if out := s.ok("sequence", "list"); !strings.Contains(out, "hello") {
		t.Errorf("list: %s", out)
	}
	if !json.Valid([]byte(s.ok("sequence", "schema"))) {
		t.Error("the schema is no JSON")
	}
}

func TestInspectMail(t *testing.T) {
	s := newShell(t)
	human := s.file("human.eml", "From: Dana <dana@example.com>\r\nTo: rae@example.com\r\nSubject: Re: Pumps\r\n\r\nYes, send the quote.\r\n\r\nOn Mon, Nov 30, 2026 at 9:00 AM Rae Moss <rae@example.com> wrote:\r\n> hello\r\n")
	away := s.file("away.eml", "From: Dana <dana@example.com>\r\nSubject: Automatic reply: Pumps\r\nAuto-Submitted: auto-replied\r\n\r\nI am out of the office until 7 December 2026.\r\n")
	r := s.run("inspect-mail", human, filepath.Join(s.data, "none.eml"), away)
	if r.status != 1 || !strings.Contains(r.err, "none.eml") {
		t.Errorf("a missing file must be named and make the status 1: %+v", r)
	}
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	if len(lines) != 3 || !strings.Contains(lines[1], `"file":"`+filepath.Join(s.data, "none.eml")+`"`) || !strings.Contains(lines[1], `"error":"`) {
		t.Fatalf("a line each, the missing file's with its error: %q", r.out)
	}
	var got struct {
		File, Class, Reply string
		Engagement         bool
		ReturnDate         *string `json:"return_date"`
	}
	if err := json.Unmarshal([]byte(lines[0]), &got); err != nil || got.File != human || got.Class != "human_reply" || !got.Engagement || got.Reply != "Yes, send the quote." {
		t.Errorf("human: %+v %v", got, err)
	}
	if err := json.Unmarshal([]byte(lines[2]), &got); err != nil || got.Class != "auto_reply" || got.Engagement || got.ReturnDate == nil {
		t.Errorf("away: %+v %v", got, err)
	}
	box := s.file("box", "From dana@example.com Mon Nov 23 09:30:00 2026\nFrom: dana@example.com\nSubject: Re: Pumps\n\nYes.\n\n"+
		"From luis@example.com Mon Nov 23 09:31:00 2026\nFrom: luis@example.com\nSubject: Re: Pumps\n\nNo.\n")
	if out := strings.Split(strings.TrimSpace(s.ok("inspect-mail", box)), "\n"); len(out) != 2 || !strings.Contains(out[0], `"file":"`+box+`:1"`) || !strings.Contains(out[1], `"reply":"No."`) {
		t.Errorf("an mbox gives a line for each of its messages: %q", out)
	}
	one := s.file("saved.eml", "From dana@example.com Mon Nov 23 09:30:00 2026\nFrom: dana@example.com\nSubject: Re: Pumps\n\nYes. You wrote:\n\n"+
		"From luis@example.com Mon Nov 23 09:31:00 2026\nSubject: Pumps\n\nDo you want them?\n")
	if out := strings.Split(strings.TrimSpace(s.ok("inspect-mail", one)), "\n"); len(out) != 1 || !strings.Contains(out[0], `"file":"`+one+`"`) {
		t.Errorf("a single message's file is one, whatever stands in it: %q", out)
	}
}

// A directory stands for the files under it, named as it was given; what
// cannot be read there has its line, and the rest goes on.
func TestInspectMailOfADirectory(t *testing.T) {
	s := newShell(t)
	mail := "From: dana@example.com\nSubject: Re: Pumps\n\n%s\n"
	for name, text := range map[string]string{"b.eml": "Second.", "a.eml": "First.", "sub/c.eml": "Third."} {
		path := filepath.Join(s.data, "box", name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, fmt.Appendf(nil, mail, text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("nowhere", filepath.Join(s.data, "box", "dangling")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(s.data)
	r := s.run("inspect-mail", "./box/")
	var files, replied []string
	for _, line := range strings.Split(strings.TrimSpace(r.out), "\n") {
		var got struct{ File, Reply, Error string }
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		files, replied = append(files, got.File), append(replied, got.Reply)
		if (got.Error != "") != strings.HasSuffix(got.File, "dangling") {
			t.Errorf("%s: error %q", got.File, got.Error)
		}
	}
	if want := []string{"./box/a.eml", "./box/b.eml", "./box/dangling", "./box/sub/c.eml"}; !slices.Equal(files, want) || r.status != 1 {
		t.Errorf("files %q, status %d, want %q and 1", files, r.status, want)
	}
	if !slices.Equal(replied, []string{"First.", "Second.", "", "Third."}) {
		t.Errorf("replies %q", replied)
	}
}

func TestDoctor(t *testing.T) {
	s := newShell(t)
	if r := s.run("doctor"); r.status != 1 {
		t.Errorf("a database without a schema must not pass: %+v", r)
	}
	s.ok("migrate")
	if out := s.ok("doctor"); !strings.Contains(out, "✓ database") {
		t.Errorf("doctor: %s", out)
	}
}

// TestServeKeepsItsData starts the server twice on one folder.
func TestServeKeepsItsData(t *testing.T) {
	s := newShell(t)
	first := s.serveOnce()
	if !strings.Contains(first, "admin@example.com") || !strings.Contains(first, "with password") {
		t.Errorf("first start: %s", first)
	}
	if second := s.serveOnce(); strings.Contains(second, "with password") || !strings.Contains(second, "Sign in with your address") {
		t.Errorf("second start: %s", second)
	}
}

// serveOnce serves until /healthz answers, then interrupts it.
func (s shell) serveOnce() string {
	s.t.Helper()
	ctx, stop := context.WithCancel(s.t.Context())
	defer stop()
	var out syncBuffer
	var errs syncBuffer
	done := make(chan int)
	go func() {
		done <- run(terminal{
			ctx: ctx, in: strings.NewReader(""), out: &out, err: &errs, clock: func() time.Time { return time.Now().UTC() },
			environ: func() []string { return []string{"FOLLOWUP_DATA=" + s.data, "FOLLOWUP_ADDR=127.0.0.1:0"} },
		}, []string{"serve"})
	}()
	url := s.awaitURL(&out, &errs)
	awaitHealthy(s.t, url)
	stop()
	if status := <-done; status != 0 {
		s.t.Fatalf("serve ended with %d: %s", status, errs.String())
	}
	return out.String()
}
