package scheduler

import "testing"

func TestDescribeCron(t *testing.T) {
	for expr, want := range map[string]string{
		"0 9 * * *":    "every day, 09:00 their time",
		"30 8 * * 1-5": "every day from Monday to Friday, 08:30 their time",
		"0 9 * * 2":    "every Tuesday, 09:00 their time",
		"0 9 * * fri":  "every Friday, 09:00 their time",
		"0 9 1 * *":    "every month on the 1st, 09:00 their time",
		"5 16 22 * *":  "every month on the 22nd, 16:05 their time",
		"0 9 13 * *":   "every month on the 13th, 09:00 their time",
		"0 9 1 */3 *":  "again and again (cron 0 9 1 */3 *, their time)",
		"*/5 * * * *":  "again and again (cron */5 * * * *, their time)",
		"0 9 1 * 2":    "again and again (cron 0 9 1 * 2, their time)",
	} {
		if got := describeCron(expr); got != want {
			t.Errorf("%s: %q, want %q", expr, got, want)
		}
	}
}
