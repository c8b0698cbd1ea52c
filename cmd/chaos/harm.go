package main

import (
	"net/http"
	"net/url"
	"syscall"
	"time"
)

// What is done to the replicas, and what they had under way then.

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

// leftBehind counts what a replica that does nothing more, or nothing for now,
// had under way: only that may end as unconfirmed on its account.
func (f *fleet) leftBehind(replica string) {
	f.counting.Add(1)
	go func() {
		defer f.counting.Done()
		n := f.sending(replica)
		pause(f.ctx, time.Second) // the database may have been at its last COMMIT; the rescue is further away
		f.count(map[string]int{replica: max(n, f.sending(replica))})
	}()
}

// allSending is what every replica has under way.
func (f *fleet) allSending() map[string]int {
	all := map[string]int{}
	rows, err := f.db.Query("SELECT replica, count(*) FROM touches WHERE state = 'sending' GROUP BY replica")
	if err != nil {
		return all // another restart was just before this one
	}
	defer rows.Close()
	for rows.Next() {
		var replica string
		var n int
		if rows.Scan(&replica, &n) == nil {
			all[replica] = n
		}
	}
	return all
}

func (f *fleet) count(underWay map[string]int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for replica, n := range underWay {
		f.underWay[replica] += n
	}
}

func (f *fleet) sending(replica string) (n int) {
	for range 200 {
		if f.db.QueryRow("SELECT count(*) FROM touches WHERE state = 'sending' AND replica = $1", replica).Scan(&n) == nil {
			return n
		}
		time.Sleep(50 * time.Millisecond) // the database may be restarting
	}
	return 0
}
