package store_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// large is a mail with an attachment; small is one without.
func mail(id string, size int) models.Raw {
	return models.Raw{Provider: models.ProviderSMTP, ProviderID: id, Channel: models.ChannelEmail, Content: bytes.Repeat([]byte("attached "), size/9+1)}
}

func filesIn(t *testing.T, dir string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestLargeInboundsLieInFiles(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		dir := t.TempDir()
		// Before there was a folder everything was in the database.
		before, _, err := s.SaveRaw(w.ctx, mail("before", store.LargeInbound))
		w.ok(err)
		store.KeepFiles(s, dir)
		large, small := mail("large", 2*store.LargeInbound), mail("small", 1000)
		for range 2 { // it comes twice
			got, _, err := s.SaveRaw(w.ctx, large)
			w.ok(err)
			if !bytes.Equal(got.Content, large.Content) {
				t.Error("what is worked through is not what came")
			}
		}
		_, _, err = s.SaveRaw(w.ctx, small)
		w.ok(err)
		w.want("files", len(filesIn(t, dir)), 1)
		w.want("large contents in the database", count[models.Raw](w, "length(content) >= ?", store.LargeInbound), 1)

		n, err := s.PutAside(w.ctx, 10)
		w.ok(err)
		w.want("moved", n, 1)
		w.want("large contents in the database", count[models.Raw](w, "length(content) >= ?", store.LargeInbound), 0)
		pending, err := s.PendingRaws(w.ctx, 10)
		w.ok(err)
		if len(pending) != 3 {
			t.Fatalf("%d pending", len(pending))
		}
		for i, want := range [][]byte{mail("", store.LargeInbound).Content, large.Content, small.Content} {
			if !bytes.Equal(pending[i].Content, want) {
				t.Errorf("pending %d has %d bytes, want %d", i, len(pending[i].Content), len(want))
			}
		}
		got, err := s.ViewRaw(w.ctx, before.ID)
		w.ok(err)
		w.want("shown bytes", len(got.Content), len(mail("", store.LargeInbound).Content))
	})
}

// A damaged or lost file is an error for whoever asks for it, and holds up
// nobody else.
func TestLostFileIsNoEmptyMessage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		dir := t.TempDir()
		store.KeepFiles(s, dir)
		lost, _, err := s.SaveRaw(w.ctx, mail("lost", store.LargeInbound))
		w.ok(err)
		_, _, err = s.SaveRaw(w.ctx, mail("small", 1000))
		w.ok(err)
		for _, path := range filesIn(t, dir) {
			w.ok(os.WriteFile(path, []byte("something else"), 0o600))
		}
		if _, err := s.ViewRaw(w.ctx, lost.ID); err == nil {
			t.Error("a damaged content was shown")
		}
		pending, err := s.PendingRaws(w.ctx, 10)
		w.ok(err)
		if len(pending) != 1 || pending[0].ProviderID != "small" {
			t.Errorf("pending: %+v", pending)
		}
	})
}

// A backup holds what lies in files, and restoring needs none of them.
func TestBackupHoldsLargeInbounds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		store.KeepFiles(s, t.TempDir())
		large := mail("large", store.LargeInbound)
		raw, _, err := s.SaveRaw(w.ctx, large)
		w.ok(err)
		var kept bytes.Buffer
		_, err = s.Backup(w.ctx, &kept, w.now, nil)
		w.ok(err)
		other := storetest.SQLite(t)
		_, err = other.Restore(w.ctx, &kept, w.now, nil)
		w.ok(err)
		got, err := other.ViewRaw(w.ctx, raw.ID)
		w.ok(err)
		if !bytes.Equal(got.Content, large.Content) {
			t.Errorf("restored %d bytes of %d", len(got.Content), len(large.Content))
		}
	})
}
