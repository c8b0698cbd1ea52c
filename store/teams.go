package store

import (
	"context"
	"strconv"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// Teams by name.
func (s *Store) Teams(ctx context.Context) ([]models.Team, error) {
	var ts []models.Team
	err := s.reader(ctx).Order("name, id").Find(&ts).Error
	return ts, err
}

// SaveTeam makes a team (ID 0) or renames one.
func (s *Store) SaveTeam(ctx context.Context, t models.Team, by string, now time.Time) (models.Team, error) {
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		same, err := first[models.Team](forUpdate(tx).Where("lower(name) = lower(?) AND id <> ?", t.Name, t.ID))
		if err != nil {
			return err
		}
		if same != nil {
			return models.Invalid("team_name", "there is a team of this name already")
		}
		code := "renamed"
		if t.ID == 0 {
			code, t.CreatedAt = "added", now
			err = tx.Create(&t).Error
		} else {
			res := tx.Model(&models.Team{}).Where("id = ?", t.ID).UpdateColumn("name", t.Name)
			if err = res.Error; err == nil && res.RowsAffected == 0 {
				err = models.Errorf(models.CodeNotFound, "there is no team %d", t.ID)
			}
		}
		if err != nil {
			return err
		}
		return addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventTeam, Code: code})
	})
	return t, shown(err)
}

// ChangeUser changes a user as they are at that moment. The last admin stays one.
func (s *Store) ChangeUser(ctx context.Context, id int64, code, by string, now time.Time, change func(*models.User) error) (models.User, error) {
	var u models.User
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		if err := forUpdate(tx).Where("id = ?", id).Take(&u).Error; err != nil {
			return notFound(err, "user", id)
		}
		old := u
		if err := change(&u); err != nil {
			return err
		}
		if old.Role == models.RoleAdmin && old.DisabledAt == nil && (u.Role != models.RoleAdmin || u.DisabledAt != nil) {
			if err := keepAnAdmin(tx, id); err != nil {
				return err
			}
		}
		u.UpdatedAt = now
		if err := saveRow(tx, &u); err != nil {
			return emailTaken(err, u)
		}
		return addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventUserChanged, Code: code, UserID: &id})
	})
	return u, shown(err)
}

func keepAnAdmin(tx *gorm.DB, leaving int64) error {
	var others []int64
	err := forUpdate(tx).Model(&models.User{}).Where("role = ? AND disabled_at IS NULL AND id <> ? AND password_hash <> ''", models.RoleAdmin, leaving).Pluck("id", &others).Error
	if err == nil && len(others) == 0 {
		err = models.Invalid("role", "nobody else is an admin; make somebody else one first")
	}
	return err
}

// RemoveTeam dissolves a team: who is in it, and the sequences that are shared
// with it, go to another one; nil: to none. It gives how many people moved.
func (s *Store) RemoveTeam(ctx context.Context, id int64, into *int64, by string, now time.Time) (moved int64, err error) {
	err = s.inTx(ctx, func(tx *gorm.DB) error {
		wanted := []int64{id}
		if into != nil {
			wanted = append(wanted, *into)
		}
		var found []models.Team
		if err := forUpdate(tx).Where(anyOf(tx, "id", wanted)).Order("id").Find(&found).Error; err != nil {
			return err
		}
		switch {
		case into != nil && *into == id:
			return models.Invalid("into", "choose another team than the one that is removed")
		case len(found) < len(wanted):
			return models.Errorf(models.CodeNotFound, "one of these teams is not there any more; load the page again")
		}
		res := tx.Model(&models.User{}).Where("team_id = ?", id).UpdateColumns(map[string]any{"team_id": into, "updated_at": now})
		if moved = res.RowsAffected; res.Error != nil {
			return res.Error
		}
		if err := tx.Model(&models.Sequence{}).Where("team_id = ?", id).UpdateColumn("team_id", into).Error; err != nil {
			return err
		}
		if err := tx.Where("id = ?", id).Delete(&models.Team{}).Error; err != nil {
			return err
		}
		return addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventTeam, Code: "removed", Data: map[string]string{"team": strconv.FormatInt(id, 10), "people": strconv.FormatInt(moved, 10)}})
	})
	return moved, shown(err)
}
