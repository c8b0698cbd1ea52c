package main

import (
	"fmt"
	"path/filepath"
	"time"

	"followup/crm"
	"followup/models"
)

type suppressCmd struct {
	Import suppressImportCmd `cmd:"" help:"Import a do-not-call list: one number, address or domain a line."`
}

type suppressImportCmd struct {
	File    string `arg:"" help:"The list; - reads standard input."`
	AsOf    string `required:"" help:"The day on which the list was made." placeholder:"YYYY-MM-DD"`
	Name    string `help:"What the list is called; the file's name where none is given."`
	Channel string `help:"Forbid this channel alone; every one where none is given." enum:",email,sms,voicemail,call" default:""`
	Country string `default:"US" help:"Country of numbers without a country code."`
	Old     bool   `help:"Take a list that is more than 31 days old."`
}

// Run imports. Its status is 1 where a line could not be read.
func (cmd suppressImportCmd) Run(term terminal, c *cli) error {
	return withApp(term, c, func(a *app) error {
		file, _, err := openInput(term, cmd.File)
		if err != nil {
			return err
		}
		defer file.Close()
		name := cmd.Name
		if name == "" {
			name = filepath.Base(cmd.File)
		}
		began := term.clock()
		report, err := a.crm.ImportSuppressions(term.ctx, file, crm.ListOptions{
			Actor: models.ActorSystem, Name: name, AsOf: models.Date(cmd.AsOf), Channel: models.ChannelKind(cmd.Channel), Country: cmd.Country, Old: cmd.Old,
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(term.out, "%d read, %d new, %d not readable, in %s\n", report.Numbers, report.Added, report.Rejected, term.clock().Sub(began).Round(time.Millisecond))
		for _, w := range report.Wrong {
			fmt.Fprintln(term.err, w)
		}
		if report.Rejected > 0 {
			return exitCode(1)
		}
		return nil
	})
}
