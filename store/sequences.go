package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strconv"
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
		seq.DraftSource, seq.DraftBy = source, by
		if seq.CurrentVersionID == nil {
			seq.Name = name // a published name changes with the next version
		}
		return keepSequence(tx, &seq, now)
	})
	return seq, shown(err)
}

// PublishSequence makes the next immutable version. Publishing what the
// current version says already gives that version.
func (s *Store) PublishSequence(ctx context.Context, d models.Definition, source, override string, builtin bool, by *int64, now time.Time) (models.SequenceVersion, error) {
	var version models.SequenceVersion
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		seq, err := lockSequence(tx, d.Key)
		if err != nil {
			return err
		}
		if seq.ID == 0 {
			seq.Name = d.Name
			if err := keepSequence(tx, &seq, now); err != nil {
				return err
			}
		}
		version = models.SequenceVersion{}
		if seq.CurrentVersionID != nil {
			if version, err = versionOf(tx, *seq.CurrentVersionID); err != nil {
				return err
			}
			same, err := sameDefinition(version.Definition, d)
			if err != nil {
				return err
			}
			if same {
				return dropDraft(tx, &seq, builtin, now)
			}
		}
		version = models.SequenceVersion{
			SequenceID: seq.ID, Number: version.Number + 1, Source: source, Definition: d,
			LintOverride: override, PublishedBy: by, PublishedAt: now,
		}
		if err := tx.Create(&version).Error; err != nil {
			return err
		}
		seq.Name, seq.Description, seq.State = d.Name, d.Description, models.SequenceActive
		seq.CurrentVersionID, seq.Builtin = &version.ID, builtin
		if !builtin { // a program update must not throw away somebody's work
			seq.DraftSource, seq.DraftBy = "", nil
		}
		if err := keepSequence(tx, &seq, now); err != nil {
			return err
		}
		return addEvents(tx, models.Event{
			At: now, Actor: publisher(by), Kind: models.EventPublished, SequenceID: &seq.ID, Code: strconv.Itoa(version.Number),
			Data: map[string]string{"version": strconv.FormatInt(version.ID, 10)},
		})
	})
	return version, shown(err)
}

// dropDraft: what was being edited is what is published already.
func dropDraft(tx *gorm.DB, seq *models.Sequence, builtin bool, now time.Time) error {
	if builtin || seq.DraftSource == "" {
		return nil
	}
	seq.DraftSource, seq.DraftBy = "", nil
	return keepSequence(tx, seq, now)
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

// sameDefinition compares what two definitions say, not how they are written.
func sameDefinition(a, b models.Definition) (bool, error) {
	x, err := json.Marshal(a)
	if err != nil {
		return false, err
	}
	y, err := json.Marshal(b)
	return bytes.Equal(x, y), err
}

func publisher(by *int64) string {
	if by == nil {
		return models.ActorSystem
	}
	return models.UserActor(*by)
}
