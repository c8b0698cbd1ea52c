package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"followup/models"
)

// How many events one transaction of RollInsights looks at. On SQLite it holds
// the one connection that writes, which the engine must not miss for long.
const (
	rollBatch       = 20_000 // many sums are the same for many people: far behind, it catches up
	rollBatchSQLite = 250
	// rollTurns bounds a run; what is left comes with the next.
	rollTurns = 400
)

var errRollRaced = errors.New("another replica counts")

// RollInsights brings the figures up to what the events say, and tells how
// many events it looked at. Whoever appears in an event is counted anew from
// their rows and the difference goes into the cells: an event seen twice, or a
// late reply to an old touch, comes out right. Any number of replicas may
// call it at once; one counts.
func (s *Store) RollInsights(ctx context.Context) (int, error) {
	if err := s.followTeams(ctx); err != nil {
		return 0, err
	}
	looked := 0
	for range rollTurns {
		n, more, err := s.rollOnce(ctx)
		if errors.Is(err, errRollRaced) {
			return looked, nil
		}
		if err != nil {
			return looked, fmt.Errorf("count the insights: %w", err)
		}
		if looked += n; !more {
			return looked, nil
		}
	}
	return looked, nil
}

// insightsMark is the mark's name: another one with each change of what is
// kept, so that a replica of an older program stops counting.
const insightsMark = "teams"

// insightMark is how far the events have been looked at. Ids are given before
// transactions commit, so on PostgreSQL a lower one may appear later: events
// up to Ceiling are looked at once every transaction has ended that was
// running when Ceiling was the highest, which Fence tells.
type insightMark struct {
	EventID int64
	Ceiling int64
	Fence   string
}

// rollOnce looks at one batch of events. The facts are read before the
// transaction that writes; the mark, read again under its lock, tells whether
// somebody else was faster.
func (s *Store) rollOnce(ctx context.Context) (looked int, more bool, err error) {
	read := s.read.WithContext(ctx)
	var mark insightMark
	if err := read.Table("insight_marks").Where("name = ?", insightsMark).Take(&mark).Error; err != nil {
		return 0, false, err
	}
	limit, next, err := s.rollCeiling(read, mark)
	if err != nil {
		return 0, false, err
	}
	size := rollBatch
	if s.dialect == SQLite {
		size = rollBatchSQLite
	}
	events, err := load[models.Event](read.Select("id", "at", "kind", "prospect_id", "enrollment_id", "data").
		Where("id > ? AND id <= ?", mark.EventID, limit).Order("id").Limit(size))
	if err != nil {
		return 0, false, err
	}
	next.EventID = limit
	if len(events) == size {
		// The ceiling that was waited for still holds for the rest.
		next, more = insightMark{EventID: events[len(events)-1].ID, Ceiling: mark.Ceiling, Fence: mark.Fence}, true
	}
	if len(events) == 0 && next == mark {
		return 0, false, nil
	}
	batch := &insightBatch{from: mark, to: next, events: events}
	if err := batch.prepare(read); err != nil {
		return 0, false, err
	}
	return len(events), more, s.inTx(ctx, batch.write)
}

// rollCeiling is up to where the events are complete, and what to remember
// for the next time.
func (s *Store) rollCeiling(read *gorm.DB, mark insightMark) (limit int64, next insightMark, err error) {
	if s.dialect == SQLite {
		err = read.Table("events").Select("COALESCE(MAX(id), 0)").Scan(&limit).Error
		return max(limit, mark.EventID), insightMark{Ceiling: limit}, err
	}
	var now struct {
		Highest int64
		Fence   string
		Ended   bool
	}
	err = read.Raw(`SELECT COALESCE((SELECT MAX(id) FROM events), 0) AS highest, pg_snapshot_xmax(pg_current_snapshot())::text AS fence,
		pg_snapshot_xmin(pg_current_snapshot())::text::bigint >= ? AS ended`, fenceNumber(mark.Fence)).Scan(&now).Error
	switch {
	case err != nil:
	case !now.Ended:
		return mark.EventID, mark, nil
	default:
		limit, next = max(mark.Ceiling, mark.EventID), insightMark{Ceiling: now.Highest, Fence: now.Fence}
		if now.Highest == mark.Ceiling {
			next.Fence = mark.Fence // nothing new: nothing to remember
		}
	}
	return limit, next, err
}

func fenceNumber(fence string) int64 {
	n, _ := strconv.ParseInt(fence, 10, 64) // "" before the first time
	return n
}

// insightBatch is one turn's work.
type insightBatch struct {
	from, to insightMark
	events   []models.Event
	moves    []models.Event // of enrollments to other versions
	people   []int64
	facts    map[int64][]fact
}

// prepare finds whom the events concern and reads their facts.
func (b *insightBatch) prepare(read *gorm.DB) error {
	people, runs := idSet{}, idSet{}
	for _, e := range b.events {
		people.add(e.ProspectID)
		if e.ProspectID == nil {
			runs.add(e.EnrollmentID)
		}
		if e.Kind == models.EventVersionMoved && e.EnrollmentID != nil {
			b.moves = append(b.moves, e)
		}
	}
	if len(runs) > 0 {
		whose, err := load[models.Enrollment](read.Select("id", "prospect_id").Where(anyOf(read, "id", runs.list())))
		if err != nil {
			return err
		}
		for _, e := range whose {
			people.add(&e.ProspectID)
		}
	}
	b.people = people.list()
	if err := b.addSurvivors(read); err != nil {
		return err
	}
	slices.Sort(b.people)
	b.facts = make(map[int64][]fact, len(b.people))
	for chunk := range slices.Chunk(b.people, valuesPerStatement) {
		rows, err := loadPersonRows(read, chunk)
		if err != nil {
			return err
		}
		for id, r := range rows {
			b.addMoves(r)
			b.facts[id] = r.facts()
		}
	}
	return nil
}

// addSurvivors: what one record had, another may have after a merge.
func (b *insightBatch) addSurvivors(read *gorm.DB) error {
	if len(b.people) == 0 {
		return nil
	}
	merged, err := load[models.Prospect](read.Select("id", "merged_into").Where(anyOf(read, "id", b.people)).Where("merged_into IS NOT NULL"))
	for _, p := range merged {
		if !slices.Contains(b.people, *p.MergedInto) {
			b.people = append(b.people, *p.MergedInto)
		}
	}
	return err
}

// addMoves adds what this batch's own events say and the table does not yet.
func (b *insightBatch) addMoves(r *personRows) {
	for _, e := range b.moves {
		for _, run := range r.enrollments {
			if run.ID != *e.EnrollmentID {
				continue
			}
			if r.moves == nil {
				r.moves = map[int64][]versionMove{}
			}
			if m := (versionMove{run.ID, e.At, movedFrom(e)}); m.FromVersion != 0 && !slices.Contains(r.moves[run.ID], m) {
				r.moves[run.ID] = append(r.moves[run.ID], m)
			}
		}
	}
}

func movedFrom(e models.Event) int64 {
	from, _ := strconv.ParseInt(e.Data["from"], 10, 64)
	return from
}

func (b *insightBatch) write(tx *gorm.DB) error {
	if err := mayThink(tx); err != nil {
		return err
	}
	var mark insightMark
	if err := forUpdate(tx).Table("insight_marks").Where("name = ?", insightsMark).Take(&mark).Error; err != nil {
		return err
	}
	if mark != b.from {
		return errRollRaced
	}
	if err := b.keepMoves(tx); err != nil {
		return err
	}
	steps, err := stepNumbers(tx, b.facts)
	if err != nil {
		return err
	}
	teams, err := teamsOf(tx)
	if err != nil {
		return err
	}
	to := cellSink{steps, lanesOf(steps), teams, cellDeltas{}}
	for chunk := range slices.Chunk(b.people, valuesPerStatement) {
		if err := b.change(tx, chunk, to); err != nil {
			return err
		}
	}
	if err := to.deltas.write(tx); err != nil {
		return err
	}
	return tx.Exec("UPDATE insight_marks SET event_id = ?, ceiling = ?, fence = ? WHERE name = ?", b.to.EventID, b.to.Ceiling, b.to.Fence, insightsMark).Error
}

// mayThink lets a transaction rest while a million sums are added up on a busy
// machine. It holds up nothing but other counting.
func mayThink(tx *gorm.DB) error {
	if !isPostgres(tx) {
		return nil
	}
	return tx.Exec("SET LOCAL idle_in_transaction_session_timeout = '2min'").Error
}

func (b *insightBatch) keepMoves(tx *gorm.DB) error {
	for _, e := range b.moves {
		if from := movedFrom(e); from != 0 {
			err := tx.Exec("INSERT INTO insight_moves (event_id, enrollment_id, at, from_version) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
				e.ID, *e.EnrollmentID, e.At, from).Error
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// cellSink is where the differences are gathered, and what they are sorted by.
type cellSink struct {
	steps  map[stepDims]int64
	lanes  map[int64][2]int64
	teams  map[int64]int64
	deltas cellDeltas
}

// change replaces what people are counted for and gathers the difference.
func (b *insightBatch) change(tx *gorm.DB, people []int64, to cellSink) error {
	var rows []struct {
		ProspectID int64
		Counted    []byte
	}
	if err := tx.Table("insight_people").Where(anyOf(tx, "prospect_id", people)).Scan(&rows).Error; err != nil {
		return err
	}
	before := make(map[int64][]byte, len(rows))
	for _, r := range rows {
		before[r.ProspectID] = r.Counted
	}
	var changed []int64
	var counted [][]byte
	for _, id := range people {
		now := numbered(b.facts[id], to.steps)
		packed := packFacts(now)
		if string(packed) == string(before[id]) {
			continue
		}
		was, err := unpackFacts(before[id])
		if err != nil {
			return err
		}
		to.deltas.change(was, now, to.lanes, to.teams)
		changed, counted = append(changed, id), append(counted, packed)
	}
	return keepCounted(tx, changed, counted)
}

func numbered(facts []fact, steps map[stepDims]int64) []countedFact {
	out := make([]countedFact, len(facts))
	for i, f := range facts {
		out[i] = countedFact{Family: f.Family, Rep: f.Rep, Day: f.Day, Cohort: f.Cohort, Slot: f.Slot, Flags: f.flags(), Amount: f.Amount}
		if f.Step != (stepDims{}) {
			out[i].Step = steps[f.Step]
		}
	}
	return out
}

// stepNumbers gives every step of the facts its number, a new one where it
// has none yet. A pursuit's sequence and an answer's channel are steps too,
// with the rest left empty, and so are the lanes of a touch's step. All of
// them are read: they are few, and what people were counted for before may
// be of any.
func stepNumbers(tx *gorm.DB, facts map[int64][]fact) (map[stepDims]int64, error) {
	var rows []insightStep
	if err := tx.Table("insight_steps").Scan(&rows).Error; err != nil {
		return nil, err
	}
	known := make(map[stepDims]int64, len(rows))
	for _, r := range rows {
		known[r.dims()] = r.ID
	}
	for _, all := range facts {
		for _, f := range all {
			for _, dims := range append(f.Step.lanes(), f.Step) {
				if dims == (stepDims{}) || known[dims] != 0 {
					continue
				}
				var id int64
				err := tx.Raw("INSERT INTO insight_steps (sequence_id, version_id, step_key, variant, channel) VALUES (?, ?, ?, ?, ?) RETURNING id",
					dims.Sequence, dims.Version, dims.Step, dims.Variant, dims.Channel).Scan(&id).Error
				if err != nil {
					return nil, err
				}
				known[dims] = id
			}
		}
	}
	return known, nil
}

// lanes that a touch's step is part of; what is no step of a version has none.
func (d stepDims) lanes() []stepDims {
	if d.Version == 0 {
		return nil
	}
	return []stepDims{{Sequence: d.Sequence, Channel: d.Channel}, {Channel: d.Channel}}
}

func lanesOf(steps map[stepDims]int64) map[int64][2]int64 {
	out := make(map[int64][2]int64, len(steps))
	for dims, id := range steps {
		if lanes := dims.lanes(); lanes != nil {
			out[id] = [2]int64{steps[lanes[0]], steps[lanes[1]]}
		}
	}
	return out
}

type insightStep struct {
	ID         int64
	SequenceID int64
	VersionID  int64
	StepKey    string
	Variant    string
	Channel    models.ChannelKind
}

// level of a touch's step; of what is none of a touch's it says nothing.
func (r insightStep) level() level {
	switch {
	case r.VersionID != 0:
		return levelStep
	case r.SequenceID != 0:
		return levelLane
	}
	return levelChannel
}

func (r insightStep) dims() stepDims {
	return stepDims{r.SequenceID, r.VersionID, r.StepKey, r.Variant, r.Channel}
}
