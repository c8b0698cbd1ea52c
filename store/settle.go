package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"followup/models"
)

// Settle records what became of hand-overs: touch, message, one event, and
// what plan says comes next, many in one transaction; with a nil plan their
// enrollments wait for PlanDue. A result changes something only
// while its touch is sending or unconfirmed in the same attempt, so a late
// worker overwrites nothing; settling twice is harmless. Where one result
// cannot be recorded the others are, and the error names that one.
func (s *Store) Settle(ctx context.Context, results []models.SendResult, plan models.Planning) error {
	if len(results) == 0 {
		return nil
	}
	results = slices.Clone(results)
	for i := range results {
		results[i].Detail, results[i].Code = storable(results[i].Detail), storable(results[i].Code)
		results[i].ProviderID = storable(results[i].ProviderID)
	}
	err := s.settleTogether(ctx, results, plan)
	if err == nil || len(results) == 1 || !rowFault(err) {
		return err
	}
	s.log.Warn("a batch of results could not be recorded together", "results", len(results), "error", err)
	var errs []error
	for _, r := range results {
		if err := s.settleTogether(ctx, []models.SendResult{r}, plan); err != nil {
			errs = append(errs, fmt.Errorf("touch %d: %w", r.TouchID, err))
		}
	}
	return errors.Join(errs...)
}

func (s *Store) settleTogether(ctx context.Context, results []models.SendResult, plan models.Planning) error {
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		st := &settling{store: s, tx: tx, replan: idSet{}, people: idSet{}}
		if err := st.load(results); err != nil {
			return err
		}
		if err := st.record(); err != nil {
			return err
		}
		return st.goOn(ctx, plan)
	})
	if err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	return nil
}

// maxDetail bounds what a provider says of a message.
const maxDetail = 2000

// storable makes a provider's words fit: PostgreSQL takes no NUL and no
// broken UTF-8, and a result that cannot be stored would never be settled.
func storable(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
	for len(s) > maxDetail {
		_, size := utf8.DecodeLastRuneInString(s[:maxDetail])
		s = s[:maxDetail-size]
	}
	return s
}

// settled is a result with the touch it is about.
type settled struct {
	models.SendResult
	touch      models.Touch
	enrollment *models.Enrollment
}

// settling is one transaction of results.
type settling struct {
	store     *Store
	tx        *gorm.DB
	prospects map[int64]models.Prospect
	all       []settled
	events    []models.Event
	replan    idSet // enrollments whose next step follows now
	people    idSet // whose next touch may have changed
	reached   idSet // who got a message
	now       time.Time
}

// load locks the prospects, in id order, and reads the touches that the
// results may still change.
func (st *settling) load(results []models.SendResult) error {
	ids := idSet{}
	for i := range results {
		ids.add(&results[i].TouchID)
		if results[i].At.After(st.now) {
			st.now = results[i].At
		}
	}
	var owners []int64
	err := st.tx.Model(&models.Touch{}).Where(anyOf(st.tx, "id", ids.list())).Distinct().Pluck("prospect_id", &owners).Error
	if err != nil {
		return err
	}
	people, err := lockProspects(st.tx, owners)
	if err != nil {
		return err
	}
	st.prospects = make(map[int64]models.Prospect, len(people))
	for _, p := range people {
		st.prospects[p.ID] = p
	}
	touches, err := byID(st.tx, ids.list(), func(t models.Touch) int64 { return t.ID })
	if err != nil {
		return err
	}
	enrolled := idSet{}
	for _, r := range results {
		t, ok := touches[r.TouchID]
		if !ok || !settles(t, r) {
			continue
		}
		delete(touches, r.TouchID) // one result a touch
		enrolled.add(t.EnrollmentID)
		st.all = append(st.all, settled{SendResult: r, touch: t})
	}
	es, err := pointers(st.tx, "id", enrolled.list(), func(e models.Enrollment) int64 { return e.ID })
	if err != nil {
		return err
	}
	for i := range st.all {
		if id := st.all[i].touch.EnrollmentID; id != nil {
			st.all[i].enrollment = es[*id]
		}
	}
	return nil
}

// settles tells whether the result is about the hand-over that the touch is in.
func settles(t models.Touch, r models.SendResult) bool {
	if t.Attempt != r.Attempt {
		return false
	}
	switch t.State {
	case models.TouchSending:
		return t.Replica == r.Replica
	case models.TouchUnconfirmed:
		// What nobody began is not told from what was lost: it stays unconfirmed.
		return r.Class != models.SendStopped && r.Class != models.SendAmbiguous
	}
	return false
}

func (st *settling) record() error {
	by := map[models.SendClass][]settled{}
	for _, r := range st.all {
		class := r.Class
		if class == models.SendTransient && r.touch.Attempt >= maxAttempts {
			class = models.SendPermanent
			if r.Detail == "" {
				r.Detail = "refused for now, too often"
			}
		}
		by[class] = append(by[class], r)
		st.people.add(&r.touch.ProspectID)
	}
	steps := []struct {
		class models.SendClass
		do    func([]settled) error
	}{
		{models.SendAccepted, st.accepted},
		{models.SendPermanent, st.permanent},
		{models.SendTransient, st.transient},
		{models.SendAmbiguous, st.ambiguous},
		{models.SendConfiguration, st.configuration},
		{models.SendStopped, st.stopped},
	}
	for _, step := range steps {
		if len(by[step.class]) == 0 {
			continue
		}
		if err := step.do(by[step.class]); err != nil {
			return fmt.Errorf("%s: %w", step.class, err)
		}
		delete(by, step.class)
	}
	for class, rs := range by {
		return fmt.Errorf("touch %d: %q is no result", rs[0].TouchID, class)
	}
	return addEvents(st.tx, st.events...)
}

// goOn plans the enrollments' next steps at once, for their people are locked
// and half of what planning reads was just written; what cannot be planned
// here waits for PlanDue.
func (st *settling) goOn(ctx context.Context, plan models.Planning) error {
	ids := st.replan.list()
	if len(ids) > 0 && plan != nil {
		es, err := enrollmentsByID(st.tx, ids)
		if err != nil {
			return err
		}
		es = slices.DeleteFunc(es, func(e models.Enrollment) bool { return !e.Active() })
		if err := st.store.planTogether(ctx, st.tx, es, st.now, plan, st.people); err != nil {
			return fmt.Errorf("plan on: %w", err)
		}
	} else if err := replanEnrollments(st.tx, ids, st.now); err != nil {
		return err
	}
	if err := keepTouched(st.tx, st.reached.list(), st.now); err != nil {
		return err
	}
	for id := range st.reached {
		delete(st.people, id)
	}
	return keepNextTouch(st.tx, st.now, st.people.list()...)
}

// sentRow is an accepted result as the dialects' statements take it.
type sentRow struct {
	Touch      int64
	At         time.Time
	ProviderID string
	Detail     string
}

func sentJSON(rows []sentRow, layout string) (string, error) {
	type row struct {
		Touch      int64  `json:"touch"`
		At         string `json:"at"`
		ProviderID string `json:"provider_id"`
		Detail     string `json:"detail"`
	}
	list := make([]row, len(rows))
	for i, r := range rows {
		list[i] = row{r.Touch, r.At.UTC().Format(layout), r.ProviderID, r.Detail}
	}
	b, err := json.Marshal(list)
	return string(b), err
}
