package replies

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"followup/models"
)

// Drafts is what keeping and taking back an answer needs of the database.
type Drafts interface {
	SaveDraft(ctx context.Context, d models.AnswerDraft, now time.Time) (models.AnswerDraft, error)
	WithdrawAnswer(ctx context.Context, touchID, userID int64, now time.Time) (models.Touch, error)
	AddAnswerFile(ctx context.Context, f models.AnswerFile, now time.Time) (models.AnswerFile, error)
	DropAnswerFile(ctx context.Context, id, userID int64) error
	DraftFiles(ctx context.Context, userID, prospectID int64) ([]models.AnswerFile, error)
}

// Withdraw takes an answer back before it leaves.
func (s *Service) Withdraw(ctx context.Context, touchID, userID int64) (models.Touch, error) {
	touch, err := s.Store.WithdrawAnswer(ctx, touchID, userID, s.Clock())
	if err != nil {
		return touch, fmt.Errorf("take back the answer %d: %w", touchID, err)
	}
	return touch, nil
}

// maxDraft is the longest text that is kept.
const maxDraft = 200_000

// KeepDraft keeps what a user is writing; CodeConflict where another tab has
// saved since, with what that one keeps.
func (s *Service) KeepDraft(ctx context.Context, d models.AnswerDraft) (models.AnswerDraft, error) {
	d.Body, d.Subject = strings.ReplaceAll(d.Body, "\r\n", "\n"), strings.Join(strings.Fields(d.Subject), " ")
	if len(d.Body)+len(d.Subject) > maxDraft {
		return d, models.Invalid("body", "is longer than %d characters; shorten it, or send a file", maxDraft)
	}
	if strings.TrimSpace(d.Body) == "" {
		d.Body = ""
	}
	return s.Store.SaveDraft(ctx, d, s.Clock())
}

// Limits of what leaves with one answer: mail servers commonly take 25 MB of
// base64, and a letter with more belongs behind a link.
const (
	MaxAnswerFile  = 10 << 20
	MaxAnswerFiles = 10
	MaxAnswerBytes = 15 << 20
)

// AttachFile keeps a file to leave with the answer that a user is writing.
func (s *Service) AttachFile(ctx context.Context, f models.AnswerFile) (models.AnswerFile, error) {
	f.Name = strings.TrimSpace(path.Base(strings.ReplaceAll(f.Name, "\\", "/")))
	f.Size = int64(len(f.Content))
	switch {
	case f.Size == 0:
		return f, models.Invalid("file", "%s is empty; choose another file", f.Name)
	case f.Size > MaxAnswerFile:
		return f, models.Invalid("file", "%s has %d MB; a file may have %d", f.Name, f.Size>>20, MaxAnswerFile>>20)
	}
	have, err := s.Store.DraftFiles(ctx, f.UserID, f.ProspectID)
	if err != nil {
		return f, err
	}
	total := f.Size
	for _, h := range have {
		total += h.Size
	}
	if len(have) >= MaxAnswerFiles || total > MaxAnswerBytes {
		return f, models.Invalid("file", "an answer takes at most %d files and %d MB; send a link instead", MaxAnswerFiles, MaxAnswerBytes>>20)
	}
	return s.Store.AddAnswerFile(ctx, f, s.Clock())
}

// DetachFile takes a file away that has not left.
func (s *Service) DetachFile(ctx context.Context, id, userID int64) error {
	return s.Store.DropAnswerFile(ctx, id, userID)
}

// takes tells whether the channel sends such files, and else why not.
func (s *Service) takes(c Choice, files []models.AnswerFile) error {
	if len(files) == 0 {
		return nil
	}
	rules, _ := s.Channels.Rules(c.Channel)
	if rules.Files.Count == 0 {
		return models.Errorf(models.CodeRefused, "Files cannot be sent by %s; take them away, or answer by email.", strings.ToLower(strings.TrimPrefix(by(rules), "By ")))
	}
	var total int64
	for _, f := range files {
		total += f.Size
		if rules.Files.Types != "" && !slices.Contains(strings.Fields(rules.Files.Types), f.Type) {
			return models.Errorf(models.CodeRefused, "%s cannot be sent %s: it takes pictures (JPEG, PNG, GIF). Send it by email.", f.Name, strings.ToLower(by(rules)))
		}
	}
	if len(files) > rules.Files.Count || total > rules.Files.Bytes {
		return models.Errorf(models.CodeRefused, "%s at most %d files with %d MB together can be sent; take some away.", by(rules), rules.Files.Count, rules.Files.Bytes>>20)
	}
	return nil
}
