package store

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// What is counted a day. Companies come before senders wherever both are
// reserved, and each in the order of their ids, so that two claims never wait
// for each other.
const (
	countCompany = "company"
	countSender  = "sender"
)

// dayCount is one counter: a sender's day in its owner's zone, a company's in UTC.
type dayCount struct {
	scope string
	ref   int64
	day   models.Date
}

func (a dayCount) compare(b dayCount) int {
	return cmp.Or(cmp.Compare(a.scope, b.scope), cmp.Compare(a.ref, b.ref), cmp.Compare(a.day, b.day))
}

// reserveDays takes from the day's counters what is about to be sent. Where
// one is used up, what is bound by it waits for the next day; what a person
// wrote, confirmations and reminders go out and count. Nothing is asked for
// senders without a cap.
func (c *claim) reserveDays(judged []judgement) error {
	if err := c.takeTurns(judged); err != nil { // what waits for its turn is not counted
		return err
	}
	if err := c.reserveCompanies(judged); err != nil {
		return err
	}
	zones, err := c.zonesOf(judged)
	if err != nil {
		return err
	}
	most, by := map[dayCount]int{}, map[dayCount][]int{}
	for i, j := range judged {
		if s := capped(j); s != nil {
			loc := zones[s.ID]
			k := dayCount{countSender, s.ID, models.DateOf(c.req.Now, loc)}
			most[k], by[k] = s.CapOn(k.day), append(by[k], i)
		}
	}
	err = c.reserveEach(judged, by, most, func(k dayCount, j judgement) (time.Time, string) {
		loc := zones[k.ref]
		next := k.day.AddDays(1).At(models.TimeOfDayOf(j.touch.PromisedAt, loc), loc)
		return next, fmt.Sprintf("%s has its %d messages for %s; it goes on the next day", j.Message.FromAddress, most[k], k.day)
	})
	if err != nil {
		return err
	}
	return c.reserveTexts(judged)
}

func (c *claim) reserveCompanies(judged []judgement) error {
	limit := 0
	most, by := map[dayCount]int{}, map[dayCount][]int{}
	for i, j := range judged {
		if j.Action != models.DecideSend || j.touch.Purpose.Keyword() || j.companyCap <= 0 || j.prospect.CompanyID == nil {
			continue
		}
		limit = j.companyCap
		k := dayCount{countCompany, *j.prospect.CompanyID, models.DateOf(c.req.Now, time.UTC)}
		most[k], by[k] = limit, append(by[k], i)
	}
	return c.reserveEach(judged, by, most, func(k dayCount, j judgement) (time.Time, string) {
		next := k.day.AddDays(1).At(models.TimeOfDayOf(j.touch.PromisedAt, time.UTC), time.UTC)
		return next, fmt.Sprintf("their company has its %d messages for %s; it goes on the next day", limit, k.day)
	})
}

// capped is the sender of a message about to be sent whose day is counted.
func capped(j judgement) *models.Sender {
	if j.Action != models.DecideSend || j.touch.Purpose.Keyword() || j.Message == nil || j.Message.Sender == nil {
		return nil
	}
	if s := j.Message.Sender; s.DailyCap > 0 || s.RampFrom != "" {
		return s
	}
	return nil
}

// reserveEach asks the counters one by one and holds what is refused.
func (c *claim) reserveEach(judged []judgement, by map[dayCount][]int, most map[dayCount]int, later func(dayCount, judgement) (time.Time, string)) error {
	keys := make([]dayCount, 0, len(by))
	for k := range by {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, dayCount.compare)
	for _, k := range keys {
		var bound []int
		free := 0
		for _, i := range by[k] {
			if t := judged[i].touch; t.Purpose.Bound() {
				bound = append(bound, i)
			} else {
				free++
			}
		}
		if free > 0 {
			if err := countMore(c.tx, k, free); err != nil {
				return err
			}
		}
		granted, err := reserveUpTo(c.tx, k, len(bound), most[k])
		if err != nil {
			return err
		}
		for _, i := range bound[granted:] {
			judged[i].waitFor(later(k, judged[i]))
		}
	}
	return nil
}

// waitFor turns a decision to send into a hold.
func (j *judgement) waitFor(until time.Time, why string) {
	id := j.TouchID
	j.Decision = models.Decision{TouchID: id, Action: models.DecideHold, Reason: models.HoldCap, Detail: why, Until: until}
	if after := j.touch.NotAfter; after != nil && !until.Before(*after) {
		j.Decision = models.Decision{TouchID: id, Action: models.DecideSkip, Reason: models.SkipMomentPassed, Detail: "it could only come after the moment it is for: " + why}
	}
}

const ofDay = "scope = @scope AND ref = @ref AND day = @day"

func (k dayCount) args(more map[string]any) map[string]any {
	more["scope"], more["ref"], more["day"] = k.scope, k.ref, k.day
	return more
}

// countMore counts what no limit holds.
func countMore(tx *gorm.DB, k dayCount, n int) error {
	return tx.Exec(`INSERT INTO day_counts (scope, ref, day, used) VALUES (@scope, @ref, @day, @n)
		ON CONFLICT (scope, ref, day) DO UPDATE SET used = day_counts.used + excluded.used`, k.args(map[string]any{"n": n})).Error
}

// reserveUpTo takes want, or what is left of most.
func reserveUpTo(tx *gorm.DB, k dayCount, want, most int) (int, error) {
	if want == 0 {
		return 0, nil
	}
	take := func(n int) (bool, error) {
		res := tx.Exec("UPDATE day_counts SET used = used + @n WHERE "+ofDay+" AND used + @n <= @most", k.args(map[string]any{"n": n, "most": most}))
		return res.RowsAffected == 1, res.Error
	}
	if ok, err := take(want); ok || err != nil {
		return want, err
	}
	if err := countMore(tx, k, 0); err != nil { // the row is there and locked by now
		return 0, err
	}
	var used int
	if err := tx.Raw("SELECT used FROM day_counts WHERE "+ofDay, k.args(map[string]any{})).Scan(&used).Error; err != nil {
		return 0, err
	}
	left := min(want, max(0, most-used))
	if left == 0 {
		return 0, nil
	}
	ok, err := take(left)
	if err == nil && !ok {
		err = fmt.Errorf("the counter of %s %d moved under its lock", k.scope, k.ref)
	}
	return left, err
}

// zonesOf are the zones in which the senders' days are counted: their
// owner's, UTC for those that everybody shares.
func (c *claim) zonesOf(judged []judgement) (map[int64]*time.Location, error) {
	senders := idSet{}
	for _, j := range judged {
		if s := capped(j); s != nil {
			senders.add(&s.ID)
		}
	}
	return senderZones(c.tx, senders.list())
}

func senderZones(tx *gorm.DB, ids []int64) (map[int64]*time.Location, error) {
	zones := make(map[int64]*time.Location, len(ids))
	if len(ids) == 0 {
		return zones, nil
	}
	for _, id := range ids {
		zones[id] = time.UTC
	}
	var rows []struct {
		ID   int64
		Zone string
	}
	err := tx.Raw("SELECT s.id, u.zone FROM senders s JOIN users u ON u.id = s.owner_id WHERE ?", anyOf(tx, "s.id", ids)).Scan(&rows).Error
	for _, r := range rows {
		if loc, err := models.LoadZone(r.Zone); err == nil {
			zones[r.ID] = loc
		}
	}
	return zones, err
}

// giveBack returns to the day of their claim what proved not to have been
// sent. It is called while the touches still bear the time of their claim.
func giveBack(tx *gorm.DB, touches []models.Touch) error {
	senders := idSet{}
	for _, t := range touches {
		senders.add(t.SenderID)
	}
	zones, err := senderZones(tx, senders.list())
	if err != nil || len(senders) == 0 {
		return err
	}
	people := idSet{}
	for i := range touches {
		people.add(&touches[i].ProspectID)
	}
	prospects, err := byID(tx, people.list(), func(p models.Prospect) int64 { return p.ID })
	if err != nil {
		return err
	}
	back := map[dayCount]int{}
	for _, t := range touches {
		if t.SenderID == nil || t.Purpose.Keyword() {
			continue
		}
		claimed := t.UpdatedAt
		if t.State == models.TouchUnconfirmed && t.SendBy != nil {
			claimed = *t.SendBy // seconds after its claim
		}
		back[dayCount{countSender, *t.SenderID, models.DateOf(claimed, zones[*t.SenderID])}]++
		if company := prospects[t.ProspectID].CompanyID; company != nil {
			back[dayCount{countCompany, *company, models.DateOf(claimed, time.UTC)}]++
		}
	}
	keys := make([]dayCount, 0, len(back))
	for k := range back {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, dayCount.compare)
	for _, k := range keys {
		err := tx.Exec("UPDATE day_counts SET used = used - @n WHERE "+ofDay+" AND used >= @n", k.args(map[string]any{"n": back[k]})).Error
		if err != nil {
			return err
		}
	}
	return nil
}
