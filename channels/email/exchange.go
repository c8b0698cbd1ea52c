package email

import (
	"context"
	"fmt"
	"net/textproto"
	"strings"
	"time"
)

// errOutOfStep: a reply came that nothing had asked for, or one that does not
// suit its command. From then on no reply can be matched to its message.
var errOutOfStep = textproto.ProtocolError("the server's answers do not match the commands")

// introduce says who writes to whom and asks to begin with the content. It
// returns nil once the server waits for that. announced: the commands went out
// behind the previous message's final dot.
func (s *session) introduce(j *job, announced bool) *failure {
	if announced {
		if j.withdrawn() { // to take it back costs the connection
			return withdrawal(j)
		}
		return s.answers(j, false)
	}
	if f := s.unfit(j); f != nil {
		return f
	}
	s.sent++
	s.carry(j)
	if j.withdrawn() { // perhaps before carry: then nobody has interrupted
		return withdrawal(j)
	}
	if s.outOfStep() {
		return lost(atMail, errOutOfStep)
	}
	reset := s.unclean
	s.unclean = false
	if !s.pipelining {
		return s.oneByOne(j, reset)
	}
	s.out = s.out[:0]
	if reset {
		s.out = append(s.out, "RSET\r\n"...)
	}
	s.out = appendEnvelope(s.out, j.env)
	if err := s.write(s.options.Timeout); err != nil {
		return s.lostFor(j, atMail, err)
	}
	return s.answers(j, reset)
}

// unfit finds what would keep j from being handed over on this connection
// before a word is said.
func (s *session) unfit(j *job) *failure {
	switch {
	case j.withdrawn():
		f := withdrawal(j)
		f.broken = false
		return f
	case s.tooLate(j):
		return &failure{stage: atMail, err: errTooLate}
	case strings.ContainsAny(j.env.from, "\r\n"), strings.ContainsAny(j.env.to, "\r\n"):
		return &failure{stage: atRcpt, err: &textproto.Error{Code: 553, Msg: "5.1.3 an address has a line break"}}
	case s.maxBytes > 0 && len(j.content) > s.maxBytes:
		return &failure{stage: atMail, err: &textproto.Error{Code: 552, Msg: fmt.Sprintf("5.3.4 the message has %d bytes and the server takes %d", len(j.content), s.maxBytes)}}
	}
	return nil
}

func (s *session) tooLate(j *job) bool {
	return j.env.validUntil != nil && s.clock().After(*j.env.validUntil)
}

// outOfStep: the server has said something that nothing asked for.
func (s *session) outOfStep() bool { return s.client.Text.R.Buffered() > 0 }

// appendEnvelope writes the group that begins a message. DATA is its last
// command, as RFC 2920 section 3.1 demands; the content waits for its answer.
// Our content and addresses are ASCII, so that neither BODY nor SMTPUTF8 is
// asked for, which would only exclude relays.
func appendEnvelope(out []byte, env envelope) []byte {
	out = append(append(append(out, "MAIL FROM:<"...), env.from...), ">\r\nRCPT TO:<"...)
	return append(append(out, env.to...), ">\r\nDATA\r\n"...)
}

// answers reads the replies to a group, each of them, whatever the first says.
func (s *session) answers(j *job, reset bool) *failure {
	if reset {
		if f := s.resetDone(j); f != nil {
			return f
		}
	}
	var refusal *failure
	rcptRefused := false
	for _, at := range []stage{atMail, atRcpt, atData} {
		r, err := s.reply(s.options.Timeout)
		if err == nil {
			err = r.suits(at)
		}
		switch {
		case err == nil && at == atData && refusal != nil:
			s.sendNothing(refusal, rcptRefused)
		case err == nil:
		case refused(err):
			rcptRefused = rcptRefused || at == atRcpt
			if refusal == nil {
				refusal = &failure{stage: at, err: err}
			}
		case refusal != nil: // what was refused stays refused
			refusal.broken = true
			return refusal
		default:
			return s.lostFor(j, at, err)
		}
	}
	if refusal != nil {
		s.unclean = true
		return refusal
	}
	if s.outOfStep() {
		return lost(atData, errOutOfStep)
	}
	return nil
}

// sendNothing answers a server that asks for the content although it refused
// the recipient: with a single dot (RFC 2920 section 3.1). Where it refused
// the sender alone an empty message might go out: then the connection ends.
func (s *session) sendNothing(refusal *failure, rcptRefused bool) {
	refusal.broken = true
	if !rcptRefused {
		return
	}
	s.out = append(s.out[:0], ".\r\n"...)
	if s.write(s.options.Timeout) != nil {
		return
	}
	if r, err := s.reply(s.options.Timeout); err == nil && r.code != 421 {
		refusal.broken = false
	}
}

// oneByOne is for servers that do not offer PIPELINING.
func (s *session) oneByOne(j *job, reset bool) *failure {
	if reset {
		s.out = append(s.out[:0], "RSET\r\n"...)
		if err := s.write(s.options.Timeout); err != nil {
			return s.lostFor(j, atMail, err)
		}
		if f := s.resetDone(j); f != nil {
			return f
		}
	}
	for _, step := range []struct {
		at                stage
		command, argument string
	}{
		{atMail, "MAIL FROM:<", j.env.from + ">"}, {atRcpt, "RCPT TO:<", j.env.to + ">"}, {atData, "DATA", ""},
	} {
		if j.withdrawn() {
			return withdrawal(j)
		}
		if s.outOfStep() {
			return lost(step.at, errOutOfStep)
		}
		s.out = append(append(append(s.out[:0], step.command...), step.argument...), "\r\n"...)
		if err := s.write(s.options.Timeout); err != nil {
			return s.lostFor(j, step.at, err)
		}
		r, err := s.reply(s.options.Timeout)
		if err == nil {
			err = r.suits(step.at)
		}
		switch {
		case err == nil:
		case refused(err):
			s.unclean = true
			return &failure{stage: step.at, err: err}
		default:
			return s.lostFor(j, step.at, err)
		}
	}
	if s.outOfStep() {
		return lost(atData, errOutOfStep)
	}
	return nil
}

func (s *session) resetDone(j *job) *failure {
	r, err := s.reply(s.options.Timeout)
	if err == nil && r.code/100 != 2 {
		err = r.err()
	}
	if err != nil {
		return s.lostFor(j, atMail, err)
	}
	return nil
}

func lost(at stage, err error) *failure {
	return &failure{stage: at, err: err, broken: true, lost: true}
}

// lostFor is lost, unless we ended the connection ourselves for j's sake.
func (s *session) lostFor(j *job, at stage, err error) *failure {
	if j.withdrawn() {
		return withdrawal(j)
	}
	return lost(at, err)
}

// withdrawal takes back what was announced.
func withdrawal(j *job) *failure {
	cause := context.Cause(j.ctx)
	if cause == nil {
		cause = context.Canceled
	}
	return &failure{stage: atData, err: cause, broken: true, stopped: true}
}

// write sends s.out at once: one system call, one record where there is TLS.
func (s *session) write(patience time.Duration) error {
	if err := s.client.UpdateDeadline(patience); err != nil {
		return err
	}
	return s.flush()
}

func (s *session) flush() error {
	if _, err := s.client.Text.W.Write(s.out); err != nil {
		return err
	}
	return s.client.Text.W.Flush()
}
