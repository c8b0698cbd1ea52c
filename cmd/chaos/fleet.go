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
	"syscall"
	"time"
)

// node is one place for a replica; each start is a new replica in it, at a
// port of its own, by which the providers know it.
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

// birth is one start of a replica.
type birth struct {
	node int
	at   time.Time
}

// fleet keeps the replicas running, except where the storm wants them down.
type fleet struct {
	plan   plan
	dir    string
	orders orders
	db     *sql.DB
	ctx    context.Context
	clock  func() time.Time

	mu       sync.Mutex
	nodes    []*node
	births   map[int]birth // by port
	halted   bool          // nobody is started again
	points   map[string]int
	killings int
	deaths   []string // those nobody ordered
	starts   int

	underWay map[string]int // touches under way at kills and freezes, by replica
	counting sync.WaitGroup
	watching sync.WaitGroup
}

func newFleet(ctx context.Context, p plan, dir string, o orders, db *sql.DB, clock func() time.Time) *fleet {
	f := &fleet{plan: p, dir: dir, orders: o, db: db, ctx: ctx, clock: clock, births: map[int]birth{}, points: map[string]int{}, underWay: map[string]int{}}
	for i := range p.nodes {
		f.nodes = append(f.nodes, &node{index: i})
	}
	return f
}

// freePort is one that is free now and that no replica has had.
func (f *fleet) freePort() (int, error) {
	for {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return 0, err
		}
		port := ln.Addr().(*net.TCPAddr).Port
		if err := ln.Close(); err != nil {
			return 0, err
		}
		if _, had := f.births[port]; !had {
			return port, nil
		}
	}
}

// portOf reads the port of a status callback; 0: there is none.
func portOf(callback string) int {
	u, err := url.Parse(callback)
	if err != nil {
		return 0
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		return 0
	}
	return port
}

// bornAt finds the replica that has or had the port.
func (f *fleet) bornAt(port int) birth {
	f.mu.Lock()
	defer f.mu.Unlock()
	if b, ok := f.births[port]; ok {
		return b
	}
	return birth{node: -1}
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
	if n.port, err = f.freePort(); err != nil {
		return err
	}
	f.births[n.port] = birth{n.index, f.clock()}
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
	case code == exitAgain:
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
