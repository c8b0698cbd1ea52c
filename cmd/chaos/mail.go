package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
)

// mailServer is an SMTP server that writes down what it accepts.
type mailServer struct {
	*ledger
	*moods
	ln     net.Listener
	bornAt func(port int) birth
}

func startMail(l *ledger, m *moods, bornAt func(int) birth) (*mailServer, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &mailServer{ledger: l, moods: m, ln: ln, bornAt: bornAt}
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return // closed
			}
			go s.serve(conn)
		}
	}()
	return s, nil
}

// mailSession is one connection.
type mailSession struct {
	*mailServer
	conn     net.Conn
	in       *bufio.Reader
	out      *bufio.Writer
	born     birth
	from, to string
	fate     trouble
	// before is the message before on the connection: when it breaks, the
	// answer to that one may be lost with it.
	before     message
	beforeStep int
}

var errHungUp = errors.New("hung up")

func (s *mailServer) serve(conn net.Conn) {
	defer conn.Close()
	c := &mailSession{mailServer: s, conn: conn, in: bufio.NewReaderSize(conn, 32<<10), out: bufio.NewWriter(conn), born: birth{node: -1}}
	if c.say("220 chaos ESMTP") != nil {
		return
	}
	for {
		line, err := c.in.ReadString('\n')
		if err != nil || c.obey(strings.TrimRight(line, "\r\n")) != nil {
			return
		}
	}
}

// say answers; several answers to a group of commands leave together.
func (c *mailSession) say(line string) error {
	if _, err := c.out.WriteString(line + "\r\n"); err != nil {
		return err
	}
	if c.in.Buffered() > 0 {
		return nil
	}
	return c.out.Flush()
}

func (c *mailSession) obey(line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO", "HELO":
		c.born = c.bornAt(portOfName(rest))
		return c.say("250-chaos\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES")
	case "MAIL":
		c.think(mailProvider, 0)
		c.from, c.to, c.fate = address(rest), "", c.draw()
		if c.fate == dropBefore {
			return c.hangUp()
		}
		return c.say("250 2.1.0 go on")
	case "RCPT":
		switch c.fate {
		case busy:
			c.faults.Add(1)
			c.refused.Add(1)
			return c.say("450 4.2.1 not now")
		case refuse:
			c.faults.Add(1)
			c.refused.Add(1)
			return c.say("554 5.7.1 not this one")
		}
		c.to = address(rest)
		return c.say("250 2.1.5 go on")
	case "DATA":
		if c.from == "" || c.to == "" { // a group goes on after a refusal
			return c.say("554 5.5.1 no valid recipients")
		}
		if err := c.say("354 go on"); err != nil {
			return err
		}
		return c.data()
	case "RSET":
		c.from, c.to = "", ""
		return c.say("250 2.0.0 forgotten")
	case "NOOP":
		return c.say("250 2.0.0 here")
	case "QUIT":
		_ = c.say("221 2.0.0 bye")
		return errHungUp
	}
	return c.say("500 5.5.2 what?")
}

// data takes the content and, unless the message's fate is another, records
// it before it answers.
func (c *mailSession) data() error {
	content, err := io.ReadAll(textproto.NewReader(c.in).DotReader())
	if err != nil {
		return err // the final dot did not come: thrown away
	}
	head, _, _ := strings.Cut(string(content), "\n\n")
	m := message{mail: true, from: c.from, to: c.to, id: header(head, "Message-ID"), unsubscribe: strings.Trim(header(head, "List-Unsubscribe"), "<>")}
	step := markedStep(header(head, "Subject"))
	c.from, c.to = "", ""
	switch c.fate {
	case dropNotTaken:
		c.doubt(step, m)
		return c.hangUp()
	case dropTaken:
		c.doubt(step, m)
		c.take(c.born, step, m)
		return c.hangUp()
	}
	c.take(c.born, step, m)
	if c.crash(c.born.node) {
		return errHungUp
	}
	wait := latency()
	if c.fate == lateTaken {
		c.faults.Add(1)
		wait = tooLate
	}
	if c.think(mailProvider, wait) {
		c.doubt(step, m)
	}
	c.before, c.beforeStep = m, step
	if err := c.say("250 2.0.0 taken"); err != nil {
		return err
	}
	return c.out.Flush() // whatever else of the group there is to answer
}

// hangUp breaks the connection without a word.
func (c *mailSession) hangUp() error {
	c.faults.Add(1)
	if c.before.to != "" {
		c.doubt(c.beforeStep, c.before)
	}
	return errHungUp
}

// address is what stands between the angle brackets of MAIL FROM and RCPT TO.
func address(rest string) string {
	_, rest, _ = strings.Cut(rest, "<")
	a, _, _ := strings.Cut(rest, ">")
	return a
}

// header finds an unfolded header, whatever its case.
func header(head, name string) string {
	lines := strings.Split(head, "\n")
	for i, line := range lines {
		key, value, ok := strings.Cut(strings.TrimRight(line, "\r"), ":")
		if !ok || !strings.EqualFold(key, name) {
			continue
		}
		for _, more := range lines[i+1:] {
			if !strings.HasPrefix(more, " ") && !strings.HasPrefix(more, "\t") {
				break
			}
			value += " " + strings.TrimSpace(more)
		}
		return strings.TrimSpace(value)
	}
	return ""
}

// hostName is what a replica calls itself to the mail server.
func hostName(port int) string { return fmt.Sprintf("port%d.chaos.test", port) }

// portOfName reads it; 0: it is none.
func portOfName(name string) int {
	digits, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(name), "port"), ".")
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}
