package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// childEnv names the part that a process plays; servers and clients are
// processes of their own so that each one's CPU and memory can be told apart.
const childEnv = "FOLLOWUP_BENCH_PART"

// part is what a child process does: it reads its orders and further words
// from in and answers on out, each one line of JSON.
type part func(orders json.RawMessage, in *bufio.Scanner, out *json.Encoder) error

var parts = map[string]part{
	"smtp":   serveSMTP,
	"twilio": serveTwilio,
	"gomail": sendByGomail,
	"pipe":   sendByTransport,
	"twgo":   sendByTwilioGo,
	"engine": runEngine,
}

// playPart is main in a child process.
func playPart(name string) int {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	play, ok := parts[name]
	if !ok || !in.Scan() {
		fmt.Fprintf(os.Stderr, "bench: there is no part %q, or it got no orders\n", name)
		return 2
	}
	if err := play(json.RawMessage(in.Bytes()), in, json.NewEncoder(os.Stdout)); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %s: %v\n", name, err)
		return 1
	}
	return 0
}

// child is a running part.
type child struct {
	cmd  *exec.Cmd
	ask  io.WriteCloser
	said *json.Decoder
}

func start(name string, orders any) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.Command(self)}
	c.cmd.Env = append(os.Environ(), childEnv+"="+name)
	c.cmd.Stderr = os.Stderr
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if c.ask, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.said = json.NewDecoder(out)
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	return c, c.tell(orders)
}

func (c *child) tell(v any) error { return json.NewEncoder(c.ask).Encode(v) }

func (c *child) hear(v any) error {
	if err := c.said.Decode(v); err != nil {
		return fmt.Errorf("the child process said nothing more: %w", errors.Join(err, c.end()))
	}
	return nil
}

func (c *child) end() error { return errors.Join(c.ask.Close(), c.cmd.Wait()) }

// spent is what a process needed for some work.
type spent struct {
	Messages int
	Seconds  float64
	CPU      float64 // seconds of this process
	MaxRSS   int64   // KiB
	Detail   map[string]float64
}

func (s spent) rate() float64 { return float64(s.Messages) / s.Seconds }

func (s spent) cpuMicros() float64 { return s.CPU / float64(s.Messages) * 1e6 }

// measure runs f, which does n of something.
func measure(n int, f func() error) (spent, error) {
	used, began := cpuTime(), time.Now()
	err := f()
	s := spent{Messages: n, Seconds: time.Since(began).Seconds(), CPU: cpuTime() - used}
	var usage syscall.Rusage
	if uerr := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); uerr == nil {
		s.MaxRSS = usage.Maxrss
	}
	return s, err
}

// cpuTime of this process in seconds.
func cpuTime() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}
