package scheduler

import (
	"bytes"
	"embed"
	"fmt"
	html "html/template"
	"strings"
	text "text/template"
	"time"

	"followup/models"
)

//go:embed digest
var digestFiles embed.FS

var (
	digestText = text.Must(text.ParseFS(digestFiles, "digest/digest.txt"))
	digestHTML = html.Must(html.ParseFS(digestFiles, "digest/digest.html"))
)

// digestMail is a digest in words: every time in the rep's own zone, and the
// customer's beside it where it differs.
type digestMail struct {
	Subject, First, Day, Zone, URL string
	Calls                          []digestCall
	Waiting                        []digestWait
	Late                           []digestPromise
	Tasks                          int
	TasksLine                      string
}

type digestCall struct{ Mine, Theirs, Name, Company, Title, URL string }

type digestWait struct{ Since, Name, Company, Words, URL string }

type digestPromise struct{ Due, Name, Company, Outcome, URL string }

// RenderDigest words a rep's morning email.
func RenderDigest(d models.Digest, publicURL string, now time.Time) (models.Notification, error) {
	loc, err := models.LoadZone(d.User.Zone)
	if err != nil {
		return models.Notification{}, err
	}
	mail := wordDigest(d, strings.TrimRight(publicURL, "/"), now.In(loc))
	var plain, rich bytes.Buffer
	if err := digestText.ExecuteTemplate(&plain, "text", mail); err != nil {
		return models.Notification{}, fmt.Errorf("digest: %w", err)
	}
	if err := digestHTML.ExecuteTemplate(&rich, "html", mail); err != nil {
		return models.Notification{}, fmt.Errorf("digest: %w", err)
	}
	return models.Notification{Title: mail.Subject, Text: strings.TrimSpace(plain.String()) + "\n", HTML: rich.String(), Href: "/"}, nil
}

// wordDigest takes now in the rep's zone.
func wordDigest(d models.Digest, url string, now time.Time) digestMail {
	loc := now.Location()
	m := digestMail{First: d.User.FirstName(), Day: now.Format("Monday 2 January"), Zone: now.Format("MST"), URL: url, Tasks: d.Tasks}
	for _, c := range d.Calls {
		row := digestCall{Mine: c.At.In(loc).Format("15:04"), Name: c.Name, Company: c.Company, Title: c.Title, URL: fmt.Sprintf("%s/appointments/%d", url, c.AppointmentID)}
		if theirs, err := models.LoadZone(c.Zone); err == nil && c.At.In(theirs).Format("15:04") != row.Mine {
			row.Theirs = c.At.In(theirs).Format("15:04 MST")
		}
		m.Calls = append(m.Calls, row)
	}
	for _, w := range d.Waiting {
		m.Waiting = append(m.Waiting, digestWait{Since: w.Since.In(loc).Format("Mon 2 Jan 15:04"), Name: w.Name, Company: w.Company, Words: w.Words, URL: fmt.Sprintf("%s/prospects/%d#answer", url, w.ProspectID)})
	}
	for _, p := range d.Late {
		m.Late = append(m.Late, digestPromise{Due: dayWords(p.DueOn), Name: p.Name, Company: p.Company, Outcome: p.Outcome, URL: fmt.Sprintf("%s/prospects/%d", url, p.ProspectID)})
	}
	if d.Tasks > 0 {
		m.TasksLine = "Also in your queue: " + counted(d.Tasks, "task") + "."
	}
	m.Subject = digestSubject(m)
	return m
}

// digestSubject says in a line what the day holds.
func digestSubject(m digestMail) string {
	var parts []string
	if n := len(m.Calls); n > 0 {
		parts = append(parts, counted(n, "call")+", the first at "+m.Calls[0].Mine)
	}
	if n := len(m.Waiting); n > 0 {
		parts = append(parts, fmt.Sprintf("%d waiting for you", n))
	}
	if n := len(m.Late); n > 0 {
		parts = append(parts, counted(n, "late commitment"))
	}
	if len(parts) == 0 {
		parts = append(parts, counted(m.Tasks, "task"))
	}
	return "Today: " + strings.Join(parts, ", ")
}

func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func dayWords(d models.Date) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	return t.Format("Mon 2 Jan")
}
