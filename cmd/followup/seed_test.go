package main

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"followup/config"
	"followup/crm"
	"followup/models"
)

func seeding(t *testing.T) *app {
	t.Helper()
	cfg := config.Default()
	cfg.Data = t.TempDir()
	now := time.Date(2026, time.December, 3, 16, 30, 0, 0, time.UTC)
	a, err := wire(t.Context(), cfg, func() time.Time { return now }, slog.New(slog.DiscardHandler), wireOptions{synchronous: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.close() })
	return a
}

// Whoever closes the browser while the demonstration is made still finds it whole.
func TestSeedOutlivesTheBrowser(t *testing.T) {
	a := seeding(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out strings.Builder
	if err := a.seed(ctx, modeDemonstration, &out); err != nil {
		t.Fatal(err)
	}
	if set, err := a.store.Settings(t.Context()); err != nil || set.Mode != modeDemonstration || !strings.Contains(out.String(), "rae@example.com") {
		t.Errorf("mode %q, %v: %s", set.Mode, err, out.String())
	}
	// Who played the past is no process of now, and its figures are there.
	if processes, err := a.store.ViewReplicas(t.Context(), time.Time{}); err != nil || len(processes) != 0 {
		t.Errorf("%d processes, %v", len(processes), err)
	}
	if asOf, err := a.store.InsightsAsOf(t.Context()); err != nil || asOf.IsZero() {
		t.Errorf("nothing is counted (%v)", err)
	}
}

func TestSeedKeepsAwayFromPeople(t *testing.T) {
	a := seeding(t)
	rep, _, err := a.crm.AddUser(t.Context(), models.ActorSystem, models.User{Email: "lee@company.test", Name: "Lee", Role: models.RoleRep}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.crm.CreateProspect(t.Context(), models.ActorSystem, crm.ProspectInput{FirstName: "Real", OwnerID: rep.ID, Points: []crm.PointInput{{Kind: models.ContactEmail, Value: "real@company.test"}}}); err != nil {
		t.Fatal(err)
	}
	err = a.seed(t.Context(), modeDemonstration, io.Discard)
	if models.CodeOf(err) != models.CodeRefused || !strings.Contains(err.Error(), "remove the folder") {
		t.Errorf("beside a real person: %v", err)
	}
}
