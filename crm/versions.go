package crm

import (
	"context"
	"strings"
	"time"

	"followup/models"
	"followup/templates"
)

// SequenceStore keeps sequences, their versions and who moves between them.
type SequenceStore interface {
	// Publish makes the next version and begins to move the people inside
	// where that is asked for; CodeConflict where somebody saved meanwhile.
	Publish(ctx context.Context, p models.Publication) (models.SequenceVersion, *models.VersionMove, error)
	// ContinueMoves tells the next batch of a move; false: none is running.
	ContinueMoves(ctx context.Context, now time.Time) (told int, more bool, err error)
	// PlaceEnrollment lets somebody go on at a step of the new version, or
	// with "" stay on theirs.
	PlaceEnrollment(ctx context.Context, id int64, goOnAt, by string, now time.Time) error
	SequenceVersion(ctx context.Context, sequenceID int64, number int) (models.SequenceVersion, error)
	// ChangeSequence changes what is no step: its state, its team.
	ChangeSequence(ctx context.Context, key, by string, now time.Time, kind models.EventKind, change func(*models.Sequence) error) (models.Sequence, error)
}

// PublishRequest is a manager's decision to publish.
type PublishRequest struct {
	Key      string
	Source   string
	Note     string
	Override string
	Revision int64 // the one that was looked at
	Move     bool  // the people inside come along
	// GoOnAt: for a step that is gone, where those go on who made it last;
	// without an entry they are held with a task.
	GoOnAt map[string]string
}

// inlineBatches of a move are carried out before its page answers, so that
// a small team sees it done; the rest goes on in the background.
const inlineBatches = 10

// PublishVersion publishes a draft and says what becomes of the people inside.
func (s *Service) PublishVersion(ctx context.Context, userID int64, req PublishRequest) (models.SequenceVersion, *models.VersionMove, error) {
	d, err := s.soundSequence(req.Source, req.Override)
	if err != nil {
		return models.SequenceVersion{}, nil, err
	}
	if d.Key != req.Key {
		return models.SequenceVersion{}, nil, models.Invalid("source", "the key in the text is %q, but this is the sequence %q; write key: %s, or make a copy under the new key", d.Key, req.Key, req.Key)
	}
	for gone, at := range req.GoOnAt {
		if d.Index(at) < 0 {
			return models.SequenceVersion{}, nil, models.Invalid("go_on_at", "after %s they cannot go on at %q: the new version has no such step", gone, at)
		}
	}
	return s.publishAndMove(ctx, models.Publication{
		Definition: d, Source: req.Source, Note: strings.TrimSpace(req.Note), Override: strings.TrimSpace(req.Override), By: &userID,
		Revision: &req.Revision, Move: req.Move, GoOnAt: req.GoOnAt, Now: s.Clock(),
	})
}

func (s *Service) publishAndMove(ctx context.Context, p models.Publication) (models.SequenceVersion, *models.VersionMove, error) {
	v, move, err := s.Store.Publish(ctx, p)
	if err != nil || move == nil {
		return v, move, err
	}
	for range inlineBatches {
		if _, more, err := s.Store.ContinueMoves(ctx, s.Clock()); err != nil || !more {
			break // what is left is the background's; the version is published
		}
	}
	s.wake()
	return v, move, nil
}

// ContinueMoves carries on what version moves are running.
func (s *Service) ContinueMoves(ctx context.Context, _ time.Time) error {
	any := false
	for ctx.Err() == nil {
		told, more, err := s.Store.ContinueMoves(ctx, s.Clock())
		if err != nil {
			return err
		}
		any = any || told > 0
		if !more {
			break
		}
	}
	if any {
		s.wake()
	}
	return nil
}

// PlaceEnrollment settles where somebody goes on whose step is gone.
func (s *Service) PlaceEnrollment(ctx context.Context, actor string, id int64, goOnAt string) error {
	if err := s.Store.PlaceEnrollment(ctx, id, goOnAt, actor, s.Clock()); err != nil {
		return err
	}
	s.wake()
	return nil
}

// RestoreVersion makes an earlier version the draft; it runs when it is published.
func (s *Service) RestoreVersion(ctx context.Context, userID int64, key string, number int, revision int64) (models.Sequence, error) {
	seq, err := s.Store.SequenceByKey(ctx, key)
	if err != nil {
		return seq, err
	}
	v, err := s.Store.SequenceVersion(ctx, seq.ID, number)
	if err != nil {
		return seq, err
	}
	return s.SaveDraft(ctx, userID, key, revision, v.Source)
}

// CloneSequence makes a new draft that says the same under another key.
func (s *Service) CloneSequence(ctx context.Context, userID int64, source, key, name string) (models.Sequence, error) {
	key, name = strings.TrimSpace(key), strings.TrimSpace(name)
	if name == "" {
		return models.Sequence{}, models.Invalid("name", "give the copy a name of its own")
	}
	if !templates.ValidKey(key) {
		return models.Sequence{}, models.Invalid("key", "%q is no key; use small letters, digits and hyphens, such as booked-call-back", key)
	}
	if _, err := s.Store.SequenceByKey(ctx, key); err == nil {
		return models.Sequence{}, models.Invalid("key", "there is a sequence %s already; choose another key", key)
	} else if models.CodeOf(err) != models.CodeNotFound {
		return models.Sequence{}, err
	}
	out, err := templates.EditSequence([]byte(source), func(d *models.Definition) { d.Key, d.Name = key, name })
	if err != nil {
		return models.Sequence{}, models.Invalid("source", "%v", err)
	}
	return s.SaveDraft(ctx, userID, key, 0, string(out))
}

// ArchiveSequence closes a sequence for new people, or opens it again; those
// inside go on either way.
func (s *Service) ArchiveSequence(ctx context.Context, actor, key string, archived bool) (models.Sequence, error) {
	kind := models.EventSequenceOpened
	if archived {
		kind = models.EventSequenceArchived
	}
	return s.Store.ChangeSequence(ctx, key, actor, s.Clock(), kind, func(q *models.Sequence) error {
		switch {
		case archived:
			q.State = models.SequenceArchived
		case q.CurrentVersionID == nil:
			q.State = models.SequenceDraft
		default:
			q.State = models.SequenceActive
		}
		return nil
	})
}

// ShareSequence gives a sequence to one team; nil: everybody may enroll with it.
func (s *Service) ShareSequence(ctx context.Context, actor, key string, team *int64) (models.Sequence, error) {
	return s.Store.ChangeSequence(ctx, key, actor, s.Clock(), models.EventSequenceShared, func(q *models.Sequence) error {
		q.TeamID = team
		return nil
	})
}

// ChooseWinner ends the trial of a step: it publishes a version that says
// what the winner says, and a draft that is being written gets it as well.
func (s *Service) ChooseWinner(ctx context.Context, userID int64, key, step, variant string, move bool) (models.SequenceVersion, error) {
	seq, err := s.Store.SequenceByKey(ctx, key)
	if err != nil {
		return models.SequenceVersion{}, err
	}
	live, err := s.Store.SequenceVersion(ctx, seq.ID, 0)
	if err != nil {
		return models.SequenceVersion{}, err
	}
	st, ok := live.Definition.Step(step)
	if _, has := st.Variant(variant); !ok || !has {
		return models.SequenceVersion{}, models.Errorf(models.CodeConflict, "the version that runs now does not try %q on this step any more; load the page again", variant)
	}
	won := st.With(variant)
	keep := func(d *models.Definition) {
		if i := d.Index(step); i >= 0 {
			s := &d.Steps[i]
			s.Subject, s.Body, s.TalkingPoint, s.Question, s.Answered, s.NotAnswered = won.Subject, won.Body, won.TalkingPoint, won.Question, won.Answered, won.NotAnswered
			s.Variants = nil
		}
	}
	source, err := templates.EditSequence([]byte(live.Source), keep)
	if err != nil {
		return models.SequenceVersion{}, models.Invalid("source", "%v", err)
	}
	draft := []byte(seq.DraftSource)
	if seq.DraftSource != "" {
		if edited, err := templates.EditSequence(draft, keep); err == nil {
			draft = edited
		}
	}
	d, err := templates.ParseSequence(source)
	if err != nil {
		return models.SequenceVersion{}, models.Invalid("source", "%v", err)
	}
	note := "Variant " + variant + " of step " + step + " won."
	v, _, err := s.publishAndMove(ctx, models.Publication{
		Definition: d, Source: string(source), Note: note, Override: live.LintOverride, By: &userID,
		Revision: &seq.Revision, Move: move, Draft: string(draft), Now: s.Clock(),
	})
	return v, err
}

// soundSequence parses and lints; an override lets the lint's errors pass.
func (s *Service) soundSequence(source, override string) (models.Definition, error) {
	if len(source) > maxSequence {
		return models.Definition{}, models.Invalid("source", "a sequence file has at most %d KB", maxSequence/1024)
	}
	d, err := templates.ParseSequence([]byte(source))
	if err != nil {
		return d, &models.Error{Code: models.CodeInvalid, Field: "source", Message: err.Error(), Err: err}
	}
	if strings.TrimSpace(override) == "" {
		findings := templates.Lint(d, []byte(source))
		for _, f := range findings {
			if f.Severity == templates.SeverityError {
				return d, &LintError{Findings: findings}
			}
		}
	}
	return d, nil
}
