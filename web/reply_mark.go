package web

import (
	"net/http"

	"followup/models"
)

var replyMarks = []option{
	{Value: string(models.MarkPositive), Label: "Positive"}, {Value: string(models.MarkNeutral), Label: "Neutral"}, {Value: string(models.MarkNegative), Label: "Negative"},
}

// Marks are what a person may make of a reply; none where it is no reply.
func (v messageView) Marks() []option {
	if !v.Inbound || !v.Class.Engagement() || v.Class == models.ClassOptOut || v.ProspectID == nil {
		return nil
	}
	return choose(string(v.Mark), append([]option(nil), replyMarks...))
}

// replyMark keeps what a person makes of a reply, and comes back to where
// they were; the same mark again takes it off.
func (s *site) replyMark(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	prospectID, err := s.Store.MessageProspect(r.Context(), id)
	if err != nil {
		return err
	}
	if err := s.CRM.MarkReply(r.Context(), actorOf(r), id, models.ReplyMark(f.Get("mark"))); err != nil {
		return err
	}
	if refreshing(r) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return redirect(w, r, s.cameFrom(r, idPath("/prospects/", prospectID))+"#timeline")
}
