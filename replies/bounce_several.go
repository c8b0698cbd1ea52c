package replies

import (
	"regexp"
	"sort"
	"strings"

	"followup/models"
)

// One report may speak of several recipients: of a message that a user wrote
// to many from elsewhere, or that an alias led to many. Each is judged by what
// is said of it.

// gravity orders what a report says of a recipient.
type gravity int

const (
	arrivedWell gravity = iota + 1
	onItsWay
	lost
)

func (d Delivery) gravity() gravity {
	switch {
	case d.Action == "failed", d.Action == "" && strings.HasPrefix(d.Status, "5"):
		return lost
	case d.Action == "delayed", d.Action == "" && strings.HasPrefix(d.Status, "4"):
		return onItsWay
	}
	return arrivedWell
}

// gravest is the first of the worst.
func gravest(all []Delivery) Delivery {
	worst := all[0]
	for _, d := range all[1:] {
		if d.gravity() > worst.gravity() {
			worst = d
		}
	}
	return worst
}

// undelivered is what a report says of a recipient that it did not reach.
func (r reading) undelivered(d Delivery, recipient string) models.Bounce {
	b := models.Bounce{Recipient: recipient, Status: d.Status, Reason: limit(strings.Join(strings.Fields(d.Diagnostic), " "), 500)}
	if b.Reason == "" {
		b.Reason = reasonIn(r.reportText())
	}
	if d.gravity() == onItsWay {
		b.Delayed = true
		return b
	}
	said := flat(fold(d.Diagnostic + " " + b.Reason))
	b.Hard = hardStatus(d.Status, said)
	b.Blocked = b.Hard && blocked(d.Status, said)
	return b
}

// othersUndelivered are the further recipients of a structured report that it
// names and that did not get it, each once.
func (r reading) othersUndelivered(known string) []models.Bounce {
	var others []models.Bounce
	seen := map[string]bool{known: true}
	for _, d := range r.m.Deliveries {
		to := firstAddress(d.Recipient).Email
		if d.gravity() == arrivedWell || !strings.Contains(to, "@") || seen[to] || len(others) >= maxOthers {
			continue
		}
		seen[to] = true
		others = append(others, r.undelivered(d, to))
	}
	return others
}

// maxOthers bounds how many further recipients of one report are looked at.
const maxOthers = 50

// recipientLine is how qmail, Postfix and their kin begin what they say of a
// recipient: "<dana@example.com>:".
var recipientLine = regexp.MustCompile(`(?m)^[ \t]{0,8}<([^<>\s]{1,300}@[^<>\s]{1,200})>(?: \([^)\n]{0,300}\))?:`)

// saidOfEach cuts a report in words into what it says of each recipient, its
// beginning before each; nil where it speaks of one only. named is what the
// server's own header field names (Exim's X-Failed-Recipients).
func (r reading) saidOfEach(named string) map[string]string {
	text := r.reportText()
	starts := map[string]int{}
	for _, a := range addresses([]string{named}) {
		if at := lineOf(text, a.Email); at >= 0 {
			starts[a.Email] = at
		}
	}
	if len(starts) == 0 {
		for _, at := range recipientLine.FindAllStringSubmatchIndex(text, maxOthers) {
			a := strings.ToLower(text[at[2]:at[3]])
			if _, twice := starts[a]; !twice {
				starts[a] = at[0]
			}
		}
	}
	if len(starts) < 2 {
		return nil
	}
	var order []string
	for a := range starts {
		order = append(order, a)
	}
	sort.Slice(order, func(i, j int) bool { return starts[order[i]] < starts[order[j]] })
	if len(order) > maxOthers {
		order = order[:maxOthers]
	}
	opening := text[:starts[order[0]]]
	said := map[string]string{}
	for i, a := range order {
		end := len(text)
		if i+1 < len(order) {
			end = starts[order[i+1]]
		}
		said[a] = opening + text[starts[a]:end]
	}
	return said
}

// lineOf is where a line begins that holds the address and nothing else but
// brackets; -1 where none does.
func lineOf(text, address string) int {
	at := 0
	for line := range strings.SplitSeq(text, "\n") {
		if strings.ToLower(strings.Trim(line, "<>:;\"'()*- \t\r")) == address {
			return at
		}
		at += len(line) + 1
	}
	return -1
}
