package web

import (
	"net/http"

	"followup/crm"
)

// appointmentMove gives a booked call another minute. A page that shows an
// older state of the call is refused; a double click changes nothing.
func (s *site) appointmentMove(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	v, err := s.Store.ViewAppointment(r.Context(), id)
	if err != nil {
		return err
	}
	at, err := parseLocal("starts_at", f.Get("starts_at"), v.Person.Prospect.Zone)
	tell := crm.Tell(f.Get("tell"))
	if err == nil {
		_, err = s.CRM.Move(r.Context(), actorOf(r), crm.MoveRequest{
			ID: id, ProspectID: v.Appointment.ProspectID, Revision: int(f.int64("revision")), StartsAt: at, Tell: tell, Ask: f.Get("sure") == "",
		})
	}
	if err != nil {
		status := statusOf(err)
		if err := f.take(err, "starts_at", "sure", "tell"); err != nil {
			return err
		}
		return s.renderAppointment(w, r, id, status, f)
	}
	s.flash(r, "The call was moved"+told(tell))
	return redirect(w, r, idPath("/prospects/", v.Appointment.ProspectID))
}

func (s *site) appointmentCancel(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	v, err := s.Store.ViewAppointment(r.Context(), id)
	if err != nil {
		return err
	}
	tell := crm.Tell(f.Get("tell"))
	err = s.CRM.Cancel(r.Context(), actorOf(r), crm.CancelRequest{ID: id, ProspectID: v.Appointment.ProspectID, Revision: int(f.int64("revision")), Tell: tell})
	if err != nil {
		status := statusOf(err)
		if err := f.take(err, "tell"); err != nil {
			return err
		}
		return s.renderAppointment(w, r, id, status, f)
	}
	s.flash(r, "The call was canceled"+told(tell))
	return redirect(w, r, idPath("/prospects/", v.Appointment.ProspectID))
}

func told(tell crm.Tell) string {
	if tell == crm.TellNobody {
		return ". They are not told."
	}
	return "; they are told at once."
}
