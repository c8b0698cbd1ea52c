package store

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// PublishSequence makes the next immutable version; whoever is inside stays
// on theirs. Publishing what the current version says already gives that version.
func (s *Store) PublishSequence(ctx context.Context, d models.Definition, source, override string, builtin bool, by *int64, now time.Time) (models.SequenceVersion, error) {
	version, _, err := s.Publish(ctx, models.Publication{Definition: d, Source: source, Override: override, Builtin: builtin, By: by, Now: now})
	return version, err
}

// Publish makes the next immutable version and, where it is asked to, begins
// to move the people inside. Publishing what the current version says already
// gives that version, and can still move those who are behind it.
func (s *Store) Publish(ctx context.Context, p models.Publication) (models.SequenceVersion, *models.VersionMove, error) {
	var version models.SequenceVersion
	var move *models.VersionMove
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		version, move = models.SequenceVersion{}, nil
		seq, err := lockSequence(tx, p.Definition.Key)
		if err != nil {
			return err
		}
		if p.Revision != nil && seq.Revision != *p.Revision {
			return models.Errorf(models.CodeConflict, "somebody saved %s after you opened this page; look at what changed, then publish", p.Definition.Key)
		}
		if seq.ID == 0 {
			seq.Name = p.Definition.Name
			if err := keepSequence(tx, &seq, p.Now); err != nil {
				return err
			}
		}
		if version, err = publishIn(tx, &seq, p); err != nil || !p.Move {
			return err
		}
		move, err = beginMove(tx, seq, version, p)
		return err
	})
	return version, move, shown(err)
}

// publishIn adds the version to a locked sequence.
func publishIn(tx *gorm.DB, seq *models.Sequence, p models.Publication) (models.SequenceVersion, error) {
	var version models.SequenceVersion
	number := 0
	if seq.CurrentVersionID != nil {
		var err error
		if version, err = versionOf(tx, *seq.CurrentVersionID); err != nil {
			return version, err
		}
		same, err := sameDefinition(version.Definition, p.Definition)
		if err != nil {
			return version, err
		}
		if same {
			return version, dropDraft(tx, seq, p)
		}
		number = version.Number
	}
	version = models.SequenceVersion{
		SequenceID: seq.ID, Number: number + 1, Source: p.Source, Definition: p.Definition, Note: p.Note,
		LintOverride: p.Override, PublishedBy: p.By, PublishedAt: p.Now,
	}
	if err := tx.Create(&version).Error; err != nil {
		return version, err
	}
	seq.Name, seq.Description = p.Definition.Name, p.Definition.Description
	if seq.State != models.SequenceArchived || !p.Builtin { // a program update opens nothing that was archived
		seq.State = models.SequenceActive
	}
	seq.CurrentVersionID, seq.Builtin = &version.ID, p.Builtin
	if !p.Builtin { // a program update must not throw away somebody's work
		keepDraft(seq, p)
	}
	if err := keepSequence(tx, seq, p.Now); err != nil {
		return version, err
	}
	data := map[string]string{"version": strconv.FormatInt(version.ID, 10)}
	if p.Move {
		data["inside"] = "move"
	}
	return version, addEvents(tx, models.Event{
		At: p.Now, Actor: publisher(p.By), Kind: models.EventPublished, SequenceID: &seq.ID, Code: strconv.Itoa(version.Number), Data: data,
	})
}

// keepDraft leaves what is not published as the draft.
func keepDraft(seq *models.Sequence, p models.Publication) {
	if seq.DraftSource = p.Draft; p.Draft == "" {
		seq.DraftBy = nil
	}
}

// dropDraft: what was being edited is what is published already.
func dropDraft(tx *gorm.DB, seq *models.Sequence, p models.Publication) error {
	if p.Builtin || seq.DraftSource == "" || seq.DraftSource == p.Draft {
		return nil
	}
	keepDraft(seq, p)
	return keepSequence(tx, seq, p.Now)
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
