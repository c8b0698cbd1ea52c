package store_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"
	"pgregory.net/rapid"

	"followup/channels"
	"followup/channels/sandbox"
	"followup/crm"
	"followup/models"
	"followup/scheduler"
	"followup/store"
	"followup/store/storetest"
	"followup/templates"
)

// TestMovesOnSQLite and its twin: whatever is edited, published and moved,
// whenever, nobody gets a step twice, nobody misses one that should come, and
// nobody is stranded.
func TestMovesOnSQLite(t *testing.T) {
	s, err := store.Open(t.Context(), store.Options{DSN: "/followup-moves", Key: bytes.Repeat([]byte{7}, 32), Clock: func() time.Time { return storetest.Now }, Log: slog.New(slog.DiscardHandler), Volatile: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	moves(t, s)
}

func TestMovesOnPostgres(t *testing.T) {
	storetest.OnPostgres(t, moves)
}

func moves(t *testing.T, s *store.Store) {
	desk := storetest.Seed(t, s)
	runs := 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		m := newMover(t, s, desk, runs)
		m.play()
		m.judge()
	})
}

// mover plays one sequence with a few people in it.
type mover struct {
	*rapid.T
	ctx     context.Context
	store   *store.Store
	crm     *crm.Service
	engine  *scheduler.Scheduler
	desk    storetest.World
	now     time.Time
	def     models.Definition // what was published last
	fresh   int               // steps invented so far
	sent    map[int64]map[string]int
	people  []int64 // enrollments
	stories map[int64][]string
	faulty  bool
}

func newMover(t *rapid.T, s *store.Store, desk storetest.World, run int) *mover {
	m := &mover{T: t, ctx: context.Background(), store: s, desk: desk, now: storetest.Now.Add(time.Duration(run) * time.Second), sent: map[int64]map[string]int{}, stories: map[int64][]string{}}
	m.faulty = rapid.Bool().Draw(t, "faults")
	reg := channels.NewRegistry()
	clock := func() time.Time { return m.now }
	for _, kind := range []models.ChannelKind{models.ChannelEmail, models.ChannelSMS, models.ChannelVoicemail} {
		reg.Add(models.ProviderSandbox, sandbox.New(kind, sandbox.Options{Clock: clock, OnSend: m.took, Faults: m.fault}))
	}
	m.engine = &scheduler.Scheduler{Store: s, Channels: reg, Clock: clock, Log: slog.New(slog.DiscardHandler), Synchronous: true, SendFor: time.Hour, LongestSend: time.Minute}
	m.crm = &crm.Service{Store: s, Clock: clock, Log: slog.New(slog.DiscardHandler)}
	m.def = models.Definition{Key: fmt.Sprintf("moves-%d", run), Name: "Moves", OnReply: models.ReplyPause}
	for range rapid.IntRange(1, 5).Draw(t, "steps") {
		m.def.Steps = append(m.def.Steps, m.step())
	}
	m.publish(false, nil)
	seq, err := s.SequenceByKey(m.ctx, m.def.Key)
	m.must(err)
	for i := range rapid.IntRange(1, 3).Draw(t, "people") {
		p, err := s.CreateProspect(m.ctx, models.Prospect{OwnerID: desk.Rep.ID, FirstName: "P", LastName: fmt.Sprint(run, i), Zone: "America/New_York", Locale: "en-US", Country: "US", Region: "NY"},
			nil, []models.ContactPoint{{Kind: models.ContactEmail, Value: fmt.Sprintf("p%d-%d@example.com", run, i)},
				{Kind: models.ContactPhone, Value: fmt.Sprintf("+1212555%04d", 100+(run*3+i)%100), Position: 1}}, storetest.Consents(1, 2), models.ActorSystem, m.now)
		m.must(err)
		e, err := m.engine.Enroll(m.ctx, scheduler.EnrollRequest{ProspectID: p.ID, SequenceID: seq.ID, RepID: desk.Rep.ID, By: models.ActorSystem})
		m.must(err)
		m.people = append(m.people, e.ID)
	}
	return m
}

func (m *mover) must(err error) {
	if err != nil {
		m.Fatalf("%v", err)
	}
}

func (m *mover) pick(n int, what string) int { return rapid.IntRange(0, n-1).Draw(m.T, what) }

// took counts what reaches a customer.
func (m *mover) took(msg models.Message) {
	var t models.Touch
	m.must(store.RawDB(m.store).Where("id = ?", *msg.TouchID).Take(&t).Error)
	if m.sent[*t.EnrollmentID] == nil {
		m.sent[*t.EnrollmentID] = map[string]int{}
	}
	m.sent[*t.EnrollmentID][t.StepKey]++
}

func (m *mover) fault(models.Message) *channels.SendError {
	if !m.faulty || m.pick(4, "fault") > 0 {
		return nil
	}
	if m.pick(2, "kind of fault") == 0 {
		return &channels.SendError{Class: models.SendTransient, Code: "later", Detail: "not now"}
	}
	return &channels.SendError{Class: models.SendAmbiguous, Code: "lost", Detail: "the answer was lost"}
}

func (m *mover) step() models.Step {
	m.fresh++
	s := models.Step{Key: fmt.Sprintf("s%d", m.fresh), Purpose: models.PurposeRecurring, Timing: models.Timing{Kind: models.TimingAfter, Hours: m.pick(40, "hours")}}
	s.Purpose = models.PurposeFollowUp
	if m.pick(4, "channel") == 0 {
		s.Channel, s.TalkingPoint = models.ChannelCall, "you can see it"
	} else {
		s.Channel, s.Subject, s.Body = models.ChannelEmail, "S", "B"
		if m.pick(4, "variants") == 0 {
			s.Variants = []models.Variant{{Key: "a", Weight: 1}, {Key: "b", Weight: 1, Body: "C"}}
		}
	}
	return s
}

// edit changes the steps in any way that a manager can.
func (m *mover) edit() {
	steps := slices.Clone(m.def.Steps)
	for range rapid.IntRange(1, 3).Draw(m.T, "edits") {
		i := m.pick(len(steps), "at")
		switch m.pick(9, "edit") {
		case 0:
			steps = slices.Insert(steps, i, m.step())
		case 1:
			if len(steps) > 1 {
				steps = slices.Delete(steps, i, i+1)
			}
		case 2:
			j := m.pick(len(steps), "with")
			steps[i], steps[j] = steps[j], steps[i]
		case 3:
			steps[i].Disabled = !steps[i].Disabled
		case 4:
			steps[i].Timing = models.Timing{Kind: models.TimingAfter, Hours: m.pick(60, "hours")}
		case 5: // another channel, with its own texts
			key, when := steps[i].Key, steps[i].When
			steps[i] = m.step()
			steps[i].Key, steps[i].When = key, when
		case 6: // only after a call that ended so
			steps[i].When.Call = []string{"", "answered", "unanswered", "no_answer"}[m.pick(4, "condition")]
		case 7: // on a day that may have passed
			on := models.DateOf(m.now, time.UTC).AddDays(m.pick(6, "day") - 2)
			steps[i].Timing = models.Timing{Kind: models.TimingDate, On: on}
		default:
			if steps[i].Body != "" {
				steps[i].Body += "!"
			}
		}
	}
	if !slices.ContainsFunc(steps, func(s models.Step) bool { return !s.Disabled }) {
		steps[0].Disabled = false
	}
	called := false // a condition wants a call before it
	for i := range steps {
		if !called {
			steps[i].When = models.Condition{}
		}
		called = called || steps[i].Channel == models.ChannelCall
	}
	m.def.Steps = steps
}

func (m *mover) publish(move bool, goOn map[string]string) {
	source, err := templates.FormatSequence(m.def)
	m.must(err)
	var revision int64
	if seq, err := m.store.SequenceByKey(m.ctx, m.def.Key); err == nil {
		revision = seq.Revision
	}
	v, _, err := m.crm.PublishVersion(m.ctx, m.desk.Rep.ID, crm.PublishRequest{Key: m.def.Key, Source: string(source), Override: "a test", Revision: revision, Move: move, GoOnAt: goOn})
	m.must(err)
	m.def = v.Definition
}

// goOn chooses for some of the steps that are gone where those go on.
func (m *mover) goOn() map[string]string {
	seq, err := m.store.SequenceByKey(m.ctx, m.def.Key)
	m.must(err)
	last, err := m.store.LastSteps(m.ctx, seq.ID)
	m.must(err)
	chosen := map[string]string{}
	for key := range last {
		if m.def.Index(key) < 0 && m.pick(2, "choose") == 0 {
			chosen[key] = m.def.Steps[m.pick(len(m.def.Steps), "go on")].Key
		}
	}
	return chosen
}

func (m *mover) play() {
	for range rapid.IntRange(3, 20).Draw(m.T, "turns") {
		switch m.pick(7, "turn") {
		case 0, 1:
			m.edit()
			move := m.pick(3, "move") > 0
			var goOn map[string]string
			if move {
				goOn = m.goOn()
			}
			m.publish(move, goOn)
		case 2:
			m.hands()
		case 3:
			id := m.people[m.pick(len(m.people), "who")]
			if e := m.enrollment(id); e.Active() {
				m.must(m.crm.PauseEnrollment(m.ctx, "user:1", id, nil))
			} else if e.State == models.EnrollmentPaused && !e.PausedFor(models.PauseNeedsAttention) {
				m.must(m.crm.ResumeEnrollment(m.ctx, "user:1", id))
			}
		default:
			m.now = m.now.Add(time.Duration(1+m.pick(30*60, "minutes")) * time.Minute)
		}
		m.tick()
	}
	// Then nobody edits any more, and everything comes to its end.
	m.faulty = false
	for range 400 {
		m.tick()
		m.hands()
		for _, id := range m.people {
			if e := m.enrollment(id); e.State == models.EnrollmentPaused && !e.PausedFor(models.PauseNeedsAttention) {
				m.must(m.crm.ResumeEnrollment(m.ctx, "user:1", id))
			}
		}
		if m.over() {
			return
		}
		m.now = m.now.Add(6 * time.Hour)
	}
}

func (m *mover) tick() { m.must(m.engine.Tick(m.ctx, m.now)) }

func (m *mover) over() bool {
	var live int64
	m.must(store.RawDB(m.store).Model(&models.Enrollment{}).Where("id IN ? AND state <> ?", m.people, models.EnrollmentFinished).Count(&live).Error)
	return live == 0
}

func (m *mover) enrollment(id int64) models.Enrollment {
	e, err := store.EnrollmentNow(m.store, id)
	m.must(err)
	return e
}

// hands does what tasks ask for.
func (m *mover) hands() {
	var tasks []models.Task
	m.must(store.RawDB(m.store).Where("state = ?", models.TaskOpen).Order("id").Find(&tasks).Error)
	for _, t := range tasks {
		switch {
		case t.Kind == models.TaskCall:
			_, err := m.crm.CloseCall(m.ctx, crm.CallReport{UserID: m.desk.Rep.ID, TaskID: t.ID, Outcome: models.OutcomeNoAnswer})
			m.must(err)
		case t.Reason == models.AttentionVersion:
			in, err := m.store.PlanOf(m.ctx, *t.EnrollmentID)
			m.must(err)
			if in.Pending == nil {
				m.Fatalf("task %d asks for a place and nothing is pending", t.ID)
			}
			at := ""
			if m.pick(2, "place") == 0 {
				at = in.Pending.Definition.Steps[m.pick(len(in.Pending.Definition.Steps), "where")].Key
			}
			m.must(m.crm.PlaceEnrollment(m.ctx, models.UserActor(m.desk.Rep.ID), *t.EnrollmentID, at))
		default:
			_, err := m.crm.CloseTask(m.ctx, m.desk.Rep.ID, t.ID, models.TaskDone, "")
			m.must(err)
		}
	}
}

// judge reads the trail of each enrollment.
func (m *mover) judge() {
	db := store.RawDB(m.store)
	for _, id := range m.people {
		for key, n := range m.sent[id] {
			if n > 1 {
				m.Errorf("enrollment %d: step %s reached the customer %d times\n%s", id, key, n, m.trail(db, id))
			}
		}
		if e := m.enrollment(id); e.Live() {
			m.Errorf("enrollment %d is stranded: %s %v\n%s", id, e.State, e.Pauses, m.trail(db, id))
			continue
		}
		m.judgeOrder(db, id)
	}
}

// judgeOrder: between two steps that follow each other nothing lies, in the
// version that ran then, but what was made before.
func (m *mover) judgeOrder(db *gorm.DB, id int64) {
	var e models.Enrollment
	m.must(db.Where("id = ?", id).Take(&e).Error)
	var events []models.Event
	m.must(db.Where("enrollment_id = ?", id).Order("id").Find(&events).Error)
	var first models.SequenceVersion
	m.must(db.Where("sequence_id = ? AND number = 1", e.SequenceID).Take(&first).Error)
	def, at, made := first.Definition, -1, map[string]bool{}
	lost := false // the place was chosen by a person
	for _, ev := range events {
		switch {
		case ev.Kind == models.EventVersionMoved:
			last := ""
			if at >= 0 {
				last = def.Steps[at].Key
			}
			var v models.SequenceVersion
			m.must(db.Where("id = ?", ev.Data["version"]).Take(&v).Error)
			def = v.Definition
			if last != "" && !lost {
				at = def.Index(last)
				lost = at < 0
			}
		case ev.Kind == models.EventTouchEnded && ev.Code != string(models.TouchCanceled):
			var t models.Touch
			m.must(db.Where("id = ?", *ev.TouchID).Take(&t).Error)
			if made[t.StepKey] {
				m.Errorf("enrollment %d: step %s was made twice\n%s", id, t.StepKey, m.trail(db, id))
			}
			made[t.StepKey] = true
			i := def.Index(t.StepKey)
			if i < 0 {
				m.Errorf("enrollment %d: step %s is not in the version that ran\n%s", id, t.StepKey, m.trail(db, id))
				continue
			}
			for j := at + 1; j < i && !lost; j++ {
				if !made[def.Steps[j].Key] {
					m.Errorf("enrollment %d: step %s was left out before %s\n%s", id, def.Steps[j].Key, t.StepKey, m.trail(db, id))
				}
			}
			at, lost = i, false
		}
	}
	for j := at + 1; j < len(def.Steps) && !lost && e.Outcome == models.FinishCompleted; j++ {
		if !made[def.Steps[j].Key] {
			m.Errorf("enrollment %d ended without step %s\n%s", id, def.Steps[j].Key, m.trail(db, id))
		}
	}
}

func (m *mover) trail(db *gorm.DB, id int64) string {
	var events []models.Event
	m.must(db.Where("enrollment_id = ?", id).Order("id").Find(&events).Error)
	var b strings.Builder
	for _, ev := range events {
		step := ""
		if ev.TouchID != nil {
			var t models.Touch
			m.must(db.Where("id = ?", *ev.TouchID).Take(&t).Error)
			step = t.StepKey
		}
		fmt.Fprintf(&b, "%s %s %s %s %v\n", ev.At.Format(time.RFC3339), ev.Kind, step, ev.Code, ev.Data)
	}
	return b.String()
}
