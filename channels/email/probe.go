package email

import (
	"context"
	"errors"
	"fmt"

	"followup/channels"
	"followup/models"
)

// Probe signs in at the sender's SMTP server and, where answers are read, at
// its IMAP server, and opens every folder that is to be read. Nothing is sent.
func (c *Channel) Probe(ctx context.Context, sender models.Sender) error {
	if err := probeSMTP(ctx, c.options, sender); err != nil {
		return err
	}
	if sender.Settings.IMAPHost == "" && sender.Inbound != models.InboundPoll {
		return nil
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
	for _, f := range folders {
		if _, err := box.open(ctx, f.name); err != nil {
			return folderTrouble(f.name, err)
		}
	}
	return nil
}

func probeSMTP(ctx context.Context, options Options, sender models.Sender) error {
	srv, err := smtpServer(sender)
	if err != nil {
		return err
	}
	s, err := dial(ctx, options, srv)
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return smtpTrouble(srv, err)
	}
	s.quit()
	return nil
}

func smtpTrouble(srv server, err error) error {
	var refused *channels.SendError
	if !errors.As(err, &refused) || refused.Class != models.SendConfiguration {
		return &models.Error{Code: models.CodeUnavailable, Field: "smtp_host", Err: err,
			Message: fmt.Sprintf("the SMTP server %s cannot be used at the moment: %s", srv.address(), cut(err.Error()))}
	}
	if refused.Code == "tls" {
		return &models.Error{Code: models.CodeInvalid, Field: "smtp_tls", Err: err,
			Message: fmt.Sprintf("no secure connection to the SMTP server %s: %s; check the host name, the port and the kind of security", srv.address(), refused.Detail)}
	}
	return &models.Error{Code: models.CodeInvalid, Field: "username", Err: err,
		Message: fmt.Sprintf("the SMTP server %s refused to sign in %s (%s %s); %s", srv.address(), srv.username, refused.Code, refused.Detail, srv.adviceOr(refused.Detail))}
}

func folderTrouble(name string, err error) error {
	return &models.Error{Code: models.CodeInvalid, Field: "folders", Err: err,
		Message: fmt.Sprintf("the folder %q cannot be opened (%s); choose folders that exist in the mailbox", name, cut(err.Error()))}
}
