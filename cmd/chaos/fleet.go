package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// node is one place for a replica; each start is a new replica in it.
type node struct {
	index   int
	port    int
	replica string
	cmd     *exec.Cmd
	life    io.Closer // its standard input: it ends with us
	frozen  bool
	killed  bool   // by us
	armed   string // the crash point it was sent to
	up      bool   // it has answered
	exited  chan struct{}
}

func (n *node) url() string { return "http://127.0.0.1:" + strconv.Itoa(n.port) }

// fleet keeps the replicas running, except where the storm wants them down.
type fleet struct {
	plan   plan
	dir    string
	orders orders
	db     *sql.DB
	ctx    context.Context

	mu       sync.Mutex
	nodes    []*node
	halted   bool // nobody is started again
	points   map[string]int
	killings int
	deaths   []string // those nobody ordered
	starts   int

	inFlight atomic.Int64 // touches under way at kills and freezes
	counting sync.WaitGroup
	watching sync.WaitGroup
}

func newFleet(ctx context.Context, p plan, dir string, o orders, db *sql.DB) (*fleet, error) {
	f := &fleet{plan: p, dir: dir, orders: o, db: db, ctx: ctx, points: map[string]int{}}
	for i := range p.nodes {
		ln, err := net.Listen("tcp", "127.0.0.1:0") // a port that is free now
		if err != nil {
			return nil, err
		}
		f.nodes = append(f.nodes, &node{index: i, port: ln.Addr().(*net.TCPAddr).Port})
		if err := ln.Close(); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// nodeAt finds the replica that a status callback names.
func (f *fleet) nodeAt(callback string) int {
	u, err := url.Parse(callback)
	if err != nil {
		return -1
	}
	for _, n := range f.nodes {
		if strconv.Itoa(n.port) == u.Port() {
			return n.index
		}
	}
	return -1
}

func (f *fleet) startAll() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.halted = false
	for _, n := range f.nodes {
		if n.cmd == nil {
			if err := f.start(n); err != nil {
				return err
			}
		}
	}
	return nil
}

// start runs a new replica in the place; f.mu is held.
func (f *fleet) start(n *node) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	o := f.orders
	o.Node, o.Port, o.Replica = n.index, n.port, strings.ToLower(rand.Text()[:12])
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(f.dir, fmt.Sprintf("node%d.log", n.index)), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), nodeEnv+"="+string(text))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if n.life, err = cmd.StdinPipe(); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	n.cmd, n.replica, n.frozen, n.killed, n.armed, n.up, n.exited = cmd, o.Replica, false, false, "", false, make(chan struct{})
	f.starts++
	f.watching.Add(2)
	go f.watch(n, cmd)
	go f.greet(n, cmd, n.exited)
	return nil
}

// greet waits for the replica's first answer.
func (f *fleet) greet(n *node, cmd *exec.Cmd, exited chan struct{}) {
	defer f.watching.Done()
	client := &http.Client{Timeout: time.Second}
	for f.ctx.Err() == nil {
		if res, err := client.Get(n.url() + "/healthz"); err == nil {
			_ = res.Body.Close()
			f.mu.Lock()
			if n.cmd == cmd {
				n.up = true
			}
			f.mu.Unlock()
			return
		}
		select {
		case <-exited:
			return
		case <-time.After(30 * time.Millisecond):
		}
	}
}

// watch waits for the replica's end, counts what it left and starts another.
func (f *fleet) watch(n *node, cmd *exec.Cmd) {
	defer f.watching.Done()
	_ = cmd.Wait()
	f.mu.Lock()
	close(n.exited)
	code, ours, armed, replica := cmd.ProcessState.ExitCode(), n.killed, n.armed, n.replica
	n.cmd, n.up = nil, false
	_ = n.life.Close()
	switch {
	case ours:
	case armed != "" && code == -1:
		f.points[armed]++
		f.killings++
	case code == exitDatabase:
	default:
		f.deaths = append(f.deaths, fmt.Sprintf("node %d ended by itself: %s", n.index, cmd.ProcessState))
	}
	halted := f.halted
	f.mu.Unlock()
	f.leftBehind(replica)
	if halted {
		return
	}
	pause(f.ctx, mathrand.N(700*time.Millisecond))
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.halted || n.cmd != nil || f.ctx.Err() != nil {
		return
	}
	if err := f.start(n); err != nil {
		f.deaths = append(f.deaths, "a replica cannot be started: "+err.Error())
	}
}

// leftBehind counts what the replica had under way: only that may end as
// unconfirmed on its account.
func (f *fleet) leftBehind(replica string) {
	f.counting.Add(1)
	go func() {
		defer f.counting.Done()
		for range 200 {
			var n int64
			err := f.db.QueryRow("SELECT count(*) FROM touches WHERE state = 'sending' AND replica = $1", replica).Scan(&n)
			if err == nil {
				f.inFlight.Add(n)
				return
			}
			time.Sleep(50 * time.Millisecond) // the database may be restarting
		}
	}()
}

// running is how many replicas answer, or would if they were not frozen.
func (f *fleet) running() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, node := range f.nodes {
		if node.up {
			n++
		}
	}
	return n
}

// anyRunning picks one that has answered; it may be frozen, which nobody can
// tell from outside.
func (f *fleet) anyRunning() *node { return f.pick(func(n *node) bool { return n.up }) }

func (f *fleet) pick(fit func(*node) bool) *node {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.choose(fit)
}

func (f *fleet) choose(fit func(*node) bool) *node {
	var fits []*node
	for _, n := range f.nodes {
		if fit(n) {
			fits = append(fits, n)
		}
	}
	if len(fits) == 0 {
		return nil
	}
	return fits[mathrand.IntN(len(fits))]
}

func idle(n *node) bool { return n.up && !n.frozen && n.armed == "" }

// kill ends a random replica with SIGKILL; false: there was none to kill.
func (f *fleet) kill() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.choose(idle)
	if n == nil {
		return false
	}
	f.end(n)
	f.killings++
	return true
}

// end sends SIGKILL; f.mu is held.
func (f *fleet) end(n *node) {
	n.killed = true
	_ = n.cmd.Process.Kill()
}

// freeze stops a random replica for longer than the rescue waits; then it
// wakes up and goes on as if nothing had happened.
func (f *fleet) freeze(long time.Duration) bool {
	f.mu.Lock()
	n := f.choose(idle)
	if n == nil {
		f.mu.Unlock()
		return false
	}
	cmd, replica := n.cmd, n.replica
	n.frozen = true
	_ = cmd.Process.Signal(syscall.SIGSTOP)
	f.mu.Unlock()
	f.leftBehind(replica)
	f.watching.Add(1)
	go func() {
		defer f.watching.Done()
		pause(f.ctx, long)
		f.mu.Lock()
		defer f.mu.Unlock()
		if n.cmd == cmd {
			_ = cmd.Process.Signal(syscall.SIGCONT)
			n.frozen = false
		}
	}()
	return true
}

// aim sends a random replica to a crash point; nil: none was there to send.
func (f *fleet) aim(at string) *node {
	f.mu.Lock()
	n := f.choose(idle)
	if n == nil {
		f.mu.Unlock()
		return nil
	}
	n.armed = at
	f.mu.Unlock()
	if at != atAnswer && !n.arm(at) { // that one is the providers' to carry out
		return nil // it died meanwhile
	}
	return n
}

func (n *node) arm(at string) bool {
	res, err := (&http.Client{Timeout: 2 * time.Second}).Post(n.url()+armAt+"?at="+url.QueryEscape(at), "", nil)
	if err != nil {
		return false
	}
	return res.Body.Close() == nil
}

// disarm lets a replica go that has not come to its crash point.
func (f *fleet) disarm(n *node, at string) {
	f.mu.Lock()
	waits := n.cmd != nil && n.armed == at && !n.killed
	f.mu.Unlock()
	if !waits || at != atAnswer && !n.arm("") {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if n.armed == at {
		n.armed = ""
	}
}

// crash is asked by a provider that has just taken a message from the node.
func (f *fleet) crash(index int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if index < 0 || index >= len(f.nodes) {
		return false
	}
	n := f.nodes[index]
	if n.cmd == nil || n.killed || n.armed != atAnswer {
		return false
	}
	n.armed = ""
	f.points[atAnswer]++
	f.killings++
	f.end(n)
	return true
}

// outage kills every replica; startAll brings them back.
func (f *fleet) outage() {
	f.mu.Lock()
	f.halted = true
	var gone []chan struct{}
	for _, n := range f.nodes {
		if n.cmd != nil {
			if !n.killed {
				f.killings++
			}
			f.end(n)
			gone = append(gone, n.exited)
		}
	}
	f.mu.Unlock()
	for _, g := range gone {
		<-g
	}
}

// hits tells how often a crash point was reached.
func (f *fleet) hits(at string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.points[at]
}
