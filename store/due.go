package store

import (
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// dueLoader gathers, for one batch of touches whose prospects are locked, all
// that the gate and the rendering look at.
type dueLoader struct {
	*crowd
	enrollments  map[int64]*models.Enrollment
	versions     map[int64]*models.SequenceVersion
	reps         map[int64]models.User
	senders      map[int64]*models.Sender
	appointments map[int64]*models.Appointment
	commitments  map[int64]*models.Commitment
	discoveries  map[int64]*models.Discovery
	lastMails    map[int64]*models.Message
	lastCalls    map[int64]models.Task
	recent       map[int64][]models.RecentTouch
	fresh        map[int64]*models.TalkingPoint
	reached      map[int64][]models.Reached
}

// loadDues builds the batch in the order of the touches. Touches whose sender
// cannot be used (its secrets do not open) come back apart, as decisions.
func (s *Store) loadDues(tx *gorm.DB, touches []models.Touch, now time.Time) ([]models.Due, []models.Decision, error) {
	people := idSet{}
	for i := range touches {
		people.add(&touches[i].ProspectID)
	}
	l := &dueLoader{}
	var err error
	if l.crowd, err = loadCrowd(tx, people.list(), now); err != nil {
		return nil, nil, err
	}
	if err := s.loadAround(tx, l, touches, now); err != nil {
		return nil, nil, err
	}
	dues := make([]models.Due, 0, len(touches))
	var refused []models.Decision
	for _, t := range touches {
		d, ok := l.due(t)
		if !ok {
			continue
		}
		if d.Sender != nil {
			if err := s.openSecrets(d.Sender); err != nil {
				s.log.Error("a sender's secrets do not open", "sender", d.Sender.ID, "error", err)
				refused = append(refused, models.Decision{TouchID: t.ID, Action: models.DecideHold,
					Reason: models.HoldSenderStopped, Detail: err.Error(), Until: now.Add(setAsideFor)})
				continue
			}
		}
		dues = append(dues, d)
	}
	return dues, refused, nil
}

func (s *Store) loadAround(tx *gorm.DB, l *dueLoader, touches []models.Touch, now time.Time) error {
	enrolled, reps, senders, booked, letters := idSet{}, idSet{}, idSet{}, idSet{}, idSet{}
	for i := range touches {
		t := &touches[i]
		enrolled.add(t.EnrollmentID)
		reps.add(&t.RepID)
		senders.add(t.SenderID)
		booked.add(t.AppointmentID)
		if t.Kind == models.TouchMessage {
			letters.add(&t.ProspectID)
		}
	}
	people := make([]int64, 0, len(l.prospects))
	for id := range l.prospects {
		people = append(people, id)
	}
	es, err := enrollmentsByID(tx, enrolled.list())
	if err != nil {
		return err
	}
	l.enrollments = map[int64]*models.Enrollment{}
	versions, promised := idSet{}, idSet{}
	for i := range es {
		e := &es[i]
		l.enrollments[e.ID] = e
		versions.add(&e.VersionID)
		booked.add(e.AppointmentID)
		promised.add(e.CommitmentID)
	}
	if l.versions, err = versionsByID(tx, versions.list()); err != nil {
		return err
	}
	if l.reps, err = byID(tx, reps.list(), func(u models.User) int64 { return u.ID }); err != nil {
		return err
	}
	if l.senders, err = pointers(tx, "id", senders.list(), func(s models.Sender) int64 { return s.ID }); err != nil {
		return err
	}
	if l.appointments, err = pointers(tx, "id", booked.list(), func(a models.Appointment) int64 { return a.ID }); err != nil {
		return err
	}
	if l.commitments, err = pointers(tx, "id", promised.list(), func(c models.Commitment) int64 { return c.ID }); err != nil {
		return err
	}
	if l.discoveries, err = pointers(tx, "prospect_id", people, func(d models.Discovery) int64 { return d.ProspectID }); err != nil {
		return err
	}
	if l.lastMails, err = lastMails(tx, letters.list()); err != nil {
		return err
	}
	if l.lastCalls, err = lastCalls(tx, es, l.versions, l.appointments); err != nil {
		return err
	}
	if l.recent, err = l.recentTouches(tx, people, now); err != nil {
		return err
	}
	if err := l.reachedByPhone(tx, touches); err != nil {
		return err
	}
	l.fresh, err = unheard(tx, people, l.wanted(), now)
	return err
}

// wanted are the reasons for which people were enrolled.
func (l *dueLoader) wanted() map[int64]int64 {
	wanted := map[int64]int64{}
	for _, e := range l.enrollments {
		if e.TalkingPointID != nil {
			wanted[e.ProspectID] = *e.TalkingPointID
		}
	}
	return wanted
}

func (l *dueLoader) due(t models.Touch) (models.Due, bool) {
	p, ok := l.prospects[t.ProspectID]
	if !ok {
		return models.Due{}, false
	}
	d := models.Due{
		Touch: t, Prospect: p, Company: l.companyOf(p), CompanyHold: l.holdOn(p), Rep: l.reps[t.RepID],
		ContactPoints: l.points[p.ID], Consents: l.consents[p.ID], Suppressions: l.suppressionsOf(p),
		Conversation: l.conversationOf(p), Unread: l.unreadOf(p), Discovery: l.discoveries[p.ID], TalkingPoint: l.fresh[p.ID],
		Pursuit: l.pursuitOf(p), Recent: l.recent[p.ID], LastMail: l.lastMails[p.ID], Settings: l.settings,
		Reached: l.reached[p.ID],
	}
	if t.SenderID != nil {
		d.Sender = l.senders[*t.SenderID]
	}
	if t.AppointmentID != nil {
		d.Appointment = l.appointments[*t.AppointmentID]
	}
	if t.EnrollmentID == nil {
		return d, true
	}
	e := l.enrollments[*t.EnrollmentID]
	if e == nil {
		return d, true
	}
	d.Enrollment, d.Version, d.LastCall = e, l.versions[e.VersionID], l.lastCalls[e.ID].Outcome
	if d.Appointment == nil && e.AppointmentID != nil {
		d.Appointment = l.appointments[*e.AppointmentID]
	}
	if e.CommitmentID != nil {
		d.Commitment = l.commitments[*e.CommitmentID]
	}
	return d, true
}

// enrollmentsByID reads enrollments with their pauses; whoever asks holds
// their prospects' locks.
func enrollmentsByID(tx *gorm.DB, ids []int64) ([]models.Enrollment, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	es, err := load[models.Enrollment](tx.Where(anyOf(tx, "id", ids)).Order("id"))
	if err != nil {
		return nil, err
	}
	resting, err := load[models.Pause](tx.Where(anyOf(tx, "enrollment_id", ids)).Order("id"))
	if err != nil {
		return nil, err
	}
	for i := range es {
		for _, p := range resting {
			if p.EnrollmentID == es[i].ID {
				es[i].Pauses = append(es[i].Pauses, p)
			}
		}
	}
	return es, nil
}

// lastMails finds the last email with each prospect, for the thread. The
// texts stay behind: a thread needs the headers only.
func lastMails(tx *gorm.DB, prospectIDs []int64) (map[int64]*models.Message, error) {
	out := map[int64]*models.Message{}
	if len(prospectIDs) == 0 {
		return out, nil
	}
	// One look at the end of each person's messages; asked for in one go with
	// the rows, the whole table is read where it was analysed while it was young.
	var newest []int64
	err := tx.Raw(`SELECT n.id FROM (SELECT (SELECT m.id FROM messages m WHERE m.prospect_id = p.id AND m.mail_id <> ''
		AND m.state NOT IN ('queued', 'failed') ORDER BY m.prospect_id DESC, m.id DESC LIMIT 1) AS id FROM prospects p WHERE ?) n
		WHERE n.id IS NOT NULL`, anyOf(tx, "p.id", prospectIDs)).Scan(&newest).Error
	if err != nil || len(newest) == 0 {
		return out, err
	}
	mails, err := load[models.Message](tx.Omit("Text", "HTML", "Visible").Where(anyOf(tx, "id", newest)))
	if err != nil {
		return nil, err
	}
	for i := range mails {
		out[*mails[i].ProspectID] = &mails[i]
	}
	return out, nil
}

// LibraryLimit bounds how much of the shared library is looked through and listed.
const LibraryLimit = 200

// unheard picks for each prospect a talking point that they have not heard and
// that has neither expired nor been retired: the one that is wanted for them,
// else the newest.
func unheard(tx *gorm.DB, prospectIDs []int64, wanted map[int64]int64, now time.Time) (map[int64]*models.TalkingPoint, error) {
	out := map[int64]*models.TalkingPoint{}
	offered := func() *gorm.DB {
		return tx.Where("retired_at IS NULL AND state = 'published' AND (expires_on = '' OR expires_on >= ?)", models.DateOf(now, time.UTC))
	}
	library, err := load[models.TalkingPoint](offered().Order("id DESC").Limit(LibraryLimit))
	if err != nil || len(library) == 0 {
		return out, err
	}
	if len(library) == LibraryLimit { // older ones are offered to those who were enrolled for them
		older := idSet{}
		for _, id := range wanted {
			if id < library[LibraryLimit-1].ID {
				older.add(&id)
			}
		}
		if len(older) > 0 {
			rows, err := load[models.TalkingPoint](offered().Where(anyOf(tx, "id", older.list())))
			if err != nil {
				return nil, err
			}
			library = append(library, rows...)
		}
	}
	uses, err := load[models.TalkingPointUse](tx.Where(anyOf(tx, "prospect_id", prospectIDs)))
	if err != nil {
		return nil, err
	}
	type pair struct{ prospect, point int64 }
	heard := make(map[pair]bool, len(uses))
	for _, u := range uses {
		heard[pair{u.ProspectID, u.TalkingPointID}] = true
	}
	for _, id := range prospectIDs {
		for i := range library {
			tp := &library[i]
			if !heard[pair{id, tp.ID}] && (out[id] == nil || tp.ID == wanted[id]) {
				out[id] = tp
			}
			if out[id] != nil && wanted[id] == 0 {
				break
			}
		}
	}
	return out, nil
}

// pointers loads rows into a map of pointers by the column.
func pointers[T any](tx *gorm.DB, column string, ids []int64, id func(T) int64) (map[int64]*T, error) {
	out := make(map[int64]*T, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	rows, err := load[T](tx.Where(anyOf(tx, column, ids)))
	if err != nil {
		return nil, err
	}
	for i := range rows {
		out[id(rows[i])] = &rows[i]
	}
	return out, nil
}
