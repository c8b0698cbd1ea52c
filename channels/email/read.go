package email

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"followup/models"
)

const (
	// historySlack allows for the clocks of the mail server and ours.
	historySlack = 10 * time.Minute
	// renumberedBack is how far back a folder whose UIDs were given out anew is
	// read again where nothing says when it was last read.
	renumberedBack = 7 * 24 * time.Hour
)

// read hands on what is new in one folder and moves the cursor behind it.
func (l *listening) read(ctx context.Context, f folder) error {
	data, err := l.box.open(ctx, f.name)
	if err != nil {
		var refused *imap.Error
		if errors.As(err, &refused) {
			if f.extra {
				l.refused[f.name] = true // it went away, or is not ours to open
				return nil
			}
			return folderTrouble(f.name, err)
		}
		return err
	}
	next := uint32(data.UIDNext) // 0 where the server does not say
	at, known := l.cursor[f.name]
	renumbered := known && at.UIDValidity != data.UIDValidity
	if renumbered || !known {
		at = position{UIDValidity: data.UIDValidity}
	}
	if data.NumMessages > 0 && (next == 0 || next > at.UID+1) {
		if at, err = l.catchUp(ctx, f, at, l.notBefore(f, known, renumbered), next); err != nil {
			return err
		}
	}
	if next > 0 && next-1 > at.UID { // what lies before UIDNEXT has been looked at
		at.UID = next - 1
	}
	l.cursor[f.name] = at
	return nil
}

// notBefore says how old a message may be. The first reading takes what has
// arrived since the mailbox was set up; where UIDs were given out anew, what
// may have arrived since the last reading (repeats are recognised by their
// ids); later everything new, but for folders into which people move old mail.
func (l *listening) notBefore(f folder, known, renumbered bool) time.Time {
	created := l.sender.CreatedAt
	switch {
	case renumbered && l.sender.InboundReadAt != nil:
		return l.sender.InboundReadAt.Add(-24 * time.Hour)
	case renumbered && created.IsZero():
		return l.options.Clock().Add(-renumberedBack)
	case !known && created.IsZero():
		return l.options.Clock()
	case known && !renumbered && !f.filed:
		return time.Time{}
	case created.IsZero():
		return time.Time{}
	}
	return created.Add(-historySlack)
}

// catchUp hands on every message after the position, oldest first.
func (l *listening) catchUp(ctx context.Context, f folder, at position, notBefore time.Time, next uint32) (position, error) {
	var after imap.UIDSet
	after.AddRange(imap.UID(at.UID+1), 0)
	criteria := &imap.SearchCriteria{UID: []imap.UIDSet{after}}
	if !notBefore.IsZero() {
		// SINCE knows dates only, in the server's zone: ask for a day more.
		criteria.Since = notBefore.Add(-24 * time.Hour)
	}
	var uids []imap.UID
	err := l.box.within(ctx, func() error {
		found, err := l.box.client.UIDSearch(criteria, nil).Wait()
		if err == nil {
			uids = found.AllUIDs()
		}
		return err
	})
	if err != nil {
		return at, fmt.Errorf("searching the folder %s: %w", f.name, err)
	}
	// "n:*" also finds the last message where its UID is below n.
	uids = slices.DeleteFunc(uids, func(uid imap.UID) bool { return uint32(uid) <= at.UID })
	slices.Sort(uids)
	for batch := range slices.Chunk(uids, fetchBatch) {
		messages, err := l.describe(ctx, f, batch)
		if err != nil {
			return at, fmt.Errorf("reading the folder %s: %w", f.name, err)
		}
		wanted := slices.DeleteFunc(messages, func(m incoming) bool { return !l.wants(f, m, notBefore) })
		if f.sent {
			if wanted, err = l.writtenElsewhere(ctx, wanted); err != nil {
				return at, fmt.Errorf("reading the folder %s: %w", f.name, err)
			}
		}
		for _, group := range inGroups(wanted) {
			if err := l.handOn(ctx, f, group, &at); err != nil {
				return at, err
			}
		}
		at.UID = max(at.UID, uint32(batch[len(batch)-1]))
	}
	return at, nil
}

// wants leaves out history, what was handed on from another folder, and, in
// folders that also hold what we sent, our own mail.
func (l *listening) wants(f folder, m incoming, notBefore time.Time) bool {
	if !notBefore.IsZero() && !m.arrived.IsZero() && m.arrived.Before(notBefore) {
		return false
	}
	if f.filed && !f.sent && m.from != "" && strings.EqualFold(m.from, l.sender.Address) {
		return false
	}
	return !l.seen.has(m.id)
}

// handOn fetches and delivers a group; the position follows each message.
func (l *listening) handOn(ctx context.Context, f folder, group []incoming, at *position) error {
	contents, err := l.contents(ctx, group)
	if err != nil {
		return fmt.Errorf("reading the folder %s: %w", f.name, err)
	}
	for _, m := range group {
		content, there := contents[m.uid]
		if !there { // deleted in the meantime
			continue
		}
		if m.id == "" {
			digest := sha256.Sum256(content)
			m.id = "sha256:" + hex.EncodeToString(digest[:])
		}
		if l.seen.has(m.id) { // twice in this very group
			continue
		}
		now := l.options.Clock()
		received := m.arrived.UTC()
		if m.arrived.IsZero() || received.After(now) {
			received = now
		}
		senderID := l.sender.ID
		raw := models.Raw{
			Provider: models.ProviderSMTP, ProviderID: rawID(l.sender, m.id), Channel: models.ChannelEmail,
			SenderID: &senderID, Folder: f.name, Sent: f.sent, Content: content, State: models.RawReceived, ReceivedAt: received, UpdatedAt: now,
		}
		if err := l.deliver(ctx, raw); err != nil {
			return fmt.Errorf("storing a message from the folder %s: %w", f.name, err)
		}
		l.seen.add(m.id)
		at.UID = max(at.UID, uint32(m.uid))
	}
	return nil
}
