package email

import (
	"context"
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"
)

// A server that cannot read one message refuses the whole command. That one
// message must not stop those behind it, nor vanish: what can be read of it is
// handed on, if it is only that it exists.

// describe asks for a batch, and for each by itself where that is refused.
func (l *listening) describe(ctx context.Context, f folder, batch []imap.UID) ([]incoming, error) {
	messages, err := l.box.describe(ctx, imap.UIDSetNum(batch...))
	if err == nil || !refusedOnly(err) {
		return messages, err
	}
	if len(batch) > 1 {
		var all []incoming
		for _, uid := range batch {
			one, err := l.describe(ctx, f, []imap.UID{uid})
			if err != nil {
				return nil, err
			}
			all = append(all, one...)
		}
		return all, nil
	}
	note := fmt.Sprintf("Subject: A message that the mail server cannot read (folder %s, UID %d)\r\n\r\n%s\r\n", oneLine(f.name), batch[0], cut(err.Error()))
	return []incoming{{uid: batch[0], header: []byte(note), unreadable: true}}, nil
}

// contents fetches a group, and each by itself where that is refused; of what
// still is refused the identifying fields remain.
func (l *listening) contents(ctx context.Context, group []incoming) (map[imap.UID][]byte, error) {
	if len(group) == 1 && group[0].unreadable {
		return map[imap.UID][]byte{group[0].uid: group[0].header}, nil
	}
	contents, err := l.box.fetch(ctx, group)
	switch {
	case err == nil:
		for _, m := range group {
			if content, there := contents[m.uid]; there && len(content) == 0 {
				contents[m.uid] = m.header
			}
		}
		return contents, nil
	case !refusedOnly(err):
		return nil, err
	case len(group) == 1:
		return map[imap.UID][]byte{group[0].uid: group[0].header}, nil
	}
	contents = map[imap.UID][]byte{}
	for _, m := range group {
		one, err := l.contents(ctx, []incoming{m})
		if err != nil {
			return nil, err
		}
		for uid, content := range one {
			contents[uid] = content
		}
	}
	return contents, nil
}

// refusedOnly: the server said no, and the connection goes on.
func refusedOnly(err error) bool {
	var refused *imap.Error
	return errors.As(err, &refused) && refused.Type == imap.StatusResponseTypeNo
}
