package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// SaveSequenceDraft keeps YAML that is being edited, if nobody saved since the
// revision was read; a new key (revision 0) makes a draft sequence.
func (s *Store) SaveSequenceDraft(ctx context.Context, key, name, source string, revision int64, by *int64, now time.Time) (models.Sequence, error) {
	var seq models.Sequence
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		var err error
		if seq, err = lockSequence(tx, key); err != nil {
			return err
		}
		if seq.Revision != revision {
			return models.Errorf(models.CodeConflict, "somebody saved %s while you were editing; copy your text, load the page again and merge the two", key)
		}
		begun := seq.DraftSource == "" || !samePtr(seq.DraftBy, by) // not each autosave
		seq.DraftSource, seq.DraftBy = source, by
		if seq.CurrentVersionID == nil {
			seq.Name = name // a published name changes with the next version
		}
		if err := keepSequence(tx, &seq, now); err != nil || !begun {
			return err
		}
		return addEvents(tx, models.Event{At: now, Actor: publisher(by), Kind: models.EventSequenceDrafted, SequenceID: &seq.ID})
	})
	return seq, shown(err)
}

// ChangeSequence changes what no version says: the state, the team.
func (s *Store) ChangeSequence(ctx context.Context, key, by string, now time.Time, kind models.EventKind, change func(*models.Sequence) error) (models.Sequence, error) {
	var seq models.Sequence
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		var err error
		if seq, err = lockSequence(tx, key); err != nil {
			return err
		}
		if seq.ID == 0 {
			return models.Errorf(models.CodeNotFound, "there is no sequence %q", key)
		}
		before := seq
		if err := change(&seq); err != nil {
			return err
		}
		if before.State == seq.State && samePtr(before.TeamID, seq.TeamID) {
			return nil
		}
		seq.Revision-- // whoever is writing a draft loses nothing by it
		if err := keepSequence(tx, &seq, now); err != nil {
			return err
		}
		return addEvents(tx, models.Event{At: now, Actor: by, Kind: kind, SequenceID: &seq.ID, Code: string(seq.State)})
	})
	return seq, shown(err)
}

// SequenceVersion is a version by its number; 0: the one that runs now.
func (s *Store) SequenceVersion(ctx context.Context, sequenceID int64, number int) (models.SequenceVersion, error) {
	q := s.read.WithContext(ctx).Where("sequence_id = ? AND number = ?", sequenceID, number)
	if number == 0 {
		q = s.read.WithContext(ctx).Where("id = (SELECT current_version_id FROM sequences WHERE id = ?)", sequenceID)
	}
	var v models.SequenceVersion
	err := q.Take(&v).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return v, models.Errorf(models.CodeNotFound, "the sequence has no such version")
	}
	return v, err
}

// SequenceByKey finds a sequence by its stable key.
func (s *Store) SequenceByKey(ctx context.Context, key string) (models.Sequence, error) {
	var seq models.Sequence
	err := s.read.WithContext(ctx).Where(models.Sequence{Key: key}).Take(&seq).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return seq, models.Errorf(models.CodeNotFound, "there is no sequence %q; \"followup sequence list\" shows those there are", key)
	}
	return seq, err
}

// lockSequence locks the sequence with the key; a new one has no id yet.
func lockSequence(tx *gorm.DB, key string) (models.Sequence, error) {
	if key == "" {
		return models.Sequence{}, models.Invalid("key", "a sequence needs a key, such as booked-call-back")
	}
	var seq models.Sequence
	err := forUpdate(tx).Where(models.Sequence{Key: key}).Take(&seq).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return models.Sequence{Key: key, State: models.SequenceDraft}, nil
	}
	return seq, err
}

func keepSequence(tx *gorm.DB, seq *models.Sequence, now time.Time) error {
	seq.Revision++
	seq.UpdatedAt = now
	if seq.ID == 0 {
		seq.CreatedAt = now
		return tx.Create(seq).Error
	}
	return saveRow(tx, seq)
}
