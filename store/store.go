// Package store keeps everything in PostgreSQL or SQLite. It is the only
// package that imports gorm; a method is a use case that owns its transaction.
package store

import (
	"log/slog"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// Store is the database. write and read are the same handle on PostgreSQL;
// on SQLite write has one connection and read has several that cannot write.
type Store struct {
	dialect Dialect
	write   *gorm.DB
	read    *gorm.DB
	key     []byte
	clock   models.Clock
	log     *slog.Logger
	hot     hotSQL
	// endedAfter is Options.EndedAfter.
	endedAfter time.Duration
	versions   versionCache
	files      files
	workdays   Workdays
	rates      *models.TextRates
}

// Dialect tells which database it is.
func (s *Store) Dialect() Dialect { return s.dialect }
