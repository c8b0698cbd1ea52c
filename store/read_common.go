package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"strings"

	"gorm.io/gorm"

	"followup/models"
)

// The read_*.go files answer the pages' questions: one method a page, each a
// handful of indexed queries on the read handle and none per row. States stand
// in their SQL as literals where an index covers only one of them: SQLite does
// not use such an index for a bound value.

const (
	pageLimit = 50
	// countLimit is where counting stops; pages then say "1,000+". Counting a
	// filter over a million prospects costs 60 ms, counting to here under one.
	countLimit = 1000
)

func (s *Store) reader(ctx context.Context) *gorm.DB { return s.read.WithContext(ctx) }

// searching runs reads that PostgreSQL is to plan for the very values that are
// asked for: a plan that is kept for any word or filter suits neither what
// everybody has nor what nobody has. It costs a millisecond a query.
func (s *Store) searching(ctx context.Context, fn func(db *gorm.DB) error) error {
	if s.dialect == SQLite {
		return fn(s.reader(ctx))
	}
	return s.reader(ctx).Transaction(func(tx *gorm.DB) error {
		if err := tx.Exec("SET LOCAL plan_cache_mode = force_custom_plan").Error; err != nil {
			return err
		}
		return fn(tx)
	}, &sql.TxOptions{ReadOnly: true})
}

// Count is a number that stopped being counted at its limit.
type Count struct {
	N    int
	More bool
}

func countTo(q *gorm.DB, limit int) (Count, error) {
	var n int64
	inner := q.Session(&gorm.Session{}).Select("1").Limit(limit + 1)
	if err := q.Session(&gorm.Session{NewDB: true}).Table("(?) AS counted", inner).Count(&n).Error; err != nil {
		return Count{}, err
	}
	return atMost(int(n), limit), nil
}

// atMost is a number that was counted up to one beyond the limit.
func atMost(n, limit int) Count {
	if n > limit {
		return Count{N: limit, More: true}
	}
	return Count{N: n}
}

// keyset builds the opaque cursor of a page and reads it back; a cursor that
// was tampered with starts from the beginning.
func encodeCursor(parts ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, "\x00")))
}

func decodeCursor(cursor string, parts int) ([]string, bool) {
	if cursor == "" {
		return nil, false
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, false
	}
	out := strings.Split(string(b), "\x00")
	return out, len(out) == parts
}

func limitOf(p models.Page) int {
	if p.Limit <= 0 || p.Limit > 200 {
		return pageLimit
	}
	return p.Limit
}

// rowsByID loads the rows with these ids into a map.
func rowsByID[T any](db *gorm.DB, ids []int64, id func(T) int64) (map[int64]T, error) {
	out := make(map[int64]T, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var rows []T
	if err := db.Where(anyOf(db, "id", ids)).Find(&rows).Error; err != nil {
		return nil, err
	}
	for _, r := range rows {
		out[id(r)] = r
	}
	return out, nil
}

// idSet collects ids once each, leaving out nil and zero.
type idSet map[int64]bool

func (s idSet) add(ids ...*int64) {
	for _, id := range ids {
		if id != nil && *id != 0 {
			s[*id] = true
		}
	}
}

func (s idSet) list() []int64 {
	out := make([]int64, 0, len(s))
	for id := range s {
		out = append(out, id)
	}
	return out
}

func prospectID(p models.Prospect) int64 { return p.ID }
func companyID(c models.Company) int64   { return c.ID }
func messageID(m models.Message) int64   { return m.ID }

// viewNotFound turns gorm's missing row into the error that may be shown.
func viewNotFound(err error, what string) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return models.Errorf(models.CodeNotFound, "There is no %s here. It may have been removed, or the address is mistyped.", what)
	}
	return err
}

// likeEscapes put ! before what LIKE would take for a wildcard.
var likeEscapes = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// likePattern makes a text a LIKE pattern with its own wildcards escaped by !.
func likePattern(text string, anywhere bool) string {
	p := likeEscapes.Replace(strings.ToLower(text)) + "%"
	if anywhere {
		p = "%" + p
	}
	return p
}

// likeAnywhere is the pattern of a text as it is spelled.
func likeAnywhere(text string) string { return "%" + likeEscapes.Replace(text) + "%" }
