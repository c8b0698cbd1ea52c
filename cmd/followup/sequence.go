package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"followup/crm"
	"followup/models"
	"followup/templates"
)

type sequenceCmd struct {
	Lint   sequenceLintCmd   `cmd:"" help:"Judge sequence files; status 1 where one would be refused."`
	Push   sequencePushCmd   `cmd:"" help:"Publish a sequence file as the next version."`
	Pull   sequencePullCmd   `cmd:"" help:"Print the current version's file."`
	List   sequenceListCmd   `cmd:"" help:"List the sequences."`
	Schema sequenceSchemaCmd `cmd:"" help:"Print the JSON Schema of sequence files."`
}

type sequenceLintCmd struct {
	Files []string `arg:"" help:"Sequence files (YAML)." placeholder:"FILE"`
	JSON  bool     `name:"json" help:"One JSON line per finding."`
}

// Run lints every file, whatever is wrong with the others.
func (cmd sequenceLintCmd) Run(term terminal) error {
	refused := false
	for _, name := range cmd.Files {
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		d, err := templates.ParseSequence(source)
		if err != nil {
			refused = true
			fmt.Fprintf(term.out, "%s: %v\n", name, err)
			continue
		}
		for _, f := range templates.Lint(d, source) {
			refused = refused || f.Severity == templates.SeverityError
			if err := cmd.print(term, name, f); err != nil {
				return err
			}
		}
	}
	if refused {
		return exitCode(1)
	}
	return nil
}

func (cmd sequenceLintCmd) print(term terminal, name string, f templates.Finding) error {
	if cmd.JSON {
		return json.NewEncoder(term.out).Encode(struct {
			File string `json:"file"`
			templates.Finding
		}{name, f})
	}
	fmt.Fprintf(term.out, "%s:%d:%d: %s: %s", name, f.Line, f.Column, f.Severity, f.Message)
	if f.Suggestion != "" {
		fmt.Fprintf(term.out, " Try: %s", f.Suggestion)
	}
	fmt.Fprintf(term.out, " [%s]\n", f.Rule)
	return nil
}

type sequencePushCmd struct {
	File     string `arg:"" help:"Sequence file (YAML)."`
	Override string `help:"A manager's reason for publishing against the lint." placeholder:"REASON"`
}

// Run publishes.
func (cmd sequencePushCmd) Run(term terminal, c *cli) error {
	source, err := os.ReadFile(cmd.File)
	if err != nil {
		return err
	}
	return withApp(term, c, func(a *app) error {
		v, err := a.crm.Publish(term.ctx, nil, string(source), cmd.Override)
		var lint *crm.LintError
		if errors.As(err, &lint) {
			return fmt.Errorf("%s is refused by the lint:\n%w", cmd.File, lint)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", cmd.File, err)
		}
		fmt.Fprintf(term.out, "%s is published as version %d.\n", v.Definition.Key, v.Number)
		return nil
	})
}

type sequencePullCmd struct {
	Key string `arg:"" help:"The sequence's key."`
}

// Run prints the file as it was published.
func (cmd sequencePullCmd) Run(term terminal, c *cli) error {
	return withApp(term, c, func(a *app) error {
		seq, err := a.store.ViewSequence(term.ctx, cmd.Key)
		if err != nil {
			return err
		}
		if seq.Version == nil {
			return fmt.Errorf("%s has no published version yet", cmd.Key)
		}
		_, err = fmt.Fprint(term.out, seq.Version.Source)
		return err
	})
}

type sequenceListCmd struct{}

// Run lists.
func (sequenceListCmd) Run(term terminal, c *cli) error {
	return withApp(term, c, func(a *app) error {
		seqs, err := a.store.ViewSequences(term.ctx)
		if err != nil {
			return err
		}
		for _, s := range seqs {
			note := ""
			if s.Sequence.State != models.SequenceActive {
				note = " (" + string(s.Sequence.State) + ")"
			}
			fmt.Fprintf(term.out, "%-28s %s%s\n", s.Sequence.Key, s.Sequence.Name, note)
		}
		return nil
	})
}

type sequenceSchemaCmd struct{}

// Run prints the schema, for editors that complete and check YAML.
func (sequenceSchemaCmd) Run(term terminal) error {
	_, err := term.out.Write(templates.Schema())
	return err
}
