package main

import (
	"crypto/rand"
	"fmt"

	"followup/cmd/followup/populate"
)

type seedCmd struct {
	Prospects int    `help:"How many people, up to millions." default:"1000" placeholder:"N"`
	Touches   int    `help:"What each of them was sent or called in the past, about." default:"10" placeholder:"N"`
	Reps      int    `help:"How many reps; 0: one for 20,000 people." placeholder:"N"`
	Password  string `help:"Of everybody who signs in; empty: one is made up and shown." placeholder:"WORDS"`
}

// Run fills an empty workspace with invented people and their past, to try
// the pages at a size. Nothing is sent: everything goes to the sandbox.
func (c seedCmd) Run(term terminal, root *cli) error {
	return withApp(term, root, func(a *app) error {
		if c.Password == "" {
			c.Password = rand.Text()
		}
		began := a.clock()
		err := populate.Fill(term.ctx, a.store, populate.Plan{
			Prospects: c.Prospects, Touches: c.Touches, Reps: c.Reps, Password: c.Password, Now: began,
			Progress: func(what string, n int) { fmt.Fprintf(term.out, "%12d %s\n", n, what) },
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(term.out, "Written in %s. Sign in as %s, %s or %s with the password: %s\n",
			a.clock().Sub(began).Round(100_000_000), populate.Admin, populate.Manager, populate.Rep, c.Password)
		return nil
	})
}
