// Package templates is what prospects read: Liquid rendering, the lint,
// sequence files in YAML and the built-in sequences.
package templates

import (
	"fmt"
	"strings"
	"time"

	"followup/models"
)

// Data is what a template may speak of. Nil parts have no variables.
type Data struct {
	Prospect     models.Prospect
	Email, Phone string // the prospect's, for {{ prospect.email }} and {{ prospect.phone }}
	Company      *models.Company
	Rep          models.User
	Sender       *models.Sender
	Appointment  *models.Appointment
	Commitment   *models.Commitment
	Discovery    *models.Discovery
	TalkingPoint *models.TalkingPoint
	Variables    map[string]string // the enrollment's, over the prospect's custom fields; {{ custom.x }}
	Settings     models.Settings
	Unsubscribe  string // a link, "" where none applies
	// BookingLink is where they choose a time for a call, RescheduleLink where
	// they move or cancel the one that is booked; "" where there is none.
	BookingLink, RescheduleLink string
	Now                         time.Time
}

// Rendered is a message ready to send. HTML is "" for anything but email.
type Rendered struct {
	Subject string
	Text    string
	HTML    string
}

// Error is a template's or a sequence file's fault, with its place (1-based).
type Error struct {
	Where        string // "step reminder, body"
	Line, Column int
	Message      string // what is wrong and what to do
	Variable     string // the variable that has no value, where that is it
}

func (e *Error) Error() string {
	place := make([]string, 0, 3)
	if e.Where != "" {
		place = append(place, e.Where)
	}
	if e.Line > 0 {
		place = append(place, fmt.Sprintf("line %d", e.Line))
	}
	if e.Column > 0 {
		place = append(place, fmt.Sprintf("column %d", e.Column))
	}
	if len(place) == 0 {
		return e.Message
	}
	return strings.Join(place, ", ") + ": " + e.Message
}

// Severity of a lint finding.
type Severity string

const (
	SeverityError   Severity = "error"   // refuses publishing, unless a manager overrides with a reason
	SeverityWarning Severity = "warning" // is shown
)

// Finding is one thing the lint says.
type Finding struct {
	Rule       string   `json:"rule"`
	Severity   Severity `json:"severity"`
	Step       string   `json:"step,omitempty"`
	Field      string   `json:"field,omitempty"`
	Variant    string   `json:"variant,omitempty"` // whose own text it is
	Line       int      `json:"line,omitempty"`    // in the YAML or the text, 1-based
	Column     int      `json:"column,omitempty"`
	Text       string   `json:"text,omitempty"` // the words at fault
	Message    string   `json:"message"`
	Suggestion string   `json:"suggestion,omitempty"`
}

// Builtin is a sequence that ships with the program.
type Builtin struct {
	Source     string
	Definition models.Definition
}
