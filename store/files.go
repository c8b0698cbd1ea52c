package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"followup/models"
)

// LargeInbound is the size in bytes from which what came in is kept in a file,
// where the Store has a folder for them: attachments, nearly always. In the
// database they would fill its cache and every backup of its pages.
const LargeInbound = 256 << 10

// files keeps contents by their SHA-256: the same content is one file, and
// one that was damaged is noticed. The zero value keeps none.
type files struct{ dir string }

func (f files) kept() bool { return f.dir != "" }

func (f files) path(name string) string { return filepath.Join(f.dir, name[:2], name) }

// put writes content so that it survives a power cut once put has returned.
func (f files) put(content []byte) (name string, err error) {
	sum := sha256.Sum256(content)
	name = hex.EncodeToString(sum[:])
	path := f.path(name)
	if info, err := os.Stat(path); err == nil && info.Size() == int64(len(content)) {
		return name, nil
	}
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	// Of two who write the same at once each writes its own file, and either
	// may win the rename: they are equal.
	unfinished := path + "." + rand.Text()[:8]
	if err := writeThrough(unfinished, content); err != nil {
		return "", errors.Join(err, os.Remove(unfinished))
	}
	if err := os.Rename(unfinished, path); err != nil {
		return "", errors.Join(err, os.Remove(unfinished))
	}
	return name, syncFolder(folder)
}

func writeThrough(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Sync(), file.Close())
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// get reads a content and checks that it is what was put.
func (f files) get(name string) ([]byte, error) {
	if !f.kept() || len(name) != 2*sha256.Size {
		return nil, fmt.Errorf("the file %.80q of an inbound: no folder of files is configured here: %w", name, fs.ErrNotExist)
	}
	content, err := os.ReadFile(f.path(name))
	if err != nil {
		return nil, fmt.Errorf("read the file of an inbound: %w", err)
	}
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != name {
		return nil, fmt.Errorf("the file %s of an inbound is damaged", f.path(name))
	}
	return content, nil
}

// CheckFiles tells whether the folder of files can be written to.
func (s *Store) CheckFiles() error {
	if !s.files.kept() {
		return nil
	}
	if err := os.MkdirAll(s.files.dir, 0o700); err != nil {
		return models.Errorf(models.CodeInvalid, "the folder of large messages, %s, cannot be made (%v); set files to one that can be written to", s.files.dir, err)
	}
	probe := filepath.Join(s.files.dir, ".probe."+rand.Text()[:8])
	if err := errors.Join(writeThrough(probe, nil), os.Remove(probe)); err != nil {
		return models.Errorf(models.CodeInvalid, "the folder of large messages, %s, cannot be written to (%v); give it to the user that Followup runs as", s.files.dir, err)
	}
	return nil
}

// putAside moves a large inbound's content into a file before its row is
// written: a file without a row is harmless, the other way round a loss.
func (s *Store) putAside(raw *models.Raw) error {
	if !s.files.kept() || len(raw.Content) < LargeInbound {
		return nil
	}
	name, err := s.files.put(raw.Content)
	if err != nil {
		return fmt.Errorf("keep a large inbound as a file: %w", err)
	}
	raw.ContentFile, raw.Content = name, nil
	return nil
}

// fetch gives inbounds back what lies in files.
func (s *Store) fetch(raws ...*models.Raw) error {
	for _, raw := range raws {
		if raw == nil || raw.ContentFile == "" || raw.Content != nil {
			continue
		}
		content, err := s.files.get(raw.ContentFile)
		if err != nil {
			return err
		}
		raw.Content = content
	}
	return nil
}

// bringBack puts a file's content into the row that a backup takes, so that the
// backup is whole by itself. A file that is missing loses its own content only.
func (s *Store) bringBack(ctx context.Context, t tableShape, row []any) {
	names := t.names()
	at, file := slices.Index(names, "content"), slices.Index(names, "content_file")
	if at < 0 || file < 0 {
		return // an older schema
	}
	name := fmt.Sprintf("%s", row[file])
	if name == "" {
		return
	}
	content, err := s.files.get(name)
	if err != nil {
		s.log.ErrorContext(ctx, "the backup goes without the content of an inbound", "error", err)
		return
	}
	row[at], row[file] = content, ""
}

// PutAside moves large contents that the database holds into files: of before
// there was a folder for them, or from a backup. It returns how many it moved.
func (s *Store) PutAside(ctx context.Context, limit int) (int, error) {
	if !s.files.kept() {
		return 0, nil
	}
	var raws []models.Raw
	err := s.write.WithContext(ctx).Where("content_file = '' AND length(content) >= ?", LargeInbound).Order("id").Limit(limit).Find(&raws).Error
	if err != nil {
		return 0, fmt.Errorf("large inbounds: %w", err)
	}
	for i := range raws {
		raw := &raws[i]
		if err := s.putAside(raw); err != nil {
			return i, err
		}
		err := s.write.WithContext(ctx).Model(&models.Raw{}).Where("id = ? AND content_file = ''", raw.ID).
			UpdateColumns(map[string]any{"content": nil, "content_file": raw.ContentFile}).Error
		if err != nil {
			return i, fmt.Errorf("large inbounds: %w", err)
		}
	}
	return len(raws), nil
}
