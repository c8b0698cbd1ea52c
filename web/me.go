package web

import (
	"net/http"
	"strconv"

	"followup/crm"
	"followup/models"
)

// ownNotifications is how many of one's latest notifications the page lists.
const ownNotifications = 50

type mePage struct {
	page
	Form    form
	Zones   []string
	StandIn []option
	Ways    []models.NotificationWay
	Matrix  []notifyRow
	Digest  bool
	Quiet   [2]string // from, to
	Latest  []noticeRow
}

// notifyRow is one kind of notification with the ways to choose.
type notifyRow struct {
	Label, Hint string
	Boxes       []notifyBox
}

type notifyBox struct {
	Name, Label string
	On          bool
}

// noticeRow is a notification that was made for the user.
type noticeRow struct {
	models.Notification
	Icon, Way string
	When      moment
	State     string
	Tone      string
}

var notifyLabels = map[models.NotificationKind][2]string{
	models.NotifyAnswer:   {"A customer answers", "Somebody whose task is yours writes, texts or calls."},
	models.NotifyCallSoon: {"A booked call is near", "Ten minutes before its minute."},
	models.NotifyStandIn:  {"A colleague has not dialled", "A booked call whose minute has passed, where you are asked to see to it."},
	models.NotifyHandOver: {"A task is handed over to you", ""},
	models.NotifyDigest:   {"Morning digest", ""},
}

var wayLabels = map[models.NotificationWay]string{models.WayBrowser: "Browser", models.WayEmail: "Email", models.WayText: "Text"}

var wayIcons = map[models.NotificationWay]string{models.WayBrowser: "today", models.WayEmail: "mail", models.WayText: "text"}

var noticeStates = map[models.NotificationState][2]string{
	models.NotificationWaiting: {"waits", ""}, models.NotificationSending: {"being sent", ""}, models.NotificationSent: {"sent", "good"},
	models.NotificationFailed: {"not sent", "bad"}, models.NotificationDropped: {"not sent: no longer needed", ""},
}

// meShow is where users choose for themselves how they are told of what.
func (s *site) meShow(w http.ResponseWriter, r *http.Request) error {
	return s.renderMe(w, r, http.StatusOK, newForm())
}

func (s *site) renderMe(w http.ResponseWriter, r *http.Request, status int, f form) error {
	p := mePage{page: s.page(r, "Your settings", "me"), Form: f, Zones: commonZones, Ways: models.NotificationWays}
	choice := p.User.Notify
	if f.Failed() {
		choice = notifyChoice(f)
	}
	for _, kind := range models.NotificationKinds {
		row := notifyRow{Label: notifyLabels[kind][0], Hint: notifyLabels[kind][1]}
		for _, way := range models.NotificationWays {
			row.Boxes = append(row.Boxes, notifyBox{Name: boxName(kind, way), Label: wayLabels[way], On: choice.Wants(kind, way)})
		}
		p.Matrix = append(p.Matrix, row)
	}
	p.Digest = !choice.NoDigest
	if choice.QuietFrom != choice.QuietTo {
		p.Quiet = [2]string{choice.QuietFrom.String(), choice.QuietTo.String()}
	}
	if err := s.standIns(r, &p); err != nil {
		return err
	}
	latest, err := s.Store.ViewNotifications(r.Context(), p.User.ID, ownNotifications)
	if err != nil {
		return err
	}
	for _, n := range latest {
		row := noticeRow{Notification: n, Icon: wayIcons[n.Way], Way: wayLabels[n.Way], When: p.Ago(n.CreatedAt)}
		row.State, row.Tone = noticeStates[n.State][0], noticeStates[n.State][1]
		if n.State == models.NotificationWaiting && n.Way != models.WayBrowser && n.SendAfter.After(p.now) {
			row.State = "waits until your quiet time ends, " + p.Mine(n.SendAfter).Text
		}
		p.Latest = append(p.Latest, row)
	}
	return s.views.render(w, status, "me", p)
}

func (s *site) standIns(r *http.Request, p *mePage) error {
	users, err := s.Store.ViewUsers(r.Context())
	if err != nil {
		return err
	}
	chosen := p.Form.Get("stand_in")
	if !p.Form.Failed() && p.User.StandInID != nil {
		chosen = strconv.FormatInt(*p.User.StandInID, 10)
	}
	p.StandIn = []option{{Value: "", Label: "A manager of my team"}}
	for _, u := range users {
		if id := strconv.FormatInt(u.ID, 10); u.DisabledAt == nil && u.ID != p.User.ID {
			p.StandIn = append(p.StandIn, option{Value: id, Label: u.Name, Selected: id == chosen})
		}
	}
	return nil
}

func boxName(kind models.NotificationKind, way models.NotificationWay) string {
	return "tell_" + string(kind) + "_" + string(way)
}

// notifyChoice reads the boxes; times that cannot be read are no quiet time
// and are refused where the form is saved.
func notifyChoice(f form) models.NotifyChoice {
	c := models.NotifyChoice{Ways: map[models.NotificationKind][]models.NotificationWay{}, NoDigest: f.Get("digest") == ""}
	for _, kind := range models.NotificationKinds {
		c.Ways[kind] = []models.NotificationWay{}
		for _, way := range models.NotificationWays {
			if f.Get(boxName(kind, way)) != "" {
				c.Ways[kind] = append(c.Ways[kind], way)
			}
		}
	}
	from, errFrom := models.ParseTimeOfDay(f.Get("quiet_from"))
	to, errTo := models.ParseTimeOfDay(f.Get("quiet_to"))
	if errFrom == nil && errTo == nil {
		c.QuietFrom, c.QuietTo = from, to
	}
	return c
}

// meSave saves one's own settings.
func (s *site) meSave(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	err = quietTimes(f)
	if err == nil {
		err = s.CRM.SetOwn(r.Context(), userOf(r).ID, crm.OwnSettings{
			Zone: f.Get("zone"), Phone: f.Get("phone"), Signature: f.Get("signature"), StandInID: f.int64("stand_in"), Notify: notifyChoice(f),
		})
	}
	if err != nil {
		status := statusOf(err)
		if err := f.take(err, "zone", "phone", "signature", "stand_in", "quiet_from", "quiet_to"); err != nil {
			return err
		}
		return s.renderMe(w, r, status, f)
	}
	s.flash(r, "Saved.")
	return redirect(w, r, "/me")
}

// quietTimes refuses half a quiet time.
func quietTimes(f form) error {
	for _, pair := range [][2]string{{"quiet_from", "quiet_to"}, {"quiet_to", "quiet_from"}} {
		at := f.Get(pair[0])
		if at == "" {
			if f.Get(pair[1]) != "" {
				return models.Invalid(pair[0], "a quiet time needs its beginning and its end; leave both empty for none")
			}
			continue
		}
		if _, err := models.ParseTimeOfDay(at); err != nil {
			return models.Invalid(pair[0], "%q is not a time of day; write it as 21:00", at)
		}
	}
	return nil
}
