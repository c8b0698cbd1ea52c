package web

import "followup/models"

// sequenceChange says what somebody did to a sequence.
func sequenceChange(kind models.EventKind, code string) string {
	switch kind {
	case models.EventPublished:
		return "published version " + code
	case models.EventSequenceArchived:
		return "archived it"
	case models.EventSequenceOpened:
		return "opened it again"
	case models.EventSequenceShared:
		return "changed whom it is shared with"
	case models.EventSequenceDrafted:
		return "began to edit the draft"
	}
	return plain(string(kind))
}
