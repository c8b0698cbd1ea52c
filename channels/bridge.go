package channels

import (
	"context"

	"followup/models"
)

// Ring asks for a call between a rep and a prospect: the rep's phone rings
// first, and the prospect's once the rep has answered.
type Ring struct {
	Sender    models.Sender // the number of ours that the prospect sees, with its credentials
	RepNumber string
	Number    string // the prospect's
	Token     string // of our dial: what the provider tells later names it
}

// Bridger is a phone channel that connects a rep with a prospect.
type Bridger interface {
	// Connect places the call, once. Its error is a *SendError: ambiguous
	// where the rep's phone may ring all the same.
	Connect(context.Context, Ring) (Outcome, error)
}

// Bridger finds the provider's channel that can connect two phones.
func (r *Registry) Bridger(p models.Provider) (Bridger, bool) {
	for key, ch := range r.entries {
		if b, ok := ch.(Bridger); ok && key.provider == p {
			return b, true
		}
	}
	return nil, false
}
