package email

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"followup/models"
)

// readFolders says which folders to read: those in the settings, else all that
// an answer may reach, rules of the owner's own included. What was sent is read
// in any case, the inbox last.
func readFolders(ctx context.Context, box *inbox, sender models.Sender) ([]folder, error) {
	all, err := box.folders(ctx)
	if err != nil {
		return nil, err
	}
	sent := sentOf(all)
	var received []folder
	if len(sender.Settings.Folders) > 0 {
		received, err = chosenFolders(all, sender.Settings.Folders)
	} else {
		foreign, ferr := box.foreign(ctx)
		received, err = reachable(all, foreign), ferr
	}
	if err != nil {
		return nil, err
	}
	received = slices.DeleteFunc(received, func(f folder) bool {
		return slices.ContainsFunc(sent, func(s folder) bool { return s.name == f.name })
	})
	if len(received) == 0 {
		received = []folder{{name: inboxName}}
	}
	// What the owner wrote comes first: where it also lies in a folder of all
	// mail it is known by then.
	return append(sent, received...), nil
}

// Folders without a special-use attribute are known by what mail programs call
// them in the languages that we read.
var (
	sentNames = []string{
		"sent", "sent items", "sent messages", "sent mail", "gesendet", "gesendete elemente", "gesendete objekte", "éléments envoyés", "messages envoyés", "envoyés",
		"enviados", "elementos enviados", "itens enviados", "posta inviata", "inviata", "inviati", "verzonden", "verzonden items",
	}
	unreadNames = []string{
		"drafts", "draft", "entwürfe", "brouillons", "borradores", "bozze", "concepten", "rascunhos",
		"trash", "bin", "deleted items", "deleted messages", "deleted", "papierkorb", "gelöschte elemente", "gelöschte objekte", "corbeille", "éléments supprimés",
		"papelera", "elementos eliminados", "cestino", "posta eliminata", "prullenbak", "verwijderde items", "lixeira", "itens excluídos",
		"outbox", "postausgang", "templates", "vorlagen", "notes", "calendar", "contacts", "tasks", "journal", "conversation history", "sync issues",
	}
)

// sentOf are those marked as Sent, else those called so.
func sentOf(all []folder) []folder {
	var marked, called []folder
	for _, f := range all {
		f.sent, f.filed = true, true
		if f.has(imap.MailboxAttrSent) {
			marked = append(marked, f)
		} else if f.called(sentNames...) {
			f.extra = true
			called = append(called, f)
		}
	}
	if len(marked) > 0 {
		return marked
	}
	return called
}

// reachable are the folders that an answer may be filed into. One that holds
// all mail stands for every other but spam.
func reachable(all []folder, foreign []string) []folder {
	whole := slices.ContainsFunc(all, func(f folder) bool { return f.has(imap.MailboxAttrAll) })
	var others []folder
	for _, f := range all {
		switch {
		case strings.EqualFold(f.name, inboxName), f.unread(), startsWithAny(f.name, foreign):
			continue
		case f.has(imap.MailboxAttrJunk), f.has(imap.MailboxAttrAll), f.has(imap.MailboxAttrArchive):
		case whole && !f.called("spam", "junk"):
			continue
		default:
			f.extra = true
		}
		f.filed = true
		others = append(others, f)
	}
	return append(others, folder{name: inboxName})
}

// unread: what lies there is thrown away, unfinished, ours or no mail.
func (f folder) unread() bool {
	return f.has(imap.MailboxAttrTrash) || f.has(imap.MailboxAttrDrafts) || f.has(imap.MailboxAttrSent) ||
		f.has(imap.MailboxAttrFlagged) || f.has(imap.MailboxAttrImportant) || f.called(unreadNames...) || f.called(sentNames...)
}

func startsWithAny(name string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// foreign are the beginnings of the names of folders that belong to others, or
// to everybody (RFC 2342).
func (b *inbox) foreign(ctx context.Context) (prefixes []string, err error) {
	if b.asked || !b.client.Caps().Has(imap.CapNamespace) {
		return b.others, nil
	}
	err = b.within(ctx, func() error {
		data, err := b.client.Namespace().Wait()
		if err != nil {
			return err
		}
		for _, d := range append(append([]imap.NamespaceDescriptor{}, data.Other...), data.Shared...) {
			if d.Prefix != "" {
				prefixes = append(prefixes, d.Prefix)
			}
		}
		return nil
	})
	var refused *imap.Error
	if errors.As(err, &refused) { // it offers the command and does not know it: read everything
		prefixes, err = nil, nil
	}
	if err == nil {
		b.asked, b.others = true, prefixes
	}
	return prefixes, err
}

func chosenFolders(all []folder, names []string) ([]folder, error) {
	var chosen []folder
	var last *folder
	for _, name := range names {
		if strings.EqualFold(name, inboxName) {
			last = &folder{name: inboxName}
			continue
		}
		at := slices.IndexFunc(all, func(f folder) bool { return f.name == name })
		if at < 0 {
			return nil, folderTrouble(name, errors.New("it does not exist"))
		}
		chosen = append(chosen, all[at])
	}
	if last != nil {
		chosen = append(chosen, *last)
	}
	return chosen, nil
}
