package main

import (
	"fmt"
	"strings"

	"followup/cmd/followup/simulate"
)

type simulateCmd struct {
	Seed      uint64 `default:"1" help:"The first seed; the same seed plays the same story."`
	Seeds     int    `default:"1" help:"How many seeds, one after the other."`
	Prospects int    `default:"100" help:"How many prospects."`
	Days      int    `default:"60" help:"How many days."`
	Replicas  int    `default:"2" help:"How many schedulers share the database."`
	Mutation  string `help:"Plant a bug, to see that it is found; \"list\" names them." placeholder:"NAME"`
}

// Run plays the seeds. Its status is 1 where a promise broke; the story that
// led there is printed.
func (cmd simulateCmd) Run(term terminal) error {
	if cmd.Mutation == "list" {
		fmt.Fprintln(term.out, strings.Join(simulate.Mutations(), "\n"))
		return nil
	}
	broken := 0
	for i := range cmd.Seeds {
		res, err := simulate.Run(term.ctx, simulate.Options{
			Seed: cmd.Seed + uint64(i), Prospects: cmd.Prospects, Days: cmd.Days, Replicas: cmd.Replicas, Mutation: cmd.Mutation,
		})
		if err != nil {
			return err
		}
		if res.Breach != nil {
			broken++
			res.Breach.WriteStory(term.out)
		}
		fmt.Fprintln(term.out, res)
	}
	if broken > 0 {
		fmt.Fprintf(term.out, "simulate: %d of %d seeds broke a promise\n", broken, cmd.Seeds)
		return exitCode(1)
	}
	fmt.Fprintf(term.out, "simulate: %d seeds, every promise held\n", cmd.Seeds)
	return nil
}
