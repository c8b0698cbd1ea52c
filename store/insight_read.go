package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

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
)

func (by InsightBy) ofStep() bool {
	return by == BySequence || by == ByVersion || by == ByStep || by == ByVariant || by == ByChannel || by == byScript
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
// variant, as InsightNames' Scripts names them.
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

// cellQuery is one question to the cells.
type cellQuery struct {
	family byte
	filter InsightFilter
	by     InsightBy
	slots  bool // broken down by slot, whatever by says
}

// cellPart is a range of cells of one grain.
type cellPart struct {
	grain    string
	from, to int32
	slot     string // condition on it
}

func (s *Store) figures(ctx context.Context, q cellQuery) ([]Figure, error) {
	if q.filter.Cohort && q.by.ofTime() {
		return nil, models.Invalid("by", "weekdays and hours are counted by when it happened; choose dates in place of a cohort")
	}
	read := s.reader(ctx)
	var steps []insightStep
	if err := read.Table("insight_steps").Scan(&steps).Error; err != nil {
		return nil, fmt.Errorf("read the figures' steps: %w", err)
	}
	dims := make(map[int64]stepDims, len(steps))
	var wanted []int64
	for _, st := range steps {
		if q.wants(st) {
			dims[st.ID] = st.dims()
			wanted = append(wanted, st.ID)
		}
	}
	slices.Sort(wanted)
	needStep := q.family == famTouch || q.filter.ofStep() || q.by.ofStep()
	needRep := q.needsRep()
	if needStep && len(wanted) == 0 || q.filter.Reps != nil && len(q.filter.Reps) == 0 {
		return nil, nil
	}
	reps, stepIDs := []int64{allOf}, []int64{allOf}
	if needStep {
		stepIDs = wanted
	}
	if needRep {
		if reps = q.filter.Reps; reps == nil {
			if err := read.Table("users").Order("id").Pluck("id", &reps).Error; err != nil {
				return nil, err
			}
		}
	}
	sums := map[InsightKey]*Figure{}
	for _, part := range q.parts(s.clock()) {
		rows, err := cellSums(read, part, reps, stepIDs, q)
		if err != nil {
			return nil, fmt.Errorf("read the figures: %w", err)
		}
		for _, r := range rows {
			k := q.key(r, dims)
			if sums[k] == nil {
				sums[k] = &Figure{Key: k}
			}
			sums[k].add(r.Figure)
		}
	}
	out := make([]Figure, 0, len(sums))
	for _, f := range sums {
		if f.N != 0 {
			out = append(out, *f)
		}
	}
	slices.SortFunc(out, func(a, b Figure) int { return a.Key.compare(b.Key) })
	return out, nil
}

func (f InsightFilter) ofStep() bool {
	return f.Sequence != 0 || f.Version != 0 || f.Step != "" || f.Variant != "" || f.Channel != ""
}

// level is how fine the steps are that a question needs.
type level int

const (
	levelStep    level = iota // of a version
	levelLane                 // a sequence's touches on a channel
	levelChannel              // all on a channel
)

// level that still tells the question's filters apart.
func (q cellQuery) level() level {
	f := q.filter
	fine := f.Version != 0 || f.Step != "" || f.Variant != "" || q.by == ByVersion || q.by == ByStep || q.by == ByVariant || q.by == byScript
	sequence := f.Sequence != 0 || q.by == BySequence
	switch {
	case fine, sequence && q.by == ByHour && !sumsOf(q.needsRep(), levelLane).dayHour:
		return levelStep
	case sequence:
		return levelLane
	}
	return levelChannel
}

func (q cellQuery) needsRep() bool { return q.filter.Reps != nil || q.by == ByRep }

// wants tells whether a step passes the filter. A touch's step has a version;
// its lanes, a pursuit's sequence and an answer's channel have none.
func (q cellQuery) wants(st insightStep) bool {
	f := q.filter
	if q.family == famTouch {
		of := levelStep
		switch {
		case st.VersionID != 0:
		case st.Channel == "":
			return false
		case st.SequenceID != 0:
			of = levelLane
		default:
			of = levelChannel
		}
		if of != q.level() || q.by == byScript && st.Channel != models.ChannelVoicemail && st.Channel != models.ChannelCall {
			return false
		}
	} else if st.VersionID != 0 {
		return false
	}
	return (f.Sequence == 0 || f.Sequence == st.SequenceID) && (f.Version == 0 || f.Version == st.VersionID) &&
		(f.Step == "" || f.Step == st.StepKey) && (f.Variant == "" || f.Variant == st.Variant) && (f.Channel == "" || f.Channel == st.Channel)
}

// parts are the cells that make up the time asked for: whole months, and the
// days before and after them. Weekdays follow from the days.
func (q cellQuery) parts(now time.Time) []cellPart {
	family := string(q.family)
	from, to := dayNumber(q.filter.From, 0), dayNumber(q.filter.To, int32(now.Unix()/86400)+400)
	if to < from {
		return nil
	}
	if q.filter.Cohort {
		return []cellPart{{family + grainCohort, monthOf(from), to, "slot = -1"}}
	}
	inDay, inMonth, byMonth := "slot >= 0", "slot >= 0", true
	if q.family == famTouch {
		has := sumsOf(q.needsRep(), q.level())
		if q.by != ByHour {
			inMonth = "slot = -1"
			if has.day {
				inDay = "slot = -1"
			}
		}
		byMonth = q.by != ByWeekday && (q.by != ByHour || has.monthHour)
	}
	day, month := family+grainDay, family+grainMonth
	first := monthOf(from)
	if first < from {
		first = nextMonth(first)
	}
	last := monthOf(to + 1) // the month that is not whole any more
	if !byMonth || last <= first {
		return []cellPart{{day, from, to, inDay}}
	}
	parts := []cellPart{{month, first, last - 1, inMonth}}
	if from < first {
		parts = append(parts, cellPart{day, from, first - 1, inDay})
	}
	if last <= to {
		parts = append(parts, cellPart{day, last, to, inDay})
	}
	return parts
}

func nextMonth(day int32) int32 {
	return int32(dayTime(day).AddDate(0, 1, 0).Unix() / 86400)
}

func dayNumber(d models.Date, open int32) int32 {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return open
	}
	return int32(t.Unix() / 86400)
}

// cellSum is one row of sums.
type cellSum struct {
	RepID, StepID int64
	Slot          int
	Figure        `gorm:"embedded"`
}

// cellSums adds up one part, grouped by as little as the question needs.
func cellSums(read *gorm.DB, part cellPart, reps, steps []int64, q cellQuery) ([]cellSum, error) {
	var group, columns []string
	switch {
	case q.by == ByWeekday:
		// Day 0 of 1970 was a Thursday.
		group, columns = []string{"(starts_on + 3) % 7"}, []string{"(starts_on + 3) % 7 AS slot"}
	case q.slots || q.by == ByHour:
		group, columns = []string{"slot"}, []string{"slot"}
	}
	if q.by == ByRep {
		group, columns = append(group, "rep_id"), append(columns, "rep_id")
	}
	if q.by.ofStep() {
		group, columns = append(group, "step_id"), append(columns, "step_id")
	}
	for _, c := range []string{"n", "replied", "positive", "met", "won", "opted_out", "voicemails", "returned", "amount"} {
		columns = append(columns, "CAST(COALESCE(SUM("+c+"), 0) AS bigint) AS "+c)
	}
	cells := read.Table("insight_cells").Select(strings.Join(columns, ", ")).
		Where("grain = ? AND starts_on BETWEEN ? AND ? AND "+part.slot, part.grain, part.from, part.to).
		Where(anyOf(read, "rep_id", reps)).Where(anyOf(read, "step_id", steps))
	if len(group) > 0 {
		cells = cells.Group(strings.Join(group, ", "))
	}
	var rows []cellSum
	return rows, cells.Scan(&rows).Error
}

// key is what a row of sums belongs to.
func (q cellQuery) key(r cellSum, dims map[int64]stepDims) InsightKey {
	d := dims[r.StepID]
	switch {
	case q.slots:
		return InsightKey{Slot: r.Slot, Rep: r.RepID}
	case q.by == BySequence:
		return InsightKey{Sequence: d.Sequence}
	case q.by == ByVersion:
		return InsightKey{Sequence: d.Sequence, Version: d.Version}
	case q.by == ByStep:
		return InsightKey{Sequence: d.Sequence, Step: d.Step, Channel: d.Channel}
	case q.by == ByVariant:
		return InsightKey{Sequence: d.Sequence, Step: d.Step, Variant: d.Variant}
	case q.by == ByChannel:
		return InsightKey{Channel: d.Channel}
	case q.by.ofTime():
		return InsightKey{Slot: r.Slot}
	case q.by == byScript:
		return InsightKey{Sequence: d.Sequence, Version: d.Version, Step: d.Step, Variant: d.Variant}
	case q.by == ByRep:
		return InsightKey{Rep: r.RepID}
	}
	return InsightKey{}
}

func (k InsightKey) compare(o InsightKey) int {
	for _, c := range []int{
		compare(k.Sequence, o.Sequence), compare(k.Version, o.Version), strings.Compare(k.Step, o.Step), strings.Compare(k.Variant, o.Variant),
		strings.Compare(string(k.Channel), string(o.Channel)), compare(k.Rep, o.Rep), compare(int64(k.Slot), int64(o.Slot)),
	} {
		if c != 0 {
			return c
		}
	}
	return 0
}

func compare(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// InsightsAsOf is when the last event happened that the figures know of.
func (s *Store) InsightsAsOf(ctx context.Context) (time.Time, error) {
	var last []models.Event
	err := s.reader(ctx).Select("id", "at").Where("id <= (SELECT event_id FROM insight_marks WHERE name = 'lanes')").Order("id DESC").Limit(1).Find(&last).Error
	if err != nil || len(last) == 0 {
		return time.Time{}, err
	}
	return last[0].At, nil
}
