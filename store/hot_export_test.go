package store

import (
	"context"
	"slices"
)

// SentStatements are what PostgreSQL runs for each batch of accepted messages.
var SentStatements = []string{postgresSentTouches, postgresSentMessages}

// KeepFiles gives the store a folder for large inbounds.
func KeepFiles(s *Store, dir string) { s.files = files{dir} }

// PersonalColumns tells of each table whether it is known to the erasure, and
// which of its columns of text it neither blanks nor knows as impersonal.
func PersonalColumns(s *Store) (unknown []string, err error) {
	db, err := s.read.DB()
	if err != nil {
		return nil, err
	}
	shapes, err := s.tableShapes(context.Background(), db)
	if err != nil {
		return nil, err
	}
	for _, shape := range shapes {
		at := slices.IndexFunc(personalTables, func(p personal) bool { return p.table == shape.name })
		switch {
		case at < 0 && !slices.Contains(impersonalTables, shape.name):
			unknown = append(unknown, shape.name)
		case at >= 0 && !personalTables[at].drop:
			for _, c := range shape.columns {
				_, blanked := personalTables[at].blank[c.name]
				free := c.kind == kindText || c.kind == kindBytes || c.kind == kindJSON
				if free && !blanked && !slices.Contains(impersonalColumns, c.name) {
					unknown = append(unknown, shape.name+"."+c.name)
				}
			}
		}
	}
	return unknown, nil
}
