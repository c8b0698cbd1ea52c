package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// recordingColumns leave the sound itself in the database.
const recordingColumns = "id, script_id, token, content_type, millis, size, created_at, created_by"

// AddRecording keeps a recording and makes it the script's own. Older ones
// stay: versions of sequences name them.
func (s *Store) AddRecording(ctx context.Context, rec models.Recording, by string) (models.Recording, error) {
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		rec.ID = 0
		var script models.VoicemailScript
		if err := forUpdate(tx).Where("id = ?", rec.ScriptID).Take(&script).Error; err != nil {
			return notFound(err, "voicemail script", rec.ScriptID)
		}
		if err := tx.Create(&rec).Error; err != nil {
			return err
		}
		script.RecordingID, script.Revision, script.UpdatedAt = &rec.ID, script.Revision+1, rec.CreatedAt
		if err := saveRow(tx, &script); err != nil {
			return err
		}
		return addEvents(tx, libraryEvent("voicemail script", script.ID, "recorded", by, rec.CreatedAt))
	})
	return rec, shown(err)
}

// RecordingByToken finds a recording with its sound by what its address carries.
func (s *Store) RecordingByToken(ctx context.Context, token string) (models.Recording, error) {
	var rec models.Recording
	err := s.reader(ctx).Where("token = ?", token).Take(&rec).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return rec, models.Errorf(models.CodeNotFound, "there is no recording at this address")
	}
	return rec, err
}

// ScriptView is a voicemail script with its recording, without the sound.
type ScriptView struct {
	models.VoicemailScript
	Recording *models.Recording
}

// ViewVoicemails lists the shelf of voicemail scripts.
func (s *Store) ViewVoicemails(ctx context.Context, f ShelfFilter) (ShelfPage[ScriptView], error) {
	scripts, err := shelfOrder(s.reader(ctx), f, func(v models.VoicemailScript) (models.LibraryState, int64) { return v.State, v.ID })
	page := ShelfPage[ScriptView]{Next: scripts.Next, Total: scripts.Total}
	if err != nil {
		return page, err
	}
	page.Rows, err = withRecordings(s.reader(ctx), scripts.Rows)
	return page, err
}

// RecordedScripts are the published scripts that have a recording and hold
// these words, by name, as many as the limit; more: there are others.
func (s *Store) RecordedScripts(ctx context.Context, words string, limit int) (found []ScriptView, more bool, err error) {
	tx := s.reader(ctx)
	scripts, err := load[models.VoicemailScript](holding(tx.Where("retired_at IS NULL AND state = 'published' AND recording_id IS NOT NULL"), words, shelfColumns[models.VoicemailScript]()).
		Order("name, id").Limit(limit + 1))
	if err != nil {
		return nil, false, err
	}
	more = len(scripts) > limit
	found, err = withRecordings(tx, scripts[:min(limit, len(scripts))])
	return found, more, err
}

func withRecordings(tx *gorm.DB, scripts []models.VoicemailScript) ([]ScriptView, error) {
	ids := idSet{}
	for _, v := range scripts {
		ids.add(v.RecordingID)
	}
	recordings := map[int64]models.Recording{}
	if len(ids) > 0 {
		rows, err := load[models.Recording](tx.Select(recordingColumns).Where(anyOf(tx, "id", ids.list())))
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			recordings[r.ID] = r
		}
	}
	views := make([]ScriptView, len(scripts))
	for i, v := range scripts {
		views[i].VoicemailScript = v
		if v.RecordingID != nil {
			if r, ok := recordings[*v.RecordingID]; ok {
				views[i].Recording = &r
			}
		}
	}
	return views, nil
}

// Recording loads what is known of one, without its sound.
func (s *Store) Recording(ctx context.Context, id int64) (models.Recording, error) {
	var rec models.Recording
	err := s.reader(ctx).Select(recordingColumns).Where("id = ?", id).Take(&rec).Error
	return rec, viewNotFound(err, "recording")
}

// MarkReply keeps what a person makes of a human reply.
func (s *Store) MarkReply(ctx context.Context, messageID int64, mark models.ReplyMark, by string, now time.Time) error {
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		var m models.Message
		if err := forUpdate(tx).Where("id = ?", messageID).Take(&m).Error; err != nil {
			return notFound(err, "message", messageID)
		}
		if m.Direction != models.Inbound || !m.Class.Engagement() || m.ProspectID == nil {
			return models.Errorf(models.CodeRefused, "only what a customer wrote can be marked")
		}
		if m.Mark == mark {
			return nil
		}
		if err := tx.Exec("UPDATE messages SET mark = ? WHERE id = ?", mark, m.ID).Error; err != nil {
			return err
		}
		return addEvents(tx, models.Event{
			At: now, Actor: by, Kind: models.EventReplyMarked, Code: string(mark),
			ProspectID: m.ProspectID, MessageID: &m.ID, Channel: m.Channel,
		})
	}))
}

// MessageProspect is whose message it is.
func (s *Store) MessageProspect(ctx context.Context, messageID int64) (int64, error) {
	var m models.Message
	err := s.reader(ctx).Select("id", "prospect_id").Where("id = ?", messageID).Take(&m).Error
	if err == nil && m.ProspectID == nil {
		err = gorm.ErrRecordNotFound
	}
	if err != nil {
		return 0, viewNotFound(err, "message")
	}
	return *m.ProspectID, nil
}
