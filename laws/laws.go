// Package laws holds what the law and the carriers ask of outreach, as data:
// one file per matter, each row with its source and the day it was checked.
// A workspace may put its own value in the place of any row's. None of it is
// legal advice.
package laws

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"followup/models"
)

//go:embed *.tsv
var files embed.FS

// Matter is what a row is about; each has its file.
type Matter string

const (
	Hours    Matter = "hours"
	Caps     Matter = "caps"
	Consents Matter = "consent"
	Holidays Matter = "holidays"
)

// Matters in the order in which people read them.
var Matters = []Matter{Hours, Caps, Consents, Holidays}

// Off in the place of a value takes the row out of force.
const Off = "off"

// Row is one rule.
type Row struct {
	ID       string // "hours/US-TX"
	Matter   Matter
	Country  string // ISO 3166-1 alpha-2, several with commas; "*": every one
	Region   string // "*": the whole country; "?": the state is not known
	Channels []models.ChannelKind
	Value    string // in force
	Default  string // as shipped
	Source   string
	Checked  models.Date
	Note     string
}

// Changed tells whether the workspace put a value of its own.
func (r Row) Changed() bool { return r.Value != r.Default }

// covers tells whether the row speaks of the place.
func (r Row) covers(p Place) bool {
	if r.Country != "*" && !slices.Contains(strings.Split(r.Country, ","), p.Country) {
		return false
	}
	switch r.Region {
	case "*":
		return true
	case "?":
		return p.Unknown
	}
	return slices.Contains(p.States, r.Region)
}

// Book is every row in force, ready to be asked. It is safe for concurrent use.
type Book struct {
	rows  []Row
	hours []hoursRow
	caps  []capRow
	needs []needRow
	days  []dayRow

	weeks  sync.Map // weekKey → *Week
	limits sync.Map // limitKey → Limit
}

// books by what the workspace changed.
var books sync.Map // string → *Book

// For gives the rows with the workspace's own values in their places, written
// one a line: "hours/US-TX = Mon-Sat 10:00-20:00". What does not parse is left
// out, and the shipped value holds: Check refuses it before it is saved.
func For(overrides string) *Book {
	if b, ok := books.Load(overrides); ok {
		return b.(*Book)
	}
	own, _ := parseOverrides(overrides)
	b, err := build(own)
	if err != nil {
		b, _ = build(nil) // the shipped rows are checked by a test
	}
	kept, _ := books.LoadOrStore(overrides, b)
	return kept.(*Book)
}

// Check says what is wrong with overrides; nil: nothing.
func Check(overrides string) error {
	own, err := parseOverrides(overrides)
	if err != nil {
		return err
	}
	_, err = build(own)
	return err
}

// Change writes one row's value into overrides; "" takes the workspace's own
// value away. It fails where the value says nothing.
func Change(overrides, id, value string) (string, error) {
	own, err := parseOverrides(overrides)
	if err != nil {
		return "", err
	}
	if value = strings.Join(strings.Fields(value), " "); value == "" {
		delete(own, id)
	} else {
		own[id] = value
	}
	b, err := build(own)
	if err != nil {
		return "", err
	}
	var lines []string
	for _, r := range b.rows {
		if v, ok := own[r.ID]; ok && v != r.Default {
			lines = append(lines, r.ID+" = "+v)
		}
	}
	return strings.Join(lines, "\n"), nil
}

// Rows of every matter, in the order of the files.
func (b *Book) Rows() []Row { return b.rows }

// Row finds a row by its id.
func (b *Book) Row(id string) (Row, bool) {
	for _, r := range b.rows {
		if r.ID == id {
			return r, true
		}
	}
	return Row{}, false
}

func parseOverrides(text string) (map[string]string, error) {
	own := map[string]string{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		id, value, ok := strings.Cut(line, "=")
		if id, value = strings.TrimSpace(id), strings.TrimSpace(value); !ok || id == "" || value == "" {
			return own, models.Invalid("rules", "%q is no rule; write it as hours/US-TX = Mon-Sat 09:00-20:00", line)
		}
		own[id] = value
	}
	return own, nil
}

func build(own map[string]string) (*Book, error) {
	b := &Book{}
	known := map[string]bool{}
	for _, matter := range Matters {
		for _, cells := range table(string(matter)+".tsv", 8) {
			r := Row{
				ID: cells[0], Matter: matter, Country: cells[1], Region: cells[2], Value: cells[4], Default: cells[4],
				Source: cells[5], Checked: models.Date(cells[6]), Note: cells[7],
			}
			for _, ch := range strings.Split(cells[3], ",") {
				r.Channels = append(r.Channels, models.ChannelKind(ch))
			}
			known[r.ID] = true
			if v, ok := own[r.ID]; ok {
				r.Value = v
			}
			b.rows = append(b.rows, r)
			if r.Value == Off {
				continue
			}
			if err := b.read(r); err != nil {
				return nil, err
			}
		}
	}
	for id := range own {
		if !known[id] {
			return nil, models.Invalid("rules", "there is no rule %q; the page of the rules lists their names", id)
		}
	}
	return b, nil
}

func (b *Book) read(r Row) error {
	switch r.Matter {
	case Hours:
		week, free, err := parseWeek(r.Value)
		if err != nil {
			return err
		}
		b.hours = append(b.hours, hoursRow{r, week, free})
	case Caps:
		limit, err := parseLimit(r.Value)
		if err != nil {
			return err
		}
		limit.Rule = r.ID
		b.caps = append(b.caps, capRow{r, limit})
	case Consents:
		need, err := parseNeed(r.Value)
		if err != nil {
			return err
		}
		need.Rule = r.ID
		b.needs = append(b.needs, needRow{r, need, strings.Split(r.Country, ",")})
	case Holidays:
		day, err := parseDay(r.Value)
		if err != nil {
			return err
		}
		b.days = append(b.days, dayRow{r, day})
	}
	return nil
}

// table reads a file's rows, without its comments and its header.
func table(name string, columns int) [][]string {
	data, err := files.ReadFile(name)
	if err != nil {
		panic(err) // it is part of the program
	}
	var rows [][]string
	header := true
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if header {
			header = false
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) != columns {
			panic(fmt.Sprintf("%s: %q has %d cells", name, line, len(cells)))
		}
		rows = append(rows, cells)
	}
	return rows
}
