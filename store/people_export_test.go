package store

import "gorm.io/gorm"

// RawDB lets the tests of this package arrange rows and look at them.
func RawDB(s *Store) *gorm.DB { return s.write }
