package email

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"

	"followup/channels"
	"followup/models"
)

// sentRecent is how many of the newest messages in Sent are compared one by
// one: some servers search an index that lags behind.
const sentRecent = 100

// absences remembers when a message was first missed in Sent. The time of the
// intent would not do: the server may have been thinking for the ten minutes
// that it is given, and file the copy after that.
type absences struct {
	mutex sync.Mutex
	since map[missing]time.Time
}

type missing struct {
	mailID  string
	attempt int
}

// longestMissing is when a missed message is forgotten; by then a person has
// settled what became of it.
const longestMissing = 7 * 24 * time.Hour

// note tells for how long the message has been known to be missing.
func (a *absences) note(m missing, now time.Time) time.Duration {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if first, known := a.since[m]; known {
		return now.Sub(first)
	}
	if a.since == nil {
		a.since = map[missing]time.Time{}
	}
	maps.DeleteFunc(a.since, func(_ missing, first time.Time) bool { return now.Sub(first) > longestMissing })
	a.since[m] = now
	return 0
}

func (a *absences) forget(m missing) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	delete(a.since, m)
}

// Reconcile looks for the message in the mailbox's Sent folder. Not finding it
// proves something only where a message of ours has shown that the server files
// what it sends, and only when it is still missing a while later: the
// first look finds Found or Unknown.
func (c *Channel) Reconcile(ctx context.Context, m models.Message) (channels.Finding, channels.Outcome, error) {
	if m.Sender == nil || !m.Sender.Settings.FilesSentCopies {
		return channels.Unknown, channels.Outcome{}, nil
	}
	box, folders, err := c.openSent(ctx, *m.Sender)
	if err != nil {
		return channels.Unknown, channels.Outcome{}, err
	}
	defer box.close()
	id := mailID(m, m.Sender.Address)
	for _, f := range folders {
		found, err := box.holds(ctx, f.name, id)
		if err != nil {
			return channels.Unknown, channels.Outcome{}, folderTrouble(f.name, err)
		}
		if found {
			c.absences.forget(missing{id, m.Attempt})
			return channels.Found, channels.Outcome{ProviderID: id, Detail: "found in the folder " + f.name}, nil
		}
	}
	if len(folders) == 0 || c.absences.note(missing{id, m.Attempt}, c.options.Clock()) < c.options.SentGrace {
		return channels.Unknown, channels.Outcome{}, nil
	}
	return channels.Absent, channels.Outcome{Detail: "not in the folder " + folders[0].name}, nil
}

// openSent signs in and lists the Sent folders; who asks closes the box.
func (c *Channel) openSent(ctx context.Context, sender models.Sender) (*inbox, []folder, error) {
	box, err := signIn(ctx, c.options, sender)
	if err != nil {
		return nil, nil, err
	}
	all, err := box.folders(ctx)
	if err != nil {
		box.close()
		return nil, nil, err
	}
	return box, sentOf(all), nil
}

// holds tells whether the folder has a message with the Message-ID. What the
// server's search finds only contains the id, so each is compared.
func (b *inbox) holds(ctx context.Context, name, mailID string) (bool, error) {
	data, err := b.open(ctx, name)
	if err != nil || data.NumMessages == 0 {
		return false, err
	}
	var hits []imap.UID
	err = b.within(ctx, func() error {
		result, err := b.client.UIDSearch(&imap.SearchCriteria{
			Header: []imap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: strings.Trim(mailID, "<>")}},
		}, nil).Wait()
		if err == nil {
			hits = result.AllUIDs()
		}
		return err
	})
	if err != nil {
		return false, err
	}
	if len(hits) > 0 {
		if found, err := b.oneIs(ctx, imap.UIDSetNum(hits...), mailID); err != nil || found {
			return found, err
		}
	}
	first := uint32(1)
	if data.NumMessages > sentRecent {
		first = data.NumMessages - sentRecent + 1
	}
	var recent imap.SeqSet
	recent.AddRange(first, data.NumMessages)
	return b.oneIs(ctx, recent, mailID)
}

func (b *inbox) oneIs(ctx context.Context, set imap.NumSet, mailID string) (bool, error) {
	messages, err := b.describe(ctx, set)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(messages, func(m incoming) bool { return m.mailID == mailID || m.originalID == mailID }), nil
}
