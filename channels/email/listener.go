package email

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"followup/models"
)

const (
	inboxName = "INBOX"
	// withoutIdle is how often the inbox is read at servers that cannot push.
	withoutIdle = 15 * time.Second
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
	folders, err := readFolders(ctx, box, sender)
	if err != nil {
		return err
	}
	l := &listening{options: c.options, box: box, sender: sender, folders: folders, cursor: at, deliver: deliver, current: current, seen: newRecently(1024)}
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
	folders []folder // the one that is pushed comes last: it stays open
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

// sweep reads what is new in every folder.
func (l *listening) sweep(ctx context.Context) error {
	for _, f := range l.folders {
		if err := l.read(ctx, f); err != nil {
			return err
		}
	}
	return l.caughtUp(ctx)
}

func (l *listening) caughtUp(ctx context.Context) error {
	if err := l.current(ctx, l.cursor.String()); err != nil {
		return fmt.Errorf("recording the reading position: %w", err)
	}
	return nil
}

// rest stays in the last folder, reading what is pushed there, until it is
// time to look everywhere.
func (l *listening) rest(ctx context.Context) error {
	timer := time.NewTimer(l.options.PollEvery)
	defer timer.Stop()
	for {
		pushed, err := l.await(ctx, timer.C)
		if err != nil || !pushed {
			return err
		}
		if err := l.read(ctx, l.folders[len(l.folders)-1]); err != nil {
			return err
		}
		if err := l.caughtUp(ctx); err != nil {
			return err
		}
	}
}

// await waits until something arrives in the open folder (true) or the time is
// up (false). The IDLE is issued anew each time, so it never comes near the
// 29 minutes after which servers hang up (RFC 2177).
func (l *listening) await(ctx context.Context, up <-chan time.Time) (bool, error) {
	caps := l.box.client.Caps()
	if !caps.Has(imap.CapIdle) {
		select {
		case <-up:
			return false, nil
		case <-time.After(min(withoutIdle, l.options.PollEvery)):
			return true, nil
		case <-l.box.client.Closed():
			return false, io.ErrUnexpectedEOF
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
	stopIdle, err := l.idle(ctx)
	if err != nil {
		return false, err
	}
	// A push from before the IDLE is still in the channel.
	pushed := false
	select {
	case <-l.box.pushed:
		pushed = true
	case <-up:
	case <-l.box.client.Closed():
		return false, io.ErrUnexpectedEOF
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
	return pushed, stopIdle()
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

// readFolders says which folders to read: those in the settings, else the
// inbox, spam, and where rules file mail away. The inbox comes last.
func readFolders(ctx context.Context, box *inbox, sender models.Sender) ([]folder, error) {
	all, err := box.folders(ctx)
	if err != nil {
		return nil, err
	}
	if len(sender.Settings.Folders) > 0 {
		return chosenFolders(all, sender.Settings.Folders)
	}
	var others []folder
	for _, f := range all {
		if strings.EqualFold(f.name, inboxName) {
			continue
		}
		if f.has(imap.MailboxAttrJunk) || f.has(imap.MailboxAttrAll) || f.has(imap.MailboxAttrArchive) ||
			f.called("junk", "spam", "junk e-mail", "junk email", "bulk mail", "archive", "archives") {
			f.filed = true
			others = append(others, f)
		}
	}
	return append(others, folder{name: inboxName}), nil
}

func chosenFolders(all []folder, names []string) ([]folder, error) {
	var chosen []folder
	var last *folder
	for _, name := range names {
		if strings.EqualFold(name, inboxName) {
			last = &folder{name: inboxName}
			continue
		}
		found := false
		for _, f := range all {
			if f.name == name {
				chosen, found = append(chosen, f), true
				break
			}
		}
		if !found {
			return nil, folderTrouble(name, errors.New("it does not exist"))
		}
	}
	if last != nil {
		chosen = append(chosen, *last)
	}
	return chosen, nil
}
