package store_test

import (
	"database/sql"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// rowTypes is every type of models that is a row.
var rowTypes = []any{
	models.Batch{}, models.BatchRow{}, models.BookingPage{},
	models.AnswerDraft{}, models.AnswerFile{}, models.SavedFilter{}, models.ProspectEdit{}, models.Duplicate{}, models.Merge{},
	models.Team{}, models.User{}, models.Company{}, models.CompanyHold{}, models.Prospect{}, models.ContactPoint{}, models.Sender{},
	models.Sequence{}, models.SequenceVersion{}, models.Enrollment{}, models.Pause{}, models.Touch{}, models.Task{}, models.Message{},
	models.Conversation{}, models.Raw{}, models.KeptMedia{}, models.Receipt{}, models.Appointment{}, models.Commitment{}, models.Discovery{}, models.Objection{},
	models.TalkingPoint{}, models.TalkingPointUse{}, models.VersionMove{}, models.Pursuit{}, models.Consent{}, models.Suppression{}, models.Event{},
	models.CallCard{}, models.CallReview{}, models.Dial{}, models.LinkOpen{},
	models.UserToken{}, models.SecondFactor{}, models.SignIn{}, models.Leave{}, models.Handover{}, models.SenderDay{},
	models.Notification{}, models.SuppressionList{},
	models.Story{}, models.Suggestion{}, models.SuggestionUse{}, models.Snippet{}, models.VoicemailScript{}, models.Recording{}, models.EntryDraft{},
}

// ownTables are the store's own, without a type in models.
var ownTables = []string{"settings", "replicas", "epochs", "job_runs", "leases", "sessions", "day_counts", "provider_turns", "tally_marks", "dismissals", "prospect_words", "insight_marks", "insight_steps", "insight_people", "insight_cells", "insight_moves", "insight_teams", "prospect_words", "goose_db_version", "sqlite_sequence"}

type column struct {
	kind     string
	nullable bool
}

// TestModelsMatchSchema: every field has a column of a fitting type, and no
// column is without a field.
func TestModelsMatchSchema(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		db := store.RawDB(s)
		tables := columnsOf(t, s, db)
		seen := map[string]bool{}
		for _, row := range rowTypes {
			sch, err := schema.Parse(row, &sync.Map{}, schema.NamingStrategy{})
			if err != nil {
				t.Fatal(err)
			}
			seen[sch.Table] = true
			have := maps.Clone(tables[sch.Table])
			if have == nil {
				t.Errorf("%s has no table %s", sch.Name, sch.Table)
				continue
			}
			for _, f := range sch.Fields {
				if f.DBName == "" {
					continue
				}
				col, ok := have[f.DBName]
				if !ok {
					t.Errorf("%s.%s has no column %s.%s", sch.Name, f.Name, sch.Table, f.DBName)
					continue
				}
				delete(have, f.DBName)
				if want := fitting(s.Dialect(), f); !slices.Contains(want, col.kind) {
					t.Errorf("%s.%s is %s, the column is %s, want one of %v", sch.Name, f.Name, f.FieldType, col.kind, want)
				}
				if f.FieldType.Kind().String() == "ptr" && !col.nullable && f.Serializer == nil {
					t.Errorf("%s.%s may be nil, the column may not be null", sch.Name, f.Name)
				}
			}
			for name := range have {
				t.Errorf("the column %s.%s has no field in %s", sch.Table, name, sch.Name)
			}
		}
		for name := range tables {
			if !seen[name] && !slices.Contains(ownTables, name) {
				t.Errorf("the table %s belongs to no type of models and is not the store's own", name)
			}
		}
	})
}

// fitting lists the column types in which the field is kept without loss.
func fitting(d store.Dialect, f *schema.Field) []string {
	pg := d == store.Postgres
	pick := func(postgres, sqlite string) []string {
		if pg {
			return strings.Split(postgres, ",")
		}
		return strings.Split(sqlite, ",")
	}
	if f.Serializer != nil {
		return pick("jsonb", "text")
	}
	switch f.DataType {
	case schema.Int, schema.Uint:
		if f.Size == 64 && (strings.HasSuffix(f.Name, "ID") || f.Name == "Revision") && f.FieldType.String() != "int" {
			return pick("bigint", "integer,bigint")
		}
		return pick("integer,bigint", "integer,bigint")
	case schema.Bool:
		return pick("boolean", "boolean")
	case schema.Time:
		return pick("timestamp with time zone", "datetime")
	case schema.Bytes:
		return pick("bytea", "blob")
	}
	return pick("text", "text")
}

func columnsOf(t *testing.T, s *store.Store, db *gorm.DB) map[string]map[string]column {
	t.Helper()
	query := `SELECT m.name, c.name, lower(c.type), CASE WHEN c."notnull" = 0 THEN 1 ELSE 0 END
		FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'`
	if s.Dialect() == store.Postgres {
		query = `SELECT table_name, column_name, data_type, CASE WHEN is_nullable = 'YES' THEN 1 ELSE 0 END
			FROM information_schema.columns WHERE table_schema = 'public'`
	}
	rows, err := db.Raw(query).Rows()
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	tables := map[string]map[string]column{}
	for rows.Next() {
		var table, name string
		var kind sql.NullString
		var nullable int
		if err := rows.Scan(&table, &name, &kind, &nullable); err != nil {
			t.Fatal(err)
		}
		if tables[table] == nil {
			tables[table] = map[string]column{}
		}
		tables[table][name] = column{kind.String, nullable == 1}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return tables
}
