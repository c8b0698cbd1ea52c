package scheduler

import (
	"strconv"
	"strings"
	"time"

	"followup/models"
)

// describeCron words the rhythms that people write (daily, on working days,
// weekly, monthly). Any other expression is shown as it stands.
func describeCron(expr string) string {
	f := strings.Fields(expr)
	if len(f) != 5 || f[3] != "*" {
		return "again and again (cron " + expr + ", their time)"
	}
	minute, err1 := strconv.Atoi(f[0])
	hour, err2 := strconv.Atoi(f[1])
	days := describeDays(f[2], f[4])
	if err1 != nil || err2 != nil || hour > 23 || minute > 59 || days == "" {
		return "again and again (cron " + expr + ", their time)"
	}
	return days + ", " + models.TimeOfDay(hour*60+minute).String() + " their time"
}

// describeDays words the day fields; "" where they say something rarer.
func describeDays(ofMonth, ofWeek string) string {
	switch {
	case ofMonth == "*" && ofWeek == "*":
		return "every day"
	case ofMonth == "*" && (ofWeek == "1-5" || strings.EqualFold(ofWeek, "mon-fri")):
		return "every day from Monday to Friday"
	case ofMonth == "*":
		for day := time.Sunday; day <= time.Saturday; day++ {
			if ofWeek == strconv.Itoa(int(day)) || strings.EqualFold(ofWeek, day.String()[:3]) {
				return "every " + day.String()
			}
		}
	case ofWeek == "*":
		if n, err := strconv.Atoi(ofMonth); err == nil && n >= 1 && n <= 31 {
			return "every month on the " + ordinal(n)
		}
	}
	return ""
}

func ordinal(n int) string {
	suffix := "th"
	if n < 11 || n > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}
