package store_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// A voicemail is fetched by one process, again where that failed, and kept: in
// a file where it is large. It goes with the person.
func TestKeptMedia(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		dir := t.TempDir()
		store.KeepFiles(s, dir)
		w := newWorld(t, s)
		rec := w.inbound(0, models.ClassHuman)
		rec.Message.Channel, rec.Message.FromAddress, rec.Message.Text = models.ChannelCall, herPhone, ""
		rec.Message.SenderID = &w.sender.ID
		rec.Message.Media = []models.Media{{URL: "https://api.twilio.com/1", Seconds: 9}, {Part: 1, Name: "in the mail itself"}}
		done, err := s.RecordInbound(w.ctx, rec, nothing)
		w.ok(err)
		claim := func(now time.Time) []models.MediaDue {
			t.Helper()
			due, err := s.ClaimMedia(w.ctx, now, 10)
			w.ok(err)
			return due
		}
		due := claim(w.now)
		if len(due) != 1 || due[0].Media.Seconds != 9 || due[0].Sender.ID != w.sender.ID || due[0].Attempts != 1 {
			t.Fatalf("due: %+v", due)
		}
		if again := claim(w.now); len(again) != 0 {
			t.Errorf("another process takes it too: %+v", again)
		}
		later := w.now.Add(time.Minute)
		w.ok(s.MediaFailed(w.ctx, due[0].ID, "not there yet", &later))
		if kept, err := s.KeptMedia(w.ctx, done.MessageID, 0); err != nil || kept != nil {
			t.Errorf("before it was fetched: %+v, %v", kept, err)
		}
		if due = claim(later); len(due) != 1 || due[0].Attempts != 2 {
			t.Fatalf("the second attempt: %+v", due)
		}
		large := bytes.Repeat([]byte("sound"), store.LargeInbound)
		w.ok(s.KeepMedia(w.ctx, due[0].ID, "audio/mpeg", large, later))
		kept, err := s.KeptMedia(w.ctx, done.MessageID, 0)
		w.ok(err)
		if kept == nil || kept.Type != "audio/mpeg" || !bytes.Equal(kept.Content, large) || kept.ContentFile == "" {
			t.Fatalf("kept: %v", kept != nil)
		}
		if due = claim(later.Add(time.Hour)); len(due) != 0 {
			t.Errorf("fetched again: %+v", due)
		}
		path := filepath.Join(dir, kept.ContentFile[:2], kept.ContentFile)
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
		w.ok(s.Erase(w.ctx, w.person.ID, false, w.by, later))
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("the file of an erased person: %v", err)
		}
		if kept, err := s.KeptMedia(w.ctx, done.MessageID, 0); err != nil || kept != nil {
			t.Errorf("an erased person's: %+v, %v", kept, err)
		}
	})
}
