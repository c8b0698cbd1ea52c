package crm

import "strings"

// ZoneFor guesses a zone from a country and a region, only where one is
// possible; "" everywhere else, because a wrong zone is worse than none: the
// engine asks a person about a missing one.
func ZoneFor(country, region string) string {
	country, region = strings.ToUpper(strings.TrimSpace(country)), strings.ToUpper(strings.TrimSpace(region))
	if z, ok := regionZones[country+"-"+region]; ok && region != "" {
		return z
	}
	return countryZones[country]
}

// countryZones: countries that lie in one zone as a whole (IANA tz database,
// zone.tab; uninhabited and far-off territories included in the judgement).
var countryZones = map[string]string{
	"AE": "Asia/Dubai", "AT": "Europe/Vienna", "BE": "Europe/Brussels", "BG": "Europe/Sofia", "CH": "Europe/Zurich",
	"CO": "America/Bogota", "CR": "America/Costa_Rica", "CZ": "Europe/Prague", "DE": "Europe/Berlin", "DK": "Europe/Copenhagen",
	"EE": "Europe/Tallinn", "EG": "Africa/Cairo", "FI": "Europe/Helsinki", "GB": "Europe/London", "GR": "Europe/Athens",
	"HK": "Asia/Hong_Kong", "HR": "Europe/Zagreb", "HU": "Europe/Budapest", "IE": "Europe/Dublin", "IL": "Asia/Jerusalem",
	"IN": "Asia/Kolkata", "IS": "Atlantic/Reykjavik", "IT": "Europe/Rome", "JP": "Asia/Tokyo", "KE": "Africa/Nairobi",
	"KR": "Asia/Seoul", "LT": "Europe/Vilnius", "LU": "Europe/Luxembourg", "LV": "Europe/Riga", "MA": "Africa/Casablanca",
	"NG": "Africa/Lagos", "NL": "Europe/Amsterdam", "NO": "Europe/Oslo", "PE": "America/Lima", "PH": "Asia/Manila",
	"PK": "Asia/Karachi", "PL": "Europe/Warsaw", "RO": "Europe/Bucharest", "RS": "Europe/Belgrade", "SA": "Asia/Riyadh",
	"SE": "Europe/Stockholm", "SG": "Asia/Singapore", "SI": "Europe/Ljubljana", "SK": "Europe/Bratislava", "TH": "Asia/Bangkok",
	"TR": "Europe/Istanbul", "TW": "Asia/Taipei", "VN": "Asia/Ho_Chi_Minh", "ZA": "Africa/Johannesburg",
}

// regionZones: states and provinces that lie in one zone as a whole. Those
// that are split (Florida, Texas, Indiana, Ontario …) are left out on purpose.
var regionZones = regions(map[string]string{
	"America/New_York":    "US: CT DC DE GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV",
	"America/Chicago":     "US: AL AR IA IL LA MN MO MS OK WI",
	"America/Denver":      "US: CO MT NM UT WY",
	"America/Los_Angeles": "US: CA WA",
	"Pacific/Honolulu":    "US: HI",
	"America/Halifax":     "CA: NS PE",
	"America/Moncton":     "CA: NB",
	"America/Winnipeg":    "CA: MB",
	"America/Edmonton":    "CA: AB",
	"America/Whitehorse":  "CA: YT",
	"Australia/Sydney":    "AU: ACT",
	"Australia/Melbourne": "AU: VIC",
	"Australia/Brisbane":  "AU: QLD",
	"Australia/Hobart":    "AU: TAS",
	"Australia/Darwin":    "AU: NT",
})

func regions(byZone map[string]string) map[string]string {
	out := map[string]string{}
	for zone, list := range byZone {
		country, states, ok := strings.Cut(list, ":")
		if !ok {
			continue
		}
		for state := range strings.FieldsSeq(states) {
			out[country+"-"+state] = zone
		}
	}
	return out
}
