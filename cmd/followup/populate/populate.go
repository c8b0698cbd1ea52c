// Package populate fills an empty workspace with many invented people and
// their past, the same ones for the same size: to look at the pages, and to
// measure them, as they are after years of use.
package populate

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"followup/crm"
	"followup/models"
	"followup/store"
)

// Plan is how much of what.
type Plan struct {
	Prospects int
	Touches   int // a person, about
	Reps      int // 0: one for 20,000 people, at least 5
	Password  string
	Now       time.Time
	// Progress is told what was written; may be nil.
	Progress func(what string, n int)
}

// People who sign in.
const (
	Admin   = "admin@example.com"
	Manager = "manager@example.com"
	Rep     = "rep1@example.com"
)

// teamSize is how many reps see each other's people.
const teamSize = 10

// filler holds what the rows refer to.
type filler struct {
	Plan
	ctx       context.Context
	store     *store.Store
	reps      []int64
	mailbox   []int64 // by rep
	versions  []models.SequenceVersion
	companies int
}

// Fill writes it all. The workspace must be empty of people.
func Fill(ctx context.Context, s *store.Store, p Plan) error {
	there, err := s.ViewProspects(ctx, store.ProspectFilter{Sees: store.Everything, Page: models.Page{Limit: 1}})
	if err != nil {
		return err
	}
	if len(there.Rows) > 0 {
		return models.Errorf(models.CodeRefused, "There are people in this workspace already. Invented ones belong into an empty database only.")
	}
	if p.Prospects <= 0 {
		return models.Invalid("prospects", "say how many, from 1")
	}
	if p.Reps == 0 {
		p.Reps = max(5, p.Prospects/20_000)
	}
	if p.Progress == nil {
		p.Progress = func(string, int) {}
	}
	p.Now = p.Now.UTC().Truncate(time.Second)
	f := &filler{Plan: p, ctx: ctx, store: s, companies: max(1, p.Prospects/5)}
	if err := f.staff(); err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return write(f, "companies", count(f.companies, f.company)) },
		func() error { return write(f, "prospects", count(p.Prospects, f.prospect)) },
		func() error { return write(f, "contact points", flat(p.Prospects, f.points)) },
		func() error { return write(f, "words to be found by", flat(p.Prospects, f.words)) },
		func() error { return write(f, "enrollments", flat(p.Prospects, f.enrollments)) },
		func() error { return write(f, "pauses", flat(p.Prospects, f.pauses)) },
		func() error { return write(f, "touches", flat(p.Prospects, f.touches)) },
		func() error { return write(f, "messages", flat(p.Prospects, f.messages)) },
		func() error { return write(f, "conversations", count(p.Prospects, f.conversation)) },
		func() error { return write(f, "tasks", flat(p.Prospects, f.tasks)) },
		func() error { return write(f, "promises", flat(p.Prospects, f.commitments)) },
		func() error { return write(f, "orders not to contact", flat(p.Prospects, f.suppressions)) },
		func() error { return write(f, "consents", flat(p.Prospects, f.consents)) },
		func() error { return write(f, "events", flat(p.Prospects, f.events)) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	if err := s.Filled(ctx); err != nil {
		return err
	}
	return s.FindDuplicates(ctx, p.Now)
}

// staff makes the people who work here, their mailboxes and their sequences,
// by the product's own methods.
func (f *filler) staff() error {
	service := &crm.Service{Store: f.store, Clock: func() time.Time { return f.Now }, Log: slog.New(slog.DiscardHandler)}
	if err := service.InstallBuiltins(f.ctx); err != nil {
		return err
	}
	set, err := f.store.Settings(f.ctx)
	if err != nil {
		return err
	}
	set.Mode, set.PostalAddress = "own", "1 Example Street, Springfield"
	if err := f.store.SaveSettings(f.ctx, set, models.ActorSystem, f.Now); err != nil {
		return err
	}
	teams := (f.Reps + teamSize - 1) / teamSize
	err = write(f, "teams", count(teams, func(i int64) models.Team {
		return models.Team{ID: i, Name: fmt.Sprintf("Team %d", i), CreatedAt: f.Now}
	}))
	if err != nil {
		return err
	}
	add := func(email, name string, role models.Role, team *int64) (models.User, error) {
		u, _, err := service.AddUser(f.ctx, models.ActorSystem, models.User{Email: email, Name: name, Role: role, Zone: "America/New_York", TeamID: team}, f.Password)
		return u, err
	}
	if _, err := add(Admin, "Ada Quinn", models.RoleAdmin, nil); err != nil {
		return err
	}
	if _, err := add(Manager, "Mara Lind", models.RoleManager, nil); err != nil {
		return err
	}
	for i := range f.Reps {
		team := int64(1 + i/teamSize)
		u, err := add(fmt.Sprintf("rep%d@example.com", i+1), firsts[i%len(firsts)]+" "+lasts[(i*7)%len(lasts)], models.RoleRep, &team)
		if err != nil {
			return err
		}
		box, err := f.store.SaveSender(f.ctx, models.Sender{OwnerID: &u.ID, Kind: models.SenderMailbox, Provider: models.ProviderSandbox,
			Address: fmt.Sprintf("rep%d@sales.example.com", i+1), Name: u.Name, Inbound: models.InboundNone}, models.ActorSystem, f.Now)
		if err != nil {
			return err
		}
		f.reps, f.mailbox = append(f.reps, u.ID), append(f.mailbox, box.ID)
	}
	sequences, err := f.store.SequenceNames(f.ctx)
	if err != nil {
		return err
	}
	for _, named := range sequences {
		v, err := f.store.SequenceVersion(f.ctx, named.ID, 0)
		if err != nil {
			return err
		}
		if v.Definition.Anchor == "" { // the others hang on a booked call
			f.versions = append(f.versions, v)
		}
	}
	f.Progress("people who work here", f.Reps+2)
	return nil
}

func write[T any](f *filler, what string, rows iter.Seq[T]) error {
	n, err := store.Bulk(f.ctx, f.store, rows)
	if err != nil {
		return err
	}
	f.Progress(what, n)
	return nil
}

// count gives one row for each number from 1.
func count[T any](n int, row func(int64) T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := int64(1); i <= int64(n); i++ {
			if !yield(row(i)) {
				return
			}
		}
	}
}

// flat gives the rows of each number from 1.
func flat[T any](n int, rows func(int64) []T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := int64(1); i <= int64(n); i++ {
			for _, row := range rows(i) {
				if !yield(row) {
					return
				}
			}
		}
	}
}
