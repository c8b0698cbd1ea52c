package store

import (
	"context"
	"strconv"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// Attention is everything that a person must resolve.
type Attention struct {
	Tasks     []TaskRow // resolve tasks, the oldest first
	More      bool      // there are more of them than are shown
	Touches   map[int64][]TouchRow
	Reviews   []TaskRow // of calls, still to be written
	Unmatched UnmatchedList
	Failed    []models.Raw // inbounds that could not be worked through; without their content
	Stopped   []models.Sender
	Imports   []models.Batch // with rows that were refused
}

const (
	// attentionLimit bounds each list: what is longer is worked off from its top.
	attentionLimit = 200
	// incidentTouches is how many hand-overs of one incident are listed.
	incidentTouches = 50
	// reviewAfter is how long after a call its review counts as missing.
	reviewAfter = 24 * time.Hour
	// importsFor is how long refused rows of an import are worth a look.
	importsFor = 30 * 24 * time.Hour
)

// ViewAttention lists what must be resolved. userID 0: everybody's, else the
// user's own and what concerns shared senders.
func (s *Store) ViewAttention(ctx context.Context, userID int64, now time.Time) (Attention, error) {
	db := s.reader(ctx)
	v := Attention{Touches: map[int64][]TouchRow{}}
	mine := func(q *gorm.DB, column string) *gorm.DB {
		if userID != 0 {
			return q.Where(column+" = ?", userID)
		}
		return q
	}
	var tasks []models.Task
	if err := mine(db, "user_id").Where("kind = 'resolve' AND state = 'open'").Order("due_at, id").Limit(attentionLimit + 1).Find(&tasks).Error; err != nil {
		return v, err
	}
	if v.More = len(tasks) > attentionLimit; v.More {
		tasks = tasks[:attentionLimit]
	}
	var err error
	if v.Tasks, err = s.taskRows(db, tasks); err != nil {
		return v, err
	}
	for _, t := range tasks {
		if t.Reason == models.AttentionUnconfirmed && t.SenderID != nil {
			if v.Touches[*t.SenderID], err = s.UnconfirmedOf(ctx, *t.SenderID, incidentTouches); err != nil {
				return v, err
			}
		}
	}
	var reviews []models.Task
	if err := mine(db, "user_id").Where("kind = 'review' AND state = 'open' AND created_at < ?", now.Add(-reviewAfter)).Order("due_at, id").Limit(pageLimit).Find(&reviews).Error; err != nil {
		return v, err
	}
	if v.Reviews, err = s.taskRows(db, reviews); err != nil {
		return v, err
	}
	if v.Unmatched, err = s.ViewUnmatched(ctx, UnmatchedFilter{UserID: userID, Page: models.Page{Limit: 10}}); err != nil {
		return v, err
	}
	if userID == 0 {
		if err := db.Omit("Content").Where("state = 'failed' AND state <> 'processed'").Order("id").Limit(pageLimit).Find(&v.Failed).Error; err != nil {
			return v, err
		}
	}
	stopped := db.Omit("Secrets").Where("state = ? AND stopped_reason NOT IN ?", models.SenderStopped, []models.Reason{models.StopByHand, models.StopReplaced, models.StopOwnerLeft})
	if userID != 0 {
		stopped = stopped.Where("owner_id IS NULL OR owner_id = ?", userID)
	}
	if err := stopped.Order("id").Find(&v.Stopped).Error; err != nil {
		return v, err
	}
	imports := mine(db.Omit("Content"), "user_id").Where("kind = ? AND refused > 0 AND state IN ? AND ended_at > ?", models.BatchImport, []models.BatchState{models.BatchDone, models.BatchFailed}, now.Add(-importsFor)).
		Where("NOT EXISTS (SELECT 1 FROM dismissals d WHERE d.about = 'import:' || CAST(batches.id AS text))")
	return v, imports.Order("id DESC").Limit(pageLimit).Find(&v.Imports).Error
}

// Task loads one by its id.
func (s *Store) Task(ctx context.Context, id int64) (models.Task, error) {
	var t models.Task
	err := s.reader(ctx).Where("id = ?", id).Take(&t).Error
	return t, viewNotFound(err, "task")
}

// DismissImport sets the refused rows of an import aside.
func (s *Store) DismissImport(ctx context.Context, id int64, by string, now time.Time) error {
	return s.inTx(ctx, func(tx *gorm.DB) error {
		about := "import:" + strconv.FormatInt(id, 10)
		res := tx.Exec(`INSERT INTO dismissals (about, "by", at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, about, by, now)
		if res.Error != nil || res.RowsAffected == 0 {
			return res.Error
		}
		return addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventResolved, Code: "import_rows", Data: map[string]string{"batch": strconv.FormatInt(id, 10)}})
	})
}
