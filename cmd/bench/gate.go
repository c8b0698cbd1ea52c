package main

import (
	"context"
	"fmt"
	"time"

	"followup/channels"
	"followup/models"
	"followup/scheduler"
)

// gate measures what the checks cost a touch once its batch is loaded: a text
// to somebody in Florida, with consents, orders that do not concern it, and
// touches made earlier that day.
func (b *bench) gate(context.Context) error {
	now := time.Date(2026, 11, 24, 16, 0, 0, 0, time.UTC)
	one := int64(1)
	registry := channels.NewRegistry()
	registry.Add(models.ProviderTwilio, quiet{channels.SMSRules})
	d := models.Due{
		Touch: models.Touch{ID: 1, ProspectID: 1, Kind: models.TouchMessage, Channel: models.ChannelSMS, Purpose: models.PurposeFollowUp, ContactPointID: &one,
			DueAt: now, PromisedAt: now, PlannedAt: now.Add(-time.Hour)},
		Prospect:      models.Prospect{ID: 1, Zone: zone, Country: "US", Region: "FL"},
		Sender:        &models.Sender{ID: 1, State: models.SenderActive, Provider: models.ProviderTwilio},
		ContactPoints: []models.ContactPoint{{ID: 1, ProspectID: 1, Kind: models.ContactPhone, Value: "+13055550123"}},
		Settings:      models.DefaultSettings(),
	}
	for i := range 6 {
		d.Consents = append(d.Consents, models.Consent{ContactPointID: 1, Channel: models.ChannelSMS, Basis: models.ConsentWritten, GivenAt: now.AddDate(0, -i, 0)})
		d.Suppressions = append(d.Suppressions, models.Suppression{Scope: models.SuppressAddress, Value: fmt.Sprintf("+1305555019%d", i)})
	}
	for i := range 2 {
		d.Recent = append(d.Recent, models.RecentTouch{ProspectID: 1, Channel: models.ChannelSMS, Purpose: models.PurposeFollowUp, At: now.Add(-time.Duration(i+1) * time.Hour)})
	}
	g := scheduler.Gate{Now: now, Channels: registry}
	if dec := scheduler.Permit(d, g); dec.Action != models.DecideSend {
		return fmt.Errorf("the gate says %s (%s): %s", dec.Action, dec.Reason, dec.Detail)
	}
	var costs []float64
	times := max(b.size(200_000), 1000)
	for range b.rounds {
		began := time.Now()
		for range times {
			scheduler.Permit(d, g)
		}
		costs = append(costs, float64(time.Since(began).Nanoseconds())/1000/float64(times))
	}
	cost := median(costs)
	b.found(figure{What: "The gate, a touch, once its batch is loaded", Measured: fmt.Sprintf("%.1f µs", cost), Target: "under 10 µs", Met: cost < 10})
	return nil
}
