package storetest

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
)

// keeper runs the server until its standard input ends, which happens when
// the test process ends, however it ends; then it stops the server and
// removes its folder. Nothing stays behind a killed test.
const keeper = `
"$1/initdb" --no-sync --auth=trust --username=followup --encoding=UTF8 --locale=C -D "$2/data" >"$2/log" 2>&1 || { echo failed; exit 1; }
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses='' -c fsync=off -c full_page_writes=off \
	-c synchronous_commit=off -c max_connections=200 -c shared_buffers=64MB >>"$2/log" 2>&1 &
server=$!
tries=0
until "$1/pg_isready" -q -h "$2" -d postgres; do
	tries=$((tries+1))
	if [ $tries -gt 600 ] || ! kill -0 $server 2>/dev/null; then echo failed; exit 1; fi
	sleep 0.05
done
echo ready
cat >/dev/null
kill -INT $server
wait $server
rm -rf "$2"
`

// startServer starts a PostgreSQL of the test process's own, on a socket in a
// temporary folder, without TCP.
func startServer() (address string, err error) {
	bin, err := postgresBin()
	if err != nil {
		return "", err
	}
	dir, err := socketDir()
	if err != nil {
		return "", err
	}
	cmd := exec.Command("/bin/sh", "-c", keeper, "keeper", bin, dir)
	cmd.Dir = dir
	if os.Geteuid() == 0 { // PostgreSQL refuses to run as root
		if cmd.SysProcAttr, err = asPostgres(dir); err != nil {
			return "", err
		}
	}
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	said, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("start the test PostgreSQL: %w", err)
	}
	held = append(held, lifeline)
	word := make([]byte, len("failed"))
	n, _ := io.ReadAtLeast(said, word, len("ready"))
	if strings.TrimSpace(string(word[:n])) != "ready" {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		return "", fmt.Errorf("the test PostgreSQL did not start:\n%s", log)
	}
	return "postgres://followup@/postgres?host=" + url.QueryEscape(dir), nil
}

// held keeps the pipes open for as long as the process lives.
var held []io.Closer

// postgresBin is the folder of the newest server on this machine.
func postgresBin() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) == 0 {
		if path, err := exec.LookPath("postgres"); err == nil {
			return filepath.Dir(path), nil
		}
		return "", errors.New("no PostgreSQL server is installed: run `apt-get install postgresql`, or set " + EnvPostgres +
			" to the address of a running one, or to off to test on SQLite only")
	}
	version := func(path string) int {
		v, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return v
	}
	sort.Slice(found, func(i, j int) bool { return version(found[i]) > version(found[j]) })
	return filepath.Dir(found[0]), nil
}

// maxSocketPath: a Unix socket's address has about 107 bytes, and the
// server's file name needs some.
const maxSocketPath = 80

func socketDir() (string, error) {
	parent := os.TempDir()
	if len(parent) > maxSocketPath || os.Geteuid() == 0 {
		parent = "/tmp" // root's own temporary folder may be closed to the user postgres
	}
	return os.MkdirTemp(parent, "followup-pg-")
}

// asPostgres hands the folder to the user postgres and runs as that user.
func asPostgres(dir string) (*syscall.SysProcAttr, error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root and there is no user postgres to run it: %w", err)
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	if err := os.Chown(dir, uid, gid); err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, Setpgid: true}, nil
}
