package store

import (
	"time"

	"gorm.io/gorm"
)

// firstOf notes that a job ran for a period and tells whether this is the
// first time. Committed together with what the job produces, it lets any
// number of replicas run the same job and one of them produce.
func firstOf(tx *gorm.DB, job, period string, now time.Time) (bool, error) {
	res := tx.Exec("INSERT INTO job_runs (job, period, ran_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", job, period, now)
	return res.RowsAffected == 1, res.Error
}
