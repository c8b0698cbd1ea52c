package web

import (
	"net/http"
	"strconv"
	"strings"

	"followup/models"
)

// names turn the actors of events into words.
type names map[int64]string

func (s *site) names(r *http.Request) (names, error) { return s.ownerNames(r) }

var actorWords = map[string]string{
	models.ActorScheduler: "The scheduler", models.ActorCustomer: "The customer", models.ActorProvider: "The provider", models.ActorSystem: "The command line",
}

// Actor says who did something.
func (n names) Actor(actor string) string {
	if w, ok := actorWords[actor]; ok {
		return w
	}
	if id, ok := strings.CutPrefix(actor, "user:"); ok {
		if id, err := strconv.ParseInt(id, 10, 64); err == nil {
			return n.User(id)
		}
	}
	return actor
}

// User is somebody's name.
func (n names) User(id int64) string {
	if name, ok := n[id]; ok {
		return name
	}
	return "User " + strconv.FormatInt(id, 10)
}
