package replies

import (
	"time"

	"followup/models"
)

// Inspection is what `followup inspect-mail` prints of one message.
type Inspection struct {
	File       string       `json:"file"`
	Class      string       `json:"class"`
	Engagement bool         `json:"engagement"`
	Reply      string       `json:"reply"`
	ReturnDate *models.Date `json:"return_date"`
	Bounce     *BounceLine  `json:"bounce"`
	OptOut     bool         `json:"opt_out"`
	Error      string       `json:"error,omitempty"` // why the file could not be read
}

// BounceLine is a bounce as it is printed, every field of it.
type BounceLine struct {
	Recipient string `json:"recipient"`
	Status    string `json:"status"`
	Reason    string `json:"reason"`
	Hard      bool   `json:"hard"`
}

// inspectClasses folds the classes that mail hardly has into the seven printed.
var inspectClasses = map[models.InboundClass]models.InboundClass{
	models.ClassOptIn: models.ClassHuman, models.ClassHelp: models.ClassHuman, models.ClassWrongPerson: models.ClassHuman, models.ClassReceipt: models.ClassOther,
}

// Inspect reads one message exactly as the listener's inbound is read.
func Inspect(file string, raw []byte, now time.Time) (out Inspection) {
	defer func() {
		if recover() != nil { // as Receive: kept, not understood
			out = Inspection{File: file, Class: string(models.ClassOther)}
		}
	}()
	u := understandMail(models.Raw{Content: raw, ReceivedAt: now}, now)
	class := u.verdict.Class
	if c, ok := inspectClasses[class]; ok {
		class = c
	}
	out = Inspection{
		File: file, Class: string(class), Engagement: class.Engagement(), Reply: u.message.Visible,
		OptOut: class == models.ClassOptOut,
	}
	if u.verdict.ReturnDate != "" {
		out.ReturnDate = &u.verdict.ReturnDate
	}
	switch class {
	case models.ClassBounceHard, models.ClassBounceSoft:
		out.Reply = "" // a server's words are nobody's reply
		if b := u.verdict.Bounce; b != nil {
			out.Bounce = &BounceLine{Recipient: b.Recipient, Status: b.Status, Reason: b.Reason, Hard: b.Hard}
		}
	case models.ClassComplaint:
		out.Reply = ""
	}
	return out
}
