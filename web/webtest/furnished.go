package webtest

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"followup/crm"
	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// The people and senders of every workspace.
var (
	staff = []models.User{
		{Name: "Ada Quinn", Email: "admin@example.com", Role: models.RoleAdmin},
		{Name: "Mara Lind", Email: "manager@example.com", Role: models.RoleManager},
		{Name: "Rae Kim", Email: "rep@example.com", Role: models.RoleRep},
	}
	senders = []models.Sender{
		{Kind: models.SenderMailbox, Address: "sales@example.com", Name: "Rae at Followup"},
		{Kind: models.SenderPhone, Address: "+12125550100", Name: "Main line"},
	}
)

// furnished is the workspace as every test finds it. Publishing the built-in
// sequences and adding people takes longer than most tests do.
var furnished = storetest.NewTemplate(furnish)

// SQLitePath is the file of a furnished database, for Options.DSN.
func SQLitePath(t testing.TB) string { return furnished.SQLitePath(t) }

// PostgresDSN is the address of a furnished database, for Options.DSN.
func PostgresDSN(t testing.TB) string { return furnished.PostgresDSN(t) }

var key = make([]byte, 32)

// quick is for signing in at once; what a real password costs is crm's to test.
var quick = argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

func furnish(dsn string) (err error) {
	ctx, clock := context.Background(), func() time.Time { return Start }
	s, err := store.Open(ctx, store.Options{DSN: dsn, Key: key, Clock: clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	service := &crm.Service{Store: s, Clock: clock, Log: slog.New(slog.DiscardHandler)}
	if err := service.InstallBuiltins(ctx); err != nil {
		return err
	}
	hash, err := argon2id.CreateHash(Password, &quick)
	if err != nil {
		return err
	}
	for _, u := range staff {
		u.Zone, u.PasswordHash = "America/New_York", hash
		if _, err := s.SaveUser(ctx, u, models.ActorSystem, Start); err != nil {
			return err
		}
	}
	settings := models.DefaultSettings()
	settings.Workspace, settings.PostalAddress, settings.Mode = "Example Works", "1 Example Street, Springfield", "own"
	if err := s.SaveSettings(ctx, settings, models.ActorSystem, Start); err != nil {
		return err
	}
	for _, sender := range senders {
		sender.Provider, sender.State, sender.Inbound = models.ProviderSandbox, models.SenderActive, models.InboundNone
		if _, err := s.SaveSender(ctx, sender, models.ActorSystem, Start); err != nil {
			return err
		}
	}
	return nil
}
