package scheduler

import (
	"strings"

	"followup/models"
)

// toldIn names the talking point if the text tells it: where the message is
// accepted they have heard it, and it is not told to them again.
func toldIn(template, text string, tp *models.TalkingPoint) *int64 {
	if tp == nil || !strings.Contains(template, "talking_point") {
		return nil
	}
	said, point := models.ReasonKey(text), models.ReasonKey(tp.Text)
	if point == "" || !strings.Contains(" "+said+" ", " "+point+" ") {
		return nil
	}
	return &tp.ID
}
