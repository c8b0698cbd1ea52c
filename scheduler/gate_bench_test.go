package scheduler

import (
	"testing"
	"time"

	"followup/models"
)

// The gate once its batch is loaded: under 10 µs a touch (issue figures).
func BenchmarkGate(b *testing.B) {
	d, now := dueTouch(b, models.ChannelSMS, models.PurposeFollowUp)
	d.Prospect.Region = "FL"
	for i := range 3 {
		d.Recent = append(d.Recent, models.RecentTouch{ProspectID: 7, Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp, At: now.Add(-time.Duration(i+1) * time.Hour)})
	}
	for range 4 {
		d.Suppressions = append(d.Suppressions, models.Suppression{Scope: models.SuppressAddress, Value: "+13055550199"})
	}
	g := gateAt(now)
	if dec := Permit(d, g); dec.Action != models.DecideSend {
		b.Fatalf("%+v", dec)
	}
	b.ReportAllocs()
	for b.Loop() {
		Permit(d, g)
	}
}
