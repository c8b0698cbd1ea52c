package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// retainAtOnce bounds a transaction of the nightly clean-up.
const retainAtOnce = 500

// kept is one kind of content that goes by age.
type kept struct {
	kind  models.RetainedKind
	table string
	// old selects what is too old and still there; ? is the limit.
	old   string
	blank map[string]any
}

var keptKinds = []kept{
	{models.RetainedRaw, "inbounds", "state = 'processed' AND received_at < ? AND (content IS NOT NULL OR content_file <> '')",
		map[string]any{"content": nil, "content_file": ""}},
	{models.RetainedMessages, "messages", "created_at < ? AND state <> 'queued' AND (text <> '' OR html <> '' OR visible <> '' OR subject <> '')",
		map[string]any{"text": "", "html": "", "visible": "", "subject": ""}},
	{models.RetainedRecordings, "kept_media", "created_at < ? AND (content IS NOT NULL OR content_file <> '') AND message_id IN (SELECT id FROM messages WHERE channel IN ('call', 'voicemail'))",
		map[string]any{"content": nil, "content_file": ""}},
	{models.RetainedRecordings, "messages", "created_at < ? AND media IS NOT NULL AND channel IN ('call', 'voicemail')", map[string]any{"media": nil}},
	{models.RetainedUploads, "batches", "updated_at < ? AND state IN ('done', 'canceled', 'failed') AND content IS NOT NULL", map[string]any{"content": nil}},
	{models.RetainedNotices, "notifications", "created_at < ? AND state <> 'waiting' AND (text <> '' OR html <> '')", map[string]any{"text": "", "html": "", "detail": ""}},
}

// Retained counts what a clean-up at now would take away, by kind.
func (s *Store) Retained(ctx context.Context, r models.Retention, now time.Time) (map[models.RetainedKind]Count, error) {
	counts := map[models.RetainedKind]Count{}
	for _, k := range keptKinds {
		limit, on := r.Before(k.kind, now)
		if !on {
			continue
		}
		n, err := countTo(s.reader(ctx).Table(k.table).Where(k.old, limit), countLimit)
		if err != nil {
			return nil, fmt.Errorf("count %s: %w", k.kind, err)
		}
		counts[k.kind] = n
	}
	return counts, nil
}

// Retain takes away the content that is older than the workspace keeps it,
// a part at a time; ids, dates and states stay. It returns how many rows it blanked.
func (s *Store) Retain(ctx context.Context, r models.Retention, now time.Time) (int, error) {
	total := 0
	for _, k := range keptKinds {
		limit, on := r.Before(k.kind, now)
		for on && ctx.Err() == nil {
			n, err := s.retainSome(ctx, k, limit)
			total += n
			if err != nil {
				return total, fmt.Errorf("clean up %s: %w", k.kind, err)
			}
			if n < retainAtOnce {
				break
			}
		}
	}
	return total, ctx.Err()
}

func (s *Store) retainSome(ctx context.Context, k kept, limit time.Time) (int, error) {
	var ids []int64
	var files []string
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		ids, files = nil, nil
		if err := tx.Table(k.table).Where(k.old, limit).Order("id").Limit(retainAtOnce).Pluck("id", &ids).Error; err != nil || len(ids) == 0 {
			return err
		}
		if _, named := k.blank["content_file"]; named {
			if err := tx.Table(k.table).Where(anyOf(tx, "id", ids)).Where("content_file <> ''").Distinct().Pluck("content_file", &files).Error; err != nil {
				return err
			}
		}
		return tx.Table(k.table).Where(anyOf(tx, "id", ids)).UpdateColumns(k.blank).Error
	})
	if err != nil {
		return 0, err
	}
	return len(ids), s.dropFiles(ctx, files)
}
