package crm

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"followup/models"
)

// maxDeskSignature bounds a signature, in characters.
const maxDeskSignature = 1000

// Desk is how people work with a sender: what stands under its mail, when it
// sends, and who sees to what comes in.
type Desk struct {
	Signature string
	Assignee  int64 // 0: a manager
	From, To  string
	Zone      string
	Days      []int
}

// SetDesk saves it.
func (s *Service) SetDesk(ctx context.Context, actor string, id int64, d Desk) error {
	if utf8.RuneCountInString(d.Signature) > maxDeskSignature {
		return models.Invalid("signature", "has at most %d characters", maxDeskSignature)
	}
	if d.Assignee != 0 {
		if err := s.here(ctx, d.Assignee, "assignee"); err != nil {
			return err
		}
	}
	window, err := d.window()
	if err != nil {
		return err
	}
	err = s.Store.ChangeSender(ctx, id, actor, s.Clock(), func(x *models.Sender) {
		x.Settings.Signature, x.Settings.AssigneeID, x.Settings.Window = strings.TrimSpace(d.Signature), d.Assignee, window
	})
	if err == nil {
		s.wake()
	}
	return err
}

func (d Desk) window() (models.SendingWindow, error) {
	var w models.SendingWindow
	if d.From == "" && d.To == "" {
		return w, nil
	}
	from, err := models.ParseTimeOfDay(d.From)
	if err != nil {
		return w, models.Invalid("window_from", "enter a time such as 09:00, or leave both empty")
	}
	to, err := models.ParseTimeOfDay(d.To)
	if err != nil || to <= from {
		return w, models.Invalid("window_to", "enter a time after the first, such as 17:00")
	}
	if _, err := models.LoadZone(d.Zone); err != nil || d.Zone == "" {
		return w, models.Invalid("zone", "%q is no time zone; write it as America/New_York", d.Zone)
	}
	days := slices.DeleteFunc(slices.Clone(d.Days), func(n int) bool { return n < 1 || n > 7 })
	slices.Sort(days)
	days = slices.Compact(days)
	if len(days) == 0 {
		return w, models.Invalid("window_from", "choose at least one day")
	}
	if len(days) == 7 {
		days = nil
	}
	return models.SendingWindow{Zone: d.Zone, From: from, To: to, Days: days}, nil
}
