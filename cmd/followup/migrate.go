package main

import "fmt"

type migrateCmd struct{}

// Run brings the schema up to date; it is safe on several machines at once.
func (migrateCmd) Run(term terminal, c *cli) error {
	cfg, err := c.load(term)
	if err != nil {
		return err
	}
	cfg.AutoMigrate = true
	a, err := wire(term.ctx, cfg, term.clock, newLogger(cfg, term.err), wireOptions{})
	if err != nil {
		return err
	}
	defer a.close()
	fmt.Fprintf(term.out, "The %s schema is up to date.\n", a.store.Dialect())
	return nil
}

// withApp wires everything for a command that does one thing and ends.
func withApp(term terminal, c *cli, do func(*app) error) error {
	cfg, err := c.load(term)
	if err != nil {
		return err
	}
	a, err := wire(term.ctx, cfg, term.clock, newLogger(cfg, term.err), wireOptions{})
	if err != nil {
		return err
	}
	defer a.close()
	return do(a)
}
