package store

import (
	"context"

	"followup/models"
)

// MessageGrounds is what an auditor asks of a message of ours: what planned it,
// who stood behind it, and what was recorded of the person when it left.
type MessageGrounds struct {
	Message  models.Message
	Touch    *models.Touch
	Prospect models.Prospect
	Point    models.ContactPoint
	Consents []models.Consent // of the contact point on the channel, whatever became of them
	// Orders not to contact that touch the contact point, lifted ones too.
	Orders   []models.Suppression
	Rep      models.User
	Sequence string
	Version  int
	Settings models.Settings
}

// GroundsOf loads them; CodeNotFound where the message is not one of ours.
func (s *Store) GroundsOf(ctx context.Context, messageID int64) (MessageGrounds, error) {
	db := s.reader(ctx)
	var g MessageGrounds
	if err := db.Where("id = ? AND direction = ? AND prospect_id IS NOT NULL", messageID, models.Outbound).Take(&g.Message).Error; err != nil {
		return g, viewNotFound(err, "message of ours")
	}
	if err := db.Where("id = ?", *g.Message.ProspectID).Take(&g.Prospect).Error; err != nil {
		return g, viewNotFound(err, "prospect")
	}
	if g.Message.ContactPointID != nil {
		if err := db.Where("id = ?", *g.Message.ContactPointID).Limit(1).Find(&g.Point).Error; err != nil {
			return g, err
		}
		err := db.Where("contact_point_id = ? AND channel = ?", *g.Message.ContactPointID, g.Message.Channel).Order("given_at, id").Find(&g.Consents).Error
		if err != nil {
			return g, err
		}
	}
	_, domain, _ := cutAt(g.Message.ToAddress)
	err := db.Where(db.Where("scope = ? AND prospect_id = ?", models.SuppressPerson, g.Prospect.ID).
		Or("scope = ? AND value = ?", models.SuppressAddress, g.Message.ToAddress).
		Or("scope = ? AND value = ? AND value <> ''", models.SuppressDomain, domain).
		Or("scope = ? AND company_id = ?", models.SuppressCompany, g.Prospect.CompanyID)).
		Where("channel IN ?", []models.ChannelKind{"", g.Message.Channel}).Order("created_at, id").Find(&g.Orders).Error
	if err != nil {
		return g, err
	}
	if err := g.planned(s, ctx); err != nil {
		return g, err
	}
	g.Settings, err = s.Settings(ctx)
	return g, err
}

// planned adds the touch, and the sequence that planned it.
func (g *MessageGrounds) planned(s *Store, ctx context.Context) (err error) {
	db := s.reader(ctx)
	if g.Message.TouchID == nil {
		return nil
	}
	if g.Touch, err = first[models.Touch](db.Where("id = ?", *g.Message.TouchID)); err != nil || g.Touch == nil {
		return err
	}
	if err := db.Where("id = ?", g.Touch.RepID).Limit(1).Find(&g.Rep).Error; err != nil {
		return err
	}
	if g.Touch.EnrollmentID == nil {
		return nil
	}
	var ran struct {
		Name   string
		Number int
	}
	err = db.Raw(`SELECT s.name, v.number FROM enrollments e JOIN sequences s ON s.id = e.sequence_id JOIN sequence_versions v ON v.id = e.version_id
		WHERE e.id = ?`, *g.Touch.EnrollmentID).Scan(&ran).Error
	g.Sequence, g.Version = ran.Name, ran.Number
	return err
}
