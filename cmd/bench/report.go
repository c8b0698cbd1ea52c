package main

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"text/template"
	"time"

	"followup/store/pgserver"
)

//go:embed performance.md.tmpl
var reportText string

// figure is one line of the report.
type figure struct {
	What, Measured, Target string
	Met                    bool
}

type report struct {
	Figures []figure
	Took    time.Duration
}

// write renders docs/performance.md: the words are the template's, the figures the run's.
func (r report) write(path string) error {
	t, err := template.New("report").Funcs(template.FuncMap{"met": func(b bool) string {
		if b {
			return "yes"
		}
		return "**no**"
	}}).Parse(reportText)
	if err != nil {
		return err
	}
	var b strings.Builder
	err = t.Execute(&b, map[string]any{
		"Figures": r.Figures, "Took": r.Took.Round(time.Minute), "Go": runtime.Version(), "CPUs": runtime.NumCPU(), "Processor": processor(),
		"Memory": memory(), "Postgres": postgresVersion(), "Date": time.Now().Format("2 January 2006"),
	})
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(b.String()), 0o644)
}

// processor is what Linux says of the first one.
func processor() string { return procField("/proc/cpuinfo", "model name") }

func memory() string { return procField("/proc/meminfo", "MemTotal") }

func procField(path, key string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(content)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func postgresVersion() string {
	bin, err := pgserver.Bin()
	if err != nil {
		return "none"
	}
	out, err := exec.Command(bin+"/postgres", "--version").Output()
	if err != nil {
		return fmt.Sprint(err)
	}
	return strings.TrimPrefix(strings.TrimSpace(string(out)), "postgres ")
}
