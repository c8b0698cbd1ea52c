package simulate

import (
	"time"

	"followup/models"
)

// The law as this judge knows it, written a second time and by itself: the
// states of the people and of the area codes they have.
var areaStates = func() map[string]string {
	m := map[string]string{}
	for state, areas := range map[string][]string{
		"MA": {"617", "508", "413", "978", "781"},
		"AL": {"205", "251", "256", "334"},
		"CT": {"203"},
		"FL": {"239", "305", "321", "352", "386", "407", "561", "727", "754", "772", "786", "813"},
		"RI": {"401"}, "TX": {}, "MD": {}, "NV": {"702"}, "OK": {"580", "405", "918"},
		"KY": {"502"}, "SD": {"605"}, "MS": {"601", "662"}, "LA": {"318"}, "WY": {"307"},
	} {
		for _, a := range areas {
			m[a] = state
		}
	}
	return m
}()

// stateHours gives from and to on a weekday; the same twice: never.
func stateHours(state string, day time.Weekday) (from, to int) {
	sunday := day == time.Sunday
	switch state {
	case "MA", "FL", "WY":
		return 8, 20
	case "OK":
		return 8, 20
	case "CT", "NV":
		return 9, 20
	case "KY":
		return 10, 21
	case "AL", "LA", "MS":
		if sunday {
			return 0, 0
		}
		return 8, 20
	case "SD":
		if sunday {
			return 0, 0
		}
		return 9, 21
	case "RI":
		switch day {
		case time.Sunday:
			return 0, 0
		case time.Saturday:
			return 10, 17
		}
		return 9, 18
	}
	return 8, 21
}

// states whose rules hold for a message: of the address, and of the number's
// area code; in the United States alone.
func statesOf(p *person, to string) []string {
	if p.country != "US" && p.country != "" {
		return nil
	}
	var states []string
	if p.country == "US" && p.region != "" {
		states = append(states, p.region)
	}
	if len(to) > 5 && to[:2] == "+1" {
		states = append(states, areaStates[to[2:5]])
	}
	return states
}

// lawful tells whether a call or a text may come at the hour that the
// person's own wall shows.
func lawful(p *person, to string, local time.Time) bool {
	hour, day := local.Hour(), local.Weekday()
	if hour < 8 || hour >= 21 {
		return false
	}
	if p.country == "CA" {
		weekend := day == time.Saturday || day == time.Sunday
		return weekend && hour >= 10 && hour < 18 || !weekend && hour >= 9
	}
	for _, s := range statesOf(p, to) {
		if from, until := stateHours(s, day); hour < from || hour >= until {
			return false
		}
	}
	return true
}

// mostOfSender is the cap that one mailbox of the world has.
const mostOfSender = 3

type senderDay struct {
	sender int64
	day    models.Date
}

// caps judges the limits that bind what goes out by itself: three texts and
// recorded messages in 24 hours where a state says so, four touches of one
// person a day, and a sender's day.
func (j *judge) caps(p *person, h *handed) {
	bound := h.purpose == models.PurposeFollowUp || h.purpose == models.PurposeGoodbye || h.purpose == models.PurposeRecurring
	phone := h.channel == models.ChannelSMS || h.channel == models.ChannelVoicemail
	now := j.w.now
	if bound && phone {
		for _, s := range statesOf(p, h.to) {
			if s != "FL" && s != "OK" && s != "MD" {
				continue
			}
			if n := j.arrivals(p, func(a visit) bool {
				return a.phone && a.purpose != models.PurposeAnswer && now.Sub(a.at) < 24*time.Hour
			}); n >= 3 {
				j.w.broke(p, "three in 24 hours", "touch %d came by %s although %d did before, in %s", h.touch, h.channel, n, s)
			}
		}
	}
	if e := j.w.model.enrolled[h.enrollment]; bound && !p.unknown && (e == nil || !e.rezoned) {
		today := models.DateOf(now, p.zone)
		if n := j.arrivals(p, func(a visit) bool { return models.DateOf(a.at, p.zone) == today }); n >= 4 {
			j.w.broke(p, "four a day", "touch %d came although %d did on %s", h.touch, n, today)
		}
	}
	j.came[p.id] = append(j.came[p.id], visit{now, phone, h.purpose})
	if !bound || h.sender != j.w.capped {
		return
	}
	day := senderDay{h.sender, models.DateOf(h.claimed, j.w.cappedZone)}
	if j.sentOn[day]++; j.sentOn[day] > mostOfSender {
		j.w.broke(p, "a sender's day", "touch %d is the %dth of sender %d on %s", h.touch, j.sentOn[day], h.sender, day.day)
	}
}

// visit is one message that reached somebody.
type visit struct {
	at      time.Time
	phone   bool
	purpose models.Purpose
}

func (j *judge) arrivals(p *person, which func(visit) bool) int {
	n := 0
	for _, a := range j.came[p.id] {
		if which(a) {
			n++
		}
	}
	return n
}
