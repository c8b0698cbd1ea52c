package store

import (
	"errors"
	"strconv"

	"gorm.io/gorm"

	"followup/models"
)

// The part of effects that concerns contact points, orders not to contact,
// tasks and the company.

func (a *effector) suppress(e models.Effects) error {
	for _, s := range e.Suppress {
		if s.By == "" {
			s.By = a.actor
		}
		if s.CreatedAt.IsZero() {
			s.CreatedAt = a.now
		}
		if s.Scope == models.SuppressPerson && s.ProspectID == nil {
			s.ProspectID = &a.prospect.ID
		}
		if _, _, err := addSuppression(a.tx, s, &a.prospect.ID); err != nil {
			return err
		}
	}
	return nil
}

// addSuppression inserts the order unless an equal one stands; fresh tells
// which. Orders from different sources are different: START takes back what a
// reply ordered, never what a person did. A stop wider than a person raises
// the epoch that every claim holds.
func addSuppression(tx *gorm.DB, s models.Suppression, prospectID *int64) (saved models.Suppression, fresh bool, err error) {
	q := tx.Where("scope = ? AND value = ? AND channel = ? AND source = ? AND lifted_at IS NULL", s.Scope, s.Value, s.Channel, s.Source)
	if s.Scope == models.SuppressPerson {
		q = q.Where("prospect_id = ?", s.ProspectID)
	}
	if s.Scope == models.SuppressCompany {
		q = q.Where("company_id = ?", s.CompanyID)
	}
	err = q.Order("id").Take(&saved).Error
	if !errors.Is(err, gorm.ErrRecordNotFound) {
		return saved, false, err
	}
	if err := tx.Create(&s).Error; err != nil {
		return s, false, err
	}
	wide, err := reachesOthers(tx, s, prospectID)
	if err != nil {
		return s, false, err
	}
	if wide {
		if err := raiseStops(tx); err != nil {
			return s, false, err
		}
	}
	return s, true, addEvents(tx, models.Event{
		At: s.CreatedAt, Actor: s.By, Kind: models.EventSuppressed, Code: string(s.Reason), Channel: s.Channel,
		ProspectID: prospectID, CompanyID: s.CompanyID, MessageID: s.MessageID,
		Data: map[string]string{"suppression": strconv.FormatInt(s.ID, 10), "scope": string(s.Scope)},
	})
}

// reachesOthers: the prospect's lock covers a person and the addresses that
// only this person has; whatever is wider needs the epoch.
func reachesOthers(tx *gorm.DB, s models.Suppression, prospectID *int64) (bool, error) {
	switch s.Scope {
	case models.SuppressPerson:
		return false, nil
	case models.SuppressAddress:
		var own int64
		if prospectID != nil {
			own = *prospectID
		}
		var others int64
		err := tx.Model(&models.ContactPoint{}).Where("value = ? AND prospect_id <> ?", s.Value, own).Count(&others).Error
		return others > 0, err
	}
	return true, nil
}

// raiseStops waits for the claims that hold the epoch and makes later ones see the stop.
func raiseStops(tx *gorm.DB) error {
	return tx.Exec(`UPDATE epochs SET value = value + 1 WHERE name = 'stops'`).Error
}

// liftSuppressions lifts the standing orders asked for: the very one where it
// is named by its id, else those of the scope and value, of every channel
// where none is given.
func (a *effector) liftSuppressions(e models.Effects) error {
	for _, want := range e.LiftSuppressions {
		var standing []models.Suppression
		if err := asked(a.tx, want).Where("lifted_at IS NULL").Order("id").Find(&standing).Error; err != nil {
			return err
		}
		for i := range standing {
			if err := liftSuppression(a.tx, &standing[i], &a.prospect.ID, a.actor, a.now); err != nil {
				return err
			}
		}
	}
	return nil
}

func asked(tx *gorm.DB, want models.Suppression) *gorm.DB {
	if want.ID != 0 {
		return tx.Where("id = ?", want.ID)
	}
	q := tx.Where("scope = ? AND value = ?", want.Scope, want.Value)
	if want.Channel != "" {
		q = q.Where("channel = ?", want.Channel)
	}
	if want.Scope == models.SuppressPerson {
		q = q.Where("prospect_id = ?", want.ProspectID)
	}
	return q
}

func (a *effector) invalidate(e models.Effects) error {
	for _, inv := range e.Invalidate {
		var cp models.ContactPoint
		err := a.tx.Where("id = ?", inv.ContactPointID).Take(&cp).Error
		if err != nil {
			return notFound(err, "contact point", inv.ContactPointID)
		}
		if !cp.Usable() {
			continue
		}
		cp.Fail(inv.Reason, a.now)
		if err := saveRow(a.tx, &cp); err != nil {
			return err
		}
		a.events = append(a.events, models.Event{
			At: a.now, Actor: a.actor, Kind: models.EventContactInvalid, Code: string(inv.Reason), ProspectID: &cp.ProspectID,
			Data: map[string]string{"contact_point": strconv.FormatInt(cp.ID, 10)},
		})
		if err := replanProspect(a.tx, cp.ProspectID, a.now); err != nil {
			return err
		}
		for _, en := range a.enrollments {
			if en.ProspectID == cp.ProspectID && en.Active() {
				en.ReplanAt = &a.now
				a.touched(en.ID)
			}
		}
	}
	return nil
}

func (a *effector) confirm(e models.Effects) error {
	if len(e.Confirm) == 0 {
		return nil
	}
	points, err := load[models.ContactPoint](a.tx.Where(anyOf(a.tx, "id", e.Confirm)).Where("validity <> ?", models.ValidityValid))
	if err != nil {
		return err
	}
	for i := range points {
		points[i].Confirm(a.now)
		if err := saveRow(a.tx, &points[i]); err != nil {
			return err
		}
	}
	return nil
}

func (a *effector) closeReplies(e models.Effects) error {
	if !e.CloseReplyTasks {
		return nil
	}
	return endWaiting(a.tx, a.prospect, a.actor, a.now)
}

func (a *effector) openTasks(e models.Effects) error {
	for _, t := range e.Tasks {
		task, err := openTask(a.tx, a.prospect, t, a.actor, a.now)
		if err != nil {
			return err
		}
		if task.EnrollmentID != nil && task.Kind == models.TaskResolve {
			a.repairs[*task.EnrollmentID] = task.ID
		}
	}
	return nil
}

func (a *effector) holdCompany(e models.Effects) error {
	h := e.CompanyHold
	if h == nil {
		return nil
	}
	var standing models.CompanyHold
	err := a.tx.Where("company_id = ? AND reason = ? AND lifted_at IS NULL", h.CompanyID, h.Reason).Order("id").Take(&standing).Error
	if err == nil {
		standing.Until = h.Until
		return saveRow(a.tx, &standing)
	}
	if !errors.Is(err, gorm.ErrRecordNotFound) {
		return err
	}
	hold := *h
	if hold.By == "" {
		hold.By = a.actor
	}
	hold.CreatedAt = a.now
	if err := a.tx.Create(&hold).Error; err != nil {
		return err
	}
	a.events = append(a.events, models.Event{
		At: a.now, Actor: a.actor, Kind: models.EventPaused, Code: string(hold.Reason),
		ProspectID: &a.prospect.ID, CompanyID: &hold.CompanyID,
	})
	return raiseStops(a.tx)
}
