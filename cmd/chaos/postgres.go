package main

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx", for counting
)

// keeper runs the server, restarts it on each line of its standard input and
// stops it when that ends, so that nothing stays behind a killed run. The
// server's crash safety is tested as it is: only fsync is off, for the
// machine itself does not crash.
const keeper = `
bin=$1; dir=$2
ctl() { "$bin/pg_ctl" -D "$dir/data" -w -s -l "$dir/postgres.log" -o "$options" "$@"; }
options="-k $dir -c listen_addresses='' -c max_connections=200 -c shared_buffers=256MB -c fsync=off -c max_wal_size=2GB -c log_min_messages=fatal"
"$bin/initdb" --no-sync --auth=trust --username=followup --encoding=UTF8 --locale=C -D "$dir/data" >"$dir/initdb.log" 2>&1 || { echo failed; exit 1; }
ctl start || { echo failed; exit 1; }
echo ready
while read -r word; do
	ctl restart -m immediate && echo ready || echo failed
done
ctl stop -m immediate
`

// postgres is a server of this run's own, on a socket in dir, without TCP.
type postgres struct {
	dsn  string
	said *bufio.Reader
	ask  io.WriteCloser
	cmd  *exec.Cmd
	mu   sync.Mutex
}

func startPostgres(dir string) (*postgres, error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/bin/sh", "-c", keeper, "keeper", bin, dir)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt at the terminal is ours to pass on
	if os.Geteuid() == 0 {
		if cmd.SysProcAttr.Credential, err = handToPostgres(dir); err != nil {
			return nil, err
		}
	}
	p := &postgres{dsn: "postgres://followup@/postgres?host=" + url.QueryEscape(dir), cmd: cmd}
	if p.ask, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.said = bufio.NewReader(out)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return p, p.ready("start")
}

func (p *postgres) ready(what string) error {
	word, err := p.said.ReadString('\n')
	if err == nil && strings.TrimSpace(word) == "ready" {
		return nil
	}
	return fmt.Errorf("PostgreSQL did not %s; see its log in %s", what, p.cmd.Dir)
}

// restart takes the server down without a checkpoint, in the middle of
// whatever it does, and waits until it has recovered.
func (p *postgres) restart() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := io.WriteString(p.ask, "restart\n"); err != nil {
		return err
	}
	return p.ready("restart")
}

func (p *postgres) stop() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return errors.Join(p.ask.Close(), p.cmd.Wait())
}

func (p *postgres) open() (*sql.DB, error) {
	db, err := sql.Open("pgx", p.dsn)
	if err == nil {
		db.SetMaxOpenConns(4)
	}
	return db, err
}

// postgresBin is the folder of the newest server on this machine.
func postgresBin() (string, error) {
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

// handToPostgres gives dir to the user postgres: the server refuses to run as root.
func handToPostgres(dir string) (*syscall.Credential, error) {
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

func splitPort(address string) (string, int, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.Atoi(port)
	return host, n, err
}
