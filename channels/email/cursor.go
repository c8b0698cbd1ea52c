package email

import (
	"encoding/json"
	"fmt"
)

// position is where reading a folder goes on: everything up to and including
// UID has been read. It means nothing once UIDVALIDITY changes (RFC 9051 2.3.1.1).
type position struct {
	UIDValidity uint32 `json:"uidvalidity"`
	UID         uint32 `json:"uid"`
}

// cursor is the position in each folder, by name.
type cursor map[string]position

func parseCursor(s string) (cursor, error) {
	c := cursor{}
	if s == "" {
		return c, nil
	}
	if err := json.Unmarshal([]byte(s), &c); err != nil {
		return nil, fmt.Errorf("the mailbox's reading position %.80q cannot be read: %w", s, err)
	}
	return c, nil
}

func (c cursor) String() string {
	b, err := json.Marshal(map[string]position(c)) // keys are sorted: the same cursor is the same text
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return string(b)
}
