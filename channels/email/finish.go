package email

import (
	"context"
	"errors"
	"io"
	"net/textproto"
	"strconv"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// finish writes the final dot and waits for the answer: from here on only the
// server's own refusal proves that the message did not go out.
func (s *session) finish(ctx context.Context, data io.WriteCloser) (string, *failure) {
	if err := s.client.UpdateDeadline(s.options.FinalWait); err != nil {
		return "", s.fail(ctx, atData, err)
	}
	answered, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		// What was handed over may finish, but not hold up the end for long.
		patience := time.NewTimer(s.options.Grace)
		defer patience.Stop()
		select {
		case <-patience.C:
			s.interrupt()
		case <-answered.Done():
		}
	})
	defer stop()

	err := data.Close()
	if err == nil {
		if closer, ok := data.(*smtp.DataCloser); ok {
			return cut(closer.ServerResponse()), nil
		}
		return "", nil
	}
	var reply *textproto.Error
	if errors.As(err, &reply) {
		if reply.Code/100 == 2 { // 250 is usual; any other 2yz accepts as well
			return cut(reply.Msg), nil
		}
		if reply.Code/100 == 4 || reply.Code/100 == 5 {
			return "", &failure{stage: atDot, err: err, broken: reply.Code == 421}
		}
	}
	return "", &failure{stage: atDot, err: err, broken: true, handedOver: true}
}

// refused sorts a failure before the final dot: after a refusal the connection
// is made ready for the next message.
func (s *session) refused(ctx context.Context, at stage, err error) *failure {
	var reply *textproto.Error
	if !errors.As(err, &reply) || reply.Code == 421 {
		return s.fail(ctx, at, err)
	}
	f := &failure{stage: at, err: err}
	if resetErr := s.step(ctx, s.client.Reset); resetErr != nil {
		f.broken = true
	}
	return f
}

// fail is a failure that leaves the connection unusable.
func (s *session) fail(ctx context.Context, at stage, err error) *failure {
	if ctx.Err() != nil {
		return &failure{stage: at, err: context.Cause(ctx), broken: true, stopped: true}
	}
	return &failure{stage: at, err: err, broken: true, stopped: errors.Is(err, errTooLate)}
}

// quit ends the connection politely, but does not wait long.
func (s *session) quit() {
	if s.client != nil && s.client.UpdateDeadline(quitPatience) == nil {
		_ = s.client.Quit()
	}
	s.hangUp()
}

// hangUp ends the connection at once.
func (s *session) hangUp() {
	if s.raw != nil {
		_ = s.raw.Close()
	}
}

func tooBig(limit string, size int) bool {
	n, err := strconv.Atoi(limit)
	return err == nil && n > 0 && size > n
}
