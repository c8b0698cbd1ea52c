package channels

import "followup/models"

// Registry finds the channel that serves a kind for a provider.
type Registry struct {
	entries map[registryKey]Channel
	rules   map[models.ChannelKind]models.ChannelRules
}

type registryKey struct {
	kind     models.ChannelKind
	provider models.Provider
}

// NewRegistry is empty but knows the rules of the task-only channel call.
func NewRegistry() *Registry {
	return &Registry{
		entries: map[registryKey]Channel{},
		rules:   map[models.ChannelKind]models.ChannelRules{models.ChannelCall: CallRules},
	}
}

// Add registers ch for its kind and the provider.
func (r *Registry) Add(p models.Provider, ch Channel) {
	r.entries[registryKey{ch.Kind(), p}] = ch
	r.rules[ch.Kind()] = ch.Rules()
}

// Find gives the channel for the kind at the provider.
func (r *Registry) Find(kind models.ChannelKind, p models.Provider) (Channel, bool) {
	ch, ok := r.entries[registryKey{kind, p}]
	return ch, ok
}

// Rules of a kind, call included.
func (r *Registry) Rules(kind models.ChannelKind) (models.ChannelRules, bool) {
	rules, ok := r.rules[kind]
	return rules, ok
}

// Kinds with rules, in no order.
func (r *Registry) Kinds() []models.ChannelKind {
	kinds := make([]models.ChannelKind, 0, len(r.rules))
	for k := range r.rules {
		kinds = append(kinds, k)
	}
	return kinds
}
