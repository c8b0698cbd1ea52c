package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// SampleBackup has two rows in every table of the store's schema, with values
// that are hard to carry: every byte, quotes, other alphabets, the edges of
// the numbers, times before 1970 and with microseconds.
func SampleBackup(t testing.TB, s *Store, change func(*BackupHeader)) []byte {
	t.Helper()
	db, err := s.read.DB()
	if err != nil {
		t.Fatal(err)
	}
	shapes, err := s.tableShapes(context.Background(), db)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := s.SchemaVersion(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	h := BackupHeader{Format: backupFormat, Version: backupVersion, Schema: schema, Dialect: s.dialect,
		CreatedAt: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), KeyID: keyID(s.key)}
	if change != nil {
		change(&h)
	}
	var file bytes.Buffer
	out := newBackupWriter(&file)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(out.write(h))
	var rows int64
	for _, table := range shapes {
		head := backupLine{Table: table.name, Columns: table.names()}
		if table.numbered() {
			head.NextID = 50 // rows 3 to 49 were deleted
		}
		must(out.write(head))
		for n := 1; n <= 2 && (table.name != "settings" || n == 1); n++ {
			row := make([]any, len(table.columns))
			for i, c := range table.columns {
				row[i] = sampleValue(table.name, c, n)
			}
			must(out.write(row))
			rows++
		}
	}
	must(out.finish(rows))
	return file.Bytes()
}

// sampleWords are columns that a constraint or a reader wants to be something.
var sampleWords = map[string][2]any{
	"merges.moved": {`{"messages": [1, 2]}`, nil}, "merges.before_merge": {nil, `{"Parts": [1]}`}, "batches.options": {`{"mapping": {"Mobil": "cell"}}`, nil}, "batches.source_id": {nil, 1}, "batches.state": {"draft", "done"},
	"tasks.handed_by": {nil, 2}, "call_cards.updated_by": {1, nil}, "version_moves.created_by": {1, nil},
	"recordings.created_by": {1, 2}, "snippets.created_by": {1, 2}, "users.notify": {"{}", nil}, "version_moves.go_on_at": {nil, `{"a": "b"}`}, "talking_points.answers": {`["price"]`, nil},
	"stories.answers": {nil, `["time"]`}, "second_factors.recovery": {`["ü"]`, nil},
	"duplicates.one_id": {1, 2}, "duplicates.other_id": {2, 1},
	"booking_pages.hours": {`[{"to": "17:00", "day": 1, "from": "09:00"}]`, nil}, "booking_pages.calendar_busy": {nil, "[]"},
	"enrollments.state": {"active", "finished"}, "touches.state": {"planned", "sent"}, "touches.kind": {"message", "booked_call"},
	"settings.data": {`{"Workspace": "Sample", "FollowUpLimit": 5}`, nil}, "settings.id": {1, nil},
	"tasks.kind": {"call", "resolve"}, "tasks.state": {"open", "done"}, "senders.inbound": {"poll", "none"}, "senders.settings": {"{}", "{}"},
	"senders.kind": {"mailbox", "phone"}, "senders.provider": {"sandbox", "sandbox"}, "senders.secrets": {nil, nil}, "messages.direction": {"outbound", "inbound"},
	"sequence_versions.definition": {"{}", "{}"}, "messages.references": {`["<a@example.com>"]`, nil}, "messages.media": {nil, `[{"url": "https://api.twilio.com/x", "seconds": 9}]`}, "touches.draft": {`{"body": "ü"}`, nil},
	"enrollments.replan_at": {nil, nil}, "pauses.until": {nil, nil}, "prospects.custom": {`{"size": "40"}`, nil}, "events.data": {`{"a": "b"}`, nil},
	"enrollments.variables": {`{"a": "b"}`, nil}, "enrollments.frozen": {nil, nil}, "tasks.prep": {`{"why": "ü"}`, "{}"},
	"prospects.merged_into": {nil, nil}, "commitments.replaced_by": {nil, 1}, "objections.answered_by": {1, 2}, "sequences.draft_by": {1, 2},
	"sequence_versions.published_by": {1, 2}, "objections.created_by": {1, nil}, "discoveries.updated_by": {1, nil}, "receipts.answered_by": {"human", ""},
}

func sampleValue(table string, c columnShape, n int) any {
	if words, ok := sampleWords[table+"."+c.name]; ok {
		return words[n-1]
	}
	switch {
	case c.kind == kindInt && (c.name == "id" || strings.HasSuffix(c.name, "_id")):
		return n
	case c.kind == kindInt:
		return []int64{7, 2147483647}[n-1]
	case c.kind == kindBool:
		return n == 1
	case c.kind == kindTime:
		return []string{"2026-11-23T09:30:00.123456Z", "1969-07-20T20:17:40Z"}[n-1]
	case c.kind == kindBytes:
		all := make([]byte, 256)
		for i := range all {
			all[i] = byte(i)
		}
		return base64.StdEncoding.EncodeToString(all)
	case c.kind == kindJSON:
		return "{}"
	}
	return fmt.Sprintf("%s %d: Grüße, “quoted” \"'\\ \n漢字 🙂", c.name, n)
}

// Rows reads a backup into one list of lines a table, without checking it.
func Rows(t testing.TB, file []byte) map[string][]string {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	all, table, columns := map[string][]string{}, "", []string(nil)
	for line := range strings.Lines(string(content)) {
		var head backupLine
		if line[0] == '{' {
			if err := json.Unmarshal([]byte(line), &head); err != nil {
				t.Fatal(err)
			}
			table, columns = head.Table, head.Columns
			continue
		}
		var row []any
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		if i := slices.Index(columns, "inbound_read_at"); i >= 0 {
			row[i] = nil // restoring clears it
		}
		b, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		all[table] = append(all[table], string(b))
	}
	return all
}

// Rewrite changes a backup's content in between, its checksum left alone.
func Rewrite(t testing.TB, file []byte, old, replacement string) []byte {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(content, []byte(old)) {
		t.Fatalf("%q is not in the backup", old)
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err = w.Write(bytes.Replace(content, []byte(old), []byte(replacement), 1))
	if err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Redo changes one value in the first row of a table and makes the checksum right.
func Redo(t testing.TB, file []byte, table, column string, value any) []byte {
	t.Helper()
	in, err := newBackupReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := newBackupWriter(&out)
	if err := w.write(in.header); err != nil {
		t.Fatal(err)
	}
	for {
		head, more, err := in.table()
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			break
		}
		if err := w.write(head); err != nil {
			t.Fatal(err)
		}
		for first := true; ; first = false {
			row, err := in.row()
			if err != nil {
				t.Fatal(err)
			}
			if row == nil {
				break
			}
			if first && head.Table == table {
				row[slices.Index(head.Columns, column)] = value
			}
			if err := w.write(row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.finish(in.rows); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
