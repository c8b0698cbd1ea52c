package emailtest

import (
	"bytes"
	"crypto/tls"
	"net"
	"sync/atomic"
)

// trackingListener knows its open connections, so that a test can count and
// cut them.
type trackingListener struct {
	net.Listener
	smtp *SMTP
}

func (l *trackingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	tracked := &trackedConn{Conn: conn, smtp: l.smtp}
	l.smtp.mutex.Lock()
	l.smtp.conns[tracked] = true
	l.smtp.dialled++
	l.smtp.mutex.Unlock()
	return tracked, nil
}

// trackedConn lies below TLS: one Write carries one whole reply.
type trackedConn struct {
	net.Conn
	smtp     *SMTP
	lastOnes atomic.Bool // close after the next write
}

func (c *trackedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if c.lastOnes.Load() {
		_ = c.Close()
	}
	return n, err
}

func (c *trackedConn) Close() error {
	c.smtp.mutex.Lock()
	delete(c.smtp.conns, c)
	c.smtp.mutex.Unlock()
	return c.Conn.Close()
}

func dropAfterWrite(conn net.Conn) {
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn()
	}
	if tracked, ok := conn.(*trackedConn); ok {
		tracked.lastOnes.Store(true)
	}
}

type imapListener struct {
	net.Listener
	imap *IMAP
}

func (l *imapListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	tracked := &imapConn{Conn: conn, imap: l.imap}
	l.imap.mutex.Lock()
	l.imap.conns[tracked] = true
	l.imap.mutex.Unlock()
	return tracked, nil
}

type imapConn struct {
	net.Conn
	imap *IMAP
}

func (c *imapConn) Close() error {
	c.imap.mutex.Lock()
	delete(c.imap.conns, c)
	c.imap.mutex.Unlock()
	return c.Conn.Close()
}

// literal is what a server appends: bytes that know their length.
type literal struct{ *bytes.Reader }

func newLiteral(b []byte) literal { return literal{bytes.NewReader(b)} }

// Size of the literal.
func (l literal) Size() int64 { return l.Reader.Size() }
