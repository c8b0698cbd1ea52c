package crm

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"followup/models"
)

// Sections of the workspace's rules, as the settings page has them.
const (
	SectionSending = "sending"
	SectionTime    = "time"
	SectionPeople  = "people"
	SectionWaiting = "waiting"
	SectionCalls   = "calls"
	SectionPause   = "pause"
)

const (
	maxPostalAddress = 300
	maxFollowUps     = 50
	maxHolidays      = 400
	maxAbsence       = 366
	maxPauseReason   = 200
	maxEscalateAfter = 31 * 24 // hours: longer is never
	maxWrittenHold   = 31 * 24
)

// SetRules saves one section of the workspace's rules; get reads a field of
// what was entered, by the name that errors use.
func (s *Service) SetRules(ctx context.Context, actor, section string, get func(string) string) (models.Settings, error) {
	sections := map[string]func(context.Context, *models.Settings, func(string) string) error{
		SectionSending: s.sendingRules, SectionTime: timeRules, SectionPeople: peopleRules, SectionWaiting: s.waitingRules, SectionCalls: callRules,
	}
	change, ok := sections[section]
	if !ok {
		return models.Settings{}, models.Errorf(models.CodeNotFound, "There are no rules called %q.", section)
	}
	set, err := s.Store.ChangeSettings(ctx, section, actor, s.Clock(), func(set *models.Settings) error { return change(ctx, set, get) })
	if err == nil && section == SectionSending { // who writes is said now
		err = s.Store.ReleaseHeld(ctx, models.HoldUnnamed, s.Clock())
	}
	if err == nil {
		s.wake()
	}
	return set, err
}

func (s *Service) sendingRules(_ context.Context, set *models.Settings, get func(string) string) error {
	name, address := clean(get("workspace")), strings.TrimSpace(get("postal_address"))
	limit, err := strconv.Atoi(get("follow_up_limit"))
	domain, domainErr := linkDomain(get("link_domain"))
	switch {
	case name == "" || utf8.RuneCountInString(name) > maxTeamName:
		return models.Invalid("workspace", "give the workspace a name of at most %d characters", maxTeamName)
	case models.Settings{Workspace: name}.Company() == "":
		return models.Invalid("workspace", "give it the name of your company: the first text to each person says it")
	case address == "":
		return models.Invalid("postal_address", "commercial email must carry a postal address (CAN-SPAM, 15 U.S.C. 7704(a)(5)); enter yours")
	case utf8.RuneCountInString(address) > maxPostalAddress:
		return models.Invalid("postal_address", "has at most %d characters", maxPostalAddress)
	case domainErr != nil:
		return domainErr
	case err != nil || limit < 1 || limit > maxFollowUps:
		return models.Invalid("follow_up_limit", "choose between 1 and %d follow-ups; after the last comes one goodbye", maxFollowUps)
	}
	set.Workspace, set.PostalAddress, set.FollowUpLimit, set.LinkDomain = name, address, limit, domain
	return nil
}

// linkDomain reads the address over which links are tracked: a host of one's
// own, by https, and nothing behind it.
func linkDomain(text string) (string, error) {
	text = strings.TrimRight(strings.TrimSpace(text), "/")
	if text == "" {
		return "", nil
	}
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Host == "" || !strings.Contains(u.Hostname(), ".") || u.Path != "" || u.RawQuery != "" || u.User != nil || u.Fragment != "" {
		return "", models.Invalid("link_domain", "write a host of your own that leads to this site, such as https://go.example.com; empty: links are not tracked")
	}
	return "https://" + strings.ToLower(u.Host), nil
}

func timeRules(_ context.Context, set *models.Settings, get func(string) string) error {
	from, errFrom := models.ParseTimeOfDay(get("quiet_from"))
	to, errTo := models.ParseTimeOfDay(get("quiet_to"))
	days, errDays := strconv.Atoi(get("out_of_office_days"))
	most, errMost := strconv.Atoi(get("out_of_office_max"))
	lawful := models.DefaultSettings()
	switch {
	case errFrom != nil:
		return models.Invalid("quiet_from", "enter a time such as 08:00")
	case errTo != nil:
		return models.Invalid("quiet_to", "enter a time such as 21:00")
	case from >= to:
		return models.Invalid("quiet_to", "the last time comes after the first")
	case from < lawful.QuietFrom || to > lawful.QuietTo:
		return models.Invalid("quiet_from", "calls and texts are permitted between %s and %s at most (47 CFR 64.1200(c)(1)); choose a time inside of that", lawful.QuietFrom, lawful.QuietTo)
	case errDays != nil || days < 1 || days > maxAbsence:
		return models.Invalid("out_of_office_days", "choose between 1 and %d days", maxAbsence)
	case errMost != nil || most < days || most > maxAbsence:
		return models.Invalid("out_of_office_max", "choose between %d and %d days", max(days, 1), maxAbsence)
	}
	holidays, err := parseHolidays(get("holidays"))
	if err != nil {
		return err
	}
	set.QuietFrom, set.QuietTo, set.OutOfOfficeDays, set.OutOfOfficeMax, set.Holidays = from, to, days, most, holidays
	return nil
}

// parseHolidays reads one date a line; words after it are a note for people.
func parseHolidays(text string) ([]models.Date, error) {
	var all []models.Date
	for line := range strings.Lines(text) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if word == "" {
			continue
		}
		d, err := models.ParseDate(word)
		if err != nil {
			return nil, models.Invalid("holidays", "%q is not a date; write one a line, such as 2026-12-24", word)
		}
		all = append(all, d)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) > maxHolidays {
		return nil, models.Invalid("holidays", "that is more than %d days", maxHolidays)
	}
	return all, nil
}

func peopleRules(_ context.Context, set *models.Settings, get func(string) string) error {
	v := models.Visibility(get("visibility"))
	if !v.Valid() {
		return models.Invalid("visibility", "choose own, the team’s or all")
	}
	set.Visibility, set.SecondFactor = v, get("second_factor") != ""
	return nil
}

func (s *Service) waitingRules(ctx context.Context, set *models.Settings, get func(string) string) error {
	hours, err := strconv.Atoi(get("hours"))
	if err != nil || hours < 0 || hours > maxEscalateAfter {
		return models.Invalid("hours", "choose between 1 and %d hours, or 0 for never", maxEscalateAfter)
	}
	hold, err := strconv.Atoi(cmp.Or(get("written_hold"), strconv.Itoa(set.WrittenHold)))
	if err != nil || hold < 0 || hold > maxWrittenHold {
		return models.Invalid("written_hold", "choose between 1 and %d hours, or 0 for no rest", maxWrittenHold)
	}
	to, _ := strconv.ParseInt(get("to"), 10, 64)
	if to != 0 {
		if err := s.here(ctx, to, "to"); err != nil {
			return err
		}
	}
	set.EscalateAfter, set.EscalateTo, set.WrittenHold = hours, to, hold
	return nil
}

func callRules(_ context.Context, set *models.Settings, get func(string) string) error {
	reason := models.CallReason(get("call_reason"))
	if !reason.Valid() {
		return models.Invalid("call_reason", "choose how much the card insists")
	}
	set.CallReason = reason
	return nil
}

// PauseAll stops everything automatic at once: it returns when no claim that
// knows nothing of it runs any more. Calls and answers by hand go on.
func (s *Service) PauseAll(ctx context.Context, actor, name, why string) error {
	why = clean(why)
	if why == "" || utf8.RuneCountInString(why) > maxPauseReason {
		return models.Invalid("why", "say why in at most %d characters; everybody sees it on every page", maxPauseReason)
	}
	_, err := s.Store.ChangeSettings(ctx, SectionPause, actor, s.Clock(), func(set *models.Settings) error {
		set.PauseAll(actor, why, s.Clock())
		set.PausedBy = name
		return nil
	})
	return err
}

// ResumeAll lets everything go on; what was held leaves in the order in which
// it was promised.
func (s *Service) ResumeAll(ctx context.Context, actor string) error {
	_, err := s.Store.ChangeSettings(ctx, SectionPause, actor, s.Clock(), func(set *models.Settings) error {
		if set.Restored != nil && set.PausedBy == "the restoring" {
			return models.Errorf(models.CodeConflict, "The workspace was restored from a backup: the task about it in Needs attention says what to decide first.")
		}
		set.ResumeAll(actor, s.Clock())
		return nil
	})
	if err == nil {
		s.wake()
	}
	return err
}
