// Command followup is the whole engine: server, scheduler and tools.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
	_ "time/tzdata" // zones on machines that have none installed

	"github.com/alecthomas/kong"

	"followup/config"
	"followup/models"
)

// version is set by the build; see the Makefile.
var version = "development"

// cli is the command line; each command is in a file of its own.
type cli struct {
	Config string `help:"Configuration file." default:"followup.yaml" type:"path" placeholder:"FILE"`

	Serve       serveCmd       `cmd:"" default:"withargs" help:"Run the server and the scheduler (the default)."`
	Demo        demoCmd        `cmd:"" help:"Show two weeks in two minutes on a throw-away database."`
	Migrate     migrateCmd     `cmd:"" help:"Bring the database's schema up to date."`
	User        userCmd        `cmd:"" help:"Add users, set passwords."`
	Seed        seedCmd        `cmd:"" help:"Fill an empty workspace with many invented people, to try it at a size."`
	Import      importCmd      `cmd:"" help:"Import prospects from a CSV file."`
	Suppress    suppressCmd    `cmd:"" help:"Import lists of those not to be contacted."`
	Enroll      enrollCmd      `cmd:"" help:"Enroll a prospect in a sequence, or preview it."`
	Sequence    sequenceCmd    `cmd:"" help:"Lint, push, pull and list sequences."`
	InspectMail inspectMailCmd `cmd:"" name:"inspect-mail" help:"Say what each message is, one JSON line each."`
	Simulate    simulateCmd    `cmd:"" help:"Simulate months with everything going wrong and check every promise."`
	Backup      backupCmd      `cmd:"" help:"Write the workspace into one file."`
	Restore     restoreCmd     `cmd:"" help:"Fill an empty database from a backup, of SQLite or PostgreSQL alike."`
	Resume      resumeCmd      `cmd:"" help:"Let a restored workspace send again."`
	Doctor      doctorCmd      `cmd:"" help:"Check configuration, database, channels and scheduler."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
}

// terminal is what commands read from and write to.
type terminal struct {
	ctx     context.Context
	in      io.Reader
	out     io.Writer
	err     io.Writer
	environ func() []string
	clock   models.Clock
}

// garbageShare lets the heap grow to five times what lives in it before it is
// swept: little lives in ours, and sweeping more often took an eighth of an
// email's time. GOGC in the environment overrides it.
const garbageShare = 400

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbageShare)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(terminal{
		ctx: ctx, in: os.Stdin, out: os.Stdout, err: os.Stderr, environ: os.Environ,
		clock: func() time.Time { return time.Now().UTC() },
	}, os.Args[1:]))
}

// exitCode asks for a status without another message: everything was said.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// run is main without the process around it, so that tests call it.
func run(term terminal, args []string) int {
	var c cli
	status := -1
	parser, err := kong.New(&c,
		kong.Name("followup"),
		kong.Description("Follow up on every channel: never twice, never after an answer, on the minute."),
		kong.Writers(term.out, term.err),
		kong.Exit(func(code int) { status = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		fmt.Fprintln(term.err, "followup:", err)
		return 1
	}
	kctx, err := parser.Parse(args)
	if status >= 0 { // --help wrote its page
		return status
	}
	if err != nil {
		fmt.Fprintf(term.err, "followup: %v\nRun followup --help for what there is.\n", err)
		return 2
	}
	err = kctx.Run(term, &c)
	var code exitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, context.Canceled) && term.ctx.Err() != nil:
		return 130
	}
	fmt.Fprintln(term.err, "followup:", err)
	return 1
}

// load reads the configuration. A file named on the command line must be
// there; the default one need not.
func (c *cli) load(term terminal) (config.Config, error) {
	_, err := os.Stat(c.Config)
	given := c.Config != "" && !isDefaultConfig(c.Config)
	if err != nil && !given {
		return config.Load("", false, term.environ)
	}
	return config.Load(c.Config, given, term.environ)
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(term terminal) error {
	fmt.Fprintln(term.out, "followup", version)
	return nil
}
