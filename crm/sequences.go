package crm

import (
	"context"
	"fmt"
	"strings"

	"followup/models"
	"followup/templates"
)

// maxSequence bounds a sequence file, in bytes.
const maxSequence = 256 * 1024

// LintError refuses publishing; its findings are shown beside the text.
type LintError struct{ Findings []templates.Finding }

func (e *LintError) Error() string {
	var lines []string
	for _, f := range e.Findings {
		if f.Severity == templates.SeverityError {
			line := f.Message
			if f.Line > 0 {
				line = fmt.Sprintf("line %d: %s", f.Line, f.Message)
			} else if f.Step != "" {
				line = fmt.Sprintf("step %s: %s", f.Step, f.Message)
			}
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// Unwrap makes the lint's refusal an invalid input.
func (e *LintError) Unwrap() error {
	return models.Invalid("source", "the lint refuses it; mend what it names or give a manager's reason")
}

// SaveDraft keeps a sequence's YAML while it is edited, sound or not: losing
// work is worse than keeping a mistake. revision is the one the editor
// loaded; a stale one is CodeConflict.
func (s *Service) SaveDraft(ctx context.Context, userID int64, key string, revision int64, source string) (models.Sequence, error) {
	if len(source) > maxSequence {
		return models.Sequence{}, models.Invalid("source", "a sequence file has at most %d KB", maxSequence/1024)
	}
	key = strings.TrimSpace(key)
	if key == "" {
		return models.Sequence{}, models.Invalid("key", "a sequence needs a key, such as booked-call-back")
	}
	name := key
	if d, err := templates.ParseSequence([]byte(source)); err == nil {
		name = d.Name
	}
	return s.Store.SaveSequenceDraft(ctx, key, name, source, revision, &userID, s.Clock())
}

// Publish parses, lints and makes the next version. Parse errors and lint
// errors (*LintError) refuse; a manager's override, a reason in words, lets
// lint errors pass and is kept with the version.
func (s *Service) Publish(ctx context.Context, userID *int64, source, override string) (models.SequenceVersion, error) {
	return s.publish(ctx, userID, source, override, false)
}

func (s *Service) publish(ctx context.Context, userID *int64, source, override string, builtin bool) (models.SequenceVersion, error) {
	d, err := s.soundSequence(source, override)
	if err != nil {
		return models.SequenceVersion{}, err
	}
	return s.Store.PublishSequence(ctx, d, source, strings.TrimSpace(override), builtin, userID, s.Clock())
}

// InstallBuiltins publishes the built-in sequences that are not there yet,
// and new versions of those that changed with the program and that nobody
// has edited.
func (s *Service) InstallBuiltins(ctx context.Context) error {
	for _, b := range templates.Builtins() {
		seq, err := s.Store.SequenceByKey(ctx, b.Definition.Key)
		if err == nil && !seq.Builtin {
			continue
		}
		if err != nil && models.CodeOf(err) != models.CodeNotFound {
			return fmt.Errorf("looking for the built-in sequence %s: %w", b.Definition.Key, err)
		}
		if _, err := s.publish(ctx, nil, b.Source, "", true); err != nil {
			return fmt.Errorf("publishing the built-in sequence %s: %w", b.Definition.Key, err)
		}
	}
	return nil
}
