package main

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"followup/channels/twilioapi/twiliotest"
	"followup/config"
	"followup/models"
)

// What the accounts' pages find, doctor finds: part by part, with what to do.
func TestDoctorLooksAtAccounts(t *testing.T) {
	now := time.Date(2026, time.November, 23, 15, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	twilio := twiliotest.New(t, clock, "+12125550170", "+12125550171")
	cfg := config.Default()
	cfg.Data, cfg.Twilio.BaseURL = t.TempDir(), twilio.URL
	a, err := wire(t.Context(), cfg, clock, slog.New(slog.DiscardHandler), wireOptions{synchronous: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.close() })
	works, stopped := twilio.Sender(0, "+12125550170"), twilio.Sender(0, "+12125550171")
	works.Settings.SecretExpires = "2026-11-30"
	stopped.Stop(models.StopByHand, "", now)
	for _, s := range []models.Sender{works, stopped} {
		if _, err := a.store.SaveSender(t.Context(), s, models.ActorSystem, now); err != nil {
			t.Fatal(err)
		}
	}
	look := func() (fine, ill string) {
		a.checkSenders(t.Context(), func(what string, err error, says string) {
			if err != nil {
				ill += fmt.Sprintln(what, err)
				return
			}
			fine += fmt.Sprintln(what, says)
		})
		return fine, ill
	}
	fine, ill := look()
	for _, want := range []string{"Twilio account: Loopback is active", "can do texts, pictures, calls", "listed every 15 seconds", "ends on 2026-11-30", "(warning)"} {
		if !strings.Contains(fine, want) {
			t.Errorf("no %q in\n%s", want, fine)
		}
	}
	for _, want := range []string{"10DLC registration: the number is in no messaging service", "+12125550171 is stopped: stopped by hand"} {
		if !strings.Contains(ill, want) {
			t.Errorf("no %q in\n%s", want, ill)
		}
	}
	now = now.AddDate(0, 0, 10)
	if _, ill = look(); !strings.Contains(ill, "ended on 2026-11-30") {
		t.Errorf("an ended secret: %s", ill)
	}
}
