package replies

import (
	"context"
	"fmt"

	"followup/models"
)

// held is a listener that runs here.
type held struct {
	connection string
	stop       context.CancelFunc
}

// connection is what a sender is read by. What we learn or renew ourselves
// plays no part: it must not end a connection that works.
func connection(s models.Sender) string {
	s.Settings.FilesSentCopies, s.Credentials.Tokens = false, models.SenderTokens{}
	return fmt.Sprintf("%s %s %+v %+v", s.Provider, s.Address, s.Settings, s.Credentials)
}

// letGo ends the listeners of senders that are no longer read, or whose
// password or server a person has changed: the next look begins them anew.
func letGo(listening map[int64]held, senders []models.Sender) {
	now := make(map[int64]string, len(senders))
	for _, s := range senders {
		now[s.ID] = connection(s)
	}
	for id, l := range listening {
		if c, polled := now[id]; !polled || c != l.connection {
			l.stop()
		}
	}
}
