package email

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

const (
	fetchBatch    = 50       // messages asked about at once
	fetchBytes    = 8 << 20  // content held in memory at once, one larger message excepted
	wholeMessage  = 25 << 20 // above it the header and the beginning of the text are read
	truncatedText = 256 << 10
	slowestLine   = 64 << 10 // bytes a second below which a server counts as silent
)

// incoming is a message as described before its content is read.
type incoming struct {
	uid     imap.UID
	size    int64
	arrived time.Time // INTERNALDATE
	from    string    // bare address; "" where there is none
	mailID  string    // Message-ID; "" where it has none
	// originalID is the Message-ID that we gave, where the server that files
	// the copy has written its own in its place; "" for the rest.
	originalID string
	head       bool   // only the header and the beginning of the text are read
	header     []byte // the fields that identify it, as they came
	// unreadable: the server refuses even that; header is our own note.
	unreadable bool
	id         string // the same in whichever folder the message lies; "" where it has no Message-ID
}

// identifying fields are asked for as text: parsing an ENVELOPE is left to
// servers and clients that agree on malformed mail, and they do not.
var identifying = &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"Message-ID", "From", "Date", "Subject", "X-Microsoft-Original-Message-ID", "X-Google-Original-Message-ID"}, Peek: true}

// describe asks for what identifies the messages, in the order of their UIDs.
func (b *inbox) describe(ctx context.Context, set imap.NumSet) ([]incoming, error) {
	uids, byUID := set.(imap.UIDSet)
	options := &imap.FetchOptions{UID: true, InternalDate: true, RFC822Size: true, BodySection: []*imap.FetchItemBodySection{identifying}}
	var messages []incoming
	err := b.within(ctx, func() error {
		buffers, err := b.client.Fetch(set, options).Collect()
		if err != nil {
			return err
		}
		for _, buffer := range buffers {
			if buffer.UID == 0 || byUID && !uids.Contains(buffer.UID) {
				continue // news of another message that came in between
			}
			m := incoming{uid: buffer.UID, size: buffer.RFC822Size, arrived: buffer.InternalDate}
			for _, section := range buffer.BodySection { // whatever the server calls the only one
				m.identify(section.Bytes)
			}
			messages = append(messages, m)
		}
		return nil
	})
	slices.SortFunc(messages, func(a, b incoming) int { return int(int64(a.uid) - int64(b.uid)) })
	return messages, err
}

// identify reads the header fields. The id is the Message-ID with a digest of
// date, sender and subject: some programs give many messages the same
// Message-ID, and an answer must not be taken for a repeat. Fields added on the
// way (Received and the like) play no part, so a copy in another folder, or
// through an alias, is the same message.
func (m *incoming) identify(header []byte) {
	m.header = header
	fields := headerFields(header)
	if list, err := mail.ParseAddressList(fields["from"]); err == nil && len(list) > 0 {
		m.from = list[0].Address
	}
	digest := sha256.Sum256([]byte(fields["date"] + "\x00" + fields["from"] + "\x00" + fields["subject"]))
	if id := ownMailID(fields); id != fields["message-id"] {
		m.originalID = id
	}
	if id, ok := cleanMailID(fields["message-id"]); ok {
		m.mailID = id
		m.id = id + "#" + hex.EncodeToString(digest[:6])
	}
}

// ownMailID is the Message-ID that a message was handed over with: some servers
// file it under one of their own. "" where it has none.
func ownMailID(fields map[string]string) string {
	for _, name := range []string{"x-microsoft-original-message-id", "x-google-original-message-id", "message-id"} {
		if id, ok := cleanMailID(fields[name]); ok {
			return id
		}
	}
	return ""
}

// headerFields unfolds a header; the first of each name counts.
func headerFields(header []byte) map[string]string {
	fields := map[string]string{}
	name := ""
	for _, line := range strings.Split(strings.ReplaceAll(string(header), "\r\n", "\n"), "\n") {
		if line == "" {
			continue
		}
		if line[0] == ' ' || line[0] == '\t' {
			if name != "" {
				fields[name] += " " + strings.TrimSpace(line)
			}
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		name = strings.ToLower(strings.TrimSpace(key))
		if _, repeated := fields[name]; !ok || repeated {
			name = ""
			continue
		}
		fields[name] = strings.TrimSpace(value)
	}
	return fields
}

// inGroups splits messages so that what is held at once stays bounded.
func inGroups(messages []incoming) [][]incoming {
	var groups [][]incoming
	var group []incoming
	var bytes int64
	for _, m := range messages {
		oversized := m.head || m.size > wholeMessage
		if len(group) > 0 && (oversized || bytes+m.size > fetchBytes) {
			groups, group, bytes = append(groups, group), nil, 0
		}
		group, bytes = append(group, m), bytes+m.size
		if oversized { // is asked for differently, so it stands alone
			groups, group, bytes = append(groups, group), nil, 0
		}
	}
	if len(group) > 0 {
		groups = append(groups, group)
	}
	return groups
}

// fetch reads the contents of a group without marking anything as seen.
func (b *inbox) fetch(ctx context.Context, group []incoming) (map[imap.UID][]byte, error) {
	sections := []*imap.FetchItemBodySection{{Peek: true}}
	size := int64(0)
	for _, m := range group {
		size += m.size
	}
	if len(group) == 1 && (group[0].head || group[0].size > wholeMessage) {
		sections = []*imap.FetchItemBodySection{
			{Specifier: imap.PartSpecifierHeader, Peek: true},
			{Specifier: imap.PartSpecifierText, Peek: true, Partial: &imap.SectionPartial{Size: truncatedText}},
		}
		size = truncatedText
	}
	uids := make([]imap.UID, len(group))
	for i, m := range group {
		uids[i] = m.uid
	}
	var contents map[imap.UID][]byte
	limit := b.timeout + time.Duration(size/slowestLine)*time.Second
	err := b.withinTime(ctx, limit, func() error {
		buffers, err := b.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, BodySection: sections}).Collect()
		contents = make(map[imap.UID][]byte, len(group))
		for _, buffer := range buffers {
			if len(buffer.BodySection) > 0 {
				contents[buffer.UID] = joined(buffer.BodySection)
			}
		}
		return err
	})
	return contents, err
}

// joined puts a header before its text, in whichever order they came.
func joined(sections []imapclient.FetchBodySectionBuffer) []byte {
	var header, rest []byte
	for _, section := range sections {
		if section.Section != nil && section.Section.Specifier == imap.PartSpecifierHeader {
			header = append(header, section.Bytes...)
		} else {
			rest = append(rest, section.Bytes...)
		}
	}
	return append(header, rest...)
}

// recently remembers the last ids that were added.
type recently struct {
	ids  map[string]bool
	ring []string
	next int
}

func newRecently(n int) *recently {
	return &recently{ids: make(map[string]bool, n), ring: make([]string, n)}
}

func (r *recently) has(id string) bool { return id != "" && r.ids[id] }

func (r *recently) add(id string) {
	if r.ids[id] {
		return
	}
	delete(r.ids, r.ring[r.next])
	r.ring[r.next], r.ids[id] = id, true
	r.next = (r.next + 1) % len(r.ring)
}
