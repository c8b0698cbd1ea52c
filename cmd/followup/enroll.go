package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"followup/models"
	"followup/scheduler"
)

type enrollCmd struct {
	Sequence string            `required:"" help:"The sequence's key." placeholder:"KEY"`
	Prospect string            `required:"" help:"The prospect's address, number or id."`
	Rep      string            `help:"Address of the rep who runs it; the owner where not given." placeholder:"EMAIL"`
	Call     string            `help:"When the booked call is: '2026-11-26 15:00' in the prospect's zone, or RFC 3339." placeholder:"TIME"`
	Var      map[string]string `help:"Variables for the texts, e.g. --var product=Pumps." placeholder:"NAME=VALUE"`
	DryRun   bool              `help:"Print the plan with every date and text, and change nothing."`
}

// Run previews or enrolls.
func (cmd enrollCmd) Run(term terminal, c *cli) error {
	return withApp(term, c, func(a *app) error {
		req, prospect, err := cmd.request(term, a)
		if err != nil {
			return err
		}
		steps, refusals, err := a.scheduler.Preview(term.ctx, req)
		if err != nil {
			return err
		}
		printPlan(term.out, prospect, steps)
		if len(refusals) > 0 {
			for _, r := range refusals {
				fmt.Fprintln(term.err, "not possible:", r)
			}
			return exitCode(1)
		}
		if cmd.DryRun {
			fmt.Fprintln(term.out, "Dry run: nothing was changed.")
			return nil
		}
		e, err := a.scheduler.Enroll(term.ctx, req)
		if err != nil {
			return err
		}
		fmt.Fprintf(term.out, "Enrolled %s (enrollment %d).\n", prospect.Name(), e.ID)
		return nil
	})
}

func (cmd enrollCmd) request(term terminal, a *app) (scheduler.EnrollRequest, models.Prospect, error) {
	req := scheduler.EnrollRequest{By: models.ActorSystem, Variables: cmd.Var}
	id, err := a.findProspect(term, cmd.Prospect)
	if err != nil {
		return req, models.Prospect{}, err
	}
	person, err := a.store.Person(term.ctx, id)
	if err != nil {
		return req, models.Prospect{}, err
	}
	seq, err := a.store.SequenceByKey(term.ctx, cmd.Sequence)
	if err != nil {
		return req, person.Prospect, fmt.Errorf("--sequence %s: %w; followup sequence list shows what there is", cmd.Sequence, err)
	}
	req.ProspectID, req.SequenceID, req.RepID = id, seq.ID, person.Prospect.OwnerID
	if cmd.Rep != "" {
		u, err := a.store.UserByEmail(term.ctx, strings.ToLower(cmd.Rep))
		if err != nil {
			return req, person.Prospect, fmt.Errorf("--rep %s: %w", cmd.Rep, err)
		}
		req.RepID = u.ID
	}
	if cmd.Call != "" {
		at, err := parseLocal(cmd.Call, person.Prospect)
		if err != nil {
			return req, person.Prospect, fmt.Errorf("--call: %w", err)
		}
		req.CallAt = &at
	}
	return req, person.Prospect, nil
}

func (a *app) findProspect(term terminal, name string) (int64, error) {
	if id, err := strconv.ParseInt(name, 10, 64); err == nil && !strings.HasPrefix(name, "+") {
		return id, nil
	}
	value := strings.ToLower(strings.TrimSpace(name))
	found, err := a.store.FindProspects(term.ctx, []string{value})
	if err != nil {
		return 0, err
	}
	id, ok := found[value]
	if !ok {
		return 0, models.Errorf(models.CodeNotFound, "no prospect has the address or number %s; import or create them first", name)
	}
	return id, nil
}

// parseLocal reads a time in the prospect's zone, or one with its own offset.
func parseLocal(s string, p models.Prospect) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), nil
	}
	loc, err := p.Location()
	if err != nil {
		return time.Time{}, err
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02T15:04"} {
		t, err := time.ParseInLocation(layout, s, loc)
		if err != nil {
			continue
		}
		if t.Format(layout) != s {
			return time.Time{}, models.Invalid("time", "%s does not exist in %s: the clocks go forward then; choose another time", s, p.Zone)
		}
		return t.UTC(), nil
	}
	return time.Time{}, models.Invalid("time", "%q is no time; write it as '2026-11-26 15:00' or 2026-11-26T15:00:00-05:00", s)
}

func printPlan(w io.Writer, p models.Prospect, steps []models.PlannedStep) {
	fmt.Fprintf(w, "Plan for %s (%s)\n", p.Name(), orText(p.Zone, "no time zone known"))
	for _, s := range steps {
		when := s.Local
		if s.Estimated {
			when += ", estimated"
		}
		if s.Skipped {
			when = "skipped"
		}
		fmt.Fprintf(w, "\n%s · %s · %s\n", when, s.Channel, orText(s.Name, s.StepKey))
		if s.ContactPoint != nil {
			fmt.Fprintf(w, "  to: %s\n", s.ContactPoint.Value)
		}
		for _, line := range []struct{ label, text string }{{"if", s.Condition}, {"why", s.Why}, {"subject", s.Subject}} {
			if line.text != "" {
				fmt.Fprintf(w, "  %s: %s\n", line.label, line.text)
			}
		}
		if s.Body != "" {
			fmt.Fprintf(w, "  | %s\n", strings.ReplaceAll(strings.TrimRight(s.Body, "\n"), "\n", "\n  | "))
		}
	}
	fmt.Fprintln(w)
}

func orText(s, def string) string {
	if s == "" {
		return def
	}
	return s
}
