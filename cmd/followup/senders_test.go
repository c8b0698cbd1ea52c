package main

import (
	"io"
	"log/slog"
	"testing"
	"time"

	"followup/config"
	"followup/models"
)

// What the configuration file says of an account is set again at each start;
// what it leaves out was set on the account's page and stays.
func TestTheFileAndThePage(t *testing.T) {
	now := time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)
	cfg := config.Default()
	cfg.Data = t.TempDir()
	cfg.Mailboxes = []config.Mailbox{{Address: "rae@sales.test", SMTPHost: "smtp.sales.test", IMAPHost: "imap.sales.test", Password: "secret", RatePerMinute: 12}}
	a, err := wire(t.Context(), cfg, func() time.Time { return now }, slog.New(slog.NewTextHandler(io.Discard, nil)), wireOptions{synchronous: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.close() })
	at := func() models.Sender {
		t.Helper()
		s, found, err := a.store.SenderByAddress(t.Context(), "rae@sales.test")
		if err != nil || !found {
			t.Fatalf("%v, %v", found, err)
		}
		return s
	}
	if err := a.configureSenders(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.store.ChangeSender(t.Context(), at().ID, "user:1", now, func(x *models.Sender) {
		x.Name, x.RatePerMinute, x.DailyCap, x.Settings.Signature, x.Settings.SecretExpires = "Rae Moss", 99, 40, "Rae", "2027-05-01"
	}); err != nil {
		t.Fatal(err)
	}
	if err := a.configureSenders(t.Context()); err != nil { // the next start
		t.Fatal(err)
	}
	got := at()
	if got.RatePerMinute != 12 {
		t.Errorf("the file says 12 a minute, it is %d", got.RatePerMinute)
	}
	if got.Name != "Rae Moss" || got.DailyCap != 40 || got.Settings.Signature != "Rae" || got.Settings.SecretExpires != "2027-05-01" {
		t.Errorf("what the page set is gone: %+v", got)
	}
	if fixed := a.fixedAccounts()["rae@sales.test"]; !fixed.Rate || fixed.Name || fixed.Cap || fixed.Owner {
		t.Errorf("fixed: %+v", fixed)
	}
	// Another password in the file has no end that anybody knows of.
	a.cfg.Mailboxes[0].Password = "another"
	if err := a.configureSenders(t.Context()); err != nil || at().Settings.SecretExpires != "" {
		t.Errorf("after a new password: ends %q, %v", at().Settings.SecretExpires, err)
	}
}
