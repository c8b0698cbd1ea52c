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
	if list := n.Bounce.Recipients; len(list) > 0 {
		b.Recipient = firstAddress(list[0].Address).Email
		b.Reason = limit(addressType(list[0].Diagnostic), 500)
		if b.Status = statusCode.FindString(list[0].Status); b.Status == "" {
			b.Status = statusIn(list[0].Diagnostic)
		}
	}
	v := givenUp(b, flat(fold(b.Reason)))
	v.Why = "the sending service's notice of a bounce: " + n.Bounce.Type
	return v
}
