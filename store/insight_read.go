package store

import (
	"context"
	"time"

	"followup/models"
)

// InsightFilter says what the figures are asked of; the zero value is everything.
type InsightFilter struct {
	From, To models.Date // both inclusive; "": open
	// Cohort takes From and To as the months in which people were enrolled, not
	// as when it happened.
	Cohort   bool
	Sequence int64
	Version  int64
	Step     string
	Variant  string
	Channel  models.ChannelKind
	Reps     []int64 // nil: everybody
}

// InsightBy is what figures are broken down by.
type InsightBy string

const (
	ByAll      InsightBy = ""
	BySequence InsightBy = "sequence"
	ByVersion  InsightBy = "version"
	ByStep     InsightBy = "step"
	ByVariant  InsightBy = "variant"
	ByChannel  InsightBy = "channel"
	ByWeekday  InsightBy = "weekday"
	ByHour     InsightBy = "hour"
	ByRep      InsightBy = "rep"
	byScript   InsightBy = "script" // by version, step and variant at once
	byTrial    InsightBy = "trial"  // the same, of steps with variants only
)

func (by InsightBy) ofStep() bool {
	return by == BySequence || by == ByVersion || by == ByStep || by == ByVariant || by == ByChannel || by == byScript || by == byTrial
}

func (by InsightBy) ofTime() bool { return by == ByWeekday || by == ByHour }

// InsightKey says what a figure is of; only what it was broken down by is set.
type InsightKey struct {
	Sequence, Version int64
	Step, Variant     string
	Channel           models.ChannelKind
	Rep               int64
	Slot              int // weekday from Monday, hour, number of follow-ups, class
}

// Figure is how often something happened.
type Figure struct {
	Key InsightKey `gorm:"-"`
	N, Replied, Positive, Met, Won,
	OptedOut, Voicemails, Returned, Amount int64
}

func (f *Figure) add(o Figure) {
	f.N += o.N
	f.Replied += o.Replied
	f.Positive += o.Positive
	f.Met += o.Met
	f.Won += o.Won
	f.OptedOut += o.OptedOut
	f.Voicemails += o.Voicemails
	f.Returned += o.Returned
	f.Amount += o.Amount
}

// TouchFigures counts follow-ups and what came of them.
func (s *Store) TouchFigures(ctx context.Context, f InsightFilter, by InsightBy) ([]Figure, error) {
	return s.figures(ctx, cellQuery{family: famTouch, filter: f, by: by})
}

// ScriptFigures counts those that may leave a voicemail by version, step and
// variant, as InsightScripts names them.
func (s *Store) ScriptFigures(ctx context.Context, f InsightFilter) ([]Figure, error) {
	return s.figures(ctx, cellQuery{family: famTouch, filter: f, by: byScript})
}

// PursuitFigures counts pursuits by their number of follow-ups: Slot. Amount
// is how many closed. Of the filter's steps only the sequence applies.
func (s *Store) PursuitFigures(ctx context.Context, f InsightFilter) ([]Figure, error) {
	f.Version, f.Step, f.Variant, f.Channel, f.Cohort = 0, "", "", "", false
	return s.figures(ctx, cellQuery{family: famPursuit, filter: f, slots: true})
}

// AnswerFigures counts customers' waits for our answer by class of length:
// Slot; Amount is seconds. Of the filter's steps only the channel applies. It
// and the next two are broken down by rep as well where by is ByRep.
func (s *Store) AnswerFigures(ctx context.Context, f InsightFilter, by InsightBy) ([]Figure, error) {
	f.Sequence, f.Version, f.Step, f.Variant, f.Cohort = 0, 0, "", "", false
	return s.figures(ctx, cellQuery{family: famAnswer, filter: f, slots: true, by: by})
}

// CallFigures counts booked calls by how they kept their minute: Slot.
func (s *Store) CallFigures(ctx context.Context, f InsightFilter, by InsightBy) ([]Figure, error) {
	return s.figures(ctx, cellQuery{family: famCall, filter: InsightFilter{From: f.From, To: f.To, Reps: f.Reps}, slots: true, by: by})
}

// CommitmentFigures counts promises by what became of them: Slot; Amount is
// what they were worth, Won how many named an amount.
func (s *Store) CommitmentFigures(ctx context.Context, f InsightFilter, by InsightBy) ([]Figure, error) {
	return s.figures(ctx, cellQuery{family: famCommitment, filter: InsightFilter{From: f.From, To: f.To, Reps: f.Reps}, slots: true, by: by})
}

// InsightsAsOf is when the last event happened that the figures know of.
func (s *Store) InsightsAsOf(ctx context.Context) (time.Time, error) {
	var last []models.Event
	err := s.reader(ctx).Select("id", "at").Where("id <= (SELECT event_id FROM insight_marks WHERE name = ?)", insightsMark).Order("id DESC").Limit(1).Find(&last).Error
	if err != nil || len(last) == 0 {
		return time.Time{}, err
	}
	return last[0].At, nil
}
