package store

import (
	"context"

	"gorm.io/gorm"

	"followup/models"
)

// reachedBefore tells which contact points of these people had a message from
// us on the channel before: the first one must say who writes and how to stop.
func reachedBefore(tx *gorm.DB, channel models.ChannelKind, prospectIDs []int64) ([]models.Reached, error) {
	if len(prospectIDs) == 0 {
		return nil, nil
	}
	// One look at each number's messages: as a join, the whole table is read
	// where it was analysed while it was young.
	var found []models.Reached
	err := tx.Raw(`SELECT r.prospect_id, r.contact_point_id, ? AS channel FROM (SELECT c.prospect_id, c.id AS contact_point_id,
		(SELECT m.id FROM messages m WHERE m.prospect_id = c.prospect_id AND m.contact_point_id = c.id AND m.channel = ? AND m.direction = 'outbound'
		AND m.state NOT IN ('queued', 'failed') ORDER BY m.prospect_id, m.id LIMIT 1) AS first FROM contact_points c WHERE ?) r WHERE r.first IS NOT NULL`,
		string(channel), string(channel), anyOf(tx, "c.prospect_id", prospectIDs)).Scan(&found).Error
	return found, err
}

// reachedByPhone loads it for the touches of a batch that phones send.
func (l *dueLoader) reachedByPhone(tx *gorm.DB, touches []models.Touch) error {
	people := map[models.ChannelKind]idSet{}
	for i := range touches {
		t := &touches[i]
		if t.Kind != models.TouchMessage || t.SenderID == nil || l.senders[*t.SenderID] == nil || l.senders[*t.SenderID].Kind != models.SenderPhone {
			continue
		}
		if people[t.Channel] == nil {
			people[t.Channel] = idSet{}
		}
		people[t.Channel].add(&t.ProspectID)
	}
	l.reached = map[int64][]models.Reached{}
	for channel, ids := range people {
		found, err := reachedBefore(tx, channel, ids.list())
		if err != nil {
			return err
		}
		for _, r := range found {
			l.reached[r.ProspectID] = append(l.reached[r.ProspectID], r)
		}
	}
	return nil
}

// withReached adds it to what a preview is made of, for every channel that
// phones carry.
func withReached(tx *gorm.DB, in *models.PlanInput) error {
	for _, channel := range byPhone {
		found, err := reachedBefore(tx, channel, []int64{in.Prospect.ID})
		if err != nil {
			return err
		}
		in.Reached = append(in.Reached, found...)
	}
	return nil
}

// Reached lists which of a person's numbers had a message from us before, and
// on which channel.
func (s *Store) Reached(ctx context.Context, prospectID int64) ([]models.Reached, error) {
	in := models.PlanInput{Prospect: models.Prospect{ID: prospectID}}
	err := withReached(s.reader(ctx), &in)
	return in.Reached, err
}
