package email

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/emersion/go-imap/v2"

	"followup/models"
)

const (
	inboxName = "INBOX"
	// withoutIdle is how often the inbox is read at servers that cannot push.
	withoutIdle = 15 * time.Second
	// cheapPoll is how often the other folders are asked about where one
	// command does it.
	cheapPoll = 5 * time.Second
)

// Listen reads every folder that replies reach and goes on until ctx ends. The
// server pushes what arrives in the inbox; the other folders are read in turn.
func (c *Channel) Listen(ctx context.Context, sender models.Sender, deliver func(context.Context, models.Raw) error, current func(ctx context.Context, cursor string) error) error {
	at, err := parseCursor(sender.InboundCursor)
	if err != nil {
		return err
	}
	box, err := signIn(ctx, c.options, sender)
	if err != nil {
		return err
	}
	defer box.close()
	l := &listening{options: c.options, box: box, sender: sender, cursor: at, deliver: deliver, current: current, seen: newRecently(1024)}
	for {
		if err := l.sweep(ctx); err != nil {
			return l.ended(ctx, err)
		}
		if err := l.rest(ctx); err != nil {
			return l.ended(ctx, err)
		}
	}
}

// listening is one connection's work.
type listening struct {
	options Options
	box     *inbox
	sender  models.Sender
	pushed  folder          // the one that stays open: the server tells of what arrives in it
	refused map[string]bool // folders that cannot be opened, until all are looked at again
	cursor  cursor
	deliver func(context.Context, models.Raw) error
	current func(ctx context.Context, cursor string) error
	seen    *recently // the same message in two folders is handed on once
}

func (l *listening) ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var told *models.Error
	if errors.As(err, &told) {
		return err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the server closed the connection")
	}
	return fmt.Errorf("reading the mailbox %s: %w", l.sender.Address, err)
}

// between is how many other folders are read before the pushed one is looked
// at again: in a mailbox of many folders it must not wait for all of them.
const between = 5

// sweep reads what is new in every folder.
func (l *listening) sweep(ctx context.Context) error {
	l.refused = map[string]bool{}
	if _, err := l.readChanged(ctx, true); err != nil {
		return err
	}
	return l.caughtUp(ctx)
}

// readChanged reads the other folders that have anything new and tells whether
// there were any; the pushed one follows them, or in any case. They are listed
// anew each time: a rule that files answers into a new folder is followed.
func (l *listening) readChanged(ctx context.Context, inAnyCase bool) (bool, error) {
	folders, err := readFolders(ctx, l.box, l.sender)
	if err != nil {
		return false, err
	}
	l.pushed = folders[len(folders)-1]
	opened := 0
	for _, f := range folders[:len(folders)-1] {
		if l.unchanged(f) {
			continue
		}
		if err := l.read(ctx, f); err != nil {
			return false, err
		}
		if opened++; opened%between == 0 {
			if err := l.read(ctx, l.pushed); err != nil {
				return false, err
			}
		}
	}
	if opened == 0 && !inAnyCase {
		return false, nil
	}
	return true, l.read(ctx, l.pushed)
}

// unchanged: the server said while listing that nothing was added.
func (l *listening) unchanged(f folder) bool {
	at, known := l.cursor[f.name]
	return l.refused[f.name] || known && f.next > 0 && f.validity == at.UIDValidity && f.next-1 <= at.UID
}

func (l *listening) caughtUp(ctx context.Context) error {
	if err := l.current(ctx, l.cursor.String()); err != nil {
		return fmt.Errorf("recording the reading position: %w", err)
	}
	return nil
}

// rest stays in the pushed folder, reading what is pushed there and glancing
// at the others where that is cheap, until it is time to look everywhere.
func (l *listening) rest(ctx context.Context) error {
	everywhere := time.NewTimer(l.options.PollEvery)
	defer everywhere.Stop()
	var glance <-chan time.Time
	if l.box.listsStatus() {
		ticker := time.NewTicker(min(cheapPoll, l.options.PollEvery))
		defer ticker.Stop()
		glance = ticker.C
	}
	for {
		woken, err := l.await(ctx, everywhere.C, glance)
		if err != nil || woken == byTime {
			return err
		}
		changed := true
		if woken == byGlance {
			changed, err = l.readChanged(ctx, false)
		} else {
			err = l.read(ctx, l.pushed)
		}
		if err != nil {
			return err
		}
		if !changed { // that is no news for the database either
			continue
		}
		if err := l.caughtUp(ctx); err != nil {
			return err
		}
	}
}

// wake is what ended a rest.
type wake int

const (
	byTime   wake = iota // look everywhere
	byGlance             // ask which of the other folders have anything new
	byPush               // something arrived in the open folder
)

// await waits until there is something to do. The IDLE is issued anew each
// time, so it never comes near the 29 minutes after which servers hang up
// (RFC 2177).
func (l *listening) await(ctx context.Context, everywhere, glance <-chan time.Time) (wake, error) {
	if !l.box.client.Caps().Has(imap.CapIdle) {
		select {
		case <-everywhere:
			return byTime, nil
		case <-time.After(min(withoutIdle, l.options.PollEvery)):
			return byPush, nil
		case <-l.box.client.Closed():
			return byTime, io.ErrUnexpectedEOF
		case <-ctx.Done():
			return byTime, context.Cause(ctx)
		}
	}
	stopIdle, err := l.idle(ctx)
	if err != nil {
		return byTime, err
	}
	// A push from before the IDLE is still in the channel.
	woken := byTime
	select {
	case <-l.box.pushed:
		woken = byPush
	case <-glance:
		woken = byGlance
	case <-everywhere:
	case <-l.box.client.Closed():
		return byTime, io.ErrUnexpectedEOF
	case <-ctx.Done():
		return byTime, context.Cause(ctx)
	}
	return woken, stopIdle()
}

func (l *listening) idle(ctx context.Context) (stop func() error, err error) {
	err = l.box.within(ctx, func() error {
		command, err := l.box.client.Idle()
		if err != nil {
			return err
		}
		stop = func() error {
			return l.box.within(ctx, func() error {
				if err := command.Close(); err != nil {
					return err
				}
				return command.Wait()
			})
		}
		return nil
	})
	return stop, err
}
