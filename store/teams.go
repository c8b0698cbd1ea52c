package store

import (
	"context"
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
