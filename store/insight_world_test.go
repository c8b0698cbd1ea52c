package store_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"followup/models"
	"followup/store"
)

// past is a generated history for the figures, kept beside the database so
// that it can be counted afresh.
type past struct {
	*world
	rand      *rand.Rand
	reps      []models.User
	teams     []models.Team
	sequences []models.Sequence
	versions  map[int64][]int64 // by sequence
	people    []*pastPerson
	serial    int
}

type pastPerson struct {
	models.Prospect
	runs []*pastRun
}

type pastRun struct {
	models.Enrollment
	moves []pastMove
}

type pastMove struct {
	at   time.Time
	from int64
}

var zones = []string{"America/New_York", "Asia/Kolkata", "Pacific/Auckland", "", "Europe/Lisbon"}

func newPast(w *world, seed uint64, people int) *past {
	p := &past{world: w, rand: rand.New(rand.NewPCG(seed, 1)), versions: map[int64][]int64{}}
	for i := range 3 {
		p.reps = append(p.reps, w.user(fmt.Sprintf("Rep %d", i), models.RoleRep))
		p.teams = append(p.teams, models.Team{Name: fmt.Sprintf("Team %d", i), CreatedAt: w.now})
	}
	w.ok(w.db.Create(&p.teams).Error)
	for i := range p.reps {
		p.join(i, i/2)
	}
	for i := range 3 {
		key := fmt.Sprintf("seq-%d", i)
		seq := models.Sequence{Key: key, Name: key, State: models.SequenceActive, CreatedAt: w.now, UpdatedAt: w.now}
		w.ok(w.db.Create(&seq).Error)
		for n := range 2 {
			v := models.SequenceVersion{SequenceID: seq.ID, Number: n + 1, Definition: follow(key), PublishedAt: w.now}
			w.ok(w.db.Create(&v).Error)
			p.versions[seq.ID] = append(p.versions[seq.ID], v.ID)
		}
		p.sequences = append(p.sequences, seq)
	}
	for i := range people {
		person := models.Prospect{OwnerID: p.rep().ID, FirstName: fmt.Sprintf("P%d", i), Zone: zones[p.rand.IntN(len(zones))], CreatedAt: w.now, UpdatedAt: w.now}
		w.ok(w.db.Create(&person).Error)
		p.people = append(p.people, &pastPerson{Prospect: person})
	}
	return p
}

// join takes a rep to another team, or to none.
func (p *past) join(rep, team int) {
	var id *int64
	if team < len(p.teams) {
		id = &p.teams[team].ID
	}
	p.reps[rep].TeamID = id
	p.ok(p.db.Exec("UPDATE users SET team_id = ? WHERE id = ?", id, p.reps[rep].ID).Error)
}

// members of a drawn team.
func (p *past) members() []int64 {
	ids, team := []int64{}, p.teams[p.rand.IntN(len(p.teams))].ID
	for _, rep := range p.reps {
		if rep.TeamID != nil && *rep.TeamID == team {
			ids = append(ids, rep.ID)
		}
	}
	return ids
}

func (p *past) rep() models.User { return p.reps[p.rand.IntN(len(p.reps))] }

// at is some minute of the last hundred days.
func (p *past) at() time.Time {
	return p.now.Add(-time.Duration(p.rand.IntN(100*24*60)) * time.Minute)
}

func (p *past) event(kind models.EventKind, person *pastPerson, enrollment *int64, data map[string]string, at time.Time) {
	e := models.Event{At: at, Actor: models.ActorSystem, Kind: kind, EnrollmentID: enrollment, Data: data}
	if kind != models.EventVersionMoved {
		e.ProspectID = &person.ID
	}
	p.ok(p.db.Create(&e).Error)
}

// something happens to somebody, at some time of the past.
func (p *past) something() {
	person := p.people[p.rand.IntN(len(p.people))]
	at := p.at()
	kind := models.EventTouchEnded
	switch n := p.rand.IntN(20); {
	case len(person.runs) == 0 || n == 0:
		p.enrollSomebody(person, at)
		return
	case n < 8:
		p.touchSomebody(person, at)
	case n < 11:
		p.hear(person, at)
		kind = models.EventInbound
	case n == 11:
		p.markSomething(person)
		kind = models.EventReplyMarked
	case n == 12:
		p.bookSomething(person, at)
		kind = models.EventBooked
	case n == 13:
		p.ok(p.db.Create(&models.Suppression{Scope: models.SuppressPerson, ProspectID: &person.ID, By: models.ActorCustomer, CreatedAt: at}).Error)
		kind = models.EventSuppressed
	case n == 14:
		p.pursueSomebody(person, at)
		kind = models.EventPursuit
	case n == 15:
		p.promise(person, at)
		kind = models.EventCommitment
	case n == 16:
		p.move(person)
		return
	case n == 17:
		person.OwnerID, person.Zone = p.rep().ID, zones[p.rand.IntN(len(zones))]
		p.ok(p.db.Exec("UPDATE prospects SET owner_id = ?, zone = ? WHERE id = ?", person.OwnerID, person.Zone, person.ID).Error)
		kind = models.EventProspectChanged
	case n == 18:
		p.win(person, at)
		kind = models.EventFinished
	default:
		p.writeElsewhere(person, at)
		kind = models.EventAnswered
	}
	p.event(kind, person, nil, nil, p.now)
}

func (p *past) enrollSomebody(person *pastPerson, at time.Time) {
	seq := p.sequences[p.rand.IntN(len(p.sequences))]
	e := models.Enrollment{ProspectID: person.ID, SequenceID: seq.ID, VersionID: p.versions[seq.ID][0], RepID: p.rep().ID,
		State: models.EnrollmentFinished, StartedAt: at, UpdatedAt: at}
	p.ok(p.db.Create(&e).Error)
	person.runs = append(person.runs, &pastRun{Enrollment: e})
	p.event(models.EventEnrolled, person, &e.ID, nil, at)
}

var pastChannels = []models.ChannelKind{models.ChannelEmail, models.ChannelSMS, models.ChannelVoicemail, models.ChannelCall}

func (p *past) touchSomebody(person *pastPerson, at time.Time) {
	run := person.runs[p.rand.IntN(len(person.runs))]
	p.serial++
	t := models.Touch{
		ProspectID: person.ID, EnrollmentID: &run.ID, StepKey: fmt.Sprintf("s%d", p.rand.IntN(3)), Occurrence: fmt.Sprint(p.serial), Kind: models.TouchMessage,
		Variant: []string{"", "b"}[p.rand.IntN(2)], Channel: pastChannels[p.rand.IntN(len(pastChannels))], Purpose: models.PurposeFollowUp,
		RepID: p.rep().ID, State: models.TouchSent, DueAt: at, PromisedAt: at, PlannedAt: at, EndedAt: &at, UpdatedAt: at,
	}
	switch {
	case p.rand.IntN(8) == 0:
		t.State = models.TouchSkipped // does not count
	case p.rand.IntN(8) == 0:
		t.Purpose, t.EnrollmentID, t.StepKey = models.PurposeAnswer, nil, "" // our answer
	case t.Channel == models.ChannelCall:
		t.Kind, t.State = models.TouchTask, models.TouchDone
	}
	p.ok(p.db.Create(&t).Error)
	if t.State == models.TouchDone {
		task := models.Task{Kind: models.TaskCall, State: models.TaskDone, UserID: t.RepID, ProspectID: &person.ID, TouchID: &t.ID, DueAt: at,
			Outcome: models.CallOutcomes[p.rand.IntN(len(models.CallOutcomes))], CreatedAt: at, UpdatedAt: at, ClosedAt: &at}
		p.ok(p.db.Create(&task).Error)
	}
}

func (p *past) hear(person *pastPerson, at time.Time) {
	classes := []models.InboundClass{models.ClassHuman, models.ClassHuman, models.ClassAutomatic, models.ClassOptOut}
	m := models.Message{ProspectID: &person.ID, Direction: models.Inbound, Channel: pastChannels[p.rand.IntN(len(pastChannels))],
		State: models.MessageReceived, Class: classes[p.rand.IntN(len(classes))], CreatedAt: at, SentAt: &at}
	p.ok(p.db.Create(&m).Error)
}

func (p *past) markSomething(person *pastPerson) {
	p.ok(p.db.Exec("UPDATE messages SET mark = 'positive' WHERE id = (SELECT MAX(id) FROM messages WHERE prospect_id = ? AND class = 'human_reply')", person.ID).Error)
}

func (p *past) writeElsewhere(person *pastPerson, at time.Time) {
	rep := p.rep()
	m := models.Message{ProspectID: &person.ID, Direction: models.Outbound, Channel: models.ChannelEmail, State: models.MessageSent, UserID: &rep.ID, CreatedAt: at, SentAt: &at}
	p.ok(p.db.Create(&m).Error)
}

func (p *past) bookSomething(person *pastPerson, at time.Time) {
	states := []models.AppointmentState{models.AppointmentBooked, models.AppointmentHeld, models.AppointmentUnheld, models.AppointmentMissed, models.AppointmentCanceled}
	ended := at.Add(49 * time.Hour)
	a := models.Appointment{ProspectID: person.ID, RepID: p.rep().ID, StartsAt: at.Add(48 * time.Hour), Revision: 1, State: states[p.rand.IntN(len(states))],
		CreatedAt: at, UpdatedAt: at, EndedAt: &ended}
	p.ok(p.db.Create(&a).Error)
	if p.rand.IntN(2) == 0 {
		dialed := a.StartsAt.Add(time.Duration(p.rand.IntN(30)-3) * time.Minute)
		p.ok(p.db.Create(&models.Task{Kind: models.TaskCall, State: models.TaskDone, UserID: a.RepID, ProspectID: &person.ID, AppointmentID: &a.ID,
			DueAt: a.StartsAt, DialedAt: &dialed, Outcome: models.OutcomeConnected, CreatedAt: at, UpdatedAt: at, ClosedAt: &ended}).Error)
	}
}

func (p *past) pursueSomebody(person *pastPerson, at time.Time) {
	ended := at.Add(time.Duration(p.rand.IntN(20*24)) * time.Hour)
	ends := []models.PursuitEnd{models.PursuitReply, models.PursuitCall, models.PursuitRestart}
	p.ok(p.db.Create(&models.Pursuit{ProspectID: person.ID, FollowUps: p.rand.IntN(25), StartedAt: at, EndedAt: &ended, EndedBy: ends[p.rand.IntN(len(ends))]}).Error)
}

func (p *past) promise(person *pastPerson, at time.Time) {
	states := []models.CommitmentState{models.CommitmentOpen, models.CommitmentKept, models.CommitmentBroken}
	values := []string{"", "$1,200 a month", "two days of work", "3k"}
	p.ok(p.db.Create(&models.Commitment{ProspectID: person.ID, RepID: p.rep().ID, Value: values[p.rand.IntN(len(values))],
		DueOn: models.DateOf(at, time.UTC), State: states[p.rand.IntN(len(states))], CreatedAt: at, UpdatedAt: at}).Error)
}

// move takes a run to its sequence's other version, now: what was before
// belongs to the old one.
func (p *past) move(person *pastPerson) {
	run := person.runs[p.rand.IntN(len(person.runs))]
	versions := p.versions[run.SequenceID]
	to := versions[p.rand.IntN(len(versions))]
	if to == run.VersionID {
		return
	}
	at := p.now.Add(-time.Duration(p.rand.IntN(20*24*60)) * time.Minute)
	if n := len(run.moves); n > 0 && !at.After(run.moves[n-1].at) {
		at = run.moves[n-1].at.Add(time.Minute)
	}
	run.moves = append(run.moves, pastMove{at, run.VersionID})
	p.ok(p.db.Exec("UPDATE enrollments SET version_id = ? WHERE id = ?", to, run.ID).Error)
	p.event(models.EventVersionMoved, person, &run.ID, map[string]string{"version": strconv.FormatInt(to, 10), "from": strconv.FormatInt(run.VersionID, 10)}, at)
	run.VersionID = to
}

func (p *past) win(person *pastPerson, at time.Time) {
	run := person.runs[p.rand.IntN(len(person.runs))]
	p.ok(p.db.Exec("UPDATE enrollments SET outcome = 'won', finished_at = ? WHERE id = ?", at, run.ID).Error)
}

// filter draws one.
func (p *past) filter() store.InsightFilter {
	var f store.InsightFilter
	if p.rand.IntN(3) > 0 {
		f.From = models.DateOf(p.at(), time.UTC)
	}
	if p.rand.IntN(3) > 0 {
		f.To = models.DateOf(p.at(), time.UTC)
	}
	if p.rand.IntN(3) == 0 {
		f.Sequence = p.sequences[p.rand.IntN(len(p.sequences))].ID
		if p.rand.IntN(2) == 0 {
			f.Version = p.versions[f.Sequence][p.rand.IntN(2)]
		}
	}
	if p.rand.IntN(4) == 0 {
		f.Step = fmt.Sprintf("s%d", p.rand.IntN(3))
	}
	if p.rand.IntN(4) == 0 {
		f.Channel = pastChannels[p.rand.IntN(len(pastChannels))]
	}
	switch p.rand.IntN(4) {
	case 0:
		f.Reps = []int64{p.reps[0].ID, p.reps[p.rand.IntN(len(p.reps))].ID}
	case 1:
		f.Reps = p.members()
	}
	f.Cohort = p.rand.IntN(5) == 0
	return f
}
