package replies

import (
	"encoding/json"
	"strings"

	"followup/models"
)

// sesNotice is what Amazon SES publishes of a delivery (its developer guide,
// "Amazon SNS notification contents"); by mail it comes as the text itself.
type sesNotice struct {
	Kind   string `json:"notificationType"`
	Event  string `json:"eventType"`
	Bounce struct {
		Type       string         `json:"bounceType"`
		Recipients []sesRecipient `json:"bouncedRecipients"`
	} `json:"bounce"`
	Complaint struct {
		Recipients []sesRecipient `json:"complainedRecipients"`
	} `json:"complaint"`
}

type sesRecipient struct {
	Address    string `json:"emailAddress"`
	Status     string `json:"status"`
	Diagnostic string `json:"diagnosticCode"`
}

// asServiceNotice reads a sending service's notice in its own format.
func asServiceNotice(r reading) (models.Verdict, bool) {
	text := strings.TrimSpace(r.m.Text)
	if !strings.HasPrefix(text, "{") || r.re || r.fwd || !strings.Contains(text, `"notificationType"`) && !strings.Contains(text, `"eventType"`) {
		return none()
	}
	var n sesNotice
	// Mail servers break lines longer than RFC 5321 allows with "!" and a blank.
	text = strings.NewReplacer("!\n ", "", "\n", " ").Replace(text)
	if json.NewDecoder(strings.NewReader(text)).Decode(&n) != nil {
		return none()
	}
	switch n.Kind + n.Event {
	case "Bounce":
		return n.bounce(), true
	case "Complaint":
		v, _ := verdict(models.ClassComplaint, "the sending service's notice of a complaint")
		if list := n.Complaint.Recipients; len(list) > 0 {
			v.Bounce = &models.Bounce{Recipient: firstAddress(list[0].Address).Email, Reason: "complaint"}
		}
		return v, true
	case "Delivery", "Send", "Open", "Click":
		return verdict(models.ClassReceipt, "the sending service's notice of a delivery")
	}
	return none()
}

// bounce: "Transient" and "Undetermined" may work tomorrow.
func (n sesNotice) bounce() models.Verdict {
	b := models.Bounce{Hard: n.Bounce.Type == "Permanent"}
	v := models.Verdict{Class: b.Class(), Bounce: &b, Why: "the sending service's notice of a bounce: " + n.Bounce.Type}
	for i, to := range n.Bounce.Recipients[:min(len(n.Bounce.Recipients), maxOthers)] {
		one := models.Bounce{Hard: b.Hard, Recipient: firstAddress(to.Address).Email, Reason: limit(addressType(to.Diagnostic), 500)}
		if one.Status = statusCode.FindString(to.Status); one.Status == "" {
			one.Status = statusIn(to.Diagnostic)
		}
		one.Blocked = one.Hard && blocked(one.Status, flat(fold(one.Reason)))
		if i == 0 {
			b = one
		} else {
			v.Others = append(v.Others, one)
		}
	}
	return v
}
