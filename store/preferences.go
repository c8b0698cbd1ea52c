package store

import (
	"context"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"followup/models"
)

// SavePreferences carries out what a customer chose on their page. It closes
// channels, and opens again only those that this page closed: what they said
// in a reply, by a complaint or to a person stands. It gives the person back.
func (s *Store) SavePreferences(ctx context.Context, c models.Preferences) (models.Person, error) {
	var person models.Person
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		p, err := lockSurvivor(tx, c.ProspectID)
		if err != nil {
			return err
		}
		c.ProspectID = p.ID
		if err := closeChannels(tx, p, c); err != nil {
			return err
		}
		if err := openChannels(tx, p, c); err != nil {
			return err
		}
		p.RestUntil, p.GapDays = nil, c.GapDays
		if c.RestDays > 0 {
			until := c.Now.AddDate(0, 0, c.RestDays)
			p.RestUntil = &until
		}
		err = tx.Model(&models.Prospect{}).Where("id = ?", p.ID).UpdateColumns(map[string]any{"rest_until": p.RestUntil, "gap_days": p.GapDays}).Error
		if err != nil {
			return err
		}
		if err := replanProspect(tx, p.ID, c.Now); err != nil {
			return err
		}
		err = addEvents(tx, models.Event{
			At: c.Now, Actor: models.ActorCustomer, Kind: models.EventPreferences, ProspectID: &p.ID, MessageID: &c.MessageID,
			Data: map[string]string{"rest_days": strconv.Itoa(c.RestDays), "gap_days": strconv.Itoa(c.GapDays)},
		})
		if err != nil {
			return err
		}
		person, err = loadPerson(tx, p, false)
		return err
	})
	return person, shown(err)
}

func closeChannels(tx *gorm.DB, p models.Prospect, c models.Preferences) error {
	off := c.Off
	if c.AllOff {
		off = []models.ChannelKind{""}
	}
	for _, ch := range off {
		sup, fresh, err := addSuppression(tx, models.Suppression{
			Scope: models.SuppressPerson, ProspectID: &p.ID, Channel: ch, Reason: models.FailOptedOut, Source: models.SourcePreferences,
			MessageID: &c.MessageID, By: models.ActorCustomer, CreatedAt: c.Now,
		}, &p.ID)
		if err != nil {
			return err
		}
		if !fresh {
			continue
		}
		if err := endCovered(tx, p, sup); err != nil {
			return err
		}
	}
	return nil
}

func openChannels(tx *gorm.DB, p models.Prospect, c models.Preferences) error {
	if c.AllOff {
		return nil
	}
	standing, err := load[models.Suppression](tx.Where("scope = ? AND prospect_id = ? AND source = ? AND lifted_at IS NULL",
		models.SuppressPerson, p.ID, models.SourcePreferences).Order("id"))
	if err != nil {
		return err
	}
	for i := range standing {
		if standing[i].Channel != "" && !slices.Contains(c.Open, standing[i].Channel) {
			continue
		}
		if err := liftSuppression(tx, &standing[i], &p.ID, models.ActorCustomer, c.Now); err != nil {
			return err
		}
	}
	return nil
}
