package store

import (
	"context"
	"time"

	"gorm.io/gorm/clause"
)

// Sessions keeps sign-in sessions in the database, so that any replica knows
// them; it implements scs.CtxStore. Expired rows are found invalid at once
// and removed by PurgeSessions.
type Sessions struct{ store *Store }

// Sessions gives the session store.
func (s *Store) Sessions() *Sessions { return &Sessions{store: s} }

type sessionRow struct {
	Token  string `gorm:"primaryKey"`
	Data   []byte
	Expiry time.Time
}

func (sessionRow) TableName() string { return "sessions" }

// FindCtx gives the session's data where it has not expired by the database's
// clock: expiry is set by the wall clock, which the demonstration outruns.
func (s *Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	row, err := first[sessionRow](s.store.reader(ctx).Where("token = ? AND expiry > CURRENT_TIMESTAMP", token))
	if err != nil || row == nil {
		return nil, false, err
	}
	return row.Data, true, nil
}

// CommitCtx adds the session or replaces its data and expiry.
func (s *Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	return s.store.write.WithContext(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "token"}},
		DoUpdates: clause.AssignmentColumns([]string{"data", "expiry"}),
	}).Create(&sessionRow{Token: token, Data: data, Expiry: expiry.UTC()}).Error
}

// DeleteCtx removes the session; one that is not there is no error.
func (s *Sessions) DeleteCtx(ctx context.Context, token string) error {
	return s.store.write.WithContext(ctx).Where("token = ?", token).Delete(&sessionRow{}).Error
}

// The methods without a context are part of the interface; scs prefers the others.

// Find is FindCtx without a context.
func (s *Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context.
func (s *Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context.
func (s *Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// PurgeSessions removes expired sessions.
func (s *Store) PurgeSessions(ctx context.Context, now time.Time) error {
	return s.write.WithContext(ctx).Where("expiry < ?", now.UTC()).Delete(&sessionRow{}).Error
}
