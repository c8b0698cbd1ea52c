package store_test

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

var keepFixtures = flag.Bool("fixtures", false, "write the sample of the present schema to testdata")

// empty opens a fresh database without any table.
func empty(t *testing.T, d store.Dialect) *store.Store {
	t.Helper()
	if d == store.Postgres {
		return storetest.Open(t, storetest.EmptyPostgresDSN(t))
	}
	return storetest.Open(t, filepath.Join(t.TempDir(), "restored.db"))
}

func dialects(t *testing.T) []store.Dialect {
	if storetest.Off() {
		t.Log("FOLLOWUP_TEST_POSTGRES=off: only SQLite")
		return []store.Dialect{store.SQLite}
	}
	return []store.Dialect{store.SQLite, store.Postgres}
}

func backup(t *testing.T, s *store.Store) []byte {
	t.Helper()
	var file bytes.Buffer
	if _, err := s.Backup(t.Context(), &file, storetest.Now, nil); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func restore(t *testing.T, s *store.Store, file []byte) store.RestoreReport {
	t.Helper()
	report, err := s.Restore(t.Context(), bytes.NewReader(file), storetest.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// same compares every row of every table but the marks that restoring makes.
func same(t *testing.T, what string, want, got []byte) {
	t.Helper()
	a, b := store.Rows(t, want), store.Rows(t, got)
	for _, rows := range []map[string][]string{a, b} {
		delete(rows, "settings")
		rows["events"] = slices.DeleteFunc(rows["events"], func(row string) bool { return strings.Contains(row, `"settings.changed"`) })
	}
	if x, y := slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b)); !slices.Equal(x, y) {
		t.Fatalf("%s: tables %v became %v", what, x, y)
	}
	for table := range a {
		if !slices.Equal(a[table], b[table]) {
			t.Errorf("%s: %s\nwas    %v\nbecame %v", what, table, a[table], b[table])
		}
	}
}

// TestBackupRoundTrip carries every table through both databases, both ways,
// and goes on working there.
func TestBackupRoundTrip(t *testing.T) {
	sample := store.SampleBackup(t, storetest.SQLite(t), nil)
	for _, from := range dialects(t) {
		for _, to := range dialects(t) {
			t.Run(string(from)+" to "+string(to), func(t *testing.T) {
				first := empty(t, from)
				restore(t, first, sample)
				out := backup(t, first)
				same(t, "the sample", sample, out)
				second := empty(t, to)
				if report := restore(t, second, out); report.OtherKey || report.Header.Dialect != from {
					t.Errorf("report: %+v", report)
				}
				same(t, "the copy", out, backup(t, second))
				set, err := second.Settings(t.Context())
				if err != nil || !set.Paused || set.Restored == nil || !set.Restored.BackupOf.Equal(storetest.Now) || set.Workspace != "Sample" {
					t.Errorf("settings: %+v, %v", set, err)
				}
				// Numbers that were given once are not given again.
				u, err := second.SaveUser(t.Context(), models.User{Email: "new@example.com", Name: "New", Role: models.RoleRep}, models.ActorSystem, storetest.Now)
				if err != nil || u.ID != 50 {
					t.Errorf("the next user: %d, %v; want 50", u.ID, err)
				}
			})
		}
	}
}

func TestRestoreRefuses(t *testing.T) {
	sample := store.SampleBackup(t, storetest.SQLite(t), nil)
	with := func(change func(*store.BackupHeader)) []byte {
		return store.SampleBackup(t, storetest.SQLite(t), change)
	}
	cases := map[string]struct {
		file []byte
		code models.ErrorCode
		says string
	}{
		"half":              {sample[:len(sample)/2], models.CodeInvalid, "damaged or incomplete"},
		"the last byte":     {sample[:len(sample)-1], models.CodeInvalid, "damaged or incomplete"},
		"without its end":   {store.Rewrite(t, sample, `{"end":true`, `{"e`), models.CodeInvalid, "damaged or incomplete"},
		"a changed value":   {store.Rewrite(t, sample, "email 2", "email 3"), models.CodeInvalid, "checksum"},
		"a missing row":     {store.Rewrite(t, sample, `{"table":"touches"`, `{"table":"toughs"`), models.CodeInvalid, "not expected"},
		"something after":   {append(bytes.Clone(sample), sample...), models.CodeInvalid, "damaged or incomplete"},
		"no backup":         {[]byte("hello"), models.CodeInvalid, "no backup"},
		"nothing":           {nil, models.CodeInvalid, "no backup"},
		"another format":    {with(func(h *store.BackupHeader) { h.Version = 2 }), models.CodeConflict, "format 2"},
		"a newer schema":    {with(func(h *store.BackupHeader) { h.Schema = 99999 }), models.CodeConflict, "99999"},
		"another's archive": {with(func(h *store.BackupHeader) { h.Format = "zip" }), models.CodeInvalid, "no backup"},
	}
	for _, d := range dialects(t) {
		s := empty(t, d)
		for name, c := range cases {
			_, err := s.Restore(t.Context(), bytes.NewReader(c.file), storetest.Now, nil)
			if models.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s, %s: %v; want %s saying %q", d, name, err, c.code, c.says)
			}
		}
		// Nothing of all that stayed: the whole one goes in.
		restore(t, s, sample)
		_, err := s.Restore(t.Context(), bytes.NewReader(sample), storetest.Now, nil)
		if models.CodeOf(err) != models.CodeConflict || !strings.Contains(err.Error(), "not empty") {
			t.Errorf("%s: into a full database: %v", d, err)
		}
		same(t, "after the refusal", sample, backup(t, s))
	}
}

// TestRestoreDangling: a row that refers to nothing is found, and nothing stays.
func TestRestoreDangling(t *testing.T) {
	for _, d := range dialects(t) {
		full := storetest.SQLite(t)
		if d == store.Postgres {
			full = storetest.Postgres(t)
		}
		storetest.Seed(t, full)
		good := backup(t, full)
		s := empty(t, d)
		_, err := s.Restore(t.Context(), bytes.NewReader(store.Redo(t, good, "contact_points", "prospect_id", 999)), storetest.Now, nil)
		if err == nil {
			t.Fatalf("%s: a contact point of nobody was restored", d)
		}
		restore(t, s, good)
		same(t, string(d), good, backup(t, s))
	}
}

// TestBackupSnapshot: what is written while a backup runs is not in it by halves.
func TestBackupSnapshot(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := storetest.Seed(t, s)
		before := backup(t, s)
		var file bytes.Buffer
		wrote := false
		_, err := s.Backup(t.Context(), &file, storetest.Now, func(string, int64) {
			if wrote {
				return
			}
			wrote = true
			if _, err := s.SaveUser(t.Context(), models.User{Email: "late@example.com", Name: "Late", Role: models.RoleRep}, models.ActorSystem, storetest.Now); err != nil {
				t.Fatal(err)
			}
			if _, err := s.SaveSender(t.Context(), models.Sender{Kind: models.SenderPhone, Provider: models.ProviderSandbox, Address: "+12125550177", OwnerID: &w.Rep.ID}, models.ActorSystem, storetest.Now); err != nil {
				t.Fatal(err)
			}
		})
		if err != nil || !wrote {
			t.Fatal(err, wrote)
		}
		same(t, "written meanwhile", before, file.Bytes())
	})
}

// releasedSchemas are those with which a version of Followup was released.
var releasedSchemas = []int64{1, 4, 14, 20, 27}

// TestMigrateReleased restores the sample of every released schema and brings
// it up to date, as a database of that age would be. `make schema-fixture`
// writes the sample of the present schema; once that is released it never
// changes again.
func TestMigrateReleased(t *testing.T) {
	present, err := storetest.SQLite(t).SchemaVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if *keepFixtures {
		if err := os.WriteFile(fixture(present), store.SampleBackup(t, storetest.SQLite(t), nil), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range releasedSchemas {
		file, err := os.ReadFile(fixture(v))
		if err != nil {
			t.Fatalf("the sample of the released schema %d is missing: %v", v, err)
		}
		for _, d := range dialects(t) {
			t.Run(string(d)+" from "+strconv.FormatInt(v, 10), func(t *testing.T) {
				s := empty(t, d)
				report := restore(t, s, file)
				if report.Header.Schema != v {
					t.Fatalf("the sample is of schema %d", report.Header.Schema)
				}
				if err := s.CheckSchema(t.Context()); err != nil {
					t.Fatal(err)
				}
				was, is := store.Rows(t, file), store.Rows(t, backup(t, s))
				for table, rows := range was {
					if len(is[table]) < len(rows) {
						t.Errorf("%s had %d rows and has %d", table, len(rows), len(is[table]))
					}
				}
			})
		}
	}
}

func fixture(schema int64) string {
	return filepath.Join("testdata", "schema-"+strconv.FormatInt(schema, 10)+".backup.gz")
}
