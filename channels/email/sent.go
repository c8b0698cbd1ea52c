package email

import (
	"context"

	"followup/models"
)

// writtenElsewhere leaves of what lies in a Sent folder what did not leave
// through us: what the mailbox's owner wrote on a phone, say. Of that the
// beginning is enough.
func (l *listening) writtenElsewhere(ctx context.Context, messages []incoming) ([]incoming, error) {
	var ids []string
	for _, m := range messages {
		for _, id := range []string{m.mailID, m.originalID} {
			if id != "" {
				ids = append(ids, id)
			}
		}
	}
	if len(ids) == 0 || l.options.SentCopies == nil {
		return messages, nil
	}
	ours, err := l.options.SentCopies(ctx, l.sender, ids)
	if err != nil {
		return nil, err
	}
	var rest []incoming
	for _, m := range messages {
		if ours[m.mailID] || ours[m.originalID] {
			l.seen.add(m.id)
			continue
		}
		m.head = m.size > truncatedText
		rest = append(rest, m)
	}
	return rest, nil
}

// SentCopies tells which of the Message-IDs found in a sender's Sent folder
// are of messages that left through us.
type SentCopies func(ctx context.Context, sender models.Sender, mailIDs []string) (map[string]bool, error)
