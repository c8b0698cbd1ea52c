package scheduler

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"followup/models"
)

// BatchStore is what enrolling many needs of the database.
type BatchStore interface {
	AcquireLease(ctx context.Context, name, holder string, now time.Time, ttl time.Duration) (bool, error)
	ReleaseLease(ctx context.Context, name, holder string) error
	WorkingBatches(ctx context.Context, kind models.BatchKind) ([]models.Batch, error)
	Batch(ctx context.Context, id int64) (models.Batch, error)
	BatchRows(ctx context.Context, id int64, state models.RowState, after, limit int) ([]models.BatchRow, error)
	// RecordRows keeps what became of rows; it answers false where the batch
	// left the state meanwhile.
	RecordRows(ctx context.Context, id int64, in models.BatchState, rows []models.BatchRow, now time.Time) (bool, error)
	ChangeBatch(ctx context.Context, id int64, now time.Time, change func(*models.Batch) error) (models.Batch, error)
	// Overlaps are the calls of a batch that would overlap another one of their rep.
	Overlaps(ctx context.Context, batch models.Batch, now time.Time) ([]models.Overlap, error)
	// WarnRows writes beside rows what a person should look at, by their ids.
	WarnRows(ctx context.Context, warnings map[int64]string, now time.Time) error
	// BatchRowOf is a person's row; nil where they have none.
	BatchRowOf(ctx context.Context, id, prospectID int64) (*models.BatchRow, error)
	// EnrolledBefore finds the live enrollment that by began since a moment.
	EnrolledBefore(ctx context.Context, prospectID, sequenceID int64, by string, since time.Time) (bool, error)
}

// Batches enrolls many: first everybody is looked at, then those who can be
// enrolled are. It goes on where a process ended.
type Batches struct {
	Store     BatchStore
	Scheduler *Scheduler
	Holder    string // of its leases: new with each process
}

const (
	batchSlice = 20          // rows between two records of how far it has come
	batchLease = time.Minute // longer than any slice takes
)

// Work goes on with everything there is, one slice each in turn, until
// nothing is left.
func (b *Batches) Work(ctx context.Context, now time.Time) error {
	for {
		all, err := b.Store.WorkingBatches(ctx, models.BatchEnroll)
		if err != nil {
			return fmt.Errorf("enrolling many: %w", err)
		}
		left := false
		for _, batch := range all {
			more, err := b.Slice(ctx, batch.ID)
			if err != nil {
				return fmt.Errorf("enrolling many, batch %d: %w", batch.ID, err)
			}
			left = left || more
		}
		if !left || ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// Slice works on some rows of one batch and tells whether there is more to
// do. Where another process is at it, there is not.
func (b *Batches) Slice(ctx context.Context, id int64) (more bool, err error) {
	now := b.Scheduler.clock(time.Time{})
	lease := fmt.Sprintf("batch:%d", id)
	held, err := b.Store.AcquireLease(ctx, lease, b.Holder, now, batchLease)
	if err != nil || !held {
		return false, err
	}
	defer func() { err = errors.Join(err, b.Store.ReleaseLease(context.WithoutCancel(ctx), lease, b.Holder)) }()
	batch, err := b.Store.Batch(ctx, id)
	if err != nil || !batch.State.Working() || batch.Kind != models.BatchEnroll {
		return false, err
	}
	from, do, end := models.RowPending, b.check, models.BatchChecked
	if batch.State == models.BatchRunning {
		from, do, end = models.RowReady, b.enroll, models.BatchDone
	}
	rows, err := b.Store.BatchRows(ctx, id, from, 0, batchSlice)
	if err != nil {
		return false, err
	}
	if len(rows) == 0 {
		if batch.State == models.BatchChecking {
			if err := b.warn(ctx, batch, now); err != nil {
				return false, err
			}
		}
		_, err := b.Store.ChangeBatch(ctx, id, now, func(now2 *models.Batch) error {
			if now2.State != batch.State {
				return nil
			}
			return now2.Move(end, now)
		})
		return false, err
	}
	for i := range rows {
		if err := do(ctx, batch, &rows[i]); err != nil {
			// What was done before the failure is kept.
			_, rerr := b.Store.RecordRows(context.WithoutCancel(ctx), id, batch.State, rows[:i], now)
			return false, errors.Join(err, rerr)
		}
	}
	return b.Store.RecordRows(ctx, id, batch.State, rows, now)
}

// Recheck looks at one person again whose batch waits to be started: what was
// recorded of them meanwhile may let them have more.
func (b *Batches) Recheck(ctx context.Context, id, prospectID int64) error {
	batch, err := b.Store.Batch(ctx, id)
	if err != nil || batch.State != models.BatchChecked || batch.Kind != models.BatchEnroll {
		return err
	}
	row, err := b.Store.BatchRowOf(ctx, id, prospectID)
	if err != nil || row == nil {
		return err
	}
	if err := b.check(ctx, batch, row); err != nil {
		return err
	}
	_, err = b.Store.RecordRows(ctx, id, batch.State, []models.BatchRow{*row}, b.Scheduler.clock(time.Time{}))
	return err
}

// RequestOf is what enrolling a row of a batch asks for.
func RequestOf(batch models.Batch, row models.BatchRow) EnrollRequest {
	req := EnrollRequest{RepID: batch.Options.RepID, TalkingPointID: batch.Options.TalkingPointID, By: models.UserActor(batch.UserID)}
	if row.ProspectID != nil {
		req.ProspectID = *row.ProspectID
	}
	if batch.SequenceID != nil {
		req.SequenceID = *batch.SequenceID
	}
	if batch.Options.BookCalls {
		req.CallAt = row.CallAt
	}
	return req
}

// check says whether a person can be enrolled, and what would be left out.
func (b *Batches) check(ctx context.Context, batch models.Batch, row *models.BatchRow) error {
	steps, refusals, err := b.Scheduler.Preview(ctx, RequestOf(batch, *row))
	if err != nil {
		return refuseRow(row, err)
	}
	row.State, row.Reason = models.RowReady, leftOut(steps)
	if len(refusals) > 0 {
		row.State, row.Reason = models.RowRefused, strings.Join(refusals, "; ")
	}
	return nil
}

// warn says which calls would be double bookings, when all rows are known.
func (b *Batches) warn(ctx context.Context, batch models.Batch, now time.Time) error {
	if !batch.Options.BookCalls {
		return nil
	}
	overlaps, err := b.Store.Overlaps(ctx, batch, now)
	if err != nil {
		return err
	}
	warnings := make(map[int64]string, len(overlaps))
	for _, o := range overlaps {
		warnings[o.RowID] = DescribeOverlap(o)
	}
	return b.Store.WarnRows(ctx, warnings, now)
}

// DescribeOverlap says with whom a rep has another call then, in the rep's time.
func DescribeOverlap(o models.Overlap) string {
	loc, err := models.LoadZone(o.Rep.Zone)
	if err != nil {
		loc = time.UTC
	}
	from, to := o.Call.From.In(loc), o.Call.To.In(loc)
	has := "has"
	if !o.Booked {
		has = "would have"
	}
	return fmt.Sprintf("double booking: %s %s a call with %s then, on %s to %s, %s’s time", o.Rep.FirstName(), has, o.With,
		from.Format("Mon 2 Jan from 15:04"), to.Format("15:04 MST"), o.Rep.FirstName())
}

// enroll enrolls one. Where a process ended between doing it and saying so,
// it is found done.
func (b *Batches) enroll(ctx context.Context, batch models.Batch, row *models.BatchRow) error {
	req := RequestOf(batch, *row)
	_, err := b.Scheduler.Enroll(ctx, req)
	if models.CodeOf(err) == models.CodeConflict && batch.StartedAt != nil {
		done, ferr := b.Store.EnrolledBefore(ctx, req.ProspectID, req.SequenceID, req.By, *batch.StartedAt)
		if ferr != nil {
			return ferr
		}
		if done {
			err = nil
		}
	}
	if err != nil {
		return refuseRow(row, err)
	}
	row.State = models.RowDone
	return nil
}

// refuseRow keeps what is meant for people as the row's reason; a failure of
// our own stops the slice, and it is tried again.
func refuseRow(row *models.BatchRow, err error) error {
	switch models.CodeOf(err) {
	case "", models.CodeUnavailable:
		return err
	}
	row.State, row.Reason = models.RowRefused, messageOf(err)
	return nil
}

// leftOut names the steps that this person does not get, and why.
func leftOut(steps []models.PlannedStep) string {
	var all []string
	for _, st := range steps {
		switch {
		case !st.Skipped:
			continue
		case st.Reason == models.SkipCondition, st.Reason == models.SkipDisabled:
			continue
		}
		all = append(all, fmt.Sprintf("%s (%s)", st.Name, DescribeReason(st.Reason)))
	}
	if len(all) == 0 {
		return ""
	}
	return "without " + strings.Join(all, ", ")
}
