package channels

import "unicode/utf16"

// Encodings a text can travel in.
const (
	GSM7 = "GSM-7"
	UCS2 = "UCS-2"
)

// A text in one part may be longer than the parts of a longer one, each of
// which gives six octets to the header that joins them (3GPP TS 23.040).
const (
	gsmSingle, gsmPart = 160, 153
	ucsSingle, ucsPart = 70, 67
)

// gsmBasic is the default alphabet of 3GPP TS 23.038, without the escape;
// gsmExtended are the characters that cost an escape beside their own septet.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtended = "\f^{}\\[~]|€"
)

var septets = func() map[rune]int {
	table := map[rune]int{}
	for _, r := range gsmBasic {
		table[r] = 1
	}
	for _, r := range gsmExtended {
		table[r] = 2
	}
	return table
}()

// Segments tells in how many parts the text travels, which is what it costs,
// and in which encoding. One character outside GSM-7 puts the whole text into
// UCS-2. Neither an escape nor a surrogate pair is split between two parts,
// so a part may stay one unit short. The empty text has no part.
func Segments(text string) (n int, encoding string) {
	units, gsm := make([]int, 0, len(text)), true
	for _, r := range text {
		cost, ok := septets[r]
		if !ok {
			gsm = false
			break
		}
		units = append(units, cost)
	}
	if gsm {
		return parts(units, gsmSingle, gsmPart), GSM7
	}
	units = units[:0]
	for _, r := range text {
		units = append(units, utf16.RuneLen(r))
	}
	return parts(units, ucsSingle, ucsPart), UCS2
}

func parts(units []int, single, part int) int {
	total := 0
	for _, u := range units {
		total += u
	}
	switch {
	case total == 0:
		return 0
	case total <= single:
		return 1
	}
	n, used := 1, 0
	for _, u := range units {
		if used+u > part {
			n, used = n+1, 0
		}
		used += u
	}
	return n
}
