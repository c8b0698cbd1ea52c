package channels_test

import (
	"testing"

	"followup/channels"
)

func TestReserved(t *testing.T) {
	for address, want := range map[string]bool{
		// The example domains and everything below them.
		"dana@example.com":        true,
		"Dana@Example.ORG":        true,
		"dana@mail.example.net":   true,
		"dana@example.com.":       true,
		"dana@shop.example":       true,
		"dana@example":            true,
		"nobody@anything.invalid": true,
		" dana@example.com ":      true,
		// Look-alikes belong to somebody.
		"dana@example.de":          false,
		"dana@notexample.com":      false,
		"dana@example.com.evil.se": false,
		"example.com@real.se":      false,
		"dana@com":                 false,
		"dana@":                    false,
		// 555-0100 to 555-0199, in any area code and notation.
		"+12125550123":      true,
		"+1 (415) 555-0199": true,
		"2125550100":        true,
		"+12125550200":      false,
		"+12125551234":      false,
		"+12125560123":      false,
		"+442125550123":     false,
		"":                  false,
	} {
		if got := channels.Reserved(address); got != want {
			t.Errorf("Reserved(%q) = %v, want %v", address, got, want)
		}
	}
}
