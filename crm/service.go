// Package crm is what people do by hand: prospects and their import,
// consent, appointments, calls, commitments, users, sequences.
package crm

import (
	"log/slog"

	"followup/models"
)

// Service checks what people ask for and has the store do it. Actors are
// models.UserActor or models.ActorSystem.
type Service struct {
	Store Store
	Clock models.Clock
	Log   *slog.Logger
	// Wake is called when something may have come due at once; may be nil.
	Wake func()
}

func (s *Service) wake() {
	if s.Wake != nil {
		s.Wake()
	}
}
