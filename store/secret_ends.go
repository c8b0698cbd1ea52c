package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// secretJob names the warnings among the jobs that run once for all replicas.
const secretJob = "secret ends"

// WarnOfSecrets asks a sender's owner for a new password or token before the
// one that it has stops working: SecretNotice days ahead, again when
// SecretLastNotice are left, and once it has ended; each once, over all
// replicas and restarts. apps are the days on which the client secrets end by
// which this installation is known at providers of OAuth2; those ask an admin.
func (s *Store) WarnOfSecrets(ctx context.Context, now time.Time, apps map[string]models.Date) error {
	senders, err := s.ViewSenders(ctx, 0)
	if err != nil {
		return err
	}
	var all error
	for _, x := range senders {
		if x.Provider == models.ProviderSandbox || x.StoppedReason == models.StopByHand || x.StoppedReason == models.StopOwnerLeft {
			continue
		}
		w := secretWarning{about: fmt.Sprintf("sender %d", x.ID), sender: &x, ends: x.Settings.SecretExpires}
		w.title = "The password or token of " + x.Address
		w.detail = "Enter the new one on its account’s page under Accounts, with the day on which that one ends. Then nothing waits."
		if x.Settings.OAuth != "" {
			w.detail = "Open its page under Accounts and sign in again. Then nothing waits."
		}
		all = errors.Join(all, s.warn(ctx, w, now))
	}
	for provider, ends := range apps {
		w := secretWarning{about: "app " + provider, ends: ends, title: "The client secret of this installation at " + provider}
		w.detail = fmt.Sprintf("Make a new one at %s, put it and its day into the configuration (oauth.%s.client_secret and secret_expires) and restart. Until then every mailbox that signs in there works on; from that day none does.", provider, provider)
		all = errors.Join(all, s.warn(ctx, w, now))
	}
	return all
}

// secretWarning is one secret that ends.
type secretWarning struct {
	about         string // what it opens, for telling one warning from another
	sender        *models.Sender
	ends          models.Date
	title, detail string
}

// stage of a warning: each is given once for a secret and its end.
func (w secretWarning) stage(now time.Time) (stage, words string) {
	days, known := w.ends.DaysFrom(now)
	switch {
	case !known || days >= models.SecretNotice:
		return "", ""
	case days < 0:
		return "ended", "has ended"
	case days <= models.SecretLastNotice:
		stage = "last"
	default:
		stage = "soon"
	}
	return stage, "ends on " + w.ends.At(0, time.UTC).Format("2 January 2006")
}

func (s *Store) warn(ctx context.Context, w secretWarning, now time.Time) error {
	stage, words := w.stage(now)
	if stage == "" {
		return nil
	}
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		first, err := firstOf(tx, secretJob, w.about+" "+string(w.ends)+" "+stage, now)
		if err != nil || !first {
			return err
		}
		return w.open(tx, words, stage != "soon", now)
	})
	if err != nil {
		return fmt.Errorf("warn of the secret of %s: %w", w.about, err)
	}
	return nil
}

// open asks, or says anew in the task that is open what has become of it.
func (w secretWarning) open(tx *gorm.DB, words string, urgent bool, now time.Time) error {
	var x models.Sender
	t := models.Task{Kind: models.TaskResolve, Title: w.title + " " + words, Reason: models.AttentionSecret, Detail: w.detail, Urgent: urgent, DueAt: now}
	if w.sender != nil {
		x, t.SenderID = *w.sender, &w.sender.ID
	}
	var err error
	if t.UserID, err = responsibleFor(tx, x); err != nil {
		return err
	}
	standing, err := openTask(tx, models.Prospect{}, t, models.ActorScheduler, now)
	if err != nil || standing.Title == t.Title && standing.Urgent == t.Urgent {
		return err
	}
	standing.Title, standing.Detail, standing.Urgent, standing.SnoozedUntil, standing.UpdatedAt = t.Title, t.Detail, t.Urgent, nil, now
	return saveRow(tx, &standing)
}

// keepSecretEnd: the day belongs to the secret that it was entered for.
func (s *Store) keepSecretEnd(sender *models.Sender, old models.Sender) error {
	if old.ID == 0 || old.Settings.SecretExpires == "" || sender.Settings.SecretExpires != "" && sender.Settings.SecretExpires != old.Settings.SecretExpires {
		return nil
	}
	same := true
	if sender.Credentials != (models.SenderCredentials{}) && len(old.Secrets) > 0 {
		if err := s.openSecrets(&old); err != nil {
			return err
		}
		same = sender.Credentials.SameSecret(old.Credentials) && sender.Credentials.Tokens.Refresh == old.Credentials.Tokens.Refresh
	}
	sender.Settings.SecretExpires = ""
	if same {
		sender.Settings.SecretExpires = old.Settings.SecretExpires
	}
	return nil
}

// secretRenewed closes what was asked about a secret that does not end soon any more.
func secretRenewed(tx *gorm.DB, sender, old models.Sender, by string, now time.Time) error {
	if sender.Settings.SecretExpires == old.Settings.SecretExpires {
		return nil
	}
	if days, known := sender.SecretEnds(now); known && days < models.SecretNotice {
		return nil
	}
	return closeTasks(tx, tx.Where("sender_id = ? AND reason = ?", sender.ID, models.AttentionSecret), models.TaskDone, by, now)
}
