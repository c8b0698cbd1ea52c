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
	slot     string  // condition on it
	level    level   // of a touch's steps
	keys     []int64 // whose
}

func (s *Store) figures(ctx context.Context, q cellQuery) ([]Figure, error) {
	if q.filter.Cohort && q.by.ofTime() {
		return nil, models.Invalid("by", "weekdays and hours are counted by when it happened; choose dates in place of a cohort")
	}
	read := s.reader(ctx)
	steps, err := q.steps(read)
	if err != nil {
		return nil, fmt.Errorf("read the figures' steps: %w", err)
	}
	groups, err := q.groups(read)
	if err != nil {
		return nil, fmt.Errorf("read whose the figures are: %w", err)
	}
	sums := map[InsightKey]*Figure{}
	for _, group := range groups {
		for _, part := range q.parts(s.clock(), group) {
			rows, err := cellSums(read, part, steps.wanted[part.level], q)
			if err != nil {
				return nil, fmt.Errorf("read the figures: %w", err)
			}
			for _, r := range rows {
				k := q.key(r, steps.dims)
				if sums[k] == nil {
					sums[k] = &Figure{Key: k}
				}
				sums[k].add(r.Figure)
			}
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

// wantedSteps pass a question's filter, by their level.
type wantedSteps struct {
	dims   map[int64]stepDims
	wanted map[level][]int64
}

func (q cellQuery) steps(read *gorm.DB) (wantedSteps, error) {
	w := wantedSteps{map[int64]stepDims{}, map[level][]int64{}}
	if q.family != famTouch && !q.filter.ofStep() && !q.by.ofStep() {
		w.wanted[levelStep] = []int64{allOf}
		return w, nil
	}
	var steps []insightStep
	err := read.Table("insight_steps").Order("id").Scan(&steps).Error
	for _, st := range steps {
		if l, ok := q.wants(st); ok {
			w.dims[st.ID] = st.dims()
			w.wanted[l] = append(w.wanted[l], st.ID)
		}
	}
	return w, err
}

// groups are whose sums are read.
func (q cellQuery) groups(read *gorm.DB) ([]repGroup, error) {
	reps := q.filter.Reps
	switch {
	case q.by != ByRep && reps == nil:
		return []repGroup{{who: ofAll, keys: []int64{allOf}}}, nil
	case q.by != ByRep:
		return sumsOfReps(read, reps)
	case reps == nil:
		if err := read.Table("users").Order("id").Pluck("id", &reps).Error; err != nil {
			return nil, err
		}
	}
	return []repGroup{{ofRep, reps, reps}}, nil
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
	switch {
	case f.Version != 0 || f.Step != "" || f.Variant != "" || q.by == ByVersion || q.by == ByStep || q.by == ByVariant || q.by == byScript || q.by == byTrial:
		return levelStep
	case f.Sequence != 0 || q.by == BySequence:
		return levelLane
	}
	return levelChannel
}

// wants tells whether a step passes the filter, and of which level it is. A
// touch's step has a version; its lanes, a pursuit's sequence and an answer's
// channel have none.
func (q cellQuery) wants(st insightStep) (level, bool) {
	f, l := q.filter, levelStep
	if q.family == famTouch {
		l = st.level()
		switch {
		case l > q.level(), st.Channel == "":
			return l, false
		case q.by == byScript && st.Channel != models.ChannelVoicemail && st.Channel != models.ChannelCall:
			return l, false
		case q.by == byTrial && st.Variant == "":
			return l, false
		}
	} else if st.VersionID != 0 {
		return l, false
	}
	return l, (f.Sequence == 0 || f.Sequence == st.SequenceID) && (f.Version == 0 || f.Version == st.VersionID) &&
		(f.Step == "" || f.Step == st.StepKey) && (f.Variant == "" || f.Variant == st.Variant) && (f.Channel == "" || f.Channel == st.Channel)
}

// parts are the cells that make up the time asked for: whole months, and the
// days before and after them. Weekdays follow from the days.
func (q cellQuery) parts(now time.Time, group repGroup) []cellPart {
	from, to := dayNumber(q.filter.From, 0), dayNumber(q.filter.To, int32(now.Unix()/86400)+400)
	if to < from {
		return nil
	}
	if q.filter.Cohort {
		return []cellPart{{string(q.family) + grainCohort, monthOf(from), to, "slot = -1", q.level(), group.keys}}
	}
	day, month, byMonth := q.grains(group)
	first := monthOf(from)
	if first < from {
		first = nextMonth(first)
	}
	last := monthOf(to + 1) // the month that is not whole any more
	if !byMonth || last <= first {
		day.from, day.to = from, to
		return []cellPart{day}
	}
	month.from, month.to = first, last-1
	parts := []cellPart{month}
	if from < first {
		day.from, day.to = from, first-1
		parts = append(parts, day)
	}
	if last <= to {
		day.from, day.to = last, to
		parts = append(parts, day)
	}
	return parts
}

// grains are the coarsest cells of a day and of a month that tell what is
// asked; byMonth is false where only the days do.
func (q cellQuery) grains(group repGroup) (day, month cellPart, byMonth bool) {
	day = cellPart{grain: string(q.family) + grainDay, slot: "slot >= 0", level: levelStep, keys: group.keys}
	if q.family != famTouch {
		month = day
		month.grain = string(q.family) + grainMonth
		return day, month, true
	}
	day.level = q.level()
	has := sumsOf(group.who, day.level)
	month = day
	month.grain = string(q.family) + grainMonth
	switch {
	case q.by != ByHour:
		month.slot = "slot = -1"
		switch {
		case has.day:
			day.slot = "slot = -1"
		case !has.dayHour:
			day.level, day.keys = levelStep, group.reps
		}
		return day, month, q.by != ByWeekday
	case !has.dayHour: // the reps' steps tell
		day.level, day.keys = levelStep, group.reps
	}
	return day, month, has.monthHour
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

// measured are the sums that a family has at all: each that is not added up
// is time saved.
var measured = map[byte][]string{
	famTouch:      {"n", "replied", "positive", "met", "won", "opted_out", "voicemails", "returned"},
	famPursuit:    {"n", "replied", "met", "won", "opted_out", "amount"},
	famAnswer:     {"n", "amount"},
	famCall:       {"n", "amount"},
	famCommitment: {"n", "won", "amount"},
}

// cellSums adds up one part, grouped by as little as the question needs.
func cellSums(read *gorm.DB, part cellPart, steps []int64, q cellQuery) ([]cellSum, error) {
	if len(part.keys) == 0 || len(steps) == 0 {
		return nil, nil
	}
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
	for _, c := range measured[q.family] {
		columns = append(columns, "CAST(COALESCE(SUM("+c+"), 0) AS bigint) AS "+c)
	}
	cells := read.Table("insight_cells").Select(strings.Join(columns, ", ")).
		Where("grain = ? AND starts_on BETWEEN ? AND ? AND "+part.slot, part.grain, part.from, part.to).
		Where(anyOf(read, "rep_id", part.keys)).Where(anyOf(read, "step_id", steps))
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
	case q.by == byScript, q.by == byTrial:
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
