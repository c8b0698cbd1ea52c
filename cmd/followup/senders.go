package main

import (
	"context"
	"fmt"

	"followup/config"
	"followup/models"
	"followup/web"
)

// Rates where the configuration says nothing: a mailbox of an ordinary
// provider, and a long code's one segment a second (Twilio's limit).
const (
	mailboxRate = 30
	numberRate  = 60
)

// configureSenders brings the database's senders in line with the
// configuration: what the file says of one is set again at each start, what it
// leaves out was set on the account's page and stays. Passwords go in
// encrypted; senders that the file no longer names stay, since they have history.
func (a *app) configureSenders(ctx context.Context) error {
	owners, err := a.userIDs(ctx)
	if err != nil {
		return err
	}
	for _, m := range a.cfg.Mailboxes {
		sender, err := mailboxSender(atProvider(m, oauthApps(a.cfg.OAuth)), owners)
		if err != nil {
			return err
		}
		if err := a.configureSender(ctx, sender, fixedMailbox(m)); err != nil {
			return fmt.Errorf("mailbox %s: %w", m.Address, err)
		}
	}
	for _, n := range a.cfg.Twilio.Numbers {
		owner, err := ownerOf(n.Owner, owners)
		if err != nil {
			return fmt.Errorf("number %s: %w", n.Number, err)
		}
		sender := models.Sender{
			OwnerID: owner, Kind: models.SenderPhone, Provider: models.ProviderTwilio, Address: n.Number, Name: n.Name,
			RatePerMinute: orDefault(n.RatePerMinute, numberRate),
			// Webhooks bring it sooner where there is a public URL; what they
			// missed is listed all the same.
			Inbound:     models.InboundPoll,
			Settings:    models.SenderSettings{AccountSID: a.cfg.Twilio.AccountSID},
			Credentials: models.SenderCredentials{AuthToken: a.cfg.Twilio.AuthToken},
		}
		if err := a.configureSender(ctx, sender, fixedNumber(n)); err != nil {
			return fmt.Errorf("number %s: %w", n.Number, err)
		}
	}
	return nil
}

// configureSender saves one, with what was there of all that the file leaves out.
func (a *app) configureSender(ctx context.Context, sender models.Sender, fixed web.FixedAccount) error {
	old, found, err := a.store.SenderByAddress(ctx, sender.Address)
	if err != nil {
		return err
	}
	if found && old.Kind == sender.Kind {
		if !fixed.Name {
			sender.Name = old.Name
		}
		if !fixed.Owner {
			sender.OwnerID = old.OwnerID
		}
		if !fixed.Rate {
			sender.RatePerMinute = old.RatePerMinute
		}
		if !fixed.Cap {
			sender.DailyCap = old.DailyCap
		}
	}
	_, err = a.store.SaveSender(ctx, sender, models.ActorSystem, a.clock())
	return err
}

func fixedMailbox(m config.Mailbox) web.FixedAccount {
	return web.FixedAccount{Name: m.Name != "", Owner: m.Owner != "", Rate: m.RatePerMinute != 0, Cap: m.DailyCap != 0}
}

func fixedNumber(n config.Number) web.FixedAccount {
	return web.FixedAccount{Name: n.Name != "", Owner: n.Owner != "", Rate: n.RatePerMinute != 0}
}

// fixedAccounts are those that the configuration names, with what it says of each.
func (a *app) fixedAccounts() map[string]web.FixedAccount {
	all := map[string]web.FixedAccount{}
	for _, m := range a.cfg.Mailboxes {
		all[m.Address] = fixedMailbox(m)
	}
	for _, n := range a.cfg.Twilio.Numbers {
		all[n.Number] = fixedNumber(n)
	}
	return all
}

func mailboxSender(m config.Mailbox, owners map[string]int64) (models.Sender, error) {
	owner, err := ownerOf(m.Owner, owners)
	if err != nil {
		return models.Sender{}, fmt.Errorf("mailbox %s: %w", m.Address, err)
	}
	username := m.Username
	if username == "" {
		username = m.Address
	}
	s := models.Sender{
		OwnerID: owner, Kind: models.SenderMailbox, Provider: models.ProviderSMTP, Address: m.Address, Name: m.Name,
		RatePerMinute: orDefault(m.RatePerMinute, mailboxRate), DailyCap: m.DailyCap,
		Settings: models.SenderSettings{
			SMTPHost: m.SMTPHost, SMTPPort: m.SMTPPort, SMTPTLS: m.SMTPTLS,
			IMAPHost: m.IMAPHost, IMAPPort: m.IMAPPort, IMAPTLS: m.IMAPTLS, Folders: m.Folders, Username: username, OAuth: m.OAuth,
		},
		Credentials: models.SenderCredentials{Password: m.Password, Webhook: m.WebhookSecret},
		Inbound:     models.InboundNone,
	}
	switch {
	case m.IMAPHost != "":
		s.Inbound = models.InboundPoll
	case m.WebhookSecret != "":
		s.Inbound = models.InboundPush
	}
	return s, nil
}

func ownerOf(email string, owners map[string]int64) (*int64, error) {
	if email == "" {
		return nil, nil
	}
	id, ok := owners[email]
	if !ok {
		return nil, fmt.Errorf("its owner %s is no user; add them with: followup user add", email)
	}
	return &id, nil
}

func orDefault(v, def int) int {
	if v == 0 {
		return def
	}
	return v
}

func (a *app) userIDs(ctx context.Context) (map[string]int64, error) {
	users, err := a.store.Users(ctx)
	if err != nil {
		return nil, err
	}
	ids := make(map[string]int64, len(users))
	for _, u := range users {
		ids[u.Email] = u.ID
	}
	return ids, nil
}

// sandboxSenders are shared by everyone where nothing real is configured, so
// that an empty workspace can play every channel at once.
func (a *app) sandboxSenders(ctx context.Context) error {
	for _, s := range []models.Sender{
		{Kind: models.SenderMailbox, Address: "outreach@example.com", Name: "Followup sandbox"},
		{Kind: models.SenderPhone, Address: "+12125550100", Name: "Followup sandbox"},
	} {
		s.Provider, s.Inbound = models.ProviderSandbox, models.InboundNone
		if _, err := a.store.SaveSender(ctx, s, models.ActorSystem, a.clock()); err != nil {
			return fmt.Errorf("sandbox sender %s: %w", s.Address, err)
		}
	}
	return nil
}
