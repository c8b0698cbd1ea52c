// Package pgserver runs a PostgreSQL server of one's own on a Unix socket in
// a temporary folder: for tests, for the storm and for measuring.
package pgserver

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// keeper runs the server until its standard input ends, which happens when
// whoever started it ends, however it ends; then it stops the server and
// removes the folder, so that nothing stays behind a killed process. A line
// on its standard input takes the server down in the middle of whatever it
// does and starts it again.
const keeper = `
bin=$1; dir=$2; shift 2
ctl() { "$bin/pg_ctl" -D "$dir/data" -w -t 120 -s -l "$dir/log" "$@"; }
"$bin/initdb" --no-sync --auth=trust --username=followup --encoding=UTF8 --locale=C -D "$dir/data" >"$dir/log" 2>&1 || { echo failed; exit 1; }
options="-k $dir -c listen_addresses=''"
for setting in "$@"; do options="$options -c $setting"; done
ctl -o "$options" start || { echo failed; exit 1; }
echo ready
while read -r word; do
	ctl -o "$options" restart -m immediate && echo ready || echo failed
done
ctl stop -m immediate
rm -rf "$dir"
`

// Forgetful settings are for tests, which lose nothing when the machine stops:
// what is written need not reach the disk.
var Forgetful = []string{
	"fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=200", "shared_buffers=64MB",
}

// Server is a running PostgreSQL.
type Server struct {
	// DSN of its database "postgres", as the superuser "followup".
	DSN string
	// Dir holds the data folder, the socket and the log.
	Dir string

	mu   sync.Mutex
	cmd  *exec.Cmd
	ask  io.WriteCloser
	said *bufio.Reader
}

// Start makes a database cluster in a new temporary folder and starts the
// newest server on this machine on it, with the settings ("fsync=off").
func Start(settings ...string) (*Server, error) { return StartIn("", settings...) }

// StartIn makes the cluster's folder in parent; "": where temporary files lie.
func StartIn(parent string, settings ...string) (*Server, error) {
	bin, err := Bin()
	if err != nil {
		return nil, err
	}
	dir, err := socketDir(parent)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/bin/sh", append([]string{"-c", keeper, "keeper", bin, dir}, settings...)...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt at the terminal is its starter's to pass on
	if os.Geteuid() == 0 {
		if cmd.SysProcAttr.Credential, err = asPostgres(dir); err != nil {
			return nil, err
		}
	}
	s := &Server{DSN: "postgres://followup@/postgres?host=" + url.QueryEscape(dir), Dir: dir, cmd: cmd}
	if s.ask, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.said = bufio.NewReader(out)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	return s, s.ready("start")
}

func (s *Server) ready(what string) error {
	word, err := s.said.ReadString('\n')
	if err == nil && strings.TrimSpace(word) == "ready" {
		return nil
	}
	log, _ := os.ReadFile(filepath.Join(s.Dir, "log"))
	return fmt.Errorf("PostgreSQL did not %s:\n%s", what, log)
}

// Restart takes the server down without a checkpoint and waits until it has recovered.
func (s *Server) Restart() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := io.WriteString(s.ask, "restart\n"); err != nil {
		return err
	}
	return s.ready("restart")
}

// Stop ends the server and removes its folder.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.ask.Close(), s.cmd.Wait())
}

// Bin is the folder of the newest server on this machine.
func Bin() (string, error) {
	newest, folder := -1, ""
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	for _, path := range found {
		if v, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))); v > newest {
			newest, folder = v, filepath.Dir(path)
		}
	}
	if folder != "" {
		return folder, nil
	}
	path, err := exec.LookPath("postgres")
	if err != nil {
		return "", errors.New("no PostgreSQL server is installed: run `apt-get install postgresql`")
	}
	return filepath.Dir(path), nil
}

// maxSocketPath: a Unix socket's address has about 107 bytes, and the
// server's file name needs some.
const maxSocketPath = 80

func socketDir(parent string) (string, error) {
	if parent == "" {
		parent = os.TempDir()
		if len(parent) > maxSocketPath || os.Geteuid() == 0 {
			parent = "/tmp" // root's own temporary folder may be closed to the user postgres
		}
	}
	return os.MkdirTemp(parent, "followup-pg-")
}

// asPostgres hands the folder to the user postgres: the server refuses to run as root.
func asPostgres(dir string) (*syscall.Credential, error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root and there is no user postgres to run it: %w", err)
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, uid, gid)
}
