package web

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"

	"followup/models"
)

// insightsExport gives the table of a question as CSV.
func (s *site) insightsExport(w http.ResponseWriter, r *http.Request) error {
	names, err := s.Store.InsightNames(r.Context())
	if err != nil {
		return err
	}
	q, err := s.insightQuestion(r, names)
	if err != nil {
		return err
	}
	a, err := s.answerInsight(r.Context(), q, names)
	if err != nil {
		return err
	}
	if len(a.Table.Rows) == 0 {
		return models.Errorf(models.CodeNotFound, "There is nothing to export in this time. Choose a longer one.")
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+exportName(a.Table.Name, q)+`"`)
	return writeCSV(w, a.Table)
}

// exportName says which table it is, and of which time.
func exportName(table string, q insightQuestion) string {
	name := strings.ReplaceAll(table, " ", "-")
	for _, d := range []struct {
		word string
		day  models.Date
	}{{"from", q.Filter.From}, {"to", q.Filter.To}} {
		if d.day != "" {
			name += "-" + d.word + "-" + string(d.day)
		}
	}
	return name + ".csv"
}

func writeCSV(w http.ResponseWriter, t figureTable) error {
	out := csv.NewWriter(w)
	for _, row := range append([][]string{t.Columns}, t.Rows...) {
		safe := make([]string, len(row))
		for i, cell := range row {
			safe[i] = csvCell(cell)
		}
		if err := out.Write(safe); err != nil {
			return fmt.Errorf("write the CSV: %w", err)
		}
	}
	out.Flush()
	return out.Error()
}

// csvCell keeps a spreadsheet from carrying out what somebody typed as a
// name: a cell that begins like a formula begins with an apostrophe. Numbers
// lose the commas between their thousands, and shares the space before the
// per cent, so that it reads both as numbers.
func csvCell(text string) string {
	if text == "–" {
		return ""
	}
	if digits := strings.ReplaceAll(text, ",", ""); digits != "" && strings.Trim(digits, "0123456789") == "" {
		return digits
	}
	if share, ok := strings.CutSuffix(text, " %"); ok && share != "" && strings.Trim(share, "0123456789.") == "" {
		return share + "%"
	}
	if text != "" && strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
		return "'" + text
	}
	return text
}
