package channels

import "strings"

// Reserved tells whether address is one that no person can have: what the
// demonstration data and the documentation use. Real channels refuse it, so
// that a demonstration workspace with a real sender reaches nobody.
//
// Email: the second-level names and top-level domains of RFC 2606 and RFC 6761
// that stand for examples. Phone: the fictional line numbers 555-0100 to
// 555-0199 of every area code in the North American Numbering Plan.
func Reserved(address string) bool {
	address = strings.ToLower(strings.TrimSpace(address))
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		return reservedDomain(address[at+1:])
	}
	return reservedNumber(address)
}

func reservedDomain(domain string) bool {
	// A trailing dot names the same domain, as does a closing bracket left by
	// a careless "Name <address>".
	domain = strings.TrimRight(domain, ".> ")
	labels := strings.Split(domain, ".")
	n := len(labels)
	switch labels[n-1] {
	case "example", "invalid":
		return true
	case "com", "org", "net":
		return n >= 2 && labels[n-2] == "example"
	}
	return false
}

func reservedNumber(number string) bool {
	digits := make([]byte, 0, len(number))
	for i := 0; i < len(number); i++ {
		if c := number[i]; c >= '0' && c <= '9' {
			digits = append(digits, c)
		}
	}
	if len(digits) == 10 { // written without the country code
		digits = append([]byte{'1'}, digits...)
	}
	// 1 NXX 555 01XX
	return len(digits) == 11 && digits[0] == '1' && string(digits[4:9]) == "55501"
}
