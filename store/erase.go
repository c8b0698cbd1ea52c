package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// hashedPrefix begins the value of an order whose address was erased.
const hashedPrefix = "hmac:"

// hashedValue stands for an address that we may not keep and must not write
// to: with the workspace's key nobody else can try addresses against it.
func (s *Store) hashedValue(value string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte("suppression\x00" + strings.ToLower(value)))
	return hashedPrefix + hex.EncodeToString(mac.Sum(nil))
}

// Erase replaces what the workspace holds of a person by tombstones: it ends
// everything that runs for them, blanks names, addresses and every word
// written to, by or about them, and keeps ids, dates and codes, so that
// figures and the audit trail stay whole. Orders not to contact hold on by a
// keyed hash, should the address come back; with forbid there is one for each
// address from now on. What is being sent at this moment must end first.
func (s *Store) Erase(ctx context.Context, prospectID int64, forbid bool, by string, now time.Time) error {
	var gone []string
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		p, err := lockSurvivor(tx, prospectID)
		if err != nil {
			return err
		}
		if p.ErasedAt != nil {
			return nil // a second click
		}
		e := erasure{store: s, tx: tx, person: p, by: by, now: now}
		err = inTurn("erase", []part{
			{"end what runs", e.end}, {"keep the orders", func() error { return e.orders(forbid) }}, {"blank", e.blank}, {"record", e.record},
		})
		gone = e.files
		return err
	})
	if err != nil {
		return shown(err)
	}
	return s.dropFiles(ctx, gone)
}

// erasure is one person's, within its transaction.
type erasure struct {
	store  *Store
	tx     *gorm.DB
	person models.Prospect
	ids    []int64 // theirs and of the records that were merged into it
	points []models.ContactPoint
	files  []string
	by     string
	now    time.Time
}

// end finishes the enrollments, withdraws what is planned and closes the tasks.
func (e *erasure) end() error {
	var err error
	if e.ids, err = mergedInto(e.tx, e.person.ID); err != nil {
		return err
	}
	if err := e.tx.Where(anyOf(e.tx, "prospect_id", e.ids)).Order("id").Find(&e.points).Error; err != nil {
		return err
	}
	var busy int64
	err = e.tx.Model(&models.Touch{}).Where(anyOf(e.tx, "prospect_id", e.ids)).Where("state IN ('sending', 'unconfirmed')").Count(&busy).Error
	if err != nil {
		return err
	}
	if busy > 0 {
		return models.Errorf(models.CodeConflict, "a message to %s is being sent, or nobody knows yet whether it was; erase them when that is settled", e.person.Name())
	}
	live, err := liveEnrollments(e.tx, true, "prospect_id = ?", e.person.ID)
	if err != nil {
		return err
	}
	effects := models.Effects{WithdrawBookedCalls: true, CloseReplyTasks: true}
	for _, l := range live {
		effects.Finishes = append(effects.Finishes, models.FinishOrder{EnrollmentID: l.Enrollment.ID, Outcome: models.FinishRemoved})
	}
	if _, err := apply(e.tx, e.person, effects, e.by, e.now, live...); err != nil {
		return err
	}
	var left []models.Touch
	if err := e.tx.Where("prospect_id = ? AND state IN ('planned', 'open')", e.person.ID).Find(&left).Error; err != nil {
		return err
	}
	if err := withdrawTouches(e.tx, left, models.CancelFinished, e.by, e.now); err != nil {
		return err
	}
	return cancelTasks(e.tx, e.tx.Where("prospect_id = ?", e.person.ID), e.by, e.now)
}

// orders turns the standing orders on the person and on their addresses into
// hashes, which hold for whoever has the address next.
func (e *erasure) orders(forbid bool) error {
	var standing []models.Suppression
	err := e.tx.Where("lifted_at IS NULL AND scope = ?", models.SuppressPerson).Where(anyOf(e.tx, "prospect_id", e.ids)).Order("id").Find(&standing).Error
	if err != nil {
		return err
	}
	if forbid {
		standing = append(standing, models.Suppression{Reason: models.FailOptedOut, Source: "erasure", By: e.by})
	}
	for _, cp := range e.points {
		for _, o := range standing {
			hashed := models.Suppression{Scope: models.SuppressAddress, Value: e.store.hashedValue(cp.Value), Channel: o.Channel,
				Reason: o.Reason, Source: o.Source, By: o.By, CreatedAt: e.now}
			if err := e.tx.Create(&hashed).Error; err != nil {
				return err
			}
		}
		err := e.tx.Model(&models.Suppression{}).Where("scope = ? AND value = ?", models.SuppressAddress, cp.Value).
			UpdateColumn("value", e.store.hashedValue(cp.Value)).Error
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *erasure) blank() error {
	if err := e.rememberFiles(); err != nil {
		return err
	}
	for _, id := range e.ids {
		for _, t := range personalTables {
			if !t.drop && len(t.blank) == 0 {
				continue
			}
			err := e.blankTable(t, id)
			if err != nil {
				return fmt.Errorf("%s: %w", t.table, err)
			}
		}
	}
	err := e.tx.Model(&models.ContactPoint{}).Where(anyOf(e.tx, "prospect_id", e.ids)).
		UpdateColumns(map[string]any{"value": gorm.Expr("'erased:' || id"), "validity": models.ValidityInvalid, "updated_at": e.now}).Error
	if err != nil {
		return err
	}
	return e.tx.Model(&models.Prospect{}).Where(anyOf(e.tx, "id", e.ids)).
		UpdateColumns(map[string]any{"erased_at": e.now, "updated_at": e.now, "company_id": nil, "revision": gorm.Expr("revision + 1")}).Error
}

func (e *erasure) blankTable(t personal, id int64) error {
	if t.drop {
		return e.tx.Exec("DELETE FROM "+quoted(t.table)+" WHERE "+t.of, id).Error
	}
	return e.tx.Table(t.table).Where(t.of, id).UpdateColumns(t.blank).Error
}

func (e *erasure) rememberFiles() error {
	err := e.tx.Model(&models.Raw{}).Where("content_file <> '' AND id IN (SELECT inbound_id FROM messages WHERE prospect_id IN ?)", e.ids).
		Distinct().Pluck("content_file", &e.files).Error
	if err != nil {
		return err
	}
	var media []string
	err = e.tx.Model(&models.KeptMedia{}).Where("content_file <> '' AND message_id IN (SELECT id FROM messages WHERE prospect_id IN ?)", e.ids).
		Distinct().Pluck("content_file", &media).Error
	e.files = append(e.files, media...)
	return err
}

func (e *erasure) record() error {
	if err := keepNextTouch(e.tx, e.now, e.ids...); err != nil {
		return err
	}
	return addEvents(e.tx, models.Event{
		At: e.now, Actor: e.by, Kind: models.EventErased, ProspectID: &e.person.ID, Data: map[string]string{"records": strconv.Itoa(len(e.ids))},
	})
}

// dropFiles deletes the files that nothing refers to any more: equal
// contents are one file.
func (s *Store) dropFiles(ctx context.Context, names []string) error {
	if !s.files.kept() {
		return nil
	}
	for _, name := range names {
		var used int64
		if err := s.write.WithContext(ctx).Model(&models.Raw{}).Where("content_file = ?", name).Count(&used).Error; err != nil {
			return fmt.Errorf("files of the erased: %w", err)
		}
		if used == 0 {
			if err := s.write.WithContext(ctx).Model(&models.KeptMedia{}).Where("content_file = ?", name).Count(&used).Error; err != nil {
				return fmt.Errorf("files of the erased: %w", err)
			}
		}
		if used > 0 {
			continue
		}
		if err := os.Remove(s.files.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("files of the erased: %w", err)
		}
	}
	return nil
}

// reviveOrders is asked for each new contact point: an order that was kept as
// a hash covers the address that came back.
func (s *Store) reviveOrders(tx *gorm.DB, cp models.ContactPoint, now time.Time) error {
	var kept []models.Suppression
	err := tx.Where("lifted_at IS NULL AND scope = ? AND value = ?", models.SuppressAddress, s.hashedValue(cp.Value)).Order("id").Find(&kept).Error
	if err != nil {
		return err
	}
	for _, o := range kept {
		again := models.Suppression{Scope: models.SuppressAddress, Value: cp.Value, Channel: o.Channel, Reason: o.Reason, Source: o.Source, By: o.By, CreatedAt: now}
		if _, _, err := addSuppression(tx, again, &cp.ProspectID); err != nil {
			return err
		}
	}
	return nil
}
