package store_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

func TestSecretsAtRest(t *testing.T) {
	path := storetest.SQLitePath(t)
	s := storetest.Open(t, path)
	w := newWorld(t, s)
	const password = "correct horse battery"
	save := func(address string) models.Sender {
		sender, err := s.SaveSender(w.ctx, models.Sender{
			Kind: models.SenderMailbox, Provider: models.ProviderSMTP, Address: address, Inbound: models.InboundPoll,
			Credentials: models.SenderCredentials{Password: password, AuthToken: "token"},
		}, w.by, w.now)
		w.ok(err)
		return sender
	}
	a, b := save("a@example.com"), save("b@example.com")
	if stored := load[models.Sender](w, a.ID); bytes.Contains(stored.Secrets, []byte("horse")) || bytes.Equal(stored.Secrets, load[models.Sender](w, b.ID).Secrets) {
		t.Error("the secrets are readable at rest, or two of them are the same")
	}
	opened, err := s.PolledSenders(w.ctx)
	w.ok(err)
	if len(opened) != 2 || opened[0].Credentials.Password != password || opened[0].Credentials.AuthToken != "token" {
		t.Errorf("opened: %d senders", len(opened))
	}

	// A secret copied to another sender does not open there.
	w.ok(w.db.Exec("UPDATE senders SET secrets = (SELECT secrets FROM senders WHERE id = ?) WHERE id = ?", a.ID, b.ID).Error)
	_, err = s.PolledSenders(w.ctx)
	w.code(err, models.CodeInvalid)

	// With another key nothing opens, and a claim holds what it cannot judge.
	w.ok(w.db.Exec("DELETE FROM senders WHERE id = ?", b.ID).Error)
	other, err := store.Open(w.ctx, store.Options{DSN: path, Key: bytes.Repeat([]byte{8}, 32), Clock: func() time.Time { return w.now }})
	w.ok(err)
	defer other.Close()
	_, err = other.PolledSenders(w.ctx)
	w.code(err, models.CodeInvalid)
	touch := w.queue(models.Touch{SenderID: &a.ID})
	c, err := other.ClaimDue(w.ctx, w.request(), func(context.Context, []models.Due) []models.Decision {
		t.Error("a touch without usable secrets was judged")
		return nil
	})
	w.ok(err)
	w.want("held", c.Held, 1)
	if got := w.isTouch(touch.ID, models.TouchPlanned, ""); got.HoldReason != models.HoldSenderStopped || got.HoldDetail == "" {
		t.Errorf("the hold says too little: %+v", got)
	}
}

func TestOpenRefuses(t *testing.T) {
	clock := func() time.Time { return storetest.Now }
	for name, opt := range map[string]store.Options{
		"no address":     {Key: storetest.Key, Clock: clock},
		"a short key":    {DSN: t.TempDir() + "/x.db", Key: []byte("short"), Clock: clock},
		"a bad address":  {DSN: "postgres://%zz", Key: storetest.Key, Clock: clock},
		"a missing path": {DSN: t.TempDir() + "/missing/x.db", Key: storetest.Key, Clock: clock},
		"nobody there":   {DSN: "postgres://x@/x?host=" + t.TempDir(), Key: storetest.Key, Clock: clock},
	} {
		s, err := store.Open(t.Context(), opt)
		if err == nil {
			_ = s.Close()
		}
		if models.CodeOf(err) == "" {
			t.Errorf("%s: %v is not an error that may be shown", name, err)
		}
	}
}

func TestDialectOf(t *testing.T) {
	for dsn, want := range map[string]store.Dialect{
		"postgres://u@h/db":              store.Postgres,
		"postgresql://u@h/db":            store.Postgres,
		"host=/tmp dbname=followup":      store.Postgres,
		"data/followup.db":               store.SQLite,
		"/var/lib/a=b/followup.db":       store.SQLite,
		"/home/me/my data/followup.db":   store.SQLite,
		"/srv/host=here it is/follow.db": store.SQLite,
	} {
		if got := store.DialectOf(dsn); got != want {
			t.Errorf("%q is taken for %s, want %s", dsn, got, want)
		}
	}
}
