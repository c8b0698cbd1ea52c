package replies

import (
	"fmt"

	"followup/models"
)

// attachedMedia names what a person attached to a mail; its content stays in
// the stored message.
func attachedMedia(m Mail) []models.Media {
	var all []models.Media
	for i, a := range m.Attachments[:min(len(m.Attachments), maxMedia)] {
		name := limit(cleanText(a.Name), 200)
		if name == "" {
			name = fmt.Sprintf("Attachment %d", i+1)
		}
		all = append(all, models.Media{Part: i + 1, Name: name})
	}
	return all
}

// Attached gives the content of the nth attachment (from 1) of a stored mail;
// false where it has none such.
func Attached(content []byte, n int) ([]byte, bool) {
	m, err := Parse(content)
	if err != nil || n < 1 || n > len(m.Attachments) {
		return nil, false
	}
	return m.Attachments[n-1].encoded.all(), true
}
