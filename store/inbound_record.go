package store

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"followup/models"
)

// RecordInbound commits an understood inbound: the message, the conversation
// and what engage decides for the person as they are now, in one transaction
// that holds the prospect's lock. A raw that has its message is a repeat.
func (s *Store) RecordInbound(ctx context.Context, rec models.InboundRecord, engage func(models.Person) models.Effects) (models.Recorded, error) {
	var done models.Recorded
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		done = models.Recorded{}
		tx, writeEvents := gatherEvents(tx)
		r := inboundRecording{tx: tx, rec: rec, done: &done, workdays: s.workdays}
		record := func() error { return r.matched(engage) }
		if rec.Match.ProspectID == nil {
			record = r.unmatched
		}
		if err := record(); err != nil {
			return err
		}
		if err := r.others(engage); err != nil {
			return err
		}
		return writeEvents()
	})
	if err != nil {
		return models.Recorded{}, shown(err)
	}
	return done, nil
}

// inboundRecording is one inbound being recorded, within its transaction.
type inboundRecording struct {
	tx   *gorm.DB
	rec  models.InboundRecord
	raw  *models.Raw
	msg  models.Message
	done *models.Recorded
	// alone: neither colleagues nor other records with the address had a
	// running sequence when their people were to be locked. One that begins
	// meanwhile could begin after this transaction as well.
	alone bool
	// workdays: see Options.
	workdays Workdays
}

func (r *inboundRecording) matched(engage func(models.Person) models.Effects) error {
	prospect, err := r.lockPeople()
	if err != nil {
		return err
	}
	if repeat, err := r.lockRaw(); repeat || err != nil {
		return err
	}
	person, err := r.person(prospect)
	if err != nil {
		return err
	}
	if err := r.returnsCall(prospect); err != nil {
		return err
	}
	effects := engage(person)
	if err := r.insert(&prospect.ID); err != nil {
		return err
	}
	if err := r.conclude(prospect, person, effects, models.ActorCustomer); err != nil {
		return err
	}
	return r.finishRaw()
}

// others records what a report on several recipients says of further people,
// who are locked already.
func (r *inboundRecording) others(engage func(models.Person) models.Effects) error {
	if r.done.Repeat {
		return nil
	}
	for _, rec := range r.rec.Others {
		var done models.Recorded
		other := inboundRecording{tx: r.tx, rec: rec, done: &done, workdays: r.workdays}
		if err := other.matched(engage); err != nil {
			return err
		}
	}
	return nil
}

// person loads whom the message is from, with what engaging looks at.
func (r *inboundRecording) person(prospect models.Prospect) (models.Person, error) {
	person, err := loadOwn(r.tx, prospect, true)
	if err != nil || r.alone {
		return person, err
	}
	if person.Colleagues, err = colleaguesOf(r.tx, prospect); err != nil {
		return person, err
	}
	if r.rec.Verdict.Class.Engagement() {
		person.Sharing, err = sharingWith(r.tx, r.rec.Message.FromAddress, prospect.ID)
	}
	return person, err
}

// conclude does what follows from the recorded message.
func (r *inboundRecording) conclude(prospect models.Prospect, person models.Person, effects models.Effects, actor string) error {
	r.done.MessageID = r.msg.ID
	if err := r.converse(person.Conversation); err != nil {
		return err
	}
	known := person.Enrollments // read under their lock, in this transaction
	if proved, err := r.prove(prospect); err != nil {
		return err
	} else if proved {
		known = nil
	}
	r.nameMessage(&effects)
	did, err := apply(r.tx, prospect, effects, actor, r.rec.Now, known...)
	r.done.Paused, r.done.Finished = did.Paused, did.Finished
	return err
}

// prove: whatever answers a message of ours proves that it was sent, were its
// hand-over unsure; a hard bounce says that it did not arrive. It tells whether
// that changed anything.
func (r *inboundRecording) prove(prospect models.Prospect) (bool, error) {
	if r.rec.Match.MessageID == nil {
		return false, nil
	}
	msg, err := first[models.Message](forUpdate(r.tx).Where("id = ? AND direction = ? AND prospect_id = ?",
		*r.rec.Match.MessageID, models.Outbound, prospect.ID))
	if err != nil || msg == nil {
		return false, err
	}
	says := models.Receipt{Provider: msg.Provider, ProviderID: msg.ProviderID, Token: msg.Token, Status: models.MessageSent, At: r.rec.Now}
	if bounce := r.rec.Verdict.Bounce; r.rec.Verdict.Class == models.ClassBounceHard {
		says.Status = models.MessageFailed
		if bounce != nil {
			says.Code, says.Detail = bounce.Status, bounce.Reason
		}
	} else if msg.State != models.MessageQueued {
		return false, nil
	}
	rr := receiving{tx: r.tx, r: says, msg: msg, prospect: prospect}
	return true, rr.run(nil)
}

// lockPeople locks the prospect and, where a person answered, those whose
// sequences rest then, colleagues and other records with the same address: all
// in id order, so that two who answer at once do not wait for each other.
func (r *inboundRecording) lockPeople() (models.Prospect, error) {
	id, err := survivorOf(r.tx, *r.rec.Match.ProspectID)
	if err != nil {
		return models.Prospect{}, err
	}
	ids := []int64{id}
	for _, other := range r.rec.Others {
		also, err := survivorOf(r.tx, *other.Match.ProspectID)
		if err != nil {
			return models.Prospect{}, err
		}
		ids = append(ids, also)
	}
	if r.rec.Verdict.Class.Engagement() {
		p, err := takeProspect(r.tx, id)
		if err != nil {
			return p, err
		}
		colleagues, err := colleaguesOf(r.tx, p)
		if err != nil {
			return p, err
		}
		sharing, err := sharingWith(r.tx, r.rec.Message.FromAddress, id)
		if err != nil {
			return p, err
		}
		r.alone = len(colleagues)+len(sharing) == 0
		for _, c := range colleagues {
			if on := c.Version.Definition.OnColleagueReply; on == models.ReplyPause || on == models.ReplyFinish {
				ids = append(ids, c.Enrollment.ProspectID)
			}
		}
		for _, l := range sharing {
			ids = append(ids, l.Enrollment.ProspectID)
		}
	}
	locked, err := lockProspects(r.tx, ids)
	if err != nil {
		return models.Prospect{}, err
	}
	for _, p := range locked {
		if p.ID == id && p.MergedInto == nil {
			return p, nil
		}
	}
	return lockSurvivor(r.tx, id) // merged while we waited
}

// lockRaw reads the stored inbound and says whether it was recorded before.
func (r *inboundRecording) lockRaw() (repeat bool, err error) {
	if r.rec.RawID == 0 {
		return false, nil
	}
	var raw models.Raw
	if err := forUpdate(r.tx).Omit("content").Where("id = ?", r.rec.RawID).Take(&raw).Error; err != nil {
		return false, notFound(err, "inbound", r.rec.RawID)
	}
	if raw.MessageID != nil {
		r.done.MessageID, r.done.Repeat = *raw.MessageID, true
		return true, nil
	}
	r.raw = &raw
	return false, nil
}

func (r *inboundRecording) insert(prospectID *int64) error {
	m := r.rec.Message
	now := r.rec.Now
	m.ID, m.ProspectID, m.Direction, m.State = 0, prospectID, models.Inbound, models.MessageReceived
	m.Class, m.ClassWhy, m.ReturnDate = r.rec.Verdict.Class, r.rec.Verdict.Why, r.rec.Verdict.ReturnDate
	m.CreatedAt = now
	// What a clock elsewhere says must not lie in our future.
	if m.SentAt == nil || m.SentAt.After(now) {
		m.SentAt = &now
	}
	if m.ContactPointID == nil {
		m.ContactPointID = r.rec.Match.ContactPointID
	}
	if m.SenderID == nil {
		m.SenderID = r.rec.Match.SenderID
	}
	if m.TouchID == nil {
		m.TouchID = r.rec.Match.TouchID
	}
	if r.raw != nil {
		m.InboundID = &r.raw.ID
		if m.SenderID == nil {
			m.SenderID = r.raw.SenderID
		}
	}
	if err := r.tx.Create(&m).Error; err != nil {
		return err
	}
	r.msg, r.done.MessageID = m, m.ID
	if err := awaitMedia(r.tx, m, now); err != nil {
		return err
	}
	return addEvents(r.tx, models.Event{
		At: now, Actor: models.ActorCustomer, Kind: models.EventInbound, Code: string(m.Class), Channel: m.Channel,
		ProspectID: prospectID, MessageID: &m.ID, TouchID: m.TouchID, SenderID: m.SenderID,
	})
}

// converse keeps the thread's head. Only a person's message says where to
// answer, and one that was read late does not displace a newer one.
func (r *inboundRecording) converse(c models.Conversation) error {
	m, now := r.msg, r.rec.Now
	at := now
	if m.CreatedAt.Before(now) { // kept before anybody knew whom it is from
		at = *m.SentAt
	}
	if c.UpdatedAt = now; c.LastMessageAt == nil || !at.Before(*c.LastMessageAt) {
		c.LastMessageID, c.LastMessageAt = &m.ID, &at
	}
	if m.Class.Engagement() {
		c.UnreadCount++
		if c.LastInboundAt == nil || !m.SentAt.Before(*c.LastInboundAt) {
			c.LastInboundAt, c.LastChannel, c.LastContactID, c.LastSenderID = m.SentAt, m.Channel, m.ContactPointID, m.SenderID
		}
		written := r.rec.CalledAt.IsZero()
		if written && (c.LastWrittenAt == nil || !m.SentAt.Before(*c.LastWrittenAt)) {
			c.LastWritten, c.LastWrittenAt = m.Channel, m.SentAt
		}
		if err := r.heardFrom(); err != nil {
			return err
		}
	}
	if (m.Class == models.ClassHuman || m.Class == models.ClassWrongPerson) && c.WaitingSince == nil {
		c.WaitingSince = m.SentAt
	}
	return keepConversation(r.tx, c)
}

func (r *inboundRecording) heardFrom() error {
	if r.msg.ContactPointID == nil {
		return nil
	}
	return r.tx.Model(&models.ContactPoint{}).
		Where("id = ? AND (last_inbound_at IS NULL OR last_inbound_at < ?)", *r.msg.ContactPointID, *r.msg.SentAt).
		UpdateColumns(map[string]any{"last_inbound_at": *r.msg.SentAt, "updated_at": r.rec.Now}).Error
}

// nameMessage points at the message where the effects leave it open: they
// were decided before it had an id.
func (r *inboundRecording) nameMessage(e *models.Effects) {
	for i := range e.Tasks {
		if e.Tasks[i].MessageID == nil {
			e.Tasks[i].MessageID = &r.msg.ID
		}
	}
	for i := range e.Suppress {
		if e.Suppress[i].MessageID == nil {
			e.Suppress[i].MessageID = &r.msg.ID
		}
	}
}

func (r *inboundRecording) finishRaw() error {
	if r.raw == nil {
		return nil
	}
	return r.tx.Model(r.raw).UpdateColumns(map[string]any{
		"state": models.RawProcessed, "message_id": r.msg.ID, "error": "", "updated_at": r.rec.Now,
	}).Error
}

// unmatched keeps a message of nobody we know. A "stop" counts all the same:
// the address it came from is not written to, whoever turns out to have it.
func (r *inboundRecording) unmatched() error {
	if repeat, err := r.lockRaw(); repeat || err != nil {
		return err
	}
	if err := r.insert(nil); err != nil {
		return err
	}
	for _, ch := range r.rec.Verdict.OptOutChannels {
		if r.msg.FromAddress == "" {
			break
		}
		_, _, err := addSuppression(r.tx, models.Suppression{
			Scope: models.SuppressAddress, Value: r.msg.FromAddress, Channel: ch, Reason: models.FailOptedOut,
			Source: "reply", MessageID: &r.msg.ID, By: models.ActorCustomer, CreatedAt: r.rec.Now,
		}, nil)
		if err != nil {
			return err
		}
	}
	own, err := r.ourOwn()
	if err != nil {
		return err
	}
	if !own {
		if err := r.askWho(); err != nil {
			return err
		}
	}
	return r.finishRaw()
}

// ourOwn tells whether it came from one of our own senders, a mail to oneself
// such as the test of a mailbox: it is kept, and nobody needs to be found.
func (r *inboundRecording) ourOwn() (bool, error) {
	if r.msg.FromAddress == "" {
		return false, nil
	}
	ours, err := first[models.Sender](r.tx.Select("id").Where("address = ?", r.msg.FromAddress))
	if err != nil || ours == nil {
		return false, err
	}
	return true, r.tx.Model(&models.Message{}).Where("id = ?", r.msg.ID).UpdateColumn("dismissed_at", r.rec.Now).Error
}

// askWho opens one task for a user however many strangers write: a mailbox
// that also gets ordinary mail must not fill somebody's day. Machines' mail
// is kept and shown, and asks for nobody's time.
func (r *inboundRecording) askWho() error {
	if !r.msg.Class.Engagement() && r.msg.Class != models.ClassComplaint {
		return nil
	}
	user, err := userFor(r.tx, r.msg.SenderID)
	if err != nil || user == 0 {
		return err
	}
	var standing int64
	err = r.tx.Model(&models.Task{}).Where("kind = ? AND reason = ? AND state = ? AND user_id = ?",
		models.TaskResolve, models.AttentionUnmatched, models.TaskOpen, user).Count(&standing).Error
	if err != nil || standing > 0 {
		return err
	}
	now := r.rec.Now
	task := models.Task{
		Kind: models.TaskResolve, State: models.TaskOpen, Reason: models.AttentionUnmatched, UserID: user,
		MessageID: &r.msg.ID, SenderID: r.msg.SenderID, DueAt: now, CreatedAt: now, UpdatedAt: now,
		Title:  "A message from somebody unknown",
		Detail: "Nobody with this address or number is among the prospects. Say whom it is from under Inbox, Needs matching, or set it aside there.",
	}
	if err := r.tx.Create(&task).Error; err != nil {
		return err
	}
	return addEvents(r.tx, taskEvent(models.EventTaskOpened, task, string(task.Kind), models.ActorSystem, now))
}

// userFor is who looks after a sender's affairs: its owner, a shared one's
// assignee, else the first
// admin, manager or rep who may still sign in. 0 where there is nobody.
func userFor(tx *gorm.DB, senderID *int64) (int64, error) {
	if senderID != nil {
		var sender models.Sender
		err := tx.Omit("Secrets").Where("id = ?", *senderID).Take(&sender).Error
		if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
			return 0, err
		}
		if sender.OwnerID != nil {
			return *sender.OwnerID, nil
		}
		assignee, err := first[models.User](tx.Where("id = ? AND disabled_at IS NULL", sender.Settings.AssigneeID))
		if err != nil || assignee != nil {
			return idOf(assignee), err
		}
	}
	var u models.User
	err := tx.Where("disabled_at IS NULL").
		Order("CASE role WHEN 'admin' THEN 0 WHEN 'manager' THEN 1 ELSE 2 END, id").Take(&u).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return 0, nil
	}
	return u.ID, err
}

func idOf(u *models.User) int64 {
	if u == nil {
		return 0
	}
	return u.ID
}
