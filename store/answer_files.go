package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// AddAnswerFile keeps a file that shall leave with an answer.
func (s *Store) AddAnswerFile(ctx context.Context, f models.AnswerFile, now time.Time) (models.AnswerFile, error) {
	f.ID, f.TouchID, f.CreatedAt = 0, nil, now
	err := s.write.WithContext(ctx).Create(&f).Error
	return f, shown(err)
}

// DraftFiles are what a user has attached to an answer not sent yet, without
// their content.
func (s *Store) DraftFiles(ctx context.Context, userID, prospectID int64) ([]models.AnswerFile, error) {
	var files []models.AnswerFile
	err := s.reader(ctx).Omit("content").Where("user_id = ? AND prospect_id = ? AND touch_id IS NULL", userID, prospectID).Order("id").Find(&files).Error
	return files, err
}

// DropAnswerFile takes a file away that has not been sent.
func (s *Store) DropAnswerFile(ctx context.Context, id, userID int64) error {
	return s.write.WithContext(ctx).Where("id = ? AND user_id = ? AND touch_id IS NULL", id, userID).Delete(&models.AnswerFile{}).Error
}

// AnswerFiles loads files with their content, in the order of the ids.
func (s *Store) AnswerFiles(ctx context.Context, ids []int64) ([]models.AnswerFile, error) {
	var files []models.AnswerFile
	if len(ids) == 0 {
		return nil, nil
	}
	err := s.reader(ctx).Where("id IN ?", ids).Order("id").Find(&files).Error
	return files, err
}

// AnswerFileByToken is what a provider fetches by the address it was told.
func (s *Store) AnswerFileByToken(ctx context.Context, token string) (models.AnswerFile, error) {
	var f models.AnswerFile
	err := s.reader(ctx).Where("token = ? AND touch_id IS NOT NULL", token).Take(&f).Error
	return f, viewNotFound(err, "file")
}

// sendFiles gives an answer's files to its touch; one that is gone, or is
// somebody else's, refuses the whole.
func sendFiles(tx *gorm.DB, a models.NewAnswer, touch models.Touch) error {
	if len(a.Files) == 0 {
		return nil
	}
	var ids []int64
	for _, f := range a.Files {
		ids = append(ids, f.File)
	}
	done := tx.Model(&models.AnswerFile{}).Where("id IN ? AND user_id = ? AND prospect_id = ? AND touch_id IS NULL", ids, a.UserID, touch.ProspectID).
		UpdateColumn("touch_id", touch.ID)
	if done.Error == nil && int(done.RowsAffected) != len(a.Files) {
		return models.Errorf(models.CodeConflict, "one of the attachments was removed or sent in another tab; load the page again, your text is kept")
	}
	return done.Error
}
