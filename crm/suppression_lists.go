package crm

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"followup/models"
)

// ListOptions of an imported list of those not to be contacted.
type ListOptions struct {
	Actor   string
	Name    string
	AsOf    models.Date // the day the list was made
	Country string      // of numbers without a country code; "": US
	// Channel that is forbidden; "": every one.
	Channel models.ChannelKind
	// Old lets a list in that is older than the law permits to rely on.
	Old bool
}

// ListReport sums an import up.
type ListReport struct {
	models.SuppressionList
	Rejected int
	Wrong    []string // the first of them, each with its line
}

// keptWrong bounds how many rejected lines are named.
const keptWrong = 20

// ImportSuppressions reads a list, one number, address or domain a line; a
// number may come as its area code and the rest in two cells, as the national
// do-not-call registry writes them. What cannot be read is named and left out.
func (s *Service) ImportSuppressions(ctx context.Context, r io.Reader, opt ListOptions) (ListReport, error) {
	now := s.Clock()
	report := ListReport{SuppressionList: models.SuppressionList{Name: clean(opt.Name), AsOf: opt.AsOf, By: opt.Actor, CreatedAt: now}}
	if report.Name == "" {
		return report, models.Invalid("name", "give the list a name, such as National registry, November")
	}
	made, err := time.Parse(time.DateOnly, string(opt.AsOf))
	switch {
	case err != nil:
		return report, models.Invalid("as_of", "say on which day the list was made, such as 2026-11-01")
	case made.After(now.Add(24 * time.Hour)):
		return report, models.Invalid("as_of", "the list would have been made on a day to come")
	case !opt.Old && report.Stale(now):
		return report, models.Invalid("as_of", "the list is older than %d days, and a do-not-call list must not be (47 CFR 64.1200(c)(2)); fetch a newer one", models.ListFresh)
	}
	lines := bufio.NewScanner(r)
	line := 0
	next := func() (models.SuppressionScope, string, bool) {
		for ctx.Err() == nil && lines.Scan() {
			line++
			text := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
			if text == "" || strings.HasPrefix(text, "#") {
				continue
			}
			scope, value, err := unwanted(text, opt.Country)
			if err == nil {
				return scope, value, true
			}
			if line == 1 {
				continue // a header
			}
			if report.Rejected++; len(report.Wrong) < keptWrong {
				report.Wrong = append(report.Wrong, fmt.Sprintf("line %d: %s", line, reasonOf(err)))
			}
		}
		return "", "", false
	}
	report.SuppressionList, err = s.Store.ImportSuppressions(ctx, report.SuppressionList, models.FailDoNotCall, opt.Channel, next)
	return report, errors.Join(err, lines.Err(), ctx.Err())
}

// unwanted reads one line of a list.
func unwanted(text, country string) (models.SuppressionScope, string, error) {
	if digits, ok := northAmerican(text); ok && (country == "" || strings.EqualFold(country, "US") || strings.EqualFold(country, "CA")) {
		return models.SuppressAddress, "+1" + digits, nil
	}
	cell, _, _ := strings.Cut(text, ",")
	cell = strings.Trim(strings.TrimSpace(cell), `"`)
	switch {
	case strings.HasPrefix(cell, "@"):
		return models.SuppressDomain, strings.ToLower(cell[1:]), nil
	case strings.Contains(cell, "@"):
		v, err := normaliseEmail(cell)
		return models.SuppressAddress, v, err
	case strings.ContainsAny(cell, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") && strings.Contains(cell, ".") && !strings.ContainsAny(cell, " /"):
		return models.SuppressDomain, strings.ToLower(cell), nil
	}
	v, err := normalisePhone(cell, country)
	return models.SuppressAddress, v, err
}

// northAmerican reads ten digits however they are cut up, quickly: a list may
// hold millions. Whether such a number is in use is not asked.
func northAmerican(text string) (string, bool) {
	var digits [11]byte
	n := 0
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			if n == len(digits) {
				return "", false
			}
			digits[n] = c
			n++
		case strings.IndexByte(` -().,"`, c) >= 0 || c == '+' && i == 0:
		default:
			return "", false
		}
	}
	number := digits[:n]
	if n == 11 && number[0] == '1' {
		number = number[1:]
	} else if n != 10 || text[0] == '+' {
		return "", false
	}
	if number[0] < '2' || number[3] < '2' {
		return "", false
	}
	return string(number), true
}
