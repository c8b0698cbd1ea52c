package web

import "followup/models"

// Patterns are the routes behind the session, for tests that walk them all.
func Patterns() ([]string, error) {
	v, err := loadViews()
	if err != nil {
		return nil, err
	}
	s := &site{Options: Options{Sandbox: true}, views: v}
	s.pages()
	return s.patterns, nil
}

// May tells whether the table of roles lets a role behind a route.
func May(role models.Role, pattern string) bool { return can(role, routeAccess[pattern]) }

// Guarded tells whether a route's record is checked against what a user sees.
func Guarded(pattern string) bool { return new(site).guardOf(pattern) != nil }
