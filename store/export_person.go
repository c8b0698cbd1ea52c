package store

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"followup/models"
)

// PersonExport is what the workspace holds of a person, as a document.
type PersonExport struct {
	Person    int64                       `json:"person"`
	Workspace string                      `json:"workspace"`
	MadeAt    time.Time                   `json:"made_at"` // UTC
	Tables    map[string][]map[string]any `json:"tables"`
}

// ExportPerson writes all that is held of a person as JSON: every row of every
// table that an erasure would go through, of the records merged into theirs too.
// That it was taken is recorded.
func (s *Store) ExportPerson(ctx context.Context, prospectID int64, w io.Writer, by string, now time.Time) error {
	tx := s.reader(ctx)
	id, err := survivorOf(tx, prospectID)
	if err != nil {
		return shown(err)
	}
	ids, err := mergedInto(tx, id)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	set, err := s.Settings(ctx)
	if err != nil {
		return err
	}
	out := PersonExport{Person: id, Workspace: set.Workspace, MadeAt: now.UTC(), Tables: map[string][]map[string]any{}}
	for _, t := range personalTables {
		for _, id := range ids {
			rows, err := exportRows(tx, t, id)
			if err != nil {
				return fmt.Errorf("export %s: %w", t.table, err)
			}
			if t.table == "inbounds" || t.table == "kept_media" {
				s.inlineFiles(rows)
			}
			if len(rows) > 0 {
				out.Tables[t.table] = append(out.Tables[t.table], rows...)
			}
		}
	}
	err = s.inTx(ctx, func(tx *gorm.DB) error {
		return addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventExported, ProspectID: &id})
	})
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func exportRows(tx *gorm.DB, t personal, id int64) ([]map[string]any, error) {
	var rows []map[string]any
	if err := tx.Table(t.table).Where(t.of, id).Order("1").Find(&rows).Error; err != nil {
		return nil, err
	}
	for _, row := range rows {
		for column, value := range row {
			row[column] = readable(value)
		}
	}
	return rows, nil
}

// readable gives text for bytes that are text and JSON for what is stored as
// JSON; other bytes become base64 by the encoder.
func readable(value any) any {
	b, ok := value.([]byte)
	if !ok {
		return value
	}
	if json.Valid(b) {
		return json.RawMessage(b)
	}
	if utf8.Valid(b) {
		return string(b)
	}
	return b
}

// inlineFiles brings the contents that lie in files into their rows.
func (s *Store) inlineFiles(rows []map[string]any) {
	for _, row := range rows {
		if name, _ := row["content_file"].(string); name != "" {
			if content, err := s.files.get(name); err == nil {
				row["content"] = readable(content)
			}
		}
	}
}
