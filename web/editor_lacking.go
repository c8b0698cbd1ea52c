package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"followup/models"
	"followup/store"
	"followup/templates"
)

// missingVariable is one that a text needs and that some people lack.
type missingVariable struct {
	Name string
	Lack int64
	Who  []store.Lacker
}

// lackingView says which variables of the open step people lack.
type lackingView struct {
	Key, Step string
	Within    bool // people inside are looked at
	Of        int64
	Done      bool // all were
	Missing   []missingVariable
}

// Counting goes on in parts small enough that a page waits hardly longer than
// lackAtOnce: 4,000 people take 10 to 30 ms of a warm PostgreSQL.
const (
	lackPart    = 4_000
	lackAtOnce  = 300 * time.Millisecond
	lackEntries = 200
)

// lackFor is how long a finished count is believed: a minute, and longer the
// longer it took to count, so that editing does not count a million all day.
func lackFor(people int64) time.Duration {
	return max(time.Minute, time.Duration(people)*time.Minute/50_000)
}

// lackCache keeps the counts that are under way and those that are fresh.
type lackCache struct {
	mu    sync.Mutex
	known map[string]*lackEntry
}

type lackEntry struct {
	mu    sync.Mutex
	count store.LackCount
	begun time.Time
}

// entry finds or makes the place of a count.
func (c *lackCache) entry(key string, now time.Time) *lackEntry {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[string]*lackEntry{}
	}
	if len(c.known) > lackEntries {
		clear(c.known)
	}
	e := c.known[key]
	if e == nil {
		e = &lackEntry{begun: now}
		c.known[key] = e
	}
	return e
}

// lackCount counts as long as a page may wait, from where it stopped before.
func (s *site) lackCount(ctx context.Context, sequenceID int64, names []string) (store.LackCount, error) {
	now := s.Clock()
	e := s.lacks.entry(fmt.Sprint(sequenceID, names), now)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.count.Done && (now.Sub(e.begun) > lackFor(e.count.Of) || now.Before(e.begun)) {
		e.count, e.begun = store.LackCount{}, now
	}
	for !e.count.Done {
		next, err := s.Store.CountLacking(ctx, sequenceID, names, e.count, lackPart)
		if err != nil {
			return e.count, err
		}
		if e.count = next; s.Clock().Sub(now) > lackAtOnce {
			break
		}
	}
	return e.count, nil
}

// lacking says who lacks what the step needs. What comes with the enrollment
// and the sending is never lacking here.
func (s *site) lacking(ctx context.Context, seq models.Sequence, step models.Step, set models.Settings) (lackingView, error) {
	v := lackingView{Key: seq.Key, Step: step.Key}
	needed := templates.Needed(step)
	c, err := s.lackCount(ctx, seq.ID, slices.DeleteFunc(slices.Clone(needed), func(n string) bool { return !store.CanLack(n) }))
	if err != nil {
		return v, err
	}
	v.Within, v.Of, v.Done = c.Within, c.Of, c.Done
	for _, name := range needed {
		if n := c.Lack[name]; n > 0 {
			v.Missing = append(v.Missing, missingVariable{Name: name, Lack: n, Who: c.Who[name]})
		} else if group, _, _ := strings.Cut(name, "."); group == "workspace" && templates.Lacks(name, templates.Data{Settings: set}) || name == "booking_link" && s.PublicURL == "" {
			v.Missing = append(v.Missing, missingVariable{Name: name})
		}
	}
	return v, nil
}

// editorLacking goes on with a count that a page did not wait for.
func (s *site) editorLacking(w http.ResponseWriter, r *http.Request) error {
	v, err := s.Store.ViewSequence(r.Context(), r.PathValue("key"))
	if err != nil {
		return err
	}
	d, _ := templates.ReadSequence([]byte(draftOf(v)))
	step, ok := d.Step(r.URL.Query().Get("step"))
	if !ok {
		return models.Errorf(models.CodeNotFound, "This step is not in the draft any more.")
	}
	set, err := s.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	view, err := s.lacking(r.Context(), v.Sequence, step, set)
	if err != nil {
		return err
	}
	return s.views.fragment(w, "sequence_editor", "lacking", view)
}
