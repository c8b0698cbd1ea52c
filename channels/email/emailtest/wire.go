package emailtest

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"followup/models"
)

// Stages that only Wire can script.
const (
	AtReset Stage = "rset"
	AtData  Stage = "data"
)

// WireAnswer is what Wire does at one stage. The zero value accepts.
type WireAnswer struct {
	Reply string // in place of the usual one; without its line end; "-" leaves it out
	// Drop closes the connection before the answer, Close after it.
	Drop, Close bool
	Take        bool // keeps the message, AtDot, whatever is answered
	// Discard throws away what was sent ahead, as servers do that are not made
	// for it whatever they offer.
	Discard bool
	// Wait is waited for first.
	Wait <-chan struct{}
}

// WireOptions of a server. The zero value offers PIPELINING and accepts everything.
type WireOptions struct {
	NoPipelining bool
	Keep         bool          // what was taken can be looked at; else it is only counted
	Latency      time.Duration // before each batch of replies, as from a distant server
	Split        bool          // each byte of a reply travels alone
	// Answer is asked at each stage, by several connections at once.
	Answer func(Stage, Received) WireAnswer
}

// Wire is a bare SMTP server, quick enough to measure clients with: it answers
// line by line, can be told what to say to each single command, and notes what
// no client may do.
type Wire struct {
	Port     int
	options  WireOptions
	listener net.Listener
	serving  sync.WaitGroup
	taken    atomic.Int64
	dialled  atomic.Int64
	mutex    sync.Mutex
	accepted []Received
	faults   []string
	conns    map[net.Conn]bool
}

// StartWire runs a server until the test ends.
func StartWire(t testing.TB, options WireOptions) *Wire {
	t.Helper()
	w, err := ServeWire(options)
	if err != nil {
		t.Fatalf("listening for SMTP: %v", err)
	}
	t.Cleanup(w.Close)
	return w
}

// ServeWire runs a server until it is closed.
func ServeWire(options WireOptions) (*Wire, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(Host, "0"))
	if err != nil {
		return nil, err
	}
	w := &Wire{Port: portOf(listener), options: options, listener: listener, conns: map[net.Conn]bool{}}
	w.serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			w.dialled.Add(1)
			w.mutex.Lock()
			w.conns[conn] = true
			w.mutex.Unlock()
			w.serving.Go(func() { w.serve(conn) })
		}
	})
	return w, nil
}

// Close ends the server and its connections.
func (w *Wire) Close() {
	_ = w.listener.Close()
	w.DropConnections()
	w.serving.Wait()
}

// Configure points a sender's settings at the server.
func (w *Wire) Configure(sender *models.Sender) {
	sender.Settings.SMTPHost, sender.Settings.SMTPPort, sender.Settings.SMTPTLS = Host, w.Port, string(Plain)
}

// Taken is how many messages were accepted.
func (w *Wire) Taken() int { return int(w.taken.Load()) }

// Dialled is how many connections were made so far.
func (w *Wire) Dialled() int { return int(w.dialled.Load()) }

// Accepted are the messages taken so far, where they are kept.
func (w *Wire) Accepted() []Received {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return append([]Received(nil), w.accepted...)
}

// Faults are the breaches of the protocol seen so far.
func (w *Wire) Faults() []string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return append([]string(nil), w.faults...)
}

// DropConnections closes every connection without a word.
func (w *Wire) DropConnections() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for conn := range w.conns {
		_ = conn.Close()
	}
}

func (w *Wire) fault(format string, args ...any) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

// wireConn is one connection's conversation.
type wireConn struct {
	wire   *Wire
	conn   net.Conn
	in     *bufio.Reader
	out    []byte
	mail   Received
	from   bool // MAIL was accepted
	to     bool // RCPT was accepted
	closed bool
	misled bool // the script said more than was asked: the client can't know better
}

func (w *Wire) serve(conn net.Conn) {
	c := &wireConn{wire: w, conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}
	defer func() {
		_ = conn.Close()
		w.mutex.Lock()
		delete(w.conns, conn)
		w.mutex.Unlock()
	}()
	c.answer(AtConnect, "220 localhost ESMTP")
	for !c.closed {
		if c.in.Buffered() == 0 {
			c.flush()
		}
		line, err := c.in.ReadSlice('\n')
		if err != nil || c.closed {
			return
		}
		c.command(bytes.TrimRight(line, "\r\n"))
		if w.options.NoPipelining && c.in.Buffered() > 0 && !c.misled {
			w.fault("a command was sent ahead of the reply to the one before")
		}
	}
	c.flush()
}

func (c *wireConn) command(line []byte) {
	verb := strings.ToUpper(string(line[:min(4, len(line))]))
	switch verb {
	case "MAIL":
		c.mail.From = bracketed(line)
		if c.from {
			c.say("503 5.5.1 nested MAIL")
		} else {
			c.from = c.answer(AtMail, "250 2.1.0 "+c.mail.From)
		}
	case "RCPT":
		c.mail.To = bracketed(line)
		usual := "250 2.1.5 " + c.mail.To
		if !c.from {
			usual = "503 5.5.1 no MAIL"
		}
		c.to = c.answer(AtRcpt, usual)
	case "DATA":
		if c.in.Buffered() > 0 && !c.misled {
			c.wire.fault("something was sent behind DATA before its answer")
		}
		usual := "354 go ahead"
		if !c.to {
			usual = "554 5.5.1 no valid recipients"
		}
		if c.answer(AtData, usual) {
			c.content()
		}
	case "RSET":
		c.answer(AtReset, "250 2.0.0 reset")
		c.reset()
	case "EHLO":
		c.say("250-localhost\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES")
		if !c.wire.options.NoPipelining {
			c.say("250-PIPELINING")
		}
		c.say("250 HELP")
	case "QUIT":
		c.say("221 2.0.0 bye")
		c.closed = true
	case "NOOP":
		c.say("250 2.0.0 ok")
	default:
		c.say("500 5.5.2 unknown")
		if !c.misled {
			c.wire.fault("%q is no command", line)
		}
	}
}

// content reads up to the final dot and takes the message or not.
func (c *wireConn) content() {
	c.flush()
	if c.closed {
		return
	}
	c.mail.Content = nil
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			c.closed = true
			return
		}
		if !bytes.HasSuffix(line, []byte("\r\n")) {
			c.wire.fault("a line ends without CRLF: %q", line)
		}
		if string(line) == ".\r\n" {
			break
		}
		if c.wire.options.Keep {
			c.mail.Content = append(c.mail.Content, bytes.TrimPrefix(line, []byte("."))...)
		}
	}
	if !c.to {
		c.say("554 5.5.1 no valid recipients")
	} else {
		c.answer(AtDot, "250 2.0.0 took "+c.mail.To)
	}
	c.reset()
}

func (c *wireConn) reset() { c.from, c.to, c.mail = false, false, Received{} }

func (c *wireConn) say(line string) { c.out = append(append(c.out, line...), "\r\n"...) }

// answer plays the script and tells whether the usual thing happens.
func (c *wireConn) answer(at Stage, usual string) bool {
	var a WireAnswer
	if c.wire.options.Answer != nil {
		a = c.wire.options.Answer(at, c.mail)
	}
	if a.Wait != nil {
		c.flush()
		<-a.Wait
	}
	reply := usual
	if a.Reply != "" {
		reply = a.Reply
		c.misled = c.misled || strings.Contains(reply, "\n") && reply[3] != '-'
	}
	accepts := reply != "-" && (reply[0] == '2' || reply[0] == '3')
	if at == AtDot && (a.Take || accepts && !a.Drop) {
		c.take()
	}
	if a.Drop {
		c.flush()
		c.closed = true
		return false
	}
	if a.Discard {
		_, _ = c.in.Discard(c.in.Buffered())
	}
	if reply != "-" {
		c.say(reply)
	}
	if a.Close {
		c.flush()
		c.closed = true
	}
	return accepts
}

func (c *wireConn) take() {
	w := c.wire
	w.taken.Add(1)
	if w.options.Keep {
		w.mutex.Lock()
		w.accepted = append(w.accepted, c.mail)
		w.mutex.Unlock()
	}
}

func (c *wireConn) flush() {
	if len(c.out) == 0 {
		return
	}
	if c.wire.options.Latency > 0 {
		time.Sleep(c.wire.options.Latency)
	}
	step := len(c.out)
	if c.wire.options.Split {
		step = 1
	}
	for rest := c.out; len(rest) > 0; rest = rest[min(step, len(rest)):] {
		if _, err := c.conn.Write(rest[:min(step, len(rest))]); err != nil {
			c.closed = true
			break
		}
	}
	c.out = c.out[:0]
}

func bracketed(line []byte) string {
	i, j := bytes.IndexByte(line, '<'), bytes.LastIndexByte(line, '>')
	if i < 0 || j < i {
		return ""
	}
	return string(line[i+1 : j])
}
