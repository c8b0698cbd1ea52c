package email

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"time"
)

// reply of an SMTP server.
type reply struct {
	code int
	text string // its lines without their codes
}

// err is the reply as a refusal.
func (r reply) err() error { return &textproto.Error{Code: r.code, Msg: r.text} }

// answered: err is something that the server said.
func answered(err error) bool {
	var r *textproto.Error
	return errors.As(err, &r)
}

// refused: err is a server's definite no. 421 says that it closes, whatever
// had been asked (RFC 5321 3.8).
func refused(err error) bool {
	var r *textproto.Error
	return errors.As(err, &r) && (r.Code/100 == 4 || r.Code/100 == 5) && r.Code != 421
}

// overfullFor is how long a server that closes the door is given to notice
// which connections have ended.
const overfullFor = time.Second

// overfull: a 421 at the greeting is how servers say that there are too many
// connections, ours among them.
func overfull(err error) bool {
	var r *textproto.Error
	return errors.As(err, &r) && r.Code == 421
}

// wait tells whether d went by before ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// suits is nil where the reply lets the message go on.
func (r reply) suits(at stage) error {
	switch {
	case at == atData && r.code == 354, at != atData && r.code/100 == 2:
		return nil
	case r.code/100 == 4 || r.code/100 == 5:
		return r.err()
	}
	return errOutOfStep
}

const maxReplyLines = 100

// reply reads the next one. patience is how long each of its lines may be
// waited for; 0 leaves the deadline as it is.
func (s *session) reply(patience time.Duration) (reply, error) {
	in := s.client.Text.R
	var r reply
	for range maxReplyLines {
		if patience > 0 && !lineWaits(in) {
			if err := s.client.UpdateDeadline(patience); err != nil {
				return r, err
			}
		}
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return r, textproto.ProtocolError("a line of the server's answer is too long")
		}
		if err != nil {
			return r, err
		}
		code, text, more, ok := parseLine(bytes.TrimRight(line, "\r\n"))
		if !ok || r.code != 0 && code != r.code {
			return r, textproto.ProtocolError(fmt.Sprintf("the server's answer %q is none", cut(string(line))))
		}
		if r.code == 0 {
			r.code, r.text = code, string(text)
		} else {
			r.text += "\n" + string(text)
		}
		if !more {
			return r, nil
		}
	}
	return r, textproto.ProtocolError("the server's answer has too many lines")
}

func lineWaits(in *bufio.Reader) bool {
	waiting, _ := in.Peek(in.Buffered())
	return bytes.IndexByte(waiting, '\n') >= 0
}

// parseLine reads "250-text", "250 text" and "250".
func parseLine(line []byte) (code int, text []byte, more, ok bool) {
	if len(line) < 3 || len(line) > 3 && line[3] != ' ' && line[3] != '-' {
		return 0, nil, false, false
	}
	for _, c := range line[:3] {
		if c < '0' || c > '9' {
			return 0, nil, false, false
		}
		code = code*10 + int(c-'0')
	}
	if code < 200 || code > 599 {
		return 0, nil, false, false
	}
	if len(line) > 3 {
		text = line[4:]
	}
	return code, text, len(line) > 3 && line[3] == '-', true
}
