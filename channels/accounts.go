package channels

import (
	"cmp"
	"context"
	"slices"

	"followup/models"
)

// CheckState is how one part of a sender's set-up stands.
type CheckState string

const (
	CheckFine    CheckState = "fine"
	CheckWarning CheckState = "warning" // it works, and will not for long or not for everything
	CheckFailed  CheckState = "failed"
	CheckNote    CheckState = "note" // neither good nor bad, worth knowing
)

// Check is one thing that was looked at in a sender's set-up.
type Check struct {
	What  string // "Sign in at smtp.example.com"
	State CheckState
	Says  string // what was found and, where it is not fine, what to do
}

// Inspector is a channel that can look at a sender's set-up part by part,
// without sending to a customer. One channel does so for each kind of sender.
type Inspector interface {
	Inspect(context.Context, models.Sender) []Check
}

// RoundTripper is a channel that can send something to the sender itself and
// see it come back, within ctx. It changes settings that only such a test can
// tell, and gives them back.
type RoundTripper interface {
	RoundTrip(context.Context, models.Sender) ([]Check, models.SenderSettings)
}

// Number is one that an account owns.
type Number struct {
	Number   string // E.164
	Name     string
	SMS, MMS bool
	Voice    bool
}

// NumberLister is a channel whose provider knows which numbers an account owns.
type NumberLister interface {
	Numbers(context.Context, models.Sender) ([]Number, error)
}

// HookSetter is a channel that can tell its provider where to reach us.
type HookSetter interface {
	SetHooks(context.Context, models.Sender) error
}

// MediaContent is a picture or recording, whole.
type MediaContent struct {
	Type string // media type without parameters, lower case; the provider's word
	Body []byte
}

// MediaFetcher is a channel that can fetch what a customer sent.
type MediaFetcher interface {
	FetchMedia(context.Context, models.Sender, models.Media) (MediaContent, error)
}

// serving finds the first channel of a sender that has the ability T.
func serving[T any](r *Registry, sender models.Sender) (T, bool) {
	for _, ch := range r.channelsOf(sender) {
		if able, ok := ch.(T); ok {
			return able, true
		}
	}
	var none T
	return none, false
}

// channelsOf are those that send from such a sender, in a fixed order.
func (r *Registry) channelsOf(sender models.Sender) []Channel {
	var all []Channel
	for key, ch := range r.entries {
		if key.provider == sender.Provider && ch.Rules().Sender == sender.Kind {
			all = append(all, ch)
		}
	}
	slices.SortFunc(all, func(a, b Channel) int { return cmp.Compare(a.Kind(), b.Kind()) })
	return all
}

// Inspect looks at a sender's set-up; a channel that can only probe says
// whether the whole of it works.
func (r *Registry) Inspect(ctx context.Context, sender models.Sender) []Check {
	if in, ok := serving[Inspector](r, sender); ok {
		return in.Inspect(ctx, sender)
	}
	if p, ok := serving[Prober](r, sender); ok {
		if err := p.Probe(ctx, sender); err != nil {
			return []Check{{What: sender.Address, State: CheckFailed, Says: err.Error()}}
		}
		return []Check{{What: sender.Address, State: CheckFine, Says: "works"}}
	}
	return nil
}

// RoundTripper, NumberLister, HookSetter and MediaFetcher give what serves the
// sender with that ability; nil where nothing does.
func (r *Registry) RoundTripper(sender models.Sender) RoundTripper {
	able, _ := serving[RoundTripper](r, sender)
	return able
}

// Prober: see RoundTripper.
func (r *Registry) Prober(sender models.Sender) Prober {
	able, _ := serving[Prober](r, sender)
	return able
}

// NumberLister: see RoundTripper.
func (r *Registry) NumberLister(sender models.Sender) NumberLister {
	able, _ := serving[NumberLister](r, sender)
	return able
}

// HookSetter: see RoundTripper.
func (r *Registry) HookSetter(sender models.Sender) HookSetter {
	able, _ := serving[HookSetter](r, sender)
	return able
}

// MediaFetcher: see RoundTripper.
func (r *Registry) MediaFetcher(sender models.Sender) MediaFetcher {
	able, _ := serving[MediaFetcher](r, sender)
	return able
}
