package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/schollz/progressbar/v3"

	"followup/crm"
	"followup/models"
)

type importCmd struct {
	File          string            `arg:"" help:"CSV file with a header; - reads standard input."`
	Owner         string            `required:"" help:"Address of the rep who owns rows without an owner column." placeholder:"EMAIL"`
	Consent       string            `required:"" enum:"written,oral,business_relationship,inquiry,none" help:"On what basis these people may be contacted: written, oral, business_relationship, inquiry or none."`
	ConsentSource string            `help:"Where the consent comes from, e.g. 'web form March 2026'." placeholder:"WORDS"`
	Country       string            `default:"US" help:"Country of numbers without a country code."`
	Map           map[string]string `help:"Column to field, e.g. --map 'Mobil=cell'; - ignores a column." placeholder:"COLUMN=FIELD"`
	DryRun        bool              `help:"Say what would happen and change nothing."`
	JSON          bool              `name:"json" help:"One JSON line per row."`
}

// Run imports. Its status is 1 where a row was rejected, so that a script notices.
func (cmd importCmd) Run(term terminal, c *cli) error {
	return withApp(term, c, func(a *app) error {
		if crm.NamesCalls(cmd.Map) {
			return models.Invalid("map", "a file's calls are booked on the page Import, where each is shown in both time zones before it is; leave the columns call_… out here")
		}
		owner, err := a.store.UserByEmail(term.ctx, strings.ToLower(cmd.Owner))
		if err != nil {
			return fmt.Errorf("--owner %s: %w", cmd.Owner, err)
		}
		file, size, err := openInput(term, cmd.File)
		if err != nil {
			return err
		}
		defer file.Close()
		bar := progressbar.NewOptions64(size, progressbar.OptionSetWriter(term.err), progressbar.OptionShowBytes(true),
			progressbar.OptionSetDescription("importing"), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(200e6))
		report, err := a.crm.Import(term.ctx, io.TeeReader(file, bar), crm.ImportOptions{
			Actor: models.ActorSystem, OwnerID: owner.ID, DryRun: cmd.DryRun, Country: cmd.Country, Mapping: cmd.Map,
			ConsentBasis: models.ConsentBasis(cmd.Consent), ConsentSource: cmd.ConsentSource,
		})
		_ = bar.Finish()
		if perr := cmd.print(term.out, report); perr != nil {
			return perr
		}
		if err != nil {
			return err
		}
		if report.Rejected > 0 {
			return exitCode(1)
		}
		return nil
	})
}

func openInput(term terminal, name string) (io.ReadCloser, int64, error) {
	if name == "-" {
		return io.NopCloser(term.in), -1, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	size := int64(-1)
	if info, err := f.Stat(); err == nil {
		size = info.Size()
	}
	return f, size, nil
}

func (cmd importCmd) print(w io.Writer, report crm.ImportReport) error {
	enc := json.NewEncoder(w)
	for _, row := range report.Rows {
		if cmd.JSON {
			if err := enc.Encode(row); err != nil {
				return err
			}
			continue
		}
		if row.Status == crm.RowUnchanged {
			continue
		}
		line := fmt.Sprintf("line %d: %s", row.Line, row.Status)
		if row.Name != "" {
			line += " " + row.Name
		}
		if row.Reason != "" {
			line += ": " + row.Reason
		}
		fmt.Fprintln(w, line)
	}
	if cmd.JSON {
		return nil
	}
	verb := ""
	if cmd.DryRun {
		verb = " (dry run: nothing was changed)"
	}
	_, err := fmt.Fprintf(w, "%d added, %d changed, %d unchanged, %d rejected%s\n", report.Added, report.Changed, report.Unchanged, report.Rejected, verb)
	return err
}
