package email

import (
	"context"
	"mime"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"followup/models"
)

// addressed are the fields that say to whom a message went.
var addressed = &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"Message-ID", "To", "Cc", "Bcc", "Subject", "X-Microsoft-Original-Message-ID", "X-Google-Original-Message-ID"}, Peek: true}

// Left implements channels.Ledger by the Sent folder. Its silence proves
// something only where a message of ours has shown that the server files what
// it sends.
func (c *Channel) Left(ctx context.Context, sender models.Sender, since time.Time, take func(models.Left) error) (whole bool, err error) {
	if sender.Settings.IMAPHost == "" {
		return false, nil
	}
	box, folders, err := c.openSent(ctx, sender)
	if err != nil {
		return false, err
	}
	defer box.close()
	for _, f := range folders {
		if err := box.sentSince(ctx, f.name, since, take); err != nil {
			return false, folderTrouble(f.name, err)
		}
	}
	return len(folders) > 0 && sender.Settings.FilesSentCopies, nil
}

func (b *inbox) sentSince(ctx context.Context, name string, since time.Time, take func(models.Left) error) error {
	data, err := b.open(ctx, name)
	if err != nil || data.NumMessages == 0 {
		return err
	}
	var uids []imap.UID
	err = b.within(ctx, func() error {
		// The search knows days only, in the server's own zone.
		result, err := b.client.UIDSearch(&imap.SearchCriteria{Since: since.AddDate(0, 0, -1)}, nil).Wait()
		if err == nil {
			uids = result.AllUIDs()
		}
		return err
	})
	if err != nil {
		return err
	}
	for batch := range slices.Chunk(uids, fetchBatch) {
		if err := b.sentBatch(ctx, batch, since, take); err != nil {
			return err
		}
	}
	return nil
}

func (b *inbox) sentBatch(ctx context.Context, uids []imap.UID, since time.Time, take func(models.Left) error) error {
	var all []models.Left
	options := &imap.FetchOptions{UID: true, InternalDate: true, BodySection: []*imap.FetchItemBodySection{addressed}}
	err := b.within(ctx, func() error {
		all = all[:0]
		buffers, err := b.client.Fetch(imap.UIDSetNum(uids...), options).Collect()
		for _, buffer := range buffers {
			if buffer.InternalDate.Before(since) {
				continue
			}
			for _, section := range buffer.BodySection {
				all = append(all, leftOf(section.Bytes, buffer.InternalDate)...)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, l := range all {
		if err := take(l); err != nil {
			return err
		}
	}
	return nil
}

// leftOf makes one record for each recipient.
func leftOf(header []byte, at time.Time) []models.Left {
	fields := headerFields(header)
	id := ownMailID(fields)
	subject := fields["subject"]
	if decoded, err := new(mime.WordDecoder).DecodeHeader(subject); err == nil {
		subject = decoded
	}
	var all []models.Left
	for _, field := range []string{"to", "cc", "bcc"} {
		list, err := mail.ParseAddressList(fields[field])
		if err != nil {
			continue
		}
		for _, a := range list {
			all = append(all, models.Left{
				Channel: models.ChannelEmail, ProviderID: id, To: strings.ToLower(a.Address), Subject: strings.ToValidUTF8(subject, "�"), At: at.UTC(),
			})
		}
	}
	return all
}
