package demo

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
)

// Report prints what took place and compares it, person by person, with what
// the scripts say must have. It gives the number of differences.
func (w *World) Report(ctx context.Context, out io.Writer) (wrong int, err error) {
	total := map[string]int{}
	var differences []string
	for _, p := range w.people {
		got, err := w.Store.Tally(ctx, p.prospect.ID)
		if err != nil {
			return 0, err
		}
		for _, what := range keys(got, p.part.want) {
			total[what] += got[what]
			if got[what] != p.part.want[what] {
				differences = append(differences, fmt.Sprintf("%s (%s): %s: expected %d, got %d", p.prospect.Name(), p.part.name, what, p.part.want[what], got[what]))
			}
		}
	}
	fmt.Fprintf(out, "\nWhat took place with %d people in two weeks:\n", len(w.people))
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, what := range keys(total) {
		fmt.Fprintf(table, "  %s\t%d\n", what, total[what])
	}
	if err := table.Flush(); err != nil {
		return 0, err
	}
	for _, d := range differences {
		fmt.Fprintln(out, "✗", d)
	}
	if len(differences) == 0 {
		fmt.Fprintln(out, "✓ exactly what the scripts say, for each of them")
	}
	return len(differences), nil
}

func keys(counts ...map[string]int) []string {
	all := map[string]int{}
	for _, m := range counts {
		maps.Copy(all, m)
	}
	return slices.Sorted(maps.Keys(all))
}
